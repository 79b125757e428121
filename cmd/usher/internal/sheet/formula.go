package sheet

import "regexp"

// A cell that begins like a formula is computed by a spreadsheet, whoever has entered it as a name. An apostrophe in
// front makes it text. Computing begins at the beginning of a cell, and behind what ends one in another country or
// after the file was saved again; a cell that begins with a tab or a line end loses it there, and what follows counts.
var (
	formula     = regexp.MustCompile(`(^|[;|\t\r\n])([\s\x{00a0}"']*[=+\-@＝＋－＠])|^('*[\t\r\n])`)
	neutralized = regexp.MustCompile(`(^|[;|\t\r\n])'([\s\x{00a0}"']*[=+\-@＝＋－＠])|^'('*[\t\r\n])`)
)

// Neutral is the text with an apostrophe wherever a spreadsheet would begin to compute. [Plain] undoes it.
func Neutral(text string) string { return formula.ReplaceAllString(text, "${1}'${2}${3}") }

// Plain is the text of a cell that [Neutral] may have written.
func Plain(cell string) string { return neutralized.ReplaceAllString(cell, "${1}${2}${3}") }
