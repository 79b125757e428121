package scim

// validate checks what concerns a resource as a whole: required attributes and extensions. Types, primaries and
// elements are checked when values are coerced.
func (r *Resource) validate() error {
	if err := requireAll(r.Attributes, r.Type.Schema.Attributes, ""); err != nil {
		return err
	}
	for _, e := range r.Type.Extensions {
		v, _ := r.Attributes.Get(e.Schema.ID)
		o, ok := v.(*Object)
		if !ok && !e.Required {
			continue
		}
		if err := requireAll(o, e.Schema.Attributes, e.Schema.ID+":"); err != nil {
			return err
		}
		if !ok {
			return NewError(KindMissing, e.Schema.ID, "", "an object with "+names(e.Schema.Attributes))
		}
	}
	return nil
}

// requireAll checks the required attributes of one schema, and the required sub-attributes of the single-valued
// complex ones that are present. Attributes that a client cannot give are not asked for.
func requireAll(o *Object, attrs []*Attribute, prefix string) error {
	for _, a := range attrs {
		v, there := o.Get(a.Name)
		if !there || v == "" { // required means non-empty
			if a.Required && a.Mutability != ReadOnly && a.Mutability != WriteOnly {
				return NewError(KindMissing, prefix+a.Name, "", describe(a)+", not empty")
			}
			continue
		}
		if sub, ok := v.(*Object); ok {
			if err := requireAll(sub, a.SubAttributes, prefix+a.Name+"."); err != nil {
				return err
			}
		}
	}
	return nil
}
