package scimclient

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/usher-scim/usher/scim"
)

// Patch is a list of changes, which a server applies in their order, all or none. It
// is a value: each method returns a longer Patch.
//
//	p := scimclient.Patch{}.
//		Replace("active", false).
//		Replace(scimclient.ValuePath("emails", scimclient.Eq("type", "work"), "value"), "jane@example.com").
//		Remove("nickName")
//
// See RFC 7644 §3.5.2.
type Patch struct {
	operations []operation
}

type operation struct {
	Op    string          `json:"op"`
	Path  string          `json:"path,omitempty"`
	Value json.RawMessage `json:"value,omitempty"`
	err   error
}

// Add adds a value: to a multi-valued attribute beside the others, to any other in
// place of what was there. Without a path, v is an object with the attributes to add. v is
// whatever [json.Marshal] takes, or a [scim.Value]. See RFC 7644 §3.5.2.1.
func (p Patch) Add(path string, v any) Patch { return p.value("add", path, v) }

// Replace puts v in the place of all values at the path; paths and values are as for Add. See RFC 7644 §3.5.2.3.
func (p Patch) Replace(path string, v any) Patch { return p.value("replace", path, v) }

// Remove removes the values at the path, which is required. See RFC 7644 §3.5.2.2.
func (p Patch) Remove(path string) Patch {
	op := operation{Op: "remove", Path: path}
	if path == "" {
		op.err = errors.New("it needs a path")
	}
	return p.with(op)
}

// Len is the number of operations. Servers refuse a Patch without any, and one that is too long.
func (p Patch) Len() int { return len(p.operations) }

func (p Patch) value(op, path string, v any) Patch {
	text, err := value(v)
	return p.with(operation{Op: op, Path: path, Value: text, err: err})
}

func (p Patch) with(op operation) Patch {
	return Patch{operations: append(slices.Clip(p.operations), op)}
}

// value is the JSON of any value.
func value(v any) (json.RawMessage, error) {
	switch v := v.(type) {
	case *scim.Object, scim.Array, scim.Number:
		return scim.AppendJSON(nil, v), nil
	}
	return marshal(v)
}

// MarshalJSON is the PatchOp message.
func (p Patch) MarshalJSON() ([]byte, error) {
	for i, op := range p.operations {
		err := op.err
		if strings.HasPrefix(op.Path, fault) {
			err = errors.New(op.Path)
		}
		if err != nil {
			return nil, fmt.Errorf("patch operation %d, %s %s: %w", i+1, op.Op, op.Path, err)
		}
	}
	return marshal(struct {
		Schemas    []string    `json:"schemas"`
		Operations []operation `json:"Operations"`
	}{[]string{scim.URNPatchOp}, append([]operation{}, p.operations...)})
}
