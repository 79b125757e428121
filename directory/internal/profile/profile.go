package profile

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/usher-scim/usher/directory/internal/document"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scim"
)

// Profile is the stored text of a person's profile.
type Profile []byte

// New is the profile of somebody of whom only that is known.
func New(name, email string) Profile {
	o := new(scim.Object)
	setText(o, mapping.TargetDisplayName, name)
	o.Set(mapping.TargetEmail, email)
	return scim.AppendJSON(nil, o)
}

// parsed parses the profile; none is empty.
func (p Profile) parsed() (*scim.Object, error) {
	if p == nil {
		return new(scim.Object), nil
	}
	return scim.ParseJSON(p, scim.Limits{})
}

// Merged is a profile as it will be.
type Merged struct {
	Profile
	// Altered names the members that are new, sorted; none: it is as it was.
	Altered []string

	object *scim.Object
}

// Merge takes what the identity provider says into the profile: values that it does not speak of stay, but for those that
// it took back.
func (p Profile) Merge(d mapping.Decision) (Merged, error) {
	after := &scim.Object{Members: make([]scim.Member, 0, len(d.Profile))}
	for _, value := range d.Profile {
		after.Set(value.Target, value.Value)
	}
	if said := canonical(after); bytes.Equal(said, p) {
		return Merged{Profile: said, object: after}, nil // most often: what is stored need not be parsed
	}
	before, err := p.parsed()
	if err != nil {
		return Merged{}, err
	}
	for _, m := range before.Members {
		if _, given := after.Get(m.Name); !given && !slices.Contains(d.Absent, m.Name) {
			after.Set(m.Name, m.Value)
		}
	}
	m := Merged{Profile: canonical(after), object: after}
	if !bytes.Equal(m.Profile, p) {
		m.Altered = document.ChangedMembers(before, after)
	}
	return m, nil
}

// canonical is the one text of a profile. It sorts the members.
func canonical(o *scim.Object) Profile {
	slices.SortFunc(o.Members, func(a, b scim.Member) int { return cmp.Compare(a.Name, b.Name) })
	return scim.JSON(o)
}

// Names are what a person is searched by.
func (m Merged) Names(userName string) (name, email string) {
	text := func(target string) string { return document.Text(m.object, target) }
	both := strings.TrimSpace(text(mapping.TargetFirstName) + " " + text(mapping.TargetLastName))
	return cmp.Or(text(mapping.TargetDisplayName), both, userName), text(mapping.TargetEmail)
}

// Manager is the reporting manager as it was sent: an id of the identity provider's own, and a name.
func (p Profile) Manager() (value, name string) {
	o, err := p.parsed()
	if err != nil {
		return "", ""
	}
	sent, _ := o.Get(mapping.TargetManager)
	return document.Text(document.Object(sent), "value"), document.Text(document.Object(sent), "displayName")
}

// User makes the attributes of a User of the profile.
func (p Profile) User(userName, email string, active bool) (*scim.Object, error) {
	o, err := p.parsed()
	if err != nil {
		return nil, err
	}
	doc, name := new(scim.Object), new(scim.Object)
	setText(doc, "userName", userName)
	setText(name, "givenName", document.Text(o, mapping.TargetFirstName))
	setText(name, "familyName", document.Text(o, mapping.TargetLastName))
	if name.Len() > 0 {
		doc.Set("name", name)
	}
	setText(doc, "displayName", document.Text(o, mapping.TargetDisplayName))
	setText(doc, "title", document.Text(o, mapping.TargetTitle))
	if email != "" {
		primary := new(scim.Object)
		setText(primary, "value", email)
		primary.Set("primary", true)
		doc.Set("emails", scim.Array{primary})
	}
	doc.Set("active", active)
	return doc, nil
}

func setText(o *scim.Object, name, text string) {
	if text != "" {
		o.Set(name, text)
	}
}

// Text is the value of a target that is a text; empty: there is none.
func (p Profile) Text(target string) string {
	o, err := p.parsed()
	if err != nil {
		return ""
	}
	return document.Text(o, target)
}
