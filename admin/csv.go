package admin

import (
	"bytes"
	"encoding/csv"
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

// neutral keeps a spreadsheet from computing what somebody has entered as a name.
func neutral(cell string) string {
	if text := strings.TrimLeft(cell, " "); text != "" && strings.ContainsAny(text[:1], "=+-@\t\r\n") {
		return "'" + cell
	}
	return cell
}
