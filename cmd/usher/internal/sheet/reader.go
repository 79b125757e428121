package sheet

import (
	"bufio"
	"bytes"
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

// What a row may suffer from.
var (
	// ErrRowTooLong says that a row does not end within [MaxRow] bytes.
	ErrRowTooLong = fmt.Errorf("the row is longer than %d bytes; is a quote left open?", MaxRow)

	errOpenQuote = errors.New("a quote is left open in this row, so nothing behind it in the file could be read")
)

var (
	errNotText = errors.New("this is no CSV text: save the table as CSV UTF-8")
	errNotUTF8 = errors.New("the head is not UTF-8 text: save the table as CSV UTF-8")
)

// Row is one row of a table, or why it cannot be read.
type Row struct {
	Line  int // of the file, from 1
	Cells []string
	Err   error
}

// Reader reads a table row by row.
type Reader struct {
	Header []string

	rows splitter
}

// NewReader reads the head of a table: UTF-8 with or without byte order mark, or UTF-16 with one; separated by commas,
// semicolons or tabs, whichever the head has most, or by what a first line "sep=;" says.
func NewReader(in io.Reader) (*Reader, error) {
	text, err := decoded(in)
	if err != nil {
		return nil, err
	}
	r := &Reader{}
	comma, err := r.delimiter(text)
	if err != nil {
		return nil, err
	}
	r.rows.in, r.rows.comma = text, comma
	r.rows.lazy = true
	head, err := r.head()
	r.rows.lazy = false
	switch {
	case errors.Is(err, io.EOF):
		return nil, errors.New("the file is empty: its first line names the columns")
	case err != nil:
		return nil, err
	case head.Err != nil:
		return nil, fmt.Errorf("line %d: %w", head.Line, head.Err)
	case len(head.Cells) > MaxColumns:
		return nil, fmt.Errorf("the file has %d columns, more than %d", len(head.Cells), MaxColumns)
	}
	r.Header = make([]string, len(head.Cells))
	for i, name := range head.Cells {
		if !utf8.ValidString(name) {
			return nil, errNotUTF8
		}
		r.Header[i] = strings.TrimSpace(Plain(name))
	}
	return r, nil
}

// head is the first row that is no empty line.
func (r *Reader) head() (Row, error) {
	for {
		row, err := r.rows.next()
		if err != nil || row.Err != nil || len(row.Cells) > 1 || row.Cells[0] != "" {
			return row, err
		}
	}
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
		units := &unitReader{in: b, high: bytes.IndexByte(mark, 0xfe)} // the mark is U+FEFF
		text := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader(units)
		return bufio.NewReaderSize(io.MultiReader(text, &units.cut), ahead), nil
	}
	return b, nil
}

// unitReader reads UTF-16. Of a character that the end cuts off the decoder makes U+FFFD, which is text; so cut then has
// a byte that is none, and the row is refused.
type unitReader struct {
	in   io.Reader
	high int // the place of the high byte in a unit
	n    int // bytes of a unit, 0 or 1
	unit [2]byte
	cut  bytes.Buffer
}

// Read implements io.Reader.
func (u *unitReader) Read(p []byte) (int, error) {
	n, err := u.in.Read(p)
	for _, c := range p[:n] {
		u.unit[u.n] = c
		u.n = 1 - u.n
	}
	isHalfPair := u.unit[u.high]&0xfc == 0xd8
	if errors.Is(err, io.EOF) && u.cut.Len() == 0 && (u.n > 0 || isHalfPair) {
		u.cut.WriteByte(0xff)
	}
	return n, err
}

// delimiter is what separates cells. It takes a line "sep=;", with which Excel says so, away.
func (r *Reader) delimiter(text *bufio.Reader) (byte, error) {
	head, err := text.Peek(ahead)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	line, _, _ := bytes.Cut(head, []byte("\n"))
	if bytes.ContainsFunc(line, isBinary) {
		return 0, errNotText
	}
	if said, ok := bytes.CutPrefix(line, []byte("sep=")); ok {
		if said = bytes.TrimRight(said, "\r"); len(said) == 1 && strings.Contains(",;\t|", string(said)) {
			r.rows.line = 1
			_, err := text.Discard(min(len(line)+1, len(head)))
			return said[0], err
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
	return best, nil
}

// isBinary tells characters that no text has.
func isBinary(c rune) bool { return c < ' ' && c != '\t' && c != '\r' }

// Read returns the next row that is not empty. A row with an Err does not end the table; an error does, io.EOF at its
// end.
func (r *Reader) Read() (Row, error) {
	for {
		row, err := r.rows.next()
		if err != nil || row.Err != nil {
			return row, err
		}
		if len(strings.Join(row.Cells, "")) == 0 {
			continue
		}
		row.Err = r.check(row.Cells)
		for i, cell := range row.Cells {
			row.Cells[i] = Plain(cell)
		}
		return row, nil
	}
}

// check refuses a row that is not the head's, or not text.
func (r *Reader) check(cells []string) error {
	if len(cells) != len(r.Header) {
		return fmt.Errorf("the row has %s and the head %s", counted(len(cells), "cell"), counted(len(r.Header), "column"))
	}
	for i, cell := range cells {
		if !utf8.ValidString(cell) {
			return fmt.Errorf("column %s is not UTF-8 text: save the file as CSV UTF-8", r.Header[i])
		}
	}
	return nil
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
