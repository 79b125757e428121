package directory

import (
	"context"
	"time"
)

// SessionClaims are what an app is told of a session (J14). Empty ones are left out.
type SessionClaims struct {
	Subject       string
	Email         string
	EmailVerified bool
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
	return SessionClaims{}, errNotBuilt
}
