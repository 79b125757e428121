package document

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

// ChangedFields names the JSON fields of two values of one type that differ, sorted.
func ChangedFields(before, after any) []string {
	a, b := fields(before), fields(after)
	maps.DeleteFunc(a, func(name string, value json.RawMessage) bool {
		other, there := b[name]
		same := there && bytes.Equal(value, other)
		if same {
			delete(b, name)
		}
		return same
	})
	maps.Copy(a, b)
	return slices.Sorted(maps.Keys(a))
}

func fields(v any) map[string]json.RawMessage {
	all := map[string]json.RawMessage{}
	if text, err := json.Marshal(v); err == nil {
		_ = json.Unmarshal(text, &all) // it was made a line above
	}
	return all
}
