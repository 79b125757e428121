package scimclient

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/usher-scim/usher/scim"
)

// Received is embedded in resource types to remember the document that the server
// sent. It has no JSON of its own. Because of it, [Resources.Replace] keeps what
// the Go type does not declare.
type Received struct {
	document []byte
	version  string
}

// Version is the resource's entity tag, for Options.IfMatch and IfNoneMatch. It is
// empty when the server has no versions, or the resource came from nowhere.
func (r Received) Version() string { return r.version }

// Object is the whole document as the server sent it, undeclared attributes included. Each call
// makes a new one; it is nil when the resource was not received.
func (r Received) Object() *scim.Object {
	o, err := scim.ParseJSON(r.document, unbounded)
	if err != nil {
		return nil
	}
	return o
}

func (r *Received) receive(document []byte, version string) {
	r.document, r.version = document, version
}

func (r *Received) received() []byte { return r.document }

// receiver is a type that embeds Received.
type receiver interface {
	receive(document []byte, version string)
	received() []byte
}

// unbounded: what is parsed is bounded by Client.MaxResponse already, or it is the caller's own.
var unbounded = scim.Limits{Members: math.MaxInt}

// read makes a resource of an answer.
func read[T any](res *Response) (*T, error) {
	return decode[T](res.Body, version(res))
}

// version is the entity tag of an answer: the header, or else meta.version.
func version(res *Response) string {
	if tag := res.Header.Get("ETag"); tag != "" {
		return tag
	}
	return metaVersion(res.Body)
}

// metaVersion is what the elements of a list have in place of the header.
func metaVersion(document []byte) string {
	var d struct{ Meta struct{ Version string } }
	_ = json.Unmarshal(document, &d) // a meta of another shape has no version
	return d.Meta.Version
}

// decode makes a resource of a document of that version.
func decode[T any](document []byte, version string) (*T, error) {
	v := new(T)
	if o, ok := any(v).(*scim.Object); ok {
		parsed, err := scim.ParseJSON(document, unbounded)
		if err != nil {
			return nil, fmt.Errorf("scimclient: read resource: %w", err)
		}
		*o = *parsed
		return v, nil
	}
	if err := json.Unmarshal(document, v); err != nil {
		return nil, fmt.Errorf("scimclient: read resource: %w", err)
	}
	if r, ok := any(v).(receiver); ok {
		r.receive(document, version)
	}
	return v, nil
}

// encode makes the document of a resource to send. schema is the URN that "schemas"
// gets when it is missing; the URNs of the extensions that are there are added
//
func encode(v any, schema string) ([]byte, error) {
	o, err := object(v)
	if err != nil {
		return nil, err
	}
	return scim.AppendJSON(nil, withSchemas(o, schema)), nil
}

// object is the JSON object of a resource.
func object(v any) (*scim.Object, error) {
	switch v := v.(type) {
	case *scim.Object:
		if v == nil {
			return nil, errors.New("write resource: it is nil")
		}
		return v, nil
	case scim.Object:
		return &v, nil
	}
	text, err := marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write resource: %w", err)
	}
	o, err := scim.ParseJSON(text, unbounded)
	if err != nil {
		return nil, fmt.Errorf("write resource: %w", err)
	}
	return o, nil
}

// marshal is json.Marshal without escapes for HTML, so that a tap shows what was meant.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// withSchemas returns o with a complete "schemas" in front. o itself stays as it is.
func withSchemas(o *scim.Object, schema string) *scim.Object {
	sent, _ := o.Get("schemas")
	list, _ := sent.(scim.Array)
	urns := slices.Clone(list)
	if len(urns) == 0 && schema != "" {
		urns = scim.Array{schema}
	}
	for _, m := range o.Members {
		if isURN(m.Name) && !slices.ContainsFunc(urns, func(v scim.Value) bool { return sameURN(v, m.Name) }) {
			urns = append(urns, m.Name)
		}
	}
	if len(urns) == len(list) {
		return o
	}
	complete := &scim.Object{Members: []scim.Member{{Name: "schemas", Value: urns}}}
	for _, m := range o.Members {
		if !strings.EqualFold(m.Name, "schemas") {
			complete.Members = append(complete.Members, m)
		}
	}
	return complete
}

func isURN(name string) bool { return len(name) > 4 && strings.EqualFold(name[:4], "urn:") }

func sameURN(v scim.Value, urn string) bool {
	s, ok := v.(string)
	return ok && strings.EqualFold(s, urn)
}

// replacement is the document of a PUT. Of a resource that was received under this
// id, what its type does not declare is sent as it came: see [merge].
func replacement[T any](id string, v *T, schema string) ([]byte, error) {
	after, err := object(v)
	if err != nil {
		return nil, err
	}
	r, ok := any(v).(receiver)
	if !ok || len(r.received()) == 0 {
		return scim.AppendJSON(nil, withSchemas(after, schema)), nil
	}
	whole, err := scim.ParseJSON(r.received(), unbounded)
	if err != nil {
		return nil, fmt.Errorf("read resource: %w", err)
	}
	if had, _ := whole.Get("id"); had == id {
		known, err := decode[T](r.received(), "")
		if err != nil {
			return nil, err
		}
		before, err := object(known)
		if err != nil {
			return nil, err
		}
		after = merge(whole, before, after)
	}
	return scim.AppendJSON(nil, withSchemas(after, schema)), nil
}
