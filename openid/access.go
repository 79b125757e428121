package openid

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory"
)

// access is what an access token says. Apps take it as a text without meaning (RFC 6749 §1.4): it opens nothing but the
// endpoints here, which look the session up each time. It is signed, not stored, as those of SCIM are (decisions/0009).
type access struct {
	Root      string   `json:"r"`
	Session   string   `json:"s"`
	Workspace string   `json:"w"` // id
	App       string   `json:"a"`
	Family    string   `json:"f"` // of grants, which ends as a whole
	Scope     []string `json:"o"`
	Expires   int64    `json:"e"` // seconds
}

const (
	accessPrefix = "usher_app_at_"
	maxAccess    = 2 << 10
)

var encoding = base64.RawURLEncoding.Strict()

// accessText is the access token, signed.
func (p *Provider) accessText(a access) (string, error) {
	body, err := json.Marshal(a)
	if err != nil {
		return "", err
	}
	text := accessPrefix + encoding.EncodeToString(body)
	return text + "." + p.accessMAC(text), nil
}

func (p *Provider) accessMAC(text string) string {
	mac := hmac.New(sha256.New, p.accessKey[:])
	mac.Write([]byte(text))
	return encoding.EncodeToString(mac.Sum(nil))
}

// parseAccess opens an access token that was made here, whatever its age.
func (p *Provider) parseAccess(text string) (a access, ok bool) {
	signed, mac, found := strings.Cut(text, ".")
	body, begins := strings.CutPrefix(signed, accessPrefix)
	if !found || !begins || len(text) > maxAccess || subtle.ConstantTimeCompare([]byte(mac), []byte(p.accessMAC(signed))) != 1 {
		return a, false
	}
	plain, err := encoding.DecodeString(body)
	return a, err == nil && json.Unmarshal(plain, &a) == nil
}

// opened is what an access token opens now.
type opened struct {
	access
	app    directory.App
	claims directory.SessionClaims
}

// open finds what an access token opens now. ErrNotFound: nothing, as it is not ours, or over or revoked, or its session or
// its app is, or the session has moved on to another workspace: a token never opens what was not asked for.
func (p *Provider) open(ctx context.Context, text string) (opened, error) {
	a, ok := p.parseAccess(text)
	if !ok || p.Now().Unix() >= a.Expires {
		return opened{}, directory.ErrNotFound
	}
	s, err := p.Directory.Session(ctx, a.Root, a.Session)
	if err != nil {
		return opened{}, err
	}
	if s.State != directory.SessionLive || !s.Live(p.Now()) || s.Workspace != a.Workspace {
		return opened{}, directory.ErrNotFound
	}
	if revoked, err := p.Directory.IsRevoked(ctx, a.Root, a.Family); err != nil || revoked {
		return opened{}, cmp.Or(err, directory.ErrNotFound)
	}
	app, err := p.Directory.App(ctx, a.App)
	if err != nil {
		return opened{}, err
	}
	claims, err := p.Directory.Claims(ctx, s)
	return opened{a, app, claims}, err
}

// newAccess makes the access token of a grant.
func (p *Provider) newAccess(g directory.Grant, s directory.Session) (text string, life time.Duration, err error) {
	now := p.Now()
	life = min(p.AccessTokenAge, s.Expires.Sub(now)).Truncate(time.Second)
	if life <= 0 {
		return "", 0, directory.ErrNotFound
	}
	text, err = p.accessText(access{
		Root: s.Root, Session: s.ID, Workspace: g.Workspace, App: g.App, Family: g.Family, Scope: g.Scope, Expires: now.Add(life).Unix(),
	})
	return text, life, err
}

// errNoBearer says that a request has no access token at all (RFC 6750 §3.1).
var errNoBearer = errors.New("openid: no access token")
