package sheet

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/usher-scim/usher/cmd/usher/internal/spelling"
	"github.com/usher-scim/usher/scim"
)

// lenient is how heads and cells are read, whatever the connection's own profile: "True" is a boolean, and
// emails[type eq "work"].value makes the element that is not there yet.
var lenient, _ = scim.ProfileByName("generic")

// Lenient is the profile by which heads and cells are read.
func Lenient() scim.Profile { return lenient }

// short names of columns, for types that have no attribute of that name.
var short = []struct {
	name     string
	operands []operand
}{
	{"email", []operand{{path: `emails[type eq "work"].value`}, {path: `emails[type eq "work"].primary`, value: true}}},
	{"phone", []operand{{path: `phoneNumbers[type eq "work"].value`}}},
	{"mobile", []operand{{path: `phoneNumbers[type eq "mobile"].value`}}},
	{"givenName", []operand{{path: "name.givenName"}}},
	{"firstName", []operand{{path: "name.givenName"}}},
	{"familyName", []operand{{path: "name.familyName"}}},
	{"lastName", []operand{{path: "name.familyName"}}},
}

// Columns are the columns of a table, bound to a resource type.
type Columns struct {
	t    *scim.ResourceType
	list []column
}

// column is one of them.
type column struct {
	head     string
	operands []operand // none: the column is passed over
	err      error     // nothing takes it
}

// operand is what a cell is written to.
type operand struct {
	path  string
	value scim.Value // in place of the cell; nil: the cell

	attr  *scim.Attribute // that the value is of
	whole bool            // a whole attribute that is complex or has many values
}

// Bind binds the head of a table. What the server assigns (id, meta, groups) and columns whose head begins with # are
// passed over.
func Bind(header []string, t *scim.ResourceType) *Columns {
	c := &Columns{t: t, list: make([]column, len(header))}
	seen := map[string]string{}
	for i, head := range header {
		c.list[i] = bindColumn(head, t)
		for _, o := range c.list[i].operands {
			key := o.path
			if !strings.Contains(key, "[") { // "Work" and "work" are told apart in a file, and never in a row
				key = strings.ToLower(key)
			}
			if other, twice := seen[key]; twice {
				c.list[i].err = fmt.Errorf("column %q says the same as column %q", head, other)
			}
			seen[key] = head
		}
	}
	return c
}

func bindColumn(head string, t *scim.ResourceType) column {
	name := strings.ToLower(head)
	switch {
	case strings.HasPrefix(head, "#"), name == "id", name == "schemas", name == "groups", name == "meta", strings.HasPrefix(name, "meta."):
		return column{head: head}
	case name == "":
		return column{head: head, err: errors.New("a column has no name")}
	case name == "password":
		return column{head: head, err: errors.New(`column "password": passwords are never stored, so take the column out of the file`)}
	case name == "members":
		return column{head: head, err: errors.New(`column "members": members have a file of their own, members.csv, with the columns group and member`)}
	}
	path := head
	o, err := bindOperand(operand{path: path}, t)
	if err != nil && !strings.Contains(head, `"`) {
		path = strings.Join(strings.Fields(head), "") // First Name, as people write it
		o, err = bindOperand(operand{path: path}, t)
	}
	if err == nil {
		return column{head: head, operands: []operand{o}}
	}
	near, least := "", 1+len(path)/3
	for _, s := range short {
		operands := bindAll(s.operands, t)
		if d := apart(path, s.name); d == 0 && operands != nil {
			return column{head: head, operands: operands}
		} else if d <= least && operands != nil {
			near, least = s.name, d-1
		}
	}
	return column{head: head, err: fmt.Errorf("column %q: %s", clip(head), problemOf(err, path, near))}
}

// bindAll binds those that the type takes.
func bindAll(all []operand, t *scim.ResourceType) (bound []operand) {
	for _, o := range all {
		if o, err := bindOperand(o, t); err == nil {
			bound = append(bound, o)
		}
	}
	return bound
}

// longest is how much of a head or of a cell a message repeats, in characters.
const longest = 40

func clip(text string) string {
	if utf8.RuneCountInString(text) <= longest {
		return text
	}
	return string([]rune(text)[:longest-1]) + "…"
}

func bindOperand(o operand, t *scim.ResourceType) (operand, error) {
	p, err := scim.ParsePath(o.path, t, lenient)
	if err != nil {
		return o, err
	}
	if p.Attr == nil {
		return o, scim.NewError(scim.KindUnknownPath, "", o.path, "one attribute of the extension, such as "+o.path+":"+p.Schema.Attributes[0].Name)
	}
	if o.attr = p.Attr; p.Sub != nil {
		o.attr = p.Sub
		return o, nil
	}
	o.whole = p.Attr.Type == scim.TypeComplex || p.Attr.MultiValued
	return o, nil
}

