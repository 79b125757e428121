package directory

import (
	"context"
	"errors"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scim"
)

// PreviewInput is what is to be explained: exactly one of its fields is set.
type PreviewInput struct {
	// Document is a SCIM User as the identity provider would POST it, JSON.
	Document []byte
	// Claims are those of a login, a JSON object.
	Claims []byte
	// User is the id or userName of a user of the connection: what its document means by the rules of now.
	User string
}

// Preview is what would become of a person, and why. Nothing of it is written.
type Preview struct {
	// Subject is the person's id, when the person is known.
	Subject string `json:"subject,omitempty"`
	// Refused is the answer that the identity provider would get instead, with its status.
	Refused string `json:"refused,omitempty"`
	Status  int    `json:"status,omitempty"`
	// Profile and Memberships are what the person would have.
	Profile     []mapping.Value     `json:"profile"`
	Memberships []PreviewMembership `json:"memberships"`
	// Notes are remarks, such as two sources that disagree.
	Notes []string `json:"notes,omitempty"`
}

// PreviewMembership is one membership as it would be, with the reason for each of its values.
type PreviewMembership struct {
	Workspace string       `json:"workspace"` // key
	Role      string       `json:"role,omitempty"`
	Teams     []string     `json:"teams,omitempty"`
	Status    MemberStatus `json:"status,omitempty"` // empty: it would be removed
	// Change is what would happen: joined, changed, left, or none.
	Change string `json:"change"`
	// Why says why there is a membership, RoleWhy, TeamsWhy and StatusWhy where its values came from.
	Why       string `json:"why,omitempty"`
	RoleWhy   string `json:"role_why,omitempty"`
	TeamsWhy  string `json:"teams_why,omitempty"`
	StatusWhy string `json:"status_why,omitempty"`
	// Before is the membership as it is now, if there is one.
	Before *PreviewState `json:"before,omitempty"`
}

// PreviewState is a membership as it stands.
type PreviewState struct {
	Role   string       `json:"role"`
	Teams  []string     `json:"teams,omitempty"`
	Status MemberStatus `json:"status"`
}

// The changes of a [PreviewMembership].
const (
	PreviewJoined  = "joined"
	PreviewChanged = "changed"
	PreviewLeft    = "left"
	PreviewNone    = "none"
)

// Preview explains what the connection would make of the input (B3). It plans as a request does, and commits nothing.
// What would be refused is part of the answer; an input that cannot be read is a *Refusal.
func (d *Directory) Preview(ctx context.Context, w Workspace, conn Connection, in PreviewInput) (Preview, error) {
	c := d.ClientFor(w, conn, system)
	p := d.newPlan(system, w, conn.ID)
	p.Basis = c.basis
	pol, err := d.policy(ctx, p, conn)
	if err != nil {
		return Preview{}, err
	}
	var shown Preview
	switch {
	case len(in.Document) > 0:
		shown, err = c.previewDocument(ctx, p, pol, in.Document)
	case len(in.Claims) > 0:
		if shown, err = pol.previewClaims(in.Claims); err == nil {
			err = d.previewLogin(ctx, conn, in.Claims, &shown)
		}
	case in.User != "":
		shown, err = c.previewUser(ctx, p, pol, in.User)
	default:
		return Preview{}, refuse(RefusedInvalid, "give a SCIM document, the claims of a login, or a user", "there is nothing to explain")
	}
	return shown, refusedIn(&shown, err)
}

// refusedIn takes a refusal of the SCIM road into the answer.
func refusedIn(shown *Preview, err error) error {
	var refused *scim.Error
	if errors.As(err, &refused) {
		shown.Refused, shown.Status = refused.Detail(), refused.Status()
		return nil
	}
	return err
}

func parseObject(what string, text []byte) (*scim.Object, error) {
	o, err := scim.ParseJSON(text, scim.Limits{})
	if err != nil {
		return nil, refuse(RefusedInvalid, "give one JSON object", "the %s cannot be read: %v", what, err)
	}
	return o, nil
}

func (c *Client) previewDocument(ctx context.Context, p *plan, pol *policy, text []byte) (Preview, error) {
	body, err := parseObject("document", text)
	if err != nil {
		return Preview{}, err
	}
	r, err := c.userType().Decode(body, c.Profile)
	if err != nil {
		return Preview{}, err
	}
	if err := pol.check(r, nil); err != nil {
		return Preview{}, err
	}
	u := User{Root: c.Connection.Root, Connection: c.Connection.ID}
	u.setDocument(r)
	known, err := c.directory.store.UserByName(ctx, u.Root, u.Connection, u.UserNameKey)
	if err == nil {
		u.ID, u.Subject, u.Groups = known.ID, known.Subject, known.Groups
		return c.previewKnown(ctx, p, pol, u, r)
	}
	if !errors.Is(err, ErrNotFound) {
		return Preview{}, err
	}
	who, err := c.match(ctx, p, pol, u, r)
	if err != nil {
		return Preview{}, err
	}
	if who.isNew && pol.connection.Settings.NoCreate {
		return Preview{}, scim.NewError(scim.KindNoCreate, "", u.UserName, "")
	}
	v, err := c.provision(ctx, p, pol, u, r, who, nil)
	return v.preview(), err
}

