package scim

// list applies an operation on a multi-valued attribute as a whole.
func (a *application) list(op *Operation, old Value) (Value, error) {
	present, given := asList(old), asList(Clone(op.Value))
	if err := a.spend(op, len(present)+len(given)); err != nil {
		return nil, err
	}
	switch {
	case op.Op == OpReplace || op.Op == OpRemove && op.Value == nil:
		return Clone(op.Value), nil
	case op.Op == OpRemove:
		return a.removeListed(op, present, given)
	}
	return a.appendNew(op, present, given)
}

// appendNew adds the elements that are not there yet. One with the type and value of a present element is that
// element, and completes it.
func (a *application) appendNew(op *Operation, present, given Array) (Value, error) {
	ix := newElementIndex(op.Path.Attr, present)
	for _, g := range given {
		hits := ix.find(g)
		if err := a.spend(op, len(hits)+ix.compared); err != nil {
			return nil, err
		}
		i := len(present)
		if len(hits) == 0 {
			present = append(present, g)
			ix.add(g, i)
		} else if i = hits[0]; !ix.contains(present[i], g) {
			if err := a.merge(op, present[i].(*Object), g.(*Object)); err != nil {
				return nil, err
			}
		}
		if isPrimary(g) {
			keepPrimary(present, i)
		}
	}
	return asValue(op.Path.Attr, present), nil
}

// removeListed removes the elements that the operation lists, by value and, where given, type (D-03, T-077).
func (a *application) removeListed(op *Operation, present, given Array) (Value, error) {
	ix := newElementIndex(op.Path.Attr, present)
	gone := make(map[int]bool, len(given))
	for _, g := range given {
		hits := ix.named(g)
		if err := a.spend(op, len(hits)+ix.compared); err != nil {
			return nil, err
		}
		for _, i := range hits {
			gone[i] = true
		}
	}
	kept := make(Array, 0, len(present))
	for i, e := range present {
		if !gone[i] {
			kept = append(kept, e)
		}
	}
	return asValue(op.Path.Attr, kept), nil
}

// elementIndex finds the elements of a list that stand for the same thing as a given one.
type elementIndex struct {
	attr     *Attribute
	list     Array
	byValue  map[string][]int
	unkeyed  []int // elements without a value, such as addresses: compared one by one
	compared int   // the elements that the last find compared one by one
}

func newElementIndex(a *Attribute, list Array) *elementIndex {
	ix := &elementIndex{attr: a, byValue: make(map[string][]int, len(list))}
	for i, e := range list {
		ix.add(e, i)
	}
	return ix
}

func (ix *elementIndex) add(e Value, i int) {
	ix.list = append(ix.list, e)
	if key, ok := ix.key(e); ok {
		ix.byValue[key] = append(ix.byValue[key], i)
	} else {
		ix.unkeyed = append(ix.unkeyed, i)
	}
}

// key is the folded value of an element: of its "value" when it is complex.
func (ix *elementIndex) key(e Value) (string, bool) {
	o, ok := e.(*Object)
	if !ok {
		return ix.attr.Fold(e)
	}
	sub := ix.attr.Sub("value")
	v, _ := o.Get("value")
	if sub == nil {
		return "", false
	}
	return sub.Fold(v)
}

// find lists the elements that g names: those with its value and, if g has one, its type; without a value those that
// have all that g has.
func (ix *elementIndex) find(g Value) []int {
	key, keyed := ix.key(g)
	candidates := ix.unkeyed
	if keyed {
		candidates = ix.byValue[key]
	}
	ix.compared = len(candidates)
	var hits []int
	for _, i := range candidates {
		if keyed && ix.sameType(ix.list[i], g) || !keyed && ix.contains(ix.list[i], g) {
			hits = append(hits, i)
		}
	}
	return hits
}

// named is find for a removal: an element without a value names every element that has all that it says, those with
// a value too. To remove `{"type":"work"}` and leave the work address would be a success without effect (T-123).
func (ix *elementIndex) named(g Value) []int {
	if _, keyed := ix.key(g); keyed {
		return ix.find(g)
	}
	ix.compared = len(ix.list)
	var hits []int
	for i, e := range ix.list {
		if ix.fits(e, g) {
			hits = append(hits, i)
		}
	}
	return hits
}

// fits reports whether e has every sub-attribute of g with a value that a filter would take for the same.
func (ix *elementIndex) fits(e, g Value) bool {
	have, _ := e.(*Object)
	want, _ := g.(*Object)
	if want.Len() == 0 {
		return false
	}
	for _, m := range want.Members {
		v, _ := have.Get(m.Name)
		a, ok := ix.attr.Sub(m.Name).Fold(m.Value)
		b, same := ix.attr.Sub(m.Name).Fold(v)
		if !ok || !same || a != b {
			return false
		}
	}
	return true
}

func (ix *elementIndex) sameType(e, g Value) bool {
	wanted, ok := ix.typeOf(g)
	has, _ := ix.typeOf(e)
	return !ok || has == wanted
}

func (ix *elementIndex) typeOf(e Value) (string, bool) {
	o, _ := e.(*Object)
	sub := ix.attr.Sub("type")
	if v, there := o.Get("type"); there && sub != nil {
		return sub.Fold(v)
	}
	return "", false
}

// contains reports whether e has every sub-attribute of g with the same value; simple values are the same by key.
func (ix *elementIndex) contains(e, g Value) bool {
	have, isObject := e.(*Object)
	want, _ := g.(*Object)
	if !isObject {
		return true
	}
	for _, m := range want.Members {
		if v, _ := have.Get(m.Name); !equalValue(v, m.Value) {
			return false
		}
	}
	return want.Len() > 0
}
