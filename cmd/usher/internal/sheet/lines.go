package sheet

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// Lines reads documents one a line (NDJSON).
type Lines struct {
	in   *bufio.Reader
	line int
}

// NewLines reads UTF-8 with or without byte order mark.
func NewLines(in io.Reader) (*Lines, error) {
	text, err := decoded(in)
	if err != nil {
		return nil, err
	}
	return &Lines{in: bufio.NewReaderSize(text, MaxRow)}, nil
}

// Read returns the next line that is not empty and its number. The text is good until the next call. A line that is too
// long is an ErrRowTooLong and passed over: the next call goes on behind it.
func (l *Lines) Read() (text []byte, line int, err error) {
	for {
		text, err = l.in.ReadSlice('\n')
		l.line++
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			return nil, l.line, errors.Join(ErrRowTooLong, l.skip())
		case err != nil && (!errors.Is(err, io.EOF) || len(text) == 0):
			return nil, l.line, err
		}
		if text = bytes.TrimSpace(text); len(text) > 0 {
			return text, l.line, nil
		}
	}
}

// skip goes to the end of a line.
func (l *Lines) skip() error {
	for {
		switch _, err := l.in.ReadSlice('\n'); {
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			return nil
		default:
			return err
		}
	}
}
