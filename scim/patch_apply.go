package scim

import "slices"

// Apply returns r with the patch applied: all of its operations in their order, or none. r is not
// changed. The result is as if decoded; [Resource.Equal] tells whether anything changed.
//
// Operations on a group's members are not for the document: [Patch.Members] takes them out first.
func (p *Patch) Apply(r *Resource) (*Resource, error) {
	out := *r
	out.Attributes = shallow(r.Attributes)
	out.Warnings = p.Warnings
	a := application{out: &out, profile: p.profile}
	for i := range p.Operations {
		if err := a.apply(&p.Operations[i]); err != nil {
			return nil, err
		}
	}
	out.unite()
	if err := out.validate(r); err != nil {
		return nil, err
	}
	return &out, nil
}

// shallow copies an object but not its values.
func shallow(o *Object) *Object { return &Object{Members: slices.Clone(o.Members)} }

// application is one walk over the operations of a patch. Objects are copied before they are written to: the resource
// and its extensions on the way, an attribute's value as a whole.
type application struct {
	out     *Resource
	profile Profile
	work    int
}

// maxPatchWork bounds the elements that one patch may visit: a thousand operations on a list of a hundred thousand
// elements are no provisioning.
const maxPatchWork = 1_000_000

func (a *application) spend(op *Operation, elements int) error {
	a.work += elements
	if a.work > maxPatchWork {
		return NewError(KindTooManyOps, op.where, op.Path.src, "fewer operations on lists of this length")
	}
	return nil
}

func (a *application) apply(op *Operation) error {
	p := op.Path
	switch {
	case p.Attr == nil:
		return a.removeExtension(op)
	case p.isPassword():
		a.out.Password = op.Op != OpRemove && op.Value != nil
		return nil
	case p.Schema == nil: // externalId: the only common attribute that a client may write
		a.out.ExternalID, _ = op.Value.(string)
		a.out.HasExternalID = true
		return nil
	case a.out.Type.isRows(p.Attr):
		return NewError(KindInternal, op.where, p.src, "members to be taken out by Patch.Members")
	}
	return a.attribute(op)
}

// removeExtension drops an extension but for what the server put there, unless something in it may not change.
func (a *application) removeExtension(op *Operation) error {
	s := op.Path.Schema
	in := a.container(s)
	for _, attr := range s.Attributes {
		v, set := in.Get(attr.Name)
		switch {
		case !set || attr.Mutability == ReadOnly:
			continue
		case attr.Mutability == Immutable:
			return immutable(op, attr, v)
		}
		a.put(s, in, attr, nil)
	}
	return nil
}

// attribute computes the attribute's new value and puts it in its place.
func (a *application) attribute(op *Operation) error {
	attr := op.Path.Attr
	in := a.container(op.Path.Schema)
	old, _ := in.Get(attr.Name)
	now, err := a.value(op, Clone(old))
	if err != nil {
		return err
	}
	if now == nil && attr == a.out.Type.active() {
		return nil // its default is true: clearing it must not let a leaver in again
	}
	if attr.Mutability == Immutable && old != nil && !equalValue(old, now) {
		return immutable(op, attr, old)
	}
	a.put(op.Path.Schema, in, attr, now)
	return nil
}

func immutable(op *Operation, a *Attribute, present Value) error {
	allowed := a.Name + " as it is"
	if whole := op.Path.Attr; !a.secret() && (whole == nil || !whole.secret()) {
		allowed += ": " + show(present)
	}
	return NewError(KindImmutable, op.where, op.Path.src, allowed)
}

// container is an object that holds the attributes of the schema and may be written to; that of an extension becomes
// part of the resource by put.
func (a *application) container(s *Schema) *Object {
	if s == a.out.Type.Schema {
		return a.out.Attributes
	}
	v, _ := a.out.Attributes.Get(s.ID)
	if o, ok := v.(*Object); ok {
		return shallow(o)
	}
	return &Object{}
}

// put sets or unassigns an attribute; an extension comes with its first attribute and goes with its last.
func (a *application) put(s *Schema, in *Object, attr *Attribute, v Value) {
	if v == nil {
		in.Delete(attr.Name)
	} else {
		in.Set(attr.Name, v)
	}
	if s == a.out.Type.Schema {
		return
	}
	if in.Len() == 0 {
		a.out.Attributes.Delete(s.ID)
	} else {
		a.out.Attributes.Set(s.ID, in)
	}
}

// value is the attribute's value after the operation. It may reuse old.
func (a *application) value(op *Operation, old Value) (Value, error) {
	p := op.Path
	switch {
	case p.whole() && p.Attr.MultiValued:
		return a.list(op, old)
	case p.Attr.Type == TypeComplex:
		return a.elements(op, old)
	}
	return op.Value, nil
}
