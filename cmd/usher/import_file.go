package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/usher-scim/usher/cmd/usher/internal/sheet"
	"github.com/usher-scim/usher/scim"
)

// connectionColumn names, in a table, the connection of a row. No attribute's name begins with #.
const connectionColumn = "#connection"

// fileSource reads files, one after the other.
type fileSource struct {
	files []importFile
	only  string // of documents: users, groups or members; empty: all
	size  int64
	read  atomic.Int64
}

// importFile is a file that is open, its head read and bound: nothing is written before all are.
type importFile struct {
	part  int // its place among the files
	name  string
	file  io.Closer
	table *sheet.Reader // nil: documents
	lines *sheet.Lines

	kind       rowKind
	columns    *bound
	connection int // the column that names it, or -1
	members    memberColumns
}

// openFiles opens all files.
func (c *importCmd) openFiles(im *importer) (_ *fileSource, err error) {
	s := &fileSource{only: c.Type}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	for _, name := range c.Files {
		f, err := c.openFile(im, s, name)
		if err != nil {
			return s, err
		}
		s.files = append(s.files, f)
	}
	return s, nil
}

func (c *importCmd) openFile(im *importer, s *fileSource, name string) (importFile, error) {
	f := importFile{part: len(s.files), name: name, connection: -1}
	in, err := s.open(im.app, name)
	if err != nil {
		return f, err
	}
	kind, isCSV, err := c.kindOf(name)
	if err != nil {
		return f, errors.Join(err, in.Close())
	}
	f.file, f.kind = in, kind
	if !isCSV {
		f.lines, err = sheet.NewLines(countingReader{in, &s.read})
		return f, err
	}
	if f.table, err = sheet.NewReader(countingReader{in, &s.read}); err != nil {
		return f, errors.Join(fmt.Errorf("%s: %w", name, err), in.Close())
	}
	if err := f.bind(im); err != nil {
		return f, errors.Join(err, in.Close())
	}
	return f, nil
}

func (s *fileSource) open(a *app, name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(a.in), nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	switch {
	case err == nil && info.IsDir():
		return nil, errors.Join(hint(fmt.Errorf("%s is a folder", name), "name the files in it: users.csv, groups.csv, members.csv"), file.Close())
	case err == nil && info.Mode().IsRegular():
		s.size += info.Size()
	}
	return file, nil
}

// kindOf tells what a file holds by its name, unless flags say so.
func (c *importCmd) kindOf(name string) (kind rowKind, isCSV bool, err error) {
	base := strings.ToLower(filepath.Base(name))
	ext := filepath.Ext(base)
	switch cmp.Or(c.Format, strings.TrimPrefix(ext, ".")) {
	case "csv", "tsv", "txt":
		isCSV = true
	case "ndjson", "jsonl":
		return userRow, false, nil // each line says what it is
	default:
		return 0, false, misuse(fmt.Errorf("%s: is it a table or documents?", name), "add --format csv or --format ndjson")
	}
	for k, word := range rowKinds {
		if c.Type == word || c.Type == "" && strings.HasPrefix(base, word) {
			return rowKind(k), isCSV, nil
		}
	}
	return 0, false, misuse(fmt.Errorf("%s: does it hold users, groups or members?", name), "add --type users, groups or members, or call the file so")
}

// bind looks at the head of a table. A column that nothing takes is refused before anything is written.
func (f *importFile) bind(im *importer) error {
	f.connection = columnOf(f.table.Header, connectionColumn)
	if f.connection < 0 && im.only == nil {
		return hint(fmt.Errorf("%s does not say into which connection its rows go", f.name), "add --connection NAME, or a column %s", connectionColumn)
	}
	var errs []error
	if f.kind == memberRow {
		f.members, errs = bindMembers(f.table.Header)
	} else {
		f.columns, errs = im.bind(f.kind, f.table.Header)
	}
	if len(errs) == 0 {
		return nil
	}
	if more := len(errs) - maxShownColumns; more > 0 {
		errs = append(errs[:maxShownColumns], fmt.Errorf("and %d more columns", more))
	}
	for i, err := range errs {
		errs[i] = fmt.Errorf("%s: %w", f.name, err)
	}
	fix := "correct the head; docs/import-export.md lists the columns, and a column whose head begins with # is passed over"
	return misuse(errors.Join(errs...), "%s", fix)
}

