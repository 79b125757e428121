package scim

// Sent also shows what is returned on request only, as far as the body of this POST or PUT has it: sending an attribute
// asks for it (RFC 7643 §7, R-094). What the caller excluded stays out.
func (p Projection) Sent(r *Resource) Projection {
	for s := range r.Type.schemas() {
		attrs := r.Attributes
		if s != r.Type.Schema {
			v, _ := attrs.Get(s.ID)
			attrs, _ = v.(*Object)
		}
		for _, a := range s.Attributes {
			if !a.onRequest() {
				continue
			}
			if v, ok := attrs.Get(a.Name); ok {
				p.send(s, a, v)
			}
		}
	}
	return p
}

// SentPatch is [Projection.Sent] for the operations of a PATCH.
func (p Projection) SentPatch(patch *Patch) Projection {
	for i := range patch.Operations {
		op := &patch.Operations[i]
		a := op.Path.Attr
		if a == nil || !a.onRequest() {
			continue
		}
		p.send(op.Path.Schema, a, op.Value)
		if sub := op.Path.Sub; sub != nil && sub.Returned == ReturnedRequest {
			p.sent = append(p.sent, selection{op.Path.Schema, a, sub})
		}
	}
	return p
}

// onRequest reports whether the attribute or a part of it is returned on request only.
func (a *Attribute) onRequest() bool {
	if a.Returned == ReturnedRequest {
		return true
	}
	for _, sub := range a.SubAttributes {
		if sub.Returned == ReturnedRequest {
			return true
		}
	}
	return false
}

// send notes that the attribute came with the value v, or the elements of it.
func (p *Projection) send(s *Schema, a *Attribute, v Value) {
	if a.Returned == ReturnedRequest {
		p.sent = append(p.sent, selection{schema: s, attr: a})
	}
	for _, sub := range a.SubAttributes {
		has := func(e Value) bool {
			o, _ := e.(*Object)
			_, ok := o.Get(sub.Name)
			return ok
		}
		if sub.Returned == ReturnedRequest && anyElement(v, has) {
			p.sent = append(p.sent, selection{s, a, sub})
		}
	}
}
