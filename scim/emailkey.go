package scim

// A client that knows people by their e-mail looks them up as userName, because that is what its filter says (M6).

// UserName is the value that the filter asks for when it is nothing but `userName eq "…"`.
func (f *Filter) UserName() (name string, ok bool) {
	c, ok := f.Root.(*Compare)
	if !ok || c.Op != Equal || !c.Path.is("userName") || c.Path.Sub != nil {
		return "", false
	}
	name, ok = c.Literal.(string)
	return name, ok
}

// EmailFilter finds the users one of whose e-mail addresses it is, by an index. Which is the primary one the document
// says: see [Resource.HasEmail].
func EmailFilter(user *ResourceType, email string) (*Filter, error) {
	return ParseFilter("emails.value eq "+string(AppendJSON(nil, email)), user, Profile{})
}

// HasEmail reports whether it is the user's primary e-mail address, or the first one of a user who has no primary one.
func (r *Resource) HasEmail(email string) bool {
	_, emails := r.Type.Attribute("", "emails")
	if emails == nil || email == "" {
		return false
	}
	wanted, _ := emails.Sub("value").Fold(email)
	got, _ := emails.Sub("value").Fold(r.Email())
	return got == wanted
}
