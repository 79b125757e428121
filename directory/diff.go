package directory

import (
	"slices"
	"strings"

	"github.com/usher-scim/usher/scim"
)

// changedAttributes names the attributes whose values differ, sorted; those of an extension as URN:name. A nil
// resource has none. The order of an object's members means nothing, the order of an array is kept as sent.
func changedAttributes(before, after *scim.Resource) []string {
	a, b := attributes(before), attributes(after)
	names := changedMembers("", a, b)
	if externalID(before) != externalID(after) {
		names = append(names, "externalId")
	}
	slices.Sort(names)
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

// changedMembers names the members that differ. A member named by a URN is an extension and named by its parts.
func changedMembers(prefix string, a, b *scim.Object) []string {
	var names []string
	for _, name := range memberNames(a, b) {
		x, _ := a.Get(name)
		y, _ := b.Get(name)
		switch {
		case equalValues(x, y):
		case strings.Contains(name, ":"):
			names = append(names, changedMembers(name+":", asObject(x), asObject(y))...)
		default:
			names = append(names, prefix+name)
		}
	}
	return names
}

// memberNames are the names of both objects, each once.
func memberNames(a, b *scim.Object) []string {
	var names []string
	if a != nil {
		for _, m := range a.Members {
			names = append(names, m.Name)
		}
	}
	if b != nil {
		for _, m := range b.Members {
			if _, there := a.Get(m.Name); !there {
				names = append(names, m.Name)
			}
		}
	}
	return names
}

func asObject(v scim.Value) *scim.Object {
	o, _ := v.(*scim.Object)
	return o
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
