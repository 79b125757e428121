package admin

import (
	"bytes"
	"encoding/csv"
	"regexp"
	"strings"
)

// formats is the parameter of lists that can be had as CSV.
var formats = parameter{
	name: "format", kind: "string", enum: []string{"json", "csv"},
	doc: "csv is what Accept: text/csv asks for as well. Cells that a spreadsheet would take for formulas begin with an apostrophe.",
}

func (c *call) wantsCSV() bool {
	if c.route.text == "" {
		return false
	}
	if format := c.query.Get("format"); format != "" {
		return format == "csv"
	}
	media, _, _ := strings.Cut(c.r.Header.Get("Accept"), ";")
	return strings.TrimSpace(media) == "text/csv"
}

// appendCSV writes rows as RFC 4180 has them.
func appendCSV(dst []byte, rows [][]string) []byte {
	b := bytes.NewBuffer(dst)
	w := csv.NewWriter(b)
	w.UseCRLF = true
	for _, row := range rows {
		for i, cell := range row {
			row[i] = neutral(cell)
		}
		_ = w.Write(row) // to memory
	}
	w.Flush()
	return b.Bytes()
}

// formula is where a spreadsheet begins to compute: at the beginning of a cell, and behind what ends one in another
// country or after it was saved again.
var formula = regexp.MustCompile(`(^|[;|\t\r\n])([\s\x{00a0}"']*)([=+\-@＝＋－＠])`)

// neutral keeps a spreadsheet from computing what somebody has entered as a name.
func neutral(cell string) string {
	cell = formula.ReplaceAllString(cell, "${1}'${2}${3}")
	if cell != "" && strings.ContainsAny(cell[:1], "\t\r\n") {
		return "'" + cell
	}
	return cell
}
