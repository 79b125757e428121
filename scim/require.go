package scim

import "slices"

// What one connection asks of its users beyond the schemas.

// Require refuses a resource that has no value at one of the paths: a path of a PATCH operation, such as "userName",
// "name.givenName", `emails[type eq "work"].value` or "urn:…:User:department". Text of white space is no value.
//
// before is the stored resource, or nil when this one is new. What that lacked already, because it was stored before
// somebody asked for it, is not asked of a change: else nobody could be deactivated who has no value for it yet.
func (r *Resource) Require(paths []string, before *Resource) error {
	for _, src := range paths {
		path, err := ParsePath(src, r.Type, Profile{})
		if err != nil {
			return err
		}
		if !r.Has(path) && (before == nil || before.Has(path)) {
			return NewError(KindMissing, src, "", "a value, not empty: this connection asks for it")
		}
	}
	return nil
}

// Has reports whether there is a value at the path. What the server assigns is always there.
func (r *Resource) Has(p *Path) bool {
	if p.Attr == nil {
		v, _ := r.Attributes.Get(p.Schema.ID)
		return present(v)
	}
	if p.Schema == nil {
		return p.Attr.Name != "externalId" || r.ExternalID != ""
	}
	if r.Type.isRows(p.Attr) {
		return len(r.Members) > 0
	}
	at := AttrPath{Schema: p.Schema, Attr: p.Attr, extension: p.Schema != r.Type.Schema}
	return anyElement(at.value(r.complete()), func(v Value) bool {
		if p.Filter == nil && p.Sub == nil {
			return present(v) && !isBlank(v)
		}
		o, _ := v.(*Object)
		if o == nil || p.Filter != nil && !match(p.Filter, o) {
			return false
		}
		if p.Sub == nil {
			return present(o)
		}
		v, _ = o.Get(p.Sub.Name)
		return present(v) && !isBlank(v)
	})
}

// Email is the user's primary e-mail address, else the first one, or "".
func (r *Resource) Email() string { return r.Text("emails") }

// CheckEmailUserName refuses a user whose userName is none of the user's e-mail addresses, upper and lower case being
// the same (M15). before is the stored user, or nil: one who was let in otherwise can still be changed.
func (r *Resource) CheckEmailUserName(before *Resource) error {
	if r.hasEmailUserName() || before != nil && !before.hasEmailUserName() {
		return nil
	}
	return NewError(KindNotAnEmail, "userName", r.Text("userName"), "one of the values of emails")
}

func (r *Resource) hasEmailUserName() bool {
	name := FoldName(r.Text("userName"))
	v, _ := r.Attributes.Get("emails")
	list, _ := v.(Array)
	return slices.ContainsFunc(list, func(e Value) bool {
		o, _ := e.(*Object)
		email, _ := o.Get("value")
		text, ok := email.(string)
		return ok && FoldName(text) == name
	})
}
