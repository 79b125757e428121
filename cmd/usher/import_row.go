package main

import (
	"cmp"
	"context"
	"fmt"
	"iter"

	"github.com/usher-scim/usher/cmd/usher/internal/sheet"
	"github.com/usher-scim/usher/scim"
)

// rowKind is what a row makes.
type rowKind uint8

// The kinds, in the order in which they have to come.
const (
	userRow rowKind = iota
	groupRow
	memberRow
)

var rowKinds = [...]string{userRow: "users", groupRow: "groups", memberRow: "members"}

// importRow is one row of whatever source.
type importRow struct {
	kind       rowKind
	part       int    // of the source; what it says counts over what an earlier part says
	file       string // or the address that it was read from
	line       int    // 0: it has none
	connection string // that it names; may be empty
	cause      error  // it cannot be read

	// A user or a group is a whole document, which replaces the one that is there, or cells, which are written over it.
	document *scim.Object
	columns  *bound
	cells    []string
	old      string // its id at the source
	manager  string // of a user with an id at the source: that of the manager
	called   string // how it is shown once what is in it was let go
	onlyLook bool   // who it is here is wanted for the rows of members; nothing is made or counted

	member, group reference
	isGroup       bool // the member is one
}

// rowSource yields rows. An error of its rows ends them.
type rowSource interface {
	rows(ctx context.Context) iter.Seq2[importRow, error]
	// done is how far it is, in the same unit as total; 0 of 0: nobody knows.
	done() (done, total int64)
	close()
}

// refBy is how a reference names a resource.
type refBy uint8

const (
	byName refBy = iota // userName or displayName
	byID
	byExternalID
	byOldID // the id at the source
)

// reference names a user or a group.
type reference struct {
	by    refBy
	value string
}

func (r reference) String() string { return r.value }

// bound are a table's columns, bound to the types of each connection that its rows may go to.
type bound struct {
	by      map[*landing]*sheet.Columns
	name    int // the column of userName or displayName, or -1
	foreign int // of externalId, or -1
	id      int // what it was at the source, where the table has managers; or -1
	manager int // by the same ids, or -1
}

// key is the name and the externalId of a user's or group's row, as far as it has them.
func (r *importRow) key() (name, externalID string) {
	if r.columns != nil {
		return r.columns.cell(r.columns.name, r.cells), r.columns.cell(r.columns.foreign, r.cells)
	}
	return textOf(r.document, nameOf(r.kind)), textOf(r.document, "externalId")
}

func (b *bound) cell(i int, cells []string) string {
	if i < 0 || i >= len(cells) {
		return ""
	}
	return cells[i]
}

func nameOf(k rowKind) string {
	if k == groupRow {
		return "displayName"
	}
	return "userName"
}

func textOf(o *scim.Object, name string) string {
	v, _ := o.Get(name)
	text, _ := v.(string)
	return text
}

// shown is how the row is called in a report.
func (r *importRow) shown() string {
	if r.kind == memberRow {
		return fmt.Sprintf("%s in %s", r.member, r.group)
	}
	name, externalID := r.key()
	return cmp.Or(name, externalID, r.old)
}
