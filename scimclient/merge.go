package scimclient

import (
	"bytes"

	"github.com/usher-scim/usher/scim"
)

// merge applies to whole, a document as the server sent it, what a caller changed:
// the difference between before and after, which are what the caller's Go type
// holds of it. What the type does not declare is in neither, so it stays.
//
// In an array, an element that the caller left alone keeps everything; one that was
// edited in its place keeps its undeclared members.
func merge(whole, before, after *scim.Object) *scim.Object {
	merged := scim.Clone(whole).(*scim.Object)
	for _, m := range before.Members {
		if _, kept := after.Get(m.Name); !kept {
			merged.Delete(m.Name)
		}
	}
	for _, m := range after.Members {
		was, had := before.Get(m.Name)
		there, sent := merged.Get(m.Name)
		if !had || !sent {
			merged.Set(m.Name, m.Value)
			continue
		}
		merged.Set(m.Name, mergeValue(there, was, m.Value))
	}
	return merged
}

func mergeValue(whole, before, after scim.Value) scim.Value {
	if equal(before, after) {
		return whole
	}
	switch a := after.(type) {
	case *scim.Object:
		w, ok := whole.(*scim.Object)
		b, was := before.(*scim.Object)
		if ok && was {
			return merge(w, b, a)
		}
	case scim.Array:
		w, ok := whole.(scim.Array)
		b, was := before.(scim.Array)
		if ok && was && len(w) == len(b) {
			return mergeArray(w, b, a)
		}
	}
	return after
}

// mergeArray finds the elements that did not change, wherever they stand now. Of arrays of the same length, the other
// elements were edited in their places.
func mergeArray(whole, before, after scim.Array) scim.Array {
	places := map[string][]int{}
	for i, v := range before {
		key := string(scim.AppendJSON(nil, v))
		places[key] = append(places[key], i)
	}
	merged := make(scim.Array, len(after))
	for i, v := range after {
		key := string(scim.AppendJSON(nil, v))
		switch same := places[key]; {
		case len(same) > 0:
			merged[i], places[key] = whole[same[0]], same[1:]
		case len(before) == len(after):
			merged[i] = mergeValue(whole[i], before[i], v)
		default:
			merged[i] = v
		}
	}
	return merged
}

func equal(a, b scim.Value) bool {
	return bytes.Equal(scim.AppendJSON(nil, a), scim.AppendJSON(nil, b))
}
