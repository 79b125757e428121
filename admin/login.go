package admin

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-scim/usher/directory"
)

// Login is what the last login of a person by one identity has brought, and what was made of it (J13).
type Login struct {
	Time        time.Time         `json:"time" doc:"When it was."`
	Connection  string            `json:"connection" doc:"The id of the connection."`
	Issuer      string            `json:"issuer" doc:"The identity provider, as it calls itself."`
	Name        string            `json:"name" doc:"The person, as the identity provider says: the sub."`
	Principal   string            `json:"principal,omitempty" doc:"What SCIM calls the person as well."`
	Attributes  jsontext.Value    `json:"attributes" doc:"The claims, up to 16 KiB."`
	Cut         bool              `json:"cut,omitempty" doc:"There were more."`
	Methods     []string          `json:"methods,omitempty" doc:"How the person has shown who it is (amr)."`
	Context     string            `json:"context,omitempty" doc:"How sure that is (acr)."`
	MatchedBy   string            `json:"matched_by" enum:"link,principal,e-mail,consent,new" doc:"What the person was found by."`
	Role        string            `json:"role,omitempty" doc:"The role that is stored, of the workspace that was entered."`
	SessionRole string            `json:"session_role,omitempty" doc:"The role that held for that session alone."`
	Memberships []LoginMembership `json:"memberships,omitempty" doc:"What became of the memberships."`
	Profile     []string          `json:"profile,omitempty" doc:"The attributes that got other values."`
	Notes       []string          `json:"notes,omitempty" doc:"Remarks, such as a role that is not known."`
}

// LoginMembership is a membership that a login has changed.
type LoginMembership struct {
	Workspace string         `json:"workspace" doc:"The key of the workspace."`
	Before    jsontext.Value `json:"before,omitempty" doc:"Role, teams and status as they were."`
	After     jsontext.Value `json:"after,omitempty" doc:"As they are since."`
	Why       string         `json:"why,omitempty" doc:"Where that comes from."`
}

// Factor is the second factor of a person.
type Factor struct {
	Set           bool       `json:"set" doc:"Whether there is one."`
	SetAt         *time.Time `json:"set_at,omitempty" doc:"When it was set up."`
	RecoveryCodes int        `json:"recovery_codes" doc:"How many of them were not used."`
}

func loginRoutes() []route {
	const one = "/workspaces/{workspace}/members/{subject}"
	return []route{
		answer(route{
			method: "GET", pattern: one + "/logins", name: "listLogins", summary: "Inspect the last logins of a member",
			doc: "One for each identity: what the identity provider has said, and what was made of it.", scope: directory.ScopeSecurityRead, query: paged,
		}, (*call).listLogins),
		answer(route{
			method: "DELETE", pattern: one + "/logins", name: "revokeLogin", summary: "Say that an identity is not that person's",
			doc:   "The sessions of it end. The next login with it is matched anew: by the principal, or it is somebody new.",
			scope: directory.ScopeSecurityWrite,
			query: []parameter{
				{name: "connection", kind: "string", doc: "The name or id of the connection."},
				{name: "issuer", kind: "string", doc: "As the login says."},
				{name: "name", kind: "string", doc: "As the login says."},
			},
			example: example{query: "connection=okta&issuer=https://acme.okta.example&name=00u1ann"},
		}, (*call).revokeLogin),
		answer(route{
			method: "GET", pattern: one + "/factor", name: "getFactor", summary: "Say whether a member has a second factor",
			scope: directory.ScopeSecurityRead,
		}, (*call).getFactor),
		answer(route{
			method: "POST", pattern: one + "/reset-factor", name: "resetFactor", summary: "Take the second factor away from somebody who has lost it",
			doc:   "All sessions of the person end, in every workspace. At the next login another one is set up, where one is asked for.",
			scope: directory.ScopeSecurityWrite, tenant: true,
		}, (*call).resetFactor),
	}
}

func newLoginView(i directory.Inspection) (Login, error) {
	v := Login{
		Time: i.Time, Connection: i.Connection, Issuer: i.Issuer, Name: i.Name, Principal: i.Principal,
		Attributes: jsontext.Value(i.Attributes), Cut: i.Cut, Methods: i.Methods, Context: i.Context, MatchedBy: i.MatchedBy,
		Role: i.Role, SessionRole: i.SessionRole, Profile: i.Profile, Notes: i.Notes,
	}
	for _, m := range i.Memberships {
		before, err := stateText(m.Before)
		if err != nil {
			return v, err
		}
		after, err := stateText(m.After)
		if err != nil {
			return v, err
		}
		v.Memberships = append(v.Memberships, LoginMembership{Workspace: m.Workspace, Before: before, After: after, Why: m.Why})
	}
	return v, nil
}

// stateText is a membership as the inspector has kept it; nothing where there was none.
func stateText[T any](state *T) (jsontext.Value, error) {
	if state == nil {
		return nil, nil
	}
	text, err := marshal(state)
	return jsontext.Value(text), err
}

func (c *call) listLogins() (List[Login], error) {
	p, err := c.member()
	if err != nil {
		return List[Login]{}, err
	}
	all, err := c.Directory.Inspections(c.ctx, c.workspace, p.Subject)
	if err != nil {
		return List[Login]{}, err
	}
	views := []Login{}
	for _, i := range all {
		v, err := newLoginView(i)
		if err != nil {
			return List[Login]{}, err
		}
		views = append(views, v)
	}
	place := func(l Login) string { return l.Connection + "\x00" + l.Issuer + "\x00" + l.Name }
	return pageOf(c, views, place, func(l Login) Login { return l })
}

func (c *call) revokeLogin() (none, error) {
	p, err := c.member()
	if err != nil {
		return none{}, err
	}
	k, err := c.Directory.Connection(c.ctx, c.workspace, c.query.Get("connection"))
	if err != nil {
		return none{}, inBody(err)
	}
	return none{}, c.Directory.Unlink(c.ctx, c.by, c.workspace, p.Subject, k, c.query.Get("issuer"), c.query.Get("name"))
}

func (c *call) getFactor() (Factor, error) {
	p, err := c.member()
	if err != nil {
		return Factor{}, err
	}
	f, err := c.Directory.FactorOf(c.ctx, c.workspace, p.Subject)
	return Factor{Set: !f.Since.IsZero(), SetAt: when(f.Since), RecoveryCodes: f.Recovery}, err
}

func (c *call) resetFactor() (none, error) {
	p, err := c.member()
	if err != nil {
		return none{}, err
	}
	return none{}, c.Directory.ResetFactor(c.ctx, c.by, c.workspace, p.Subject)
}
