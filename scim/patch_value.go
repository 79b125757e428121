package scim

// coerce makes op.Value a value of the operation's target by the quirks of the profile. at is the value's place.
func (b *patchParser) coerce(op *Operation, at string) error {
	var err error
	switch {
	case op.Path.isPassword():
		if op.Value != nil {
			op.Value = true // that there is one; the text goes no further (C9)
		}
	case op.Op == OpRemove:
		err = b.listed(op, at)
	case op.Path.Sub != nil:
		op.Value, err = b.attribute(op.Path.Sub, op.Value, at)
	case op.Path.Attr.Type == TypeComplex && (op.Path.Filter != nil || !op.Path.Attr.MultiValued):
		op.Value, err = b.changes(op.Path.Attr, op.Value, at)
	default:
		op.Value, err = b.attribute(op.Path.Attr, oneOrMore(op), at)
	}
	return err
}

// oneOrMore takes a single value to add to a list for a list of one: RFC 7644 §3.5.2.1 allows both.
func oneOrMore(op *Operation) Value {
	if _, isList := op.Value.(Array); isList || op.Value == nil || op.Op != OpAdd || !op.Path.Attr.MultiValued {
		return op.Value
	}
	return Array{op.Value}
}

// listed keeps the value of "remove" where it lists what to remove from a whole multi-valued attribute (D-03,
// T-077). A list of nothing removes nothing; only null and no value at all remove everything. An element that says
// something of which nothing is understood is refused: its answer would be a success without effect (T-123).
func (b *patchParser) listed(op *Operation, at string) error {
	v := op.Value
	op.Value = nil
	if v == nil || !op.Path.whole() || !op.Path.Attr.MultiValued || !b.profile.Has(QuirkRemoveListed) {
		return nil
	}
	coerced, err := b.attribute(op.Path.Attr, v, at)
	if err != nil {
		return err
	}
	list := append(Array{}, asList(coerced)...)
	if len(list) < countPresent(asList(v)) {
		return NewError(KindMissing, at, show(v), "a value in each element to remove, or no list to remove all")
	}
	op.Value = list
	return nil
}

// countPresent counts the elements that say something.
func countPresent(list Array) int {
	n := 0
	for _, e := range list {
		if present(e) {
			n++
		}
	}
	return n
}

func (b *patchParser) attribute(a *Attribute, v Value, at string) (Value, error) {
	v, warnings, err := b.profile.coerce(a, v, at)
	for _, w := range warnings {
		b.warn(w)
	}
	return v, err
}

// changes coerces what an operation changes of a complex value: an object whose nil members clear a sub-attribute
// (T-082, T-083). It is nil when the value as a whole means "no value".
func (b *patchParser) changes(a *Attribute, v Value, at string) (Value, error) {
	c := newCoercion(b.profile, at)
	o, err := c.object(a, b.loosen(v))
	if o == nil || err != nil {
		return nil, err
	}
	out := &Object{}
	for _, m := range o.Members {
		if err := c.subAttribute(a, m, out); err != nil {
			return nil, err
		}
		sub := a.sub(m.Name, b.profile)
		if sub == nil || sub.Mutability == ReadOnly {
			continue
		}
		if _, assigned := out.Get(sub.Name); !assigned {
			if err := b.clearable(sub, at); err != nil {
				return nil, err
			}
			out.Set(sub.Name, nil)
		}
	}
	for _, w := range c.warnings {
		b.warn(w)
	}
	return out, nil
}

// loosen takes the one element of a list for a single value, and "" for none, by quirk (T-083, T-089).
func (b *patchParser) loosen(v Value) Value {
	if list, ok := v.(Array); ok {
		switch {
		case len(list) == 0:
			return nil
		case len(list) == 1 && b.profile.Has(QuirkLooseShapes):
			v = list[0]
		}
	}
	if v == "" && b.profile.Has(QuirkEmptyStringUnassigns) {
		return nil
	}
	return v
}

func (b *patchParser) clearable(sub *Attribute, at string) error {
	if sub.Required {
		return NewError(KindNotRemovable, at+"."+sub.Name, "", describe(sub))
	}
	return nil
}
