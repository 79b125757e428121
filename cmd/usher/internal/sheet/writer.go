package sheet

import (
	"bufio"
	"io"
	"strings"
)

// Writer writes a table as RFC 4180 has it, but for the line end between rows: one that a cell holds stays what it is.
// Cells are quoted where a [Reader] would otherwise read another text. What a spreadsheet would compute is written as
// text: see [Neutral].
type Writer struct{ out *bufio.Writer }

// NewWriter returns a Writer.
func NewWriter(out io.Writer) *Writer { return &Writer{bufio.NewWriter(out)} }

// Write writes one row. The cells are left as they are.
func (w *Writer) Write(cells ...string) error {
	for i, cell := range cells {
		if i > 0 {
			_ = w.out.WriteByte(',') // the first error comes back from each call, and from the last one
		}
		if cell = Neutral(cell); strings.ContainsAny(cell, "\",\r\n") || strings.TrimSpace(cell) != cell {
			cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
		}
		_, _ = w.out.WriteString(cell)
	}
	return w.out.WriteByte('\n')
}

// Flush writes what is buffered, and returns the first error of all.
func (w *Writer) Flush() error { return w.out.Flush() }
