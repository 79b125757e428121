package sheet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/usher-scim/usher/scim"
)

// Cell is one value of a document with the head of its column.
type Cell struct {
	Head string
	// Order sorts columns: the type's schemas and their attributes as they are declared.
	Order string
	Text  string
}

// Flatten lays a document out in cells. The elements of a list that tell themselves apart by their type have columns
// such as emails[type eq "work"].value; what has no such form is the JSON of the whole attribute in one cell. Read by
// [Columns.Patch] the cells give the same document again, but that an empty text is no value.
func Flatten(t *scim.ResourceType, doc *scim.Object) []Cell {
	f := flattening{}
	if v, _ := doc.Get("externalId"); v != nil {
		f.add("externalId", "00/000", v)
	}
	f.schema("", 1, t.Schema, doc)
	for i, e := range t.Extensions {
		if v, _ := doc.Get(e.Schema.ID); v != nil {
			in, _ := v.(*scim.Object)
			f.schema(e.Schema.ID+":", i+2, e.Schema, in)
		}
	}
	return f.cells
}

type flattening struct{ cells []Cell }

// add adds a simple value.
func (f *flattening) add(head, order string, v scim.Value) {
	text := ""
	switch v := v.(type) {
	case string:
		text = v
	case scim.Number:
		text = string(v)
	case bool:
		text = fmt.Sprint(v)
	default:
		text = string(scim.AppendJSON(nil, v))
	}
	if text != "" {
		f.cells = append(f.cells, Cell{head, order, text})
	}
}

func (f *flattening) schema(prefix string, n int, s *scim.Schema, in *scim.Object) {
	for i, a := range s.Attributes {
		if v, ok := in.Get(a.Name); ok && v != nil {
			f.attribute(prefix+a.Name, fmt.Sprintf("%02d/%03d", n, i), a, v)
		}
	}
}

func (f *flattening) attribute(head, order string, a *scim.Attribute, v scim.Value) {
	switch v := v.(type) {
	case *scim.Object:
		if simple(v) {
			f.object(head, order, a, v, "")
			return
		}
	case scim.Array:
		if f.list(head, order, a, v) {
			return
		}
	}
	f.add(head, order, v)
}

// object adds the sub-attributes, but for the named one.
func (f *flattening) object(head, order string, a *scim.Attribute, o *scim.Object, but string) {
	for i, sub := range a.SubAttributes {
		if v, ok := o.Get(sub.Name); ok && v != nil && sub.Name != but {
			f.add(head+"."+sub.Name, fmt.Sprintf("%s/%03d", order, i), v)
		}
	}
}

// list adds the elements, if each has a column of its own.
func (f *flattening) list(head, order string, a *scim.Attribute, list scim.Array) bool {
	if text, ok := alone(list); ok && a.Type != scim.TypeComplex {
		f.add(head, order, text)
		return true
	}
	kind := a.Sub("type")
	if kind == nil || kind.Type != scim.TypeString || len(list) == 0 {
		return false
	}
	places := make([]string, len(list))
	for i, v := range list {
		e, ok := v.(*scim.Object)
		name, _ := e.Get("type")
		text, isText := name.(string)
		if !ok || !isText || text == "" || e.Len() < 2 || !simple(e) || strings.ContainsFunc(text, unicode.IsControl) {
			return false
		}
		places[i] = placeOf(kind, text)
		if i > 0 && places[i] <= places[i-1] {
			return false // in this order, or twice of one type: columns would not say so
		}
	}
	for i, v := range list {
		e, _ := v.(*scim.Object)
		name, _ := e.Get("type")
		f.object(head+"[type eq "+string(scim.AppendJSON(nil, name))+"]", order+"/"+places[i]+"\x00", a, e, kind.Name)
	}
	return true
}

// placeOf orders the types of elements: the canonical ones as they are declared, then the others.
func placeOf(kind *scim.Attribute, name string) string {
	name = strings.ToLower(name)
	n := slices.IndexFunc(kind.CanonicalValues, func(v string) bool { return strings.EqualFold(v, name) })
	if n < 0 {
		n = 99
	}
	return fmt.Sprintf("%02d/%s", n, name)
}

// alone is the only text of a list that reads as that text again.
func alone(list scim.Array) (string, bool) {
	if len(list) != 1 {
		return "", false
	}
	text, ok := list[0].(string)
	return text, ok && text != "" && text[0] != '[' && text[0] != '{'
}

// simple reports an object without lists, objects and empty texts in it.
func simple(o *scim.Object) bool {
	for _, m := range o.Members {
		switch v := m.Value.(type) {
		case scim.Array, *scim.Object, nil:
			return false
		case string:
			if v == "" {
				return false
			}
		}
	}
	return true
}

// Heads are the columns of cells, in order.
type Heads map[string]string // order by head

// Add takes the columns of a document.
func (h Heads) Add(cells []Cell) {
	for _, c := range cells {
		h[c.Head] = c.Order
	}
}

// Sorted lists the heads, as the schemas have them.
func (h Heads) Sorted() []string {
	heads := make([]string, 0, len(h))
	for head := range h {
		heads = append(heads, head)
	}
	slices.SortFunc(heads, func(a, b string) int { return cmp.Or(cmp.Compare(h[a], h[b]), cmp.Compare(a, b)) })
	return heads
}
