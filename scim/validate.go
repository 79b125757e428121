package scim

import (
	"strconv"
	"strings"
)

// maxValues is the largest number of values of one attribute. Members are rows, and not among them.
const maxValues = 1000

// validate checks what concerns a resource as a whole: required attributes and extensions, and the number of values.
// Types, primaries and elements are checked when values are coerced.
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

// requireAll checks the required attributes of one schema, the required sub-attributes of the single-valued complex
// ones that are present, and how many values there are. Attributes that a client cannot give are not asked for.
func requireAll(o *Object, attrs []*Attribute, prefix string) error {
	for _, a := range attrs {
		v, there := o.Get(a.Name)
		if !there || isBlank(v) { // required means non-empty
			if a.Required && a.Mutability != ReadOnly && a.Mutability != WriteOnly {
				return NewError(KindMissing, prefix+a.Name, "", describe(a)+", not empty")
			}
			continue
		}
		if list, ok := v.(Array); ok && len(list) > maxValues {
			return NewError(KindTooManyValues, prefix+a.Name, strconv.Itoa(len(list)), strconv.Itoa(maxValues)+" values")
		}
		if sub, ok := v.(*Object); ok {
			if err := requireAll(sub, a.SubAttributes, prefix+a.Name+"."); err != nil {
				return err
			}
		}
	}
	return nil
}

// isBlank reports that a text shows nothing: a name of white space could be neither read nor typed.
func isBlank(v Value) bool {
	s, ok := v.(string)
	return ok && strings.TrimSpace(s) == ""
}