func (c *Client) previewUser(ctx context.Context, p *plan, pol *policy, name string) (Preview, error) {
	u, err := c.directory.store.User(ctx, c.Connection.Root, c.Connection.ID, name)
	if errors.Is(err, ErrNotFound) {
		u, err = c.directory.store.UserByName(ctx, c.Connection.Root, c.Connection.ID, scim.FoldName(name))
	}
	if errors.Is(err, ErrNotFound) {
		return Preview{}, refuse(RefusedNotFound, "give the id or the userName that the connection knows",
			"connection %q has no user %q", c.Connection.Name, name)
	}
	if err != nil {
		return Preview{}, err
	}
	r, err := c.userType().Load(c.bareUserRecord(u))
	if err != nil {
		return Preview{}, err
	}
	return c.previewKnown(ctx, p, pol, u, r)
}

// previewKnown is what a document of a user who is there would do.
func (c *Client) previewKnown(ctx context.Context, p *plan, pol *policy, u User, r *scim.Resource) (Preview, error) {
	who, err := c.directory.person(ctx, u.Root, u.Subject)
	if err != nil {
		return Preview{}, err
	}
	v, err := c.provisionKnown(ctx, p, pol, u, r, who)
	return v.preview(), err
}

func (pol *policy) previewClaims(text []byte) (Preview, error) {
	claims, err := parseObject("set of claims", text)
	if err != nil {
		return Preview{}, err
	}
	decision, err := pol.mapping.Decide(mapping.Person{
		Attributes: claims, Login: true, Active: true, Creating: true,
		Language: pol.home.Settings.Language, TimeZone: pol.home.Settings.TimeZone,
	}, pol.grantable)
	if err != nil {
		return Preview{}, err
	}
	v := provision{plan: &plan{now: pol.read}, pol: pol, decision: decision, who: person{isNew: true}, reasons: map[string]mapping.Grant{}}
	for _, g := range decision.Grants {
		b := pol.keys[g.Workspace]
		v.reasons[b.ID] = g
		v.edit(nil, v.joining(g, b))
	}
	return v.preview(), nil
}

// preview shows what was planned; v may be nil after an error.
func (v *provision) preview() Preview {
	if v == nil {
		return Preview{}
	}
	shown := Preview{Profile: v.decision.Profile, Notes: v.decision.Notes, Memberships: []PreviewMembership{}}
	if !v.who.isNew {
		shown.Subject = v.who.ID
	}
	told := map[string]bool{}
	for _, e := range v.edits {
		told[workspaceOf(e)] = true
		shown.Memberships = append(shown.Memberships, v.previewEdit(e))
	}
	for i, m := range v.who.memberships {
		if !told[m.Workspace] {
			same := &v.who.memberships[i]
			shown.Memberships = append(shown.Memberships, v.previewEdit(Edit[Membership]{Before: same, After: same}))
		}
	}
	return shown
}

func (v *provision) previewEdit(e Edit[Membership]) PreviewMembership {
	m := PreviewMembership{Change: PreviewChanged, Before: (*PreviewState)(stateOf(e.Before))}
	id := workspaceOf(e)
	if b := v.pol.workspaces[id]; b != nil {
		m.Workspace = b.Key
	}
	switch {
	case e.After == nil:
		m.Change = PreviewLeft
		return m
	case e.Before == nil:
		m.Change = PreviewJoined
	case e.Before == e.After:
		m.Change = PreviewNone
	}
	m.Role, m.Teams, m.Status = e.After.Role, e.After.Teams, e.After.Status
	g, ok := v.reasons[id]
	if !ok {
		m.RoleWhy, m.TeamsWhy, m.StatusWhy = string(e.After.RoleSource), string(e.After.TeamsSource), string(e.After.StatusSource)
		return m
	}
	m.Why, m.RoleWhy, m.TeamsWhy, m.StatusWhy = g.Why.String(), g.RoleReason.String(), g.TeamsReason.String(), g.WhyInactive.String()
	if g.Role == "" {
		m.RoleWhy = string(e.After.RoleSource)
	}
	return m
}