// problemOf says what is wrong with a path; near is a short name that is like it, or empty. Of that and the attribute that
// the error names, only the nearer one is said.
func problemOf(err error, path, near string) string {
	text := err.Error()
	if e, ok := errors.AsType[*scim.Error](err); ok {
		at := *e
		at.Value = clip(at.Value)
		if allowed, attribute, named := strings.Cut(at.Allowed, "; the nearest is "); named && near != "" {
			if apart(path, near) < apart(path, attribute) {
				at.Allowed = allowed
			} else {
				near = ""
			}
		}
		text = at.Problem()
	}
	if near != "" {
		text += " Is it " + near + "?"
	}
	return text
}

// Index is the column of an attribute of the core schema, whatever its head looks like, or -1.
func (c *Columns) Index(attribute string) int {
	return slices.IndexFunc(c.list, func(col column) bool {
		return slices.ContainsFunc(col.operands, func(o operand) bool {
			return strings.EqualFold(o.path, attribute) || strings.EqualFold(o.path, c.t.Schema.ID+":"+attribute)
		})
	})
}

// Errs are the columns that nothing takes; a nil element is one that is taken.
func (c *Columns) Errs() []error {
	errs := make([]error, len(c.list))
	for i := range c.list {
		errs[i] = c.list[i].err
	}
	return errs
}

// Patch is the PATCH that writes the cells (RFC 7644 §3.5.2). An empty cell says nothing: what is there stays. Errors
// name the column.
func (c *Columns) Patch(cells []string) (*scim.Patch, error) {
	operations, heads := make(scim.Array, 0, len(cells)), make([]string, 0, len(cells))
	for i, cell := range cells {
		col := &c.list[i]
		if cell == "" {
			continue
		}
		if col.err != nil {
			return nil, col.err
		}
		for _, o := range col.operands {
			v, err := o.of(cell)
			if err != nil {
				return nil, inColumn(err, col.head)
			}
			operations = append(operations, &scim.Object{Members: []scim.Member{
				{Name: "op", Value: "replace"}, {Name: "path", Value: o.path}, {Name: "value", Value: v},
			}})
			heads = append(heads, col.head)
		}
	}
	p, err := scim.ParsePatch(&scim.Object{Members: []scim.Member{
		{Name: "schemas", Value: scim.Array{scim.URNPatchOp}}, {Name: "Operations", Value: operations},
	}}, c.t, lenient)
	return p, atColumn(err, heads)
}

// atColumn says the column of a fault in place of the operation that was made of it.
func atColumn(err error, heads []string) error {
	e, ok := errors.AsType[*scim.Error](err)
	if !ok {
		return err
	}
	var n int
	if _, scanErr := fmt.Sscanf(e.Where, "Operations[%d]", &n); scanErr == nil && n < len(heads) {
		return inColumn(err, heads[n])
	}
	return err
}

// inColumn says the column of a fault.
func inColumn(err error, head string) error {
	where := fmt.Sprintf("column %q", head)
	e, ok := errors.AsType[*scim.Error](err)
	if !ok {
		return fmt.Errorf("%s: %w", where, err)
	}
	at := *e
	at.Where = where
	return &at
}

// of is the value of a cell.
func (o operand) of(cell string) (scim.Value, error) {
	switch {
	case o.value != nil:
		return o.value, nil
	case !o.whole:
		return scalar(o.attr, cell)
	case cell[0] == '[' || cell[0] == '{':
		return parseValue(cell)
	case o.attr.Type == scim.TypeComplex:
		v := scim.Value(&scim.Object{Members: []scim.Member{{Name: "value", Value: cell}}})
		if o.attr.MultiValued {
			v = scim.Array{v}
		}
		return v, nil
	}
	v, err := scalar(o.attr, cell)
	return scim.Array{v}, err
}

// parseValue reads an object or a list.
func parseValue(text string) (scim.Value, error) {
	o, err := scim.ParseJSON([]byte(`{"cell":`+text+`}`), scim.Limits{})
	if err != nil {
		return nil, errors.New("a cell that begins with [ or { is JSON, and this one is not")
	}
	v, _ := o.Get("cell")
	return v, nil
}

var booleans = map[string]bool{"true": true, "yes": true, "1": true, "false": false, "no": false, "0": false}

// scalar is the simple value of a cell. What does not fit the type stays text, and is refused as such, but for a boolean:
// a cell has more words for it than a document.
func scalar(a *scim.Attribute, cell string) (scim.Value, error) {
	switch a.Type {
	case scim.TypeBoolean:
		b, ok := booleans[strings.ToLower(strings.TrimSpace(cell))]
		if !ok {
			return nil, scim.NewError(scim.KindWrongType, "", clip(cell), "true, yes, 1, false, no or 0")
		}
		return b, nil
	case scim.TypeInteger, scim.TypeDecimal:
		if o, err := scim.ParseJSON([]byte(`{"n":`+strings.TrimSpace(cell)+`}`), scim.Limits{}); err == nil {
			if n, ok := o.Members[0].Value.(scim.Number); ok {
				return n, nil
			}
		}
	}
	return cell, nil
}

// apart is how many letters a head and a short name differ in, whatever their case. A long head is far from all.
func apart(head, name string) int {
	if len(head) > longest {
		return len(head)
	}
	return spelling.Distance(strings.ToLower(head), strings.ToLower(name))
}