// maxShownColumns is how many columns that nothing takes are named.
const maxShownColumns = 10

func columnOf(header []string, name string) int {
	return slices.IndexFunc(header, func(head string) bool { return strings.EqualFold(head, name) })
}

// done implements rowSource.
func (s *fileSource) done() (int64, int64) { return s.read.Load(), s.size }

// close implements rowSource.
func (s *fileSource) close() {
	for _, f := range s.files {
		_ = f.file.Close()
	}
}

// rows implements rowSource.
func (s *fileSource) rows(context.Context) iter.Seq2[importRow, error] { return s.readAll }

func (s *fileSource) readAll(yield func(importRow, error) bool) {
	for _, f := range s.files {
		next := f.nextCells
		if f.table == nil {
			next = f.nextDocument
		}
		for {
			row, err := next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				err = fmt.Errorf("%s: line %d: %w", f.name, row.line, err)
			} else if s.leavesOut(&row) {
				continue
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// leavesOut reports that the row is none of those that are wanted. Of a line that cannot be read nobody knows what it is.
func (s *fileSource) leavesOut(row *importRow) bool {
	isUnread := row.kind == userRow && row.document == nil && row.columns == nil
	return s.only != "" && !isUnread && rowKinds[row.kind] != s.only
}

// nextCells makes a row of the table's next one.
func (f *importFile) nextCells() (importRow, error) {
	read, err := f.table.Read()
	row := importRow{kind: f.kind, part: f.part, file: f.name, line: read.Line, cause: read.Err, columns: f.columns}
	if err != nil || read.Err != nil {
		return row, err
	}
	if f.connection >= 0 {
		row.connection = read.Cells[f.connection]
	}
	row.cells = read.Cells
	switch {
	case f.kind == memberRow:
		f.members.fill(&row)
	case f.columns.id >= 0 && f.columns.manager >= 0:
		row.old = row.cells[f.columns.id]
		if cell := row.cells[f.columns.manager]; row.old != "" && !strings.HasPrefix(cell, "{") {
			row.manager = cell
		}
	}
	return row, nil
}

// nextDocument makes a row of the next line: a User, a Group, or an object with the columns of members.csv.
func (f *importFile) nextDocument() (importRow, error) {
	text, line, err := f.lines.Read()
	row := importRow{part: f.part, file: f.name, line: line}
	if errors.Is(err, sheet.ErrRowTooLong) {
		row.cause = fmt.Errorf("the line is longer than %d bytes", sheet.MaxRow)
		return row, nil
	}
	if err != nil {
		return row, err
	}
	o, err := scim.ParseJSON(text, scim.Limits{})
	if err != nil {
		row.cause = err
		return row, nil
	}
	row.connection = textOf(o, connectionColumn)
	o.Delete(connectionColumn)
	row.old = textOf(o, "id")
	switch {
	case isMember(o):
		row.kind = memberRow
		fillMember(&row, o)
	case isGroup(o):
		row.kind, row.document = groupRow, o
		if members, _ := o.Get("members"); members != nil {
			row.cause = inlineMembers(members)
			o.Delete("members")
		}
	default:
		row.kind, row.document = userRow, o
		if row.old != "" {
			row.manager = managerOf(o)
		}
	}
	return row, nil
}

// inlineMembers refuses members in a group's own line: their ids are those of another server.
func inlineMembers(members scim.Value) error {
	if list, ok := members.(scim.Array); ok && len(list) == 0 {
		return nil
	}
	return errors.New(`the group's members are lines of their own: {"group": "…", "member": "…"}`)
}

// isGroup tells a Group from a User: by its schemas, else by what only one of the two has.
func isGroup(o *scim.Object) bool {
	schemas, _ := o.Get("schemas")
	list, _ := schemas.(scim.Array)
	for _, v := range list {
		if urn, _ := v.(string); strings.EqualFold(urn, scim.URNGroup) {
			return true
		}
	}
	_, named := o.Get("userName")
	_, displayed := o.Get("displayName")
	return len(list) == 0 && displayed && !named
}

// countingReader counts what is read.
type countingReader struct {
	io.Reader
	n *atomic.Int64
}

// Read implements io.Reader.
func (c countingReader) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}
