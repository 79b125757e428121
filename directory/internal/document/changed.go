package document

import (
	"slices"
	"strings"

	"github.com/usher-scim/usher/scim"
)

// Changed names the attributes whose values differ, sorted; those of an extension as URN:name. A nil
// resource has none. The order of an object's members means nothing, the order of an array is kept as sent.
func Changed(before, after *scim.Resource) []string {
	names := ChangedMembers(attributes(before), attributes(after))
	if externalID(before) != externalID(after) {
		names = append(names, "externalId")
		slices.Sort(names)
	}
	return names
}

func attributes(r *scim.Resource) *scim.Object {
	if r == nil {
		return nil
	}
	return r.Attributes
}

func externalID(r *scim.Resource) string {
	if r == nil {
		return ""
	}
	return r.ExternalID
}

// ChangedMembers names the members of an object whose values differ, sorted. Either may be nil.
func ChangedMembers(before, after *scim.Object) []string {
	names := changed("", before, after)
	slices.Sort(names)
	return names
}

// Text is the text of that name in an object that may be nil, else "".
func Text(o *scim.Object, name string) string {
	value, _ := o.Get(name)
	text, _ := value.(string)
	return text
}

// Object is the value as an object, or nil.
func Object(v scim.Value) *scim.Object {
	o, _ := v.(*scim.Object)
	return o
}

// changed names the members that differ. A member named by a URN is an extension and named by its parts.
func changed(prefix string, a, b *scim.Object) []string {
	var names []string
	compare := func(name string, x, y scim.Value) {
		switch {
		case equalValues(x, y):
		case strings.Contains(name, ":"):
			names = append(names, changed(name+":", Object(x), Object(y))...)
		default:
			names = append(names, prefix+name)
		}
	}
	for i := range a.Len() {
		m := &a.Members[i]
		y, _ := b.Get(m.Name)
		compare(m.Name, m.Value, y)
	}
	for i := range b.Len() {
		m := &b.Members[i]
		if _, there := a.Get(m.Name); !there {
			compare(m.Name, nil, m.Value)
		}
	}
	return names
}

func equalValues(a, b scim.Value) bool {
	switch a := a.(type) {
	case scim.Array:
		b, ok := b.(scim.Array)
		return ok && slices.EqualFunc(a, b, equalValues)
	case *scim.Object:
		b, ok := b.(*scim.Object)
		return ok && equalObjects(a, b)
	}
	if isComposite(b) {
		return false
	}
	return a == b // nil, bool, Number, string
}

func isComposite(v scim.Value) bool {
	switch v.(type) {
	case scim.Array, *scim.Object:
		return true
	}
	return false
}

func equalObjects(a, b *scim.Object) bool {
	if a.Len() != b.Len() {
		return false
	}
	if a.Len() == 0 {
		return true
	}
	for _, m := range a.Members {
		other, ok := b.Get(m.Name)
		if !ok || !equalValues(m.Value, other) {
			return false
		}
	}
	return true
}
