package scim

import "strings"

// ParseFilters is [ParseFilter] for a query across resource types (RFC 7644 §3.4.2.1): one filter for each of them. It
// is enough that one type declares an attribute; for the others it has no value, so that `ne` holds.
//
// What follows from the type alone is decided here, `meta.resourceType eq "Group"` for one: a filter that holds
// for every resource of a type is nil, and one that holds for none is [Filter.Never].
func ParseFilters(src string, types []*ResourceType, p Profile) ([]*Filter, error) {
	filters := make([]*Filter, len(types))
	if len(types) == 0 {
		return filters, nil
	}
	all := unionOf(types)
	for i, t := range types {
		root, err := parseFilter(src, all, p)
		if err != nil {
			return nil, err
		}
		b := binder{t: t, hints: all, profile: p, where: "filter"}
		root = b.dropForeign(root, types)
		if err := b.bind(root, nil); err != nil {
			return nil, err
		}
		if root = simplify(root, t); !isAlways(root) {
			filters[i] = &Filter{Root: root, src: src}
		}
	}
	return filters, nil
}

// Never reports that the filter holds for no resource, whatever it is.
func (f *Filter) Never() bool { return f != nil && isNever(f.Root) }

// The two constants: an "or" of nothing and an "and" of nothing.
func constant(holds bool) Node {
	if holds {
		return &And{}
	}
	return &Or{}
}

func isNever(n Node) bool {
	or, ok := n.(*Or)
	return ok && len(or.Terms) == 0
}

func isAlways(n Node) bool {
	and, ok := n.(*And)
	return ok && len(and.Terms) == 0
}

// unionOf is a type that knows the schemas of all, for it is by them that URNs are cut off names, and names are
// suggested.
func unionOf(types []*ResourceType) *ResourceType {
	all := &ResourceType{Schema: types[0].Schema}
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = t.Name
		for s := range t.schemas() {
			all.Extensions = append(all.Extensions, Extension{Schema: s})
		}
	}
	all.Name = strings.Join(names, ", ")
	return all
}

// dropForeign puts constants in place of the expressions on attributes that only others of the types declare.
func (b *binder) dropForeign(n Node, types []*ResourceType) Node {
	switch n := n.(type) {
	case *And:
		return &And{Terms: b.dropAll(n.Terms, types)}
	case *Or:
		return &Or{Terms: b.dropAll(n.Terms, types)}
	case *Not:
		return &Not{Term: b.dropForeign(n.Term, types)}
	case *ValuePath:
		if b.isForeign(n.Path, types) {
			return constant(false)
		}
	case *Compare:
		if b.isForeign(n.Path, types) {
			return constant(n.Op == NotEqual) // D-32
		}
	}
	return n
}

func (b *binder) dropAll(terms []Node, types []*ResourceType) []Node {
	kept := make([]Node, len(terms))
	for i, n := range terms {
		kept[i] = b.dropForeign(n, types)
	}
	return kept
}

func (b *binder) isForeign(path AttrPath, types []*ResourceType) bool {
	if _, _, _, ok := b.t.resolve(path, b.profile); ok {
		return false
	}
	for _, t := range types {
		if _, _, _, ok := t.resolve(path, b.profile); ok {
			return true
		}
	}
	return false
}

// simplify decides what is the same for every resource of the type, and takes the constants out of a bound tree: what
// is left of it is free of them, or is one itself.
func simplify(n Node, t *ResourceType) Node {
	switch n := n.(type) {
	case *And:
		return simplifyTerms(n.Terms, t, false)
	case *Or:
		return simplifyTerms(n.Terms, t, true)
	case *Not:
		term := simplify(n.Term, t)
		if isNever(term) || isAlways(term) {
			return constant(isNever(term))
		}
		return &Not{Term: term}
	case *Compare:
		if n.Path.is("meta") && n.Path.Sub != nil && n.Path.Sub.Name == "resourceType" {
			doc := &Object{Members: []Member{{"meta", texts("resourceType", t.Name)}}}
			return constant(n.match(doc))
		}
	}
	return n
}

// simplifyTerms joins terms by "or" or by "and". A term that decides the whole stands for it; those that decide
// nothing vanish.
func simplifyTerms(terms []Node, t *ResourceType, or bool) Node {
	decides, idle := isNever, isAlways
	if or {
		decides, idle = isAlways, isNever
	}
	var kept []Node
	for _, n := range terms {
		switch n = simplify(n, t); {
		case decides(n):
			return n
		case !idle(n):
			kept = append(kept, n)
		}
	}
	switch {
	case len(kept) == 1:
		return kept[0]
	case or:
		return &Or{Terms: kept}
	}
	return &And{Terms: kept}
}
