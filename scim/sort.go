package scim

import (
	"cmp"
	"strings"
)

// ParseSort reads sortBy and sortOrder (RFC 7644 §3.4.2.3, R-079 to R-082). Without sortBy there is no order but that
// of creation, so the result is nil, and sortOrder means nothing.
//
// sortBy is an attribute in the standard notation. Of a complex one the "value" is compared, like in a filter; one
// that has none needs a sub-attribute. What no filter may compare, because it is never returned or follows from the
// answer, cannot be sorted by either: an order tells values too.
func ParseSort(t *ResourceType, sortBy, sortOrder string, p Profile) (*Sort, error) {
	sorts, err := ParseSorts([]*ResourceType{t}, sortBy, sortOrder, p)
	if err != nil {
		return nil, err
	}
	return sorts[0], nil
}

// ParseSorts is [ParseSort] for a list across resource types: one Sort for each of them. It is enough that one type
// declares the attribute; the resources of the others have no value.
func ParseSorts(types []*ResourceType, sortBy, sortOrder string, p Profile) ([]*Sort, error) {
	sorts := make([]*Sort, len(types))
	sortBy = strings.TrimSpace(sortBy)
	if sortBy == "" {
		return sorts, nil
	}
	descending, err := parseOrder(sortOrder)
	if err != nil {
		return nil, err
	}
	declared := false
	for i, t := range types {
		path, err := bindSort(t, sortBy, p)
		if err != nil {
			return nil, err
		}
		declared = declared || path.Attr != nil
		sorts[i] = &Sort{Path: path, Descending: descending}
	}
	if !declared && len(types) > 0 {
		all := unionOf(types)
		path, _ := splitAttr(sortBy, all, p)
		return nil, badSort(sortBy, all.hint(path, nil))
	}
	return sorts, nil
}

func parseOrder(sortOrder string) (descending bool, err error) {
	switch strings.ToLower(strings.TrimSpace(sortOrder)) {
	case "", "ascending":
		return false, nil
	case "descending":
		return true, nil
	}
	return false, NewError(KindBadParameter, "sortOrder", sortOrder, "ascending or descending")
}

func badSort(sortBy, allowed string) error {
	return NewError(KindBadParameter, "sortBy", sortBy, allowed)
}

// bindSort binds sortBy to one type. The path has no Attr when the type does not declare it.
func bindSort(t *ResourceType, sortBy string, p Profile) (AttrPath, error) {
	path, ok := splitAttr(sortBy, t, p)
	if !ok {
		return AttrPath{Name: sortBy}, nil
	}
	s, a, sub, ok := t.resolve(path, p)
	if !ok {
		return path, nil
	}
	if a.Type == TypeComplex && sub == nil {
		if sub = a.Sub("value"); sub == nil {
			return path, badSort(sortBy, "one of its sub-attributes: "+subNames(a))
		}
	}
	if instead := t.unreadable(a, sub); instead != "" {
		return path, badSort(sortBy, instead)
	}
	path.Schema, path.Attr, path.Sub, path.extension = s, a, sub, s != nil && s != t.Schema
	if s != nil && !t.isRows(a) {
		path.key = keyName(s, path.extension, a, sub)
	}
	return path, nil
}

// Uses reports whether the order depends on the named attribute of the base schema, so that a backend knows which rows
// to load: [Sort.Position] needs them.
func (s *Sort) Uses(name string) bool { return s != nil && s.Path.Attr != nil && s.Path.is(name) }

// Key is the name of the compared attribute in [Resource.Keys]. ok is false when those rows cannot answer: common
// attributes, groups and members, and what this type lacks.
func (s *Sort) Key() (attr string, ok bool) { return s.Path.key, s.Path.key != "" }

// Position is the place of a resource in the list. Of several values the primary one counts, else the first.
func (s *Sort) Position(rec *Record) (Position, error) {
	p := Position{Seq: rec.Seq}
	if s == nil {
		return p, nil
	}
	p.Missing = true
	if s.Path.Attr == nil {
		return p, nil
	}
	if rec.Type.isRows(s.Path.Attr) && !rec.HasGroups && !rec.HasMembers {
		return p, errRowsNotLoaded
	}
	doc, err := rec.Object()
	if err != nil {
		return p, err
	}
	if key, ok := s.fold(s.value(doc)); ok {
		p.Key, p.Missing = key, false
	}
	return p, nil
}

// value is the one value of the resource that counts.
func (s *Sort) value(doc *Object) Value {
	v := single(s.Path.value(doc))
	if s.Path.Sub == nil {
		return v
	}
	element, _ := v.(*Object)
	v, _ = element.Get(s.Path.Sub.Name)
	return single(v)
}

func single(v Value) Value {
	if list, ok := v.(Array); ok {
		return preferred(list)
	}
	return v
}

func (s *Sort) fold(v Value) (string, bool) {
	a := s.Path.Attr
	if s.Path.Sub != nil {
		a = s.Path.Sub
	}
	if text, ok := v.(string); ok && s.identifies() {
		return a.foldCase(text), true
	}
	return a.Fold(v)
}

// identifies reports that the compared attribute tells one resource from all others. Stores keep it whole, and so does
// a [Position].
func (s *Sort) identifies() bool {
	switch a := s.Path.Attr; {
	case s.Path.Schema == nil:
		return a.Name == "id" || a.Name == "externalId"
	case s.Path.Schema.ID == URNUser:
		return a.Name == "userName"
	default:
		return s.Path.Schema.ID == URNGroup && a.Name == "displayName"
	}
}

// Compare is the order of a list: negative when a comes before b. Missing values are last in ascending and first in
// descending order; equal ones are in the order of their creation in both.
func (s *Sort) Compare(a, b Position) int {
	if s != nil {
		c := cmp.Or(compareBool(a.Missing, b.Missing), cmp.Compare(a.Key, b.Key))
		if s.Descending {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Compare(a.Seq, b.Seq)
}

// compareBool orders false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
