package scim

import (
	"fmt"
	"slices"
	"time"
)

// Resource is a decoded document: declared attributes only, names in schema case, in the order in which they came.
// Attributes of the base schema stand at the top level, those of an extension in an object under its URN. It never
// holds schemas, id, externalId, meta, a User's groups or a Group's members: the first four are fields here or in
// the [Record], the last two are rows.
type Resource struct {
	Type       *ResourceType
	ExternalID string
	// HasExternalID tells an absent externalId from one that was sent as null or "" (D-10).
	HasExternalID bool
	Attributes    *Object
	// Members is the list that a Group body sent; HasMembers tells an absent list from an empty one (D-09).
	Members    []MemberRef
	HasMembers bool
	// Password reports that a password was sent. Its value is discarded at decoding (C9).
	Password bool
	// Warnings are remarks for the request's log record: unknown attributes that were ignored, …
	Warnings []string
}

// Load makes a resource of a stored record, whose body is trusted to be what [Resource.Body] wrote. A body that was
// stored under other declarations is brought under those of t; see [ResourceType.Adapt].
func (t *ResourceType) Load(rec *Record) (*Resource, error) {
	attrs, err := rec.attributesAs(t)
	if err != nil {
		return nil, err
	}
	return &Resource{
		Type: t, Attributes: attrs,
		ExternalID: rec.ExternalID, HasExternalID: rec.ExternalID != "",
		Members: rec.Members, HasMembers: rec.HasMembers,
	}, nil
}

// attributes parses the stored body, as what it says under the record's type.
func (rec *Record) attributes() (*Object, error) { return rec.attributesAs(rec.Type) }

// attributesAs parses the stored body. A body that does not parse is the server's fault, so the error is no *[Error].
func (rec *Record) attributesAs(t *ResourceType) (*Object, error) {
	attrs, err := ParseJSON(rec.Body, Limits{})
	if err != nil {
		return nil, fmt.Errorf("scim: stored body of %s %s: %s", t.ID, rec.ID, err) // not %w: see above
	}
	if rec.Stamp != t.Stamp {
		attrs, _ = t.Adapt(attrs)
	}
	return attrs, nil
}

// Body is the canonical JSON of the attributes: what is stored, and served as it is.
func (r *Resource) Body() []byte {
	return JSON(r.complete())
}

// complete is the attributes with those defaults filled in that are part of the document: a User without "active" is
// active (RFC 7643 §4.1.1), and clients want to read that (Okta's test asks every user for it).
func (r *Resource) complete() *Object {
	a := r.Type.active()
	if a == nil {
		return r.Attributes
	}
	if _, ok := r.Attributes.Get(a.Name); ok {
		return r.Attributes
	}
	c := &Object{Members: make([]Member, r.Attributes.Len(), r.Attributes.Len()+1)}
	if r.Attributes != nil {
		copy(c.Members, r.Attributes.Members)
	}
	c.Set(a.Name, true)
	return c
}

// active is the attribute of a User that says whether the person may use the app; nil for other types, whatever their
// attributes are called.
func (t *ResourceType) active() *Attribute {
	if t.Schema.ID != URNUser {
		return nil
	}
	return t.Schema.Attribute("active")
}

// Active reports whether the user may use the app: true unless the document says otherwise.
func (r *Resource) Active() bool {
	v, _ := r.Attributes.Get("active")
	return v != false
}

// Text is the value at a path such as "userName", "name.familyName" or "urn:…:User:department" as text, or "". Of a
// multi-valued attribute it is the primary element's value, else the first one's (RFC 7644 §3.4.2.3).
func (r *Resource) Text(path string) string {
	s, a, sub, ok := r.Type.lookup(path)
	if !ok || a == nil {
		return ""
	}
	if s == nil {
		return r.commonText(a)
	}
	o := r.Attributes
	if s != r.Type.Schema {
		v, _ := o.Get(s.ID)
		o, _ = v.(*Object)
	}
	v, _ := o.Get(a.Name)
	if list, ok := v.(Array); ok {
		v = preferred(list)
	}
	if e, ok := v.(*Object); ok {
		if sub == nil {
			sub = a.Sub("value")
		}
		if sub == nil {
			return ""
		}
		v, _ = e.Get(sub.Name)
	}
	if _, isList := v.(Array); isList {
		return ""
	}
	return show(v)
}

func (r *Resource) commonText(a *Attribute) string {
	if a.Name == "externalId" {
		return r.ExternalID
	}
	return ""
}

// preferred is the primary element of a multi-valued attribute, else the first.
func preferred(list Array) Value {
	for _, e := range list {
		if isPrimary(e) {
			return e
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// Equal reports whether two resources say the same: type, externalId and attributes, whatever the order of members.
// Members of a group are rows and are not compared.
func (r *Resource) Equal(o *Resource) bool {
	return r.Type.ID == o.Type.ID && r.ExternalID == o.ExternalID && equalValue(r.complete(), o.complete())
}

// equalValue compares two values; the order of an object's members does not count, that of a list does.
func equalValue(a, b Value) bool {
	switch a := a.(type) {
	case Array:
		b, ok := b.(Array)
		return ok && slices.EqualFunc(a, b, equalValue)
	case *Object:
		b, ok := b.(*Object)
		return ok && equalObjects(a, b)
	default:
		switch b.(type) {
		case Array, *Object:
			return false
		}
		return a == b
	}
}

func equalObjects(a, b *Object) bool {
	if a.Len() != b.Len() || a.Len() == 0 {
		return a.Len() == b.Len()
	}
	for _, m := range a.Members {
		v, ok := b.Get(m.Name)
		if !ok || !equalValue(m.Value, v) {
			return false
		}
	}
	return true
}

// MemberRef is one member of a group. See RFC 7643 §4.2.
type MemberRef struct {
	Value   string // the member's id
	Type    string // "User" or "Group"; empty until the server knows
	Display string // as sent, may be empty
}

// GroupRef is one entry of a User's groups. See RFC 7643 §4.1.2.
type GroupRef struct {
	Value   string
	Display string
	Type    string // "direct" or "indirect"
}

// Record is a stored resource as a Backend hands it out: the document's stored bytes and what the server knows
// beside them.
type Record struct {
	Type         *ResourceType
	ID           string
	ExternalID   string
	Version      int64
	Created      time.Time
	LastModified time.Time
	// Seq is the resource's place in the backend's order of creation: it never changes, and no two resources of one
	// type share it.
	Seq int64
	// Body is the canonical JSON object of the declared attributes ([Resource.Body]); it begins with '{'.
	Body []byte
	// Stamp is the [ResourceType.Stamp] under which Body was stored.
	Stamp int64
	// Groups are the groups of a User, loaded when the projection shows them.
	Groups []GroupRef
	// Members are the members of a Group, loaded when the projection shows them.
	Members []MemberRef
	// HasGroups and HasMembers report that the list above was loaded.
	HasGroups, HasMembers bool
}
