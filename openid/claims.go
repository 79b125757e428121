package openid

import (
	"crypto/sha256"
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory"
)

// person is what an app is told of somebody: in the ID token and at the userinfo endpoint, the same (J14).
type person struct {
	Subject       string   `json:"sub"`
	Email         string   `json:"email,omitempty"`
	EmailVerified *bool    `json:"email_verified,omitempty"`
	Name          string   `json:"name,omitempty"`
	GivenName     string   `json:"given_name,omitempty"`
	FamilyName    string   `json:"family_name,omitempty"`
	Locale        string   `json:"locale,omitempty"`
	ZoneInfo      string   `json:"zoneinfo,omitempty"`
	UpdatedAt     int64    `json:"updated_at,omitempty"`
	Workspace     string   `json:"workspace"`
	WorkspaceID   string   `json:"workspace_id"`
	Role          string   `json:"role"`
	Teams         []string `json:"teams"`
	Permissions   []string `json:"permissions"`
}

// personOf shows what the scope allows. Workspace, role, teams and permissions are what the app signs people in for: they
// are in every answer.
func personOf(c directory.SessionClaims, scopes []string) person {
	shown := person{
		Subject: c.Subject, Workspace: c.Workspace, WorkspaceID: c.WorkspaceID,
		Role: c.Role, Teams: list(c.Teams), Permissions: list(c.Permissions),
	}
	if slices.Contains(scopes, scopeEmail) && c.Email != "" {
		shown.Email, shown.EmailVerified = c.Email, &c.EmailVerified
	}
	if slices.Contains(scopes, scopeProfile) {
		shown.Name, shown.GivenName, shown.FamilyName = c.Name, c.GivenName, c.FamilyName
		shown.Locale, shown.ZoneInfo = c.Locale, c.ZoneInfo
		if !c.Updated.IsZero() {
			shown.UpdatedAt = c.Updated.Unix()
		}
	}
	return shown
}

// list is never null in JSON.
func list(texts []string) []string {
	if texts == nil {
		return []string{}
	}
	return texts
}

// idClaims are an ID token (OpenID Connect Core §2).
type idClaims struct {
	Issuer   string   `json:"iss"`
	Audience string   `json:"aud"`
	Issued   int64    `json:"iat"`
	Expires  int64    `json:"exp"`
	AuthTime int64    `json:"auth_time,omitempty"`
	Nonce    string   `json:"nonce,omitempty"`
	Session  string   `json:"sid"`
	Methods  []string `json:"amr,omitempty"`
	Context  string   `json:"acr,omitempty"`
	HalfHash string   `json:"at_hash,omitempty"` // of the access token
	person
}

// idTokenAge is how long an app may take an ID token for fresh: it is read once, when the code is redeemed.
const idTokenAge = 10 * time.Minute

func (p *Provider) idClaimsOf(g directory.Grant, s directory.Session, c directory.SessionClaims, access string) idClaims {
	now := p.Now()
	claims := idClaims{
		Issuer: p.Issuer, Audience: g.App, Issued: now.Unix(), Expires: now.Add(idTokenAge).Unix(), Nonce: g.Nonce,
		Session: sessionID(s.Root, s.ID), Methods: c.Methods, Context: c.Context, HalfHash: halfHash(access),
		person: personOf(c, g.Scope),
	}
	if !c.AuthTime.IsZero() {
		claims.AuthTime = c.AuthTime.Unix()
	}
	return claims
}

// halfHash is at_hash under RS256 and ES256, which both hash by SHA-256 (OpenID Connect Core §3.1.3.6).
func halfHash(access string) string {
	sum := sha256.Sum256([]byte(access))
	return encoding.EncodeToString(sum[:len(sum)/2])
}

// sessionID is the claim sid: it tells the root as well, by which the session is found when the app asks for its end.
func sessionID(root, session string) string { return root + "." + session }

func parseSessionID(sid string) (root, session string) {
	root, session, _ = strings.Cut(sid, ".")
	return root, session
}
