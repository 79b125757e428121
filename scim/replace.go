package scim

// Replace is PUT (RFC 7644 §3.5.1): r is the decoded body, old what is stored, the result what shall be stored.
// Neither is changed. By D-10 an attribute that the body leaves out is cleared, with these exceptions:
//
//   - externalId: clients whose GET did not show it leave it out; null or "" clears it
//   - members: the caller leaves the rows alone unless HasMembers (D-09)
//   - active: a profile push must not let a leaver in again; only a body that says true does
//   - what is read-only or write-only, which a client cannot repeat
//   - immutable attributes, which keep their value; another value is refused
func (r *Resource) Replace(old *Resource) (*Resource, error) {
	out := *r
	out.Attributes = &Object{}
	if r.Attributes.Len() > 0 {
		out.Attributes = Clone(r.Attributes).(*Object)
	}
	if !r.HasExternalID {
		out.ExternalID, out.HasExternalID = old.ExternalID, old.HasExternalID
	}
	if err := carryOver(out.Attributes, old.Attributes, r.Type.Schema.Attributes, ""); err != nil {
		return nil, err
	}
	for _, e := range r.Type.Extensions {
		if err := out.carryExtension(e.Schema, old); err != nil {
			return nil, err
		}
	}
	if a := r.Type.active(); a != nil {
		carryAbsent(out.Attributes, old.Attributes, a.Name)
	}
	return &out, nil
}

func (r *Resource) carryExtension(s *Schema, old *Resource) error {
	v, _ := old.Attributes.Get(s.ID)
	from, ok := v.(*Object)
	if !ok {
		return nil
	}
	v, _ = r.Attributes.Get(s.ID)
	to, ok := v.(*Object)
	if !ok {
		to = &Object{}
	}
	if err := carryOver(to, from, s.Attributes, s.ID+":"); err != nil {
		return err
	}
	if !ok && to.Len() > 0 {
		r.Attributes.Set(s.ID, to)
	}
	return nil
}

// carryOver keeps in to what a PUT cannot replace of from.
func carryOver(to, from *Object, attrs []*Attribute, prefix string) error {
	for _, a := range attrs {
		was, there := from.Get(a.Name)
		if !there {
			continue
		}
		now, given := to.Get(a.Name)
		switch a.Mutability {
		case ReadOnly:
			to.Set(a.Name, Clone(was))
		case WriteOnly:
			carryAbsent(to, from, a.Name)
		case Immutable:
			if given && !equalValue(was, now) {
				return immutableError(prefix+a.Name, a, now, was)
			}
			carryAbsent(to, from, a.Name)
		case ReadWrite:
			wasObject, ok1 := was.(*Object)
			nowObject, ok2 := now.(*Object)
			if !ok1 || !ok2 {
				continue
			}
			if err := carryOver(nowObject, wasObject, a.SubAttributes, prefix+a.Name+"."); err != nil {
				return err
			}
		}
	}
	return nil
}

// immutableError refuses another value. What is never returned is not told by an error either.
func immutableError(where string, a *Attribute, now, was Value) error {
	if a.secret() {
		return NewError(KindImmutable, where, "", "the present value")
	}
	return NewError(KindImmutable, where, show(now), "the present value "+show(was))
}

// carryAbsent keeps one value of from that to lacks.
func carryAbsent(to, from *Object, name string) {
	if _, given := to.Get(name); given {
		return
	}
	if v, ok := from.Get(name); ok {
		to.Set(name, Clone(v))
	}
}
