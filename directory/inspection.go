package directory

import (
	"context"
	"encoding/json"
	"time"

	"github.com/usher-scim/usher/scim"
)

// Inspection is what a person's last login by a connection brought, and what was made of it (J13).
type Inspection struct {
	Time       time.Time `json:"time"`
	Connection string    `json:"connection"` // id
	Issuer     string    `json:"issuer"`
	Name       string    `json:"name"` // of the person at the identity provider: the sub
	Principal  string    `json:"principal,omitempty"`
	// VerifiedEmail is the address that the identity provider answers for; empty: it has sent none, or has not verified it.
	VerifiedEmail string `json:"verified_email,omitempty"`

	Attributes json.RawMessage `json:"attributes"` // bounded; see Cut
	Cut        bool            `json:"cut,omitempty"`
	Methods    []string        `json:"methods,omitempty"`
	Context    string          `json:"context,omitempty"`
	// MatchedBy is "link", "principal", "e-mail", "consent" or "new".
	MatchedBy string `json:"matched_by"`
	// SessionRole holds for the session alone (J4); Role is the stored one of the workspace that was entered.
	SessionRole string             `json:"session_role,omitempty"`
	Role        string             `json:"role"`
	Memberships []membershipChange `json:"memberships,omitempty"`
	Profile     []string           `json:"profile,omitempty"` // attributes that got other values
	Notes       []string           `json:"notes,omitempty"`
}

// maxInspected bounds the attributes of a login that are kept.
const maxInspected = 16 << 10

// claimsText is the JSON of as many attributes as fit, from the first on; each of them whole.
func claimsText(o *scim.Object, most int) []byte {
	kept := new(scim.Object)
	size := len("{}")
	if o == nil {
		return []byte("{}")
	}
	for _, m := range o.Members {
		n := len(scim.AppendJSON(nil, &scim.Object{Members: []scim.Member{m}}))
		if size+n > most {
			continue
		}
		size += n
		kept.Members = append(kept.Members, m)
	}
	return scim.AppendJSON(nil, kept)
}

// inspection is what is kept of the login.
func (l *login) inspection() ([]byte, error) {
	i := l.r.Identity
	in := Inspection{
		Time: l.now, Connection: l.pol.connection.ID, Issuer: i.Issuer, Name: i.Subject, Principal: i.Principal,
		Attributes: claimsText(i.Attributes, maxInspected), Methods: i.Methods, Context: i.Context,
		MatchedBy: l.who.by, SessionRole: l.signed.Session.AssertedRole, Notes: l.notes(),
	}
	if i.EmailVerified {
		in.VerifiedEmail = i.Email
	}
	in.Cut = i.Attributes != nil && len(scim.AppendJSON(nil, i.Attributes)) > maxInspected
	if _, m := l.nearest(); m != nil {
		in.Role = m.Role
	}
	if l.v != nil {
		in.Memberships, in.Profile = l.v.changes, l.v.altered
	}
	return json.Marshal(in)
}

// notes are the remarks about a login.
func (l *login) notes() []string {
	notes := l.decision.Notes
	if l.v != nil {
		notes = l.v.decision.Notes
	}
	if l.r.Identity.RolesOmitted {
		notes = append(notes, "the identity provider has left the role out for its size; it was taken as not sent")
	}
	if l.keepRole {
		notes = append(notes, "the last owner of a workspace keeps the role; the asserted one holds for this session")
	}
	return notes
}

// Inspections lists what the last logins of a person brought, one for each identity, of the workspace and below.
func (d *Directory) Inspections(ctx context.Context, w Workspace, subject string) ([]Inspection, error) {
	t, _, err := d.standing(ctx, w)
	if err != nil {
		return nil, err
	}
	links, err := d.store.LinksOf(ctx, w.Root, subject)
	if err != nil {
		return nil, err
	}
	var list []Inspection
	for _, k := range links {
		if k.Last == nil {
			continue
		}
		c, err := d.store.Connection(ctx, k.Root, k.Connection)
		if there, err := found(err); err != nil {
			return nil, err
		} else if !there || !t.workspaces[c.Workspace].within(w.ID) {
			continue
		}
		var in Inspection
		if err := json.Unmarshal(k.Last, &in); err != nil {
			return nil, err
		}
		list = append(list, in)
	}
	return list, nil
}
