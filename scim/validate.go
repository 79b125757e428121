package scim

import (
	"strconv"
	"strings"
)

// maxValues is the largest number of values of one attribute. Members are rows, and not among them.
const maxValues = 1000

// validate checks what concerns a resource as a whole: required attributes and extensions, and the number of values.
// Types, primaries and elements are checked when values are coerced.
//
// before is what a PATCH found, else nil. What that lacked already, because it was stored before somebody declared it
// to be required, is not asked of a PATCH: else nobody could be deactivated who has no value for it yet.
func (r *Resource) validate(before *Resource) error {
	var was *Object
	if before != nil {
		was = before.Attributes
	}
	if err := requireAll(r.Attributes, was, r.Type.Schema.Attributes); err != nil {
		return err
	}
	for _, e := range r.Type.Extensions {
		o, ok := memberObject(r.Attributes, e.Schema.ID)
		old, had := memberObject(was, e.Schema.ID)
		if !ok && (!e.Required || before != nil && !had) {
			continue
		}
		if err := requireAll(o, old, e.Schema.Attributes); err != nil {
			return within(e.Schema.ID+":", err)
		}
		if !ok {
			return NewError(KindMissing, e.Schema.ID, "", "an object with "+names(e.Schema.Attributes))
		}
	}
	return nil
}

// requireAll checks the required attributes of one schema, the required sub-attributes of the single-valued complex
// ones that are present, and how many values there are. Attributes that a client cannot give are not asked for, nor is
// what was lacked; was may be nil.
func requireAll(o, was *Object, attrs []*Attribute) error {
	for _, a := range attrs {
		v, there := o.Get(a.Name)
		if !there || isBlank(v) { // required means non-empty
			if a.asked() && (was == nil || has(was, a)) {
				return NewError(KindMissing, a.Name, "", describe(a)+", not empty")
			}
			continue
		}
		if list, ok := v.(Array); ok && len(list) > maxValues {
			return NewError(KindTooManyValues, a.Name, strconv.Itoa(len(list)), strconv.Itoa(maxValues)+" values")
		}
		if sub, ok := v.(*Object); ok {
			old, _ := memberObject(was, a.Name)
			if err := requireAll(sub, old, a.SubAttributes); err != nil {
				return within(a.Name+".", err)
			}
		}
	}
	return nil
}

// asked reports whether a client has to give a value.
func (a *Attribute) asked() bool {
	return a.Required && a.Mutability != ReadOnly && a.Mutability != WriteOnly
}

func has(o *Object, a *Attribute) bool {
	v, there := o.Get(a.Name)
	return there && !isBlank(v)
}

// isBlank reports that a text shows nothing: a name of white space could be neither read nor typed.
func isBlank(v Value) bool {
	s, ok := v.(string)
	return ok && strings.TrimSpace(s) == ""
}

// memberObject is the object that a member holds; o may be nil.
func memberObject(o *Object, name string) (*Object, bool) {
	v, _ := o.Get(name)
	in, ok := v.(*Object)
	return in, ok
}
