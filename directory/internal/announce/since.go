package announce

import (
	"cmp"
	"slices"
	"strings"

	"github.com/usher-scim/usher/scim"
)

// Since tells for each attribute of a declaration, by its name in lower case, the epoch since which its values and keys
// have their present form: the coming one, but for those that are kept as they are.
func Since(doc *scim.Declaration, kept map[string]int64, coming int64) map[string]int64 {
	since := map[string]int64{}
	if doc.Schema == nil {
		return since
	}
	for _, a := range doc.Schema.Attributes {
		name := strings.ToLower(a.Name)
		since[name] = cmp.Or(kept[name], coming)
	}
	return since
}

// Kept tells since when the attributes have been as they are, of those whose form a new declaration leaves.
func Kept(since map[string]int64, old, doc *scim.Declaration) map[string]int64 {
	kept := map[string]int64{}
	if old.Extends != doc.Extends {
		return kept
	}
	for _, a := range doc.Schema.Attributes {
		if was := old.Schema.Attribute(a.Name); was != nil && was.SameForm(a) {
			name := strings.ToLower(a.Name)
			kept[name] = since[name]
		}
	}
	return kept
}

// RestsOn reports whether the declaration is a resource type that uses the schema.
func RestsOn(d *scim.Declaration, schema string) bool {
	if d.Type == nil {
		return false
	}
	return strings.EqualFold(d.Type.Schema, schema) || slices.ContainsFunc(d.Type.Extensions,
		func(e scim.DeclaredExtension) bool { return strings.EqualFold(e.Schema, schema) })
}
