package sheet

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// splitter splits a table into rows and cells (RFC 4180). encoding/csv does so too, but does not tell which cells were
// quoted: blanks around a cell are none of its text, and those within quotes are. Nor can it go on behind a row that is
// too long.
type splitter struct {
	in    *bufio.Reader
	comma byte
	lazy  bool // in the head alone, where people write emails[type eq "work"].value
	line  int  // how many have ended

	cells  []string
	cell   []byte
	size   int // of the row, in bytes
	column int // of the line, in bytes
	quote  int // the column of the last quote
	fault  error
}

// state is where the splitter stands.
type state uint8

const (
	before  state = iota // a cell
	plain                // in a cell without quotes
	quoted               // in one within quotes
	closing              // behind a quote in such a cell: the last one, or the first of two
	behind               // the last quote
	lost                 // behind a fault, which ends with the line
	ended                // the row is
)

// next returns the cells of the next row and the line in which it begins. An error is one of the row, and the next call
// goes on behind it, or one of the file, io.EOF at its end.
func (s *splitter) next() (row Row, err error) {
	s.cells, s.cell, s.size, s.column, s.fault = nil, s.cell[:0], 0, 0, nil
	row.Line = s.line + 1
	for at := before; at != ended; {
		c, err := s.in.ReadByte()
		switch {
		case errors.Is(err, io.EOF) && s.size > 0:
			at = s.end(at)
			continue
		case err != nil:
			return row, err
		}
		s.size++
		s.column++
		if at = s.step(at, c); s.size > MaxRow {
			s.cells, s.cell = nil, s.cell[:0]
		}
		if c == '\n' {
			s.line++
			s.column = 0
		}
	}
	if row.Err = s.fault; row.Err == nil && s.size > MaxRow {
		row.Err = ErrRowTooLong
	}
	row.Cells = s.cells
	return row, nil
}

// step takes one byte.
func (s *splitter) step(at state, c byte) state {
	switch at {
	case before:
		switch {
		case s.isBlank(c):
			return before
		case c == '"':
			return quoted
		}
		return s.inPlain(c)
	case quoted:
		if c == '"' {
			return closing
		}
		if c == '\n' {
			s.cell = bytes.TrimSuffix(s.cell, []byte("\r"))
		}
		s.cell = append(s.cell, c)
		return quoted
	case closing:
		if c == '"' {
			s.cell = append(s.cell, c)
			return quoted
		}
		s.quote = s.column - 1
		return s.behindQuote(c)
	case behind:
		return s.behindQuote(c)
	case lost:
		if c == '\n' {
			return ended
		}
		return lost
	}
	return s.inPlain(c)
}

func (s *splitter) isBlank(c byte) bool { return c == ' ' || c == '\t' && s.comma != '\t' }

func (s *splitter) inPlain(c byte) state {
	switch {
	case c == s.comma || c == '\n':
		return s.endCell(string(bytes.TrimSpace(s.cell)), c)
	case c == '"' && !s.lazy:
		return s.misplaced(s.column)
	}
	s.cell = append(s.cell, c)
	return plain
}

func (s *splitter) behindQuote(c byte) state {
	switch {
	case c == s.comma || c == '\n':
		return s.endCell(string(s.cell), c)
	case s.isBlank(c) || c == '\r':
		return behind
	case !s.lazy:
		return s.misplaced(s.quote)
	}
	s.cell = append(s.cell, '"', c)
	return quoted
}

func (s *splitter) endCell(text string, c byte) state {
	s.cells, s.cell = append(s.cells, text), s.cell[:0]
	if c == '\n' {
		return ended
	}
	return before
}

func (s *splitter) misplaced(column int) state {
	s.fault = fmt.Errorf("a quote stands where none may be, at character %d of line %d: a cell with quotes is quoted, and each quote in it doubled", column, s.line+1)
	return lost
}

// end ends the last row of a file that has no line end there.
func (s *splitter) end(at state) state {
	if at == quoted {
		s.fault = errOpenQuote
		return ended
	}
	return s.step(at, '\n')
}
