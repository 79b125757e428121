package sheet

import (
	"encoding/csv"
	"io"
)

// Writer writes a table as RFC 4180 has it, but for the line end: csv would drop a carriage return in a cell for the sake
// of those between rows. What a spreadsheet would compute is written as text: see [Neutral].
type Writer struct{ csv *csv.Writer }

// NewWriter returns a Writer.
func NewWriter(out io.Writer) *Writer { return &Writer{csv.NewWriter(out)} }

// Write writes one row. The cells are left as they are.
func (w *Writer) Write(cells ...string) error {
	neutral := make([]string, len(cells))
	for i, cell := range cells {
		neutral[i] = Neutral(cell)
	}
	return w.csv.Write(neutral)
}

// Flush writes what is buffered, and returns the first error of all.
func (w *Writer) Flush() error {
	w.csv.Flush()
	return w.csv.Error()
}
