package scim

import "slices"

// Members splits a patch of a group into the net effect on its members and the rest, which is for [Patch.Apply].
// Of several operations on one member the last wins; the list itself is not read, so that a member more in
// a group of 100,000 costs no more than in an empty one.
//
// A selector other than `value eq "id"` goes to [MemberDelta.Select] and is held against the members that were there
// before the patch. It must therefore come before the operations that add: an addition that it would have to judge is
// refused, never ignored.
func (p *Patch) Members() (MemberDelta, *Patch, error) {
	rest := *p
	rest.Operations = make([]Operation, 0, len(p.Operations))
	w := memberWalk{last: map[string]int{}}
	for i := range p.Operations {
		op := &p.Operations[i]
		if op.Path.Attr == nil || !p.Type.isRows(op.Path.Attr) {
			rest.Operations = append(rest.Operations, *op)
			continue
		}
		if err := w.apply(op); err != nil {
			return MemberDelta{}, nil, err
		}
	}
	return w.delta(), &rest, nil
}

// memberWalk is the state of a group's members after some operations, relative to what was there before.
type memberWalk struct {
	reset   bool
	changes []memberChange
	last    map[string]int // the index in changes of the last word on an id
	selects []Node
}

// memberChange is one word on one member.
type memberChange struct {
	ref MemberRef
	add bool
}

func (w *memberWalk) apply(op *Operation) error {
	p := op.Path
	switch {
	case p.Sub != nil:
		return NewError(KindImmutable, op.where, p.src, "members added and removed as a whole")
	case p.Filter != nil && op.addsNothing():
		return nil
	case p.Filter != nil && op.Value == nil:
		return w.remove(op)
	case p.Filter != nil:
		return w.describe(op)
	case op.Op == OpRemove && op.Value == nil, op.Op == OpReplace:
		w.clear()
	}
	return w.each(op)
}

// clear forgets everything: whatever was there and whatever came before is gone.
func (w *memberWalk) clear() { *w = memberWalk{reset: true, last: map[string]int{}} }

// each says one word on every member that the operation lists.
func (w *memberWalk) each(op *Operation) error {
	for _, e := range asList(op.Value) {
		ref, err := memberRef(op.Path.Attr, e)
		if err != nil {
			return err
		}
		if ref.Value == "" {
			return NewError(KindMissing, op.where, "", "the id of a member")
		}
		w.say(ref, op.Op != OpRemove)
	}
	return nil
}

func (w *memberWalk) say(ref MemberRef, add bool) {
	if i, ok := w.last[ref.Value]; ok {
		if w.changes[i].add == add {
			return // a second "add" changes nothing
		}
		w.changes[i].ref.Value = "" // no longer the last word
	}
	w.last[ref.Value] = len(w.changes)
	w.changes = append(w.changes, memberChange{ref: ref, add: add})
}

// remove takes out the members that a filter selects.
func (w *memberWalk) remove(op *Operation) error {
	ids, ok := selectedIDs(op.Path.Filter)
	if ok {
		for _, id := range ids {
			w.say(MemberRef{Value: id}, false)
		}
		return nil
	}
	for _, c := range w.changes {
		if c.add && c.ref.Value != "" {
			return NewError(KindBadOperation, op.where, op.Path.src,
				"selectors other than value eq before the operations that add members")
		}
	}
	w.selects = append(w.selects, op.Path.Filter)
	return nil
}

// describe takes `members[value eq "x"]` with a value: the member x shall be there. Another id in the value would
// change an immutable attribute.
func (w *memberWalk) describe(op *Operation) error {
	ids, ok := selectedIDs(op.Path.Filter)
	if !ok || len(ids) != 1 || ids[0] == "" {
		return NewError(KindNoTarget, op.where, op.Path.src, `members[value eq "id"]`)
	}
	o, _ := op.Value.(*Object)
	if v, given := o.Get("value"); given && v != ids[0] {
		return NewError(KindImmutable, op.where, op.Path.src, "the id "+ids[0]+", or remove and add")
	}
	element := Clone(o).(*Object)
	element.Set("value", ids[0])
	ref, err := memberRef(op.Path.Attr, element)
	if err != nil {
		return err
	}
	w.say(ref, true)
	return nil
}

// selectedIDs are the ids of a filter that is `value eq "id"`, or several of them joined by "or".
func selectedIDs(filter Node) ([]string, bool) {
	terms := []Node{filter}
	if or, ok := filter.(*Or); ok {
		terms = or.Terms
	}
	ids := make([]string, 0, len(terms))
	for _, t := range terms {
		c, ok := t.(*Compare)
		if !ok || c.Op != Equal || c.Path.Attr.Name != "value" {
			return nil, false
		}
		id, _ := c.Literal.(string)
		ids = append(ids, id)
	}
	return ids, true
}

// delta is the closed form.
func (w *memberWalk) delta() MemberDelta {
	d := MemberDelta{Reset: w.reset, Select: w.selects}
	for _, c := range w.changes {
		switch {
		case c.ref.Value == "":
		case c.add:
			d.Add = append(d.Add, c.ref)
		case !w.reset:
			d.Remove = append(d.Remove, c.ref.Value)
		}
	}
	slices.Sort(d.Remove)
	return d
}
