package sheet

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
)

// The bounds of what is read.
const (
	// MaxRow is the longest row or line, in bytes.
	MaxRow = 1 << 20
	// MaxColumns is the largest number of columns.
	MaxColumns = 1000

	ahead = 64 << 10 // what the delimiter is looked for in
)

// ErrRowTooLong says that a row does not end within [MaxRow] bytes. Nothing behind it can be read.
var ErrRowTooLong = fmt.Errorf("the row is longer than %d bytes; is a quote left open?", MaxRow)

// Row is one row of a table, or why it cannot be read.
type Row struct {
	Line  int // of the file, from 1
	Cells []string
	Err   error
}

// Reader reads a table row by row.
type Reader struct {
	Header []string

	csv   *csv.Reader
	bound *boundedReader
	lines int // lines of the file before the first one that csv sees
}

// NewReader reads the head of a table: UTF-8 with or without byte order mark, or UTF-16 with one; separated by commas,
// semicolons or tabs, whichever the head has most, or by what a first line "sep=;" says.
func NewReader(in io.Reader) (*Reader, error) {
	text, err := decoded(in)
	if err != nil {
		return nil, err
	}
	r := &Reader{bound: &boundedReader{r: text}}
	comma, err := r.delimiter(text)
	if err != nil {
		return nil, err
	}
	r.csv = csv.NewReader(r.bound)
	r.csv.Comma, r.csv.FieldsPerRecord = comma, -1
	r.csv.LazyQuotes = true // in the head alone, where people write emails[type eq "work"].value
	head := r.read()
	r.csv.LazyQuotes = false
	switch {
	case errors.Is(head.Err, io.EOF):
		return nil, errors.New("the file is empty: its first line names the columns")
	case head.Err != nil:
		return nil, fmt.Errorf("line %d: %w", head.Line, head.Err)
	case len(head.Cells) > MaxColumns:
		return nil, fmt.Errorf("the file has %d columns, more than %d", len(head.Cells), MaxColumns)
	}
	r.Header = make([]string, len(head.Cells))
	for i, name := range head.Cells {
		r.Header[i] = strings.TrimSpace(Plain(name))
	}
	return r, nil
}

// decoded takes the byte order mark away, and turns UTF-16 into UTF-8.
func decoded(in io.Reader) (*bufio.Reader, error) {
	b := bufio.NewReaderSize(in, ahead)
	mark, err := b.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(mark, []byte("\xef\xbb\xbf")):
		_, err := b.Discard(3)
		return b, err
	case bytes.HasPrefix(mark, []byte("\xff\xfe")), bytes.HasPrefix(mark, []byte("\xfe\xff")):
		return bufio.NewReaderSize(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader(b), ahead), nil
	}
	return b, nil
}

// delimiter is what separates cells. It takes a line "sep=;", with which Excel says so, away.
func (r *Reader) delimiter(text *bufio.Reader) (rune, error) {
	head, err := text.Peek(ahead)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	line, _, _ := bytes.Cut(head, []byte("\n"))
	if said, ok := bytes.CutPrefix(line, []byte("sep=")); ok {
		if said = bytes.TrimRight(said, "\r"); len(said) == 1 && strings.Contains(",;\t|", string(said)) {
			r.lines = 1
			_, err := text.Discard(min(len(line)+1, len(head)))
			return rune(said[0]), err
		}
	}
	counts := map[byte]int{}
	quoted := false
	for _, c := range line {
		if c == '"' {
			quoted = !quoted
		} else if !quoted {
			counts[c]++
		}
	}
	best := byte(',')
	for _, c := range []byte(";\t") {
		if counts[c] > counts[best] {
			best = c
		}
	}
	return rune(best), nil
}

// Read returns the next row that is not empty. A row with an Err does not end the table; an error does, io.EOF at its
// end.
func (r *Reader) Read() (Row, error) {
	for {
		row := r.read()
		switch {
		case errors.Is(row.Err, io.EOF), errors.Is(row.Err, ErrRowTooLong):
			return row, row.Err
		case row.Err != nil:
			if _, ok := errors.AsType[*csv.ParseError](row.Err); !ok {
				return row, row.Err // of the file itself
			}
			row.Err = said(row.Err)
			return row, nil
		case len(strings.Join(row.Cells, "")) == 0:
			continue
		}
		row.Err = r.check(row.Cells)
		for i, cell := range row.Cells {
			row.Cells[i] = Plain(cell)
		}
		return row, nil
	}
}

func (r *Reader) read() Row {
	r.bound.left = MaxRow
	cells, err := r.csv.Read()
	line, _ := 0, 0
	if parse, ok := errors.AsType[*csv.ParseError](err); ok {
		line = parse.StartLine
	} else if err == nil {
		line, _ = r.csv.FieldPos(0)
	}
	return Row{Line: line + r.lines, Cells: cells, Err: err}
}

// said is what csv says, without the lines that the row has already.
func said(err error) error {
	parse, _ := errors.AsType[*csv.ParseError](err)
	if errors.Is(err, csv.ErrBareQuote) || errors.Is(err, csv.ErrQuote) {
		return fmt.Errorf("a quote stands where none may be, at character %d of line %d: a cell with quotes is quoted, and each quote in it doubled", parse.Column, parse.Line)
	}
	return parse.Err
}

// check refuses a row that is not the head's, or not text.
func (r *Reader) check(cells []string) error {
	if len(cells) != len(r.Header) {
		return fmt.Errorf("the row has %d cells and the head %d columns", len(cells), len(r.Header))
	}
	for i, cell := range cells {
		if !utf8.ValidString(cell) {
			return fmt.Errorf("column %s is not UTF-8 text: save the file as CSV UTF-8", r.Header[i])
		}
	}
	return nil
}

// boundedReader ends in ErrRowTooLong when a row takes too much.
type boundedReader struct {
	r    io.Reader
	left int
}

// Read implements io.Reader.
func (b *boundedReader) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, ErrRowTooLong
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
