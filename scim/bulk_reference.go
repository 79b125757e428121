package scim

import "strings"

// A reference to what another operation of the same bulk request creates is the text "bulkId:" and that operation's
// bulkId, in the place of an id (RFC 7644 §3.7.2). The word is reserved, so it is a reference wherever a value
// begins with it. It also counts as the last segment of a "$ref", and as a literal of a filter in the path of a PATCH.
const bulkPrefix = "bulkId:"

// BulkTarget is what a bulkId stands for.
type BulkTarget struct{ ID, Location string }

// BulkReference returns the bulkId that a text refers to, and whether it does.
func BulkReference(s string) (bulkID string, ok bool) { return strings.CutPrefix(s, bulkPrefix) }

// References lists the bulkIds that the data refers to, each once.
func (op *BulkOperation) References() []string {
	var list []string
	seen := map[string]bool{}
	op.Resolve(func(bulkID string) (BulkTarget, bool) {
		if !seen[bulkID] {
			seen[bulkID] = true
			list = append(list, bulkID)
		}
		return BulkTarget{}, false
	})
	return list
}

// Resolve puts what find knows in the place of the references in Data. Those that it does not know stay.
func (op *BulkOperation) Resolve(find func(bulkID string) (BulkTarget, bool)) {
	if op.Data != nil {
		resolve(op.Data, "", find)
	}
}

// resolve returns v, changed in place as far as it is made of objects and arrays. name is that of the member that v
// belongs to.
func resolve(v Value, name string, find func(string) (BulkTarget, bool)) Value {
	switch t := v.(type) {
	case string:
		if strings.Contains(t, bulkPrefix) {
			return resolveText(t, name, find)
		}
	case Array:
		for i := range t {
			t[i] = resolve(t[i], name, find)
		}
	case *Object:
		for i := range t.Members {
			m := &t.Members[i]
			m.Value = resolve(m.Value, m.Name, find)
		}
	}
	return v
}

func resolveText(s, name string, find func(string) (BulkTarget, bool)) string {
	switch bulkID, whole := BulkReference(s); {
	case whole:
		if to, ok := find(bulkID); ok && equalName(name, "$ref") {
			return to.Location
		} else if ok {
			return to.ID
		}
	case equalName(name, "$ref"):
		i := strings.LastIndexByte(s, '/') + 1
		return s[:i] + resolveID(s[i:], find)
	case equalName(name, "path"):
		parts := strings.Split(s, `"`)
		for i := 1; i < len(parts); i += 2 {
			parts[i] = resolveID(parts[i], find)
		}
		return strings.Join(parts, `"`)
	}
	return s
}

func resolveID(s string, find func(string) (BulkTarget, bool)) string {
	if bulkID, ok := BulkReference(s); ok {
		if to, known := find(bulkID); known {
			return to.ID
		}
	}
	return s
}

// WithoutReferences is Data without what still refers to something: an element of a list, or an attribute, as a whole.
// It shares the rest with Data.
func (op *BulkOperation) WithoutReferences() *Object { return withoutReferences(op.Data) }

func withoutReferences(o *Object) *Object {
	out := &Object{Members: make([]Member, 0, o.Len())}
	for _, m := range o.Members {
		switch v := m.Value.(type) {
		case Array:
			m.Value = elementsWithout(v)
		case *Object:
			if isURN(m.Name) {
				m.Value = withoutReferences(v)
			} else if refers(v) {
				continue
			}
		default:
			if refers(v) {
				continue
			}
		}
		out.Members = append(out.Members, m)
	}
	return out
}

func elementsWithout(list Array) Array {
	out := make(Array, 0, len(list))
	for _, e := range list {
		if !refers(e) {
			out = append(out, e)
		}
	}
	return out
}

// refers reports whether there is a reference anywhere in v.
func refers(v Value) bool {
	found := false
	resolve(Array{v}, "", func(string) (BulkTarget, bool) {
		found = true
		return BulkTarget{}, false
	})
	return found
}

// isURN tells the name of an extension from that of an attribute.
func isURN(name string) bool { return len(name) > 4 && equalName(name[:4], "urn:") }
