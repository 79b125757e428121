package directory

import (
	"context"
	"time"

	"github.com/usher-scim/usher/directory/internal/profile"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scim"
)

// SessionClaims are what an app is told of a session (J14). Empty ones are left out.
type SessionClaims struct {
	Subject       string
	Email         string
	EmailVerified bool // it is in a domain that the tenant has proved, and was vouched for at the login
	Name          string
	GivenName     string
	FamilyName    string
	Locale        string
	ZoneInfo      string
	Workspace     string // key
	WorkspaceID   string
	Role          string
	Teams         []string
	Permissions   []string
	Methods       []string // amr
	Context       string   // acr
	Session       string   // sid
	AuthTime      time.Time
	Updated       time.Time // updated_at
}

// Claims are those of a live session as of now. ErrNotFound: it is over, or the person has no access any more. They are
// the same for every app; what a scope shows of them is the face's to say.
func (d *Directory) Claims(ctx context.Context, s Session) (SessionClaims, error) {
	s, err := d.freshSession(ctx, s)
	if err != nil {
		return SessionClaims{}, err
	}
	at, m, err := d.accessOf(ctx, s)
	if err != nil {
		return SessionClaims{}, err
	}
	t, err := d.treeOf(ctx, s.Root, false)
	if err != nil {
		return SessionClaims{}, err
	}
	entered := t.workspaces[s.Workspace]
	if entered == nil {
		return SessionClaims{}, ErrNotFound
	}
	who, err := d.store.Subject(ctx, s.Root, s.Subject)
	if err != nil {
		return SessionClaims{}, err
	}
	c := SessionClaims{
		Subject: s.Subject, Email: who.Email, Name: who.Name, Workspace: entered.Key,
		EmailVerified: t.proves(who.Email) && scim.FoldName(who.Email) == scim.FoldName(s.Email),
		WorkspaceID:   entered.ID, Teams: m.Teams, Methods: s.Methods, Context: s.Context, Session: s.ID,
		AuthTime: s.AuthTime, Updated: who.Modified,
	}
	if c.Role, err = d.roleOf(ctx, s, at, m); err != nil {
		return SessionClaims{}, err
	}
	role, ok := entered.role(c.Role)
	if !ok {
		role, _ = at.role(c.Role)
	}
	c.Permissions = role.Permissions
	said := profile.Profile(who.Profile)
	c.GivenName, c.FamilyName = said.Text(mapping.TargetFirstName), said.Text(mapping.TargetLastName)
	c.Locale, c.ZoneInfo = said.Text(mapping.TargetLanguage), said.Text(mapping.TargetTimeZone)
	return c, nil
}

func (d *Directory) roleOf(ctx context.Context, s Session, at *branch, m *Membership) (string, error) {
	if s.AssertedRole == "" {
		return m.Role, nil
	}
	c, err := d.connectionOf(ctx, s)
	return s.role(at, m, c), err
}

// role is the one that holds by the membership: that of the login (J4) while its connection may grant it, and while the
// membership has the role that it stands in for.
func (s Session) role(at *branch, m *Membership, c *Connection) string {
	role, ok := at.role(s.AssertedRole)
	if !ok || at.ID != s.AssertedIn || m.Role != s.AssertedOver || c == nil || !c.Settings.grants(role) {
		return m.Role
	}
	return role.Name
}
