package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/usher-scim/usher/cmd/usher/internal/sheet"
	"github.com/usher-scim/usher/scim"
)

// output is where an export goes.
type output struct{ *bufio.Writer }

// toFile writes a file under another name first, so that a half one never looks whole. - is standard output.
func (e *exporter) toFile(name string, write func(*output) error) error {
	if name == "-" {
		o := &output{bufio.NewWriter(e.app.out)}
		return errors.Join(write(o), o.Flush())
	}
	file, err := createFile(name, e.force)
	if err != nil {
		return err
	}
	o := &output{bufio.NewWriterSize(file, 1<<16)}
	if err := errors.Join(write(o), o.Flush()); err != nil {
		file.drop()
		return err
	}
	e.view.Files = append(e.view.Files, name)
	return file.keep()
}

// makeFolder makes a folder for people's data, unless it is there.
func makeFolder(dir string) error {
	if err := os.MkdirAll(filepath.Dir(filepath.Clean(dir)), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}

// documents writes users and groups as SCIM documents, and members as objects with the columns of members.csv, one a
// line.
func (e *exporter) documents(o *output, kinds []rowKind) error {
	var line []byte
	for _, k := range kinds {
		err := e.each(k, func(x exported) error {
			doc, err := x.document(e.names)
			if err != nil {
				return err
			}
			line = append(scim.AppendJSON(line[:0], doc), '\n')
			_, err = o.Write(line)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// document is what a line says.
func (x *exported) document(names bool) (*scim.Object, error) {
	o := &scim.Object{}
	if x.kind == memberRow {
		setText(o, "group", x.group)
		setText(o, "member", x.member)
		setText(o, "type", x.memberKind)
	} else {
		var err error
		if o, err = document(x.record); err != nil {
			return nil, err
		}
	}
	if names {
		o.Set(connectionColumn, x.connection)
	}
	return o, nil
}

// table writes one table. Of users and groups the columns are known only when all were seen, so the cells lie in a
// temporary file until then: one walk, and the head fits each row.
func (e *exporter) table(o *output, k rowKind) error {
	if k == memberRow {
		return e.memberTable(o)
	}
	s, err := newSpool()
	if err != nil {
		return err
	}
	err = e.each(k, func(x exported) error {
		doc, err := document(x.record)
		if err != nil {
			return err
		}
		return s.add(x.connection, x.record.ID, sheet.Flatten(x.record.Type, doc))
	})
	if err == nil {
		err = s.copyTo(o, e.names)
	}
	return errors.Join(err, s.close())
}

func (e *exporter) memberTable(o *output) error {
	w := sheet.NewWriter(o)
	head := []string{"group", "member", "type"}
	if e.names {
		head = append([]string{connectionColumn}, head...)
	}
	if err := w.Write(head...); err != nil {
		return err
	}
	err := e.each(memberRow, func(x exported) error {
		if e.names {
			return w.Write(x.connection, x.group, x.member, x.memberKind)
		}
		return w.Write(x.group, x.member, x.memberKind)
	})
	return errors.Join(err, w.Flush())
}

// spool keeps rows until their columns are known.
type spool struct {
	file  *os.File
	out   *bufio.Writer
	heads sheet.Heads
}

// spooled is a row in the spool.
type spooled struct {
	Connection, ID string
	Cells          []sheet.Cell
}

// newSpool makes a file that only this process can open, and that is gone with it.
func newSpool() (*spool, error) {
	file, err := os.CreateTemp("", "usher-export-") // made 0600
	if err != nil {
		return nil, err
	}
	_ = os.Remove(file.Name()) // where an open file cannot be removed, close does it
	return &spool{file: file, out: bufio.NewWriterSize(file, 1<<16), heads: sheet.Heads{}}, nil
}

func (s *spool) add(connection, id string, cells []sheet.Cell) error {
	s.heads.Add(cells)
	row, err := json.Marshal(spooled{connection, id, cells})
	if err != nil {
		return err
	}
	_, err = s.out.Write(append(row, '\n'))
	return err
}

// copyTo writes the table.
func (s *spool) copyTo(o io.Writer, names bool) error {
	if err := s.out.Flush(); err != nil {
		return err
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	heads := []string{"id"}
	if names {
		heads = []string{connectionColumn, "id"}
	}
	fixed := len(heads)
	heads = append(heads, s.heads.Sorted()...)
	place := map[string]int{}
	for i, head := range heads[fixed:] {
		place[head] = fixed + i
	}
	w := sheet.NewWriter(o)
	if err := w.Write(heads...); err != nil {
		return err
	}
	in := json.NewDecoder(bufio.NewReaderSize(s.file, 1<<16))
	for in.More() {
		var row spooled
		if err := in.Decode(&row); err != nil {
			return err
		}
		cells := make([]string, len(heads))
		cells[0], cells[fixed-1] = row.Connection, row.ID
		for _, c := range row.Cells {
			cells[place[c.Head]] = c.Text
		}
		if err := w.Write(cells...); err != nil {
			return err
		}
	}
	return w.Flush()
}

func (s *spool) close() error {
	err := s.file.Close()
	_ = os.Remove(s.file.Name())
	return err
}
