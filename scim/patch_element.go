package scim

import "slices"

// elements applies an operation that works on complex values: those that the filter selects, else all of them. A
// single-valued attribute is a list of at most one.
func (a *application) elements(op *Operation, old Value) (Value, error) {
	if op.addsNothing() {
		return old, nil
	}
	list := asList(old)
	if err := a.spend(op, len(list)); err != nil {
		return nil, err
	}
	hits := selectElements(op.Path.Filter, list)
	if op.Path.Sub == nil && op.Value == nil {
		return asValue(op.Path.Attr, without(list, hits)), nil
	}
	change := op.change()
	if len(hits) == 0 {
		if !assigns(change) {
			return old, nil // nothing is there, nothing is to be, T-094
		}
		created, err := a.create(op)
		if err != nil {
			return nil, err
		}
		if isPrimary(created) {
			keepPrimary(list, -1)
		}
		list, hits = append(list, created), []int{len(list)}
	}
	if err := a.editAll(op, list, hits, change); err != nil {
		return nil, err
	}
	return asValue(op.Path.Attr, list), nil
}

// editAll changes the selected elements in place, and keeps at most one primary among all: the one that the change
// made primary.
func (a *application) editAll(op *Operation, list Array, hits []int, change *Object) error {
	wanted, _ := change.Get("primary")
	var made []int
	for _, i := range hits {
		was := isPrimary(list[i]) && wanted != true
		e, err := a.edit(op, list[i].(*Object), change)
		if err != nil {
			return err
		}
		list[i] = e
		if isPrimary(e) && !was {
			made = append(made, i)
		}
	}
	switch {
	case len(made) > 1:
		return NewError(KindTwoPrimaries, op.where, op.Path.src, "a path to one value")
	case len(made) == 1:
		keepPrimary(list, made[0])
	}
	return nil
}

// asList gives the elements of a stored value.
func asList(v Value) Array {
	switch v := v.(type) {
	case nil:
		return nil
	case Array:
		return v
	}
	return Array{v}
}

// asValue is the stored form of elements: the dropped ones left out, nil when there is none.
func asValue(a *Attribute, list Array) Value {
	kept := list[:0]
	for _, e := range list {
		if o, ok := e.(*Object); !ok || o.Len() > 0 {
			kept = append(kept, e)
		}
	}
	switch {
	case len(kept) == 0:
		return nil
	case a.MultiValued:
		return kept
	}
	return kept[0]
}

// selectElements lists the indexes of the elements that the filter matches: all of them, not the first only (D-12,
// T-043).
func selectElements(filter Node, list Array) []int {
	var hits []int
	for i, e := range list {
		o, ok := e.(*Object)
		if ok && (filter == nil || match(filter, o)) {
			hits = append(hits, i)
		}
	}
	return hits
}

func without(list Array, hits []int) Array {
	for _, i := range hits {
		list[i] = &Object{}
	}
	return list
}

// change is what the operation does to a selected element; nil members clear.
func (op *Operation) change() *Object {
	if op.Path.Sub != nil {
		return &Object{Members: []Member{{Name: op.Path.Sub.Name, Value: Clone(op.Value)}}}
	}
	o, _ := Clone(op.Value).(*Object)
	return o
}

// assigns reports whether a change sets anything, rather than only clears.
func assigns(change *Object) bool {
	for _, m := range change.Members {
		if m.Value != nil {
			return true
		}
	}
	return false
}

// create makes the element that an operation without a match describes (D-02, T-074 to T-076): empty without a
// filter, else with what a conjunction of equalities says.
func (a *application) create(op *Operation) (*Object, error) {
	filter := op.Path.Filter
	if filter == nil {
		return &Object{}, nil
	}
	e, ok := described(filter)
	if !ok || !a.profile.Has(QuirkCreateOnFilter) || a.profile.Has(QuirkEmptyStringUnassigns) && hasEmpty(e) {
		return nil, NewError(KindNoTarget, op.where, op.Path.src, "a filter that matches a present value")
	}
	return e, nil
}

// described returns the element that has just the values which a filter of equalities joined by "and" asks for.
func described(filter Node) (*Object, bool) {
	terms := []Node{filter}
	if and, ok := filter.(*And); ok {
		terms = and.Terms
	}
	e := &Object{}
	for _, t := range terms {
		c, ok := t.(*Compare)
		if !ok || c.Op != Equal || c.Path.Attr.MultiValued {
			return nil, false
		}
		e.Set(c.Path.Attr.Name, c.Literal)
	}
	return e, match(filter, e) // two values for one name describe nothing
}

// hasEmpty reports an empty text. Where that is no value, no element has it.
func hasEmpty(e *Object) bool {
	return slices.ContainsFunc(e.Members, func(m Member) bool { return m.Value == "" })
}

// edit returns the element after the change.
func (a *application) edit(op *Operation, e, change *Object) (*Object, error) {
	if op.Op == OpReplace && op.Path.Sub == nil && op.Path.Attr.MultiValued {
		return a.replaceElement(op, e, change)
	}
	return e, a.merge(op, e, change)
}

// replaceElement puts a new element in the place of a selected one. Where values may be created by a filter,
// the filter's equalities also complete the new value: `emails[type eq "work"]` stays the work address.
func (a *application) replaceElement(op *Operation, old, change *Object) (*Object, error) {
	now := &Object{}
	if e, ok := described(op.Path.Filter); ok && a.profile.Has(QuirkCreateOnFilter) {
		now = e
	}
	for _, sub := range op.Path.Attr.SubAttributes {
		was, had := old.Get(sub.Name)
		v, given := change.Get(sub.Name)
		switch {
		case had && sub.Mutability == Immutable && given && !equalValue(was, v):
			return nil, immutable(op, sub, was)
		case had && (sub.Mutability == Immutable || sub.Mutability == ReadOnly):
			now.Set(sub.Name, was)
		}
	}
	return now, a.merge(op, now, change)
}

// merge sets and clears sub-attributes; those that the change does not name stay (R-138, T-081, T-082).
func (a *application) merge(op *Operation, e, change *Object) error {
	cleared := false
	for _, m := range change.Members {
		sub := op.Path.Attr.Sub(m.Name)
		was, had := e.Get(m.Name)
		switch {
		case had && sub.Mutability == Immutable && !equalValue(was, m.Value):
			return immutable(op, sub, was)
		case m.Value != nil:
			e.Set(m.Name, m.Value)
		default:
			cleared = e.Delete(m.Name) || cleared
		}
		if m.Name == "value" && had && !equalValue(was, m.Value) {
			dropStaleReference(e, change)
		}
	}
	if cleared && a.profile.Has(QuirkEmptyStringUnassigns) && onlyLabels(e) {
		e.Members = nil // T-142
	}
	return nil
}

// dropStaleReference takes away what described the former value: its URI and its read-only name (RFC 7643 §4.3).
func dropStaleReference(e, change *Object) {
	if _, given := change.Get("$ref"); !given {
		e.Delete("$ref")
	}
}

// keepPrimary clears the mark of every element but the one at index i; -1 is none.
func keepPrimary(list Array, i int) {
	for j, e := range list {
		if j != i && isPrimary(e) {
			e.(*Object).Set("primary", false)
		}
	}
}
