package directory

import (
	"cmp"
	"context"
	"crypto/subtle"
	"net/url"
	"regexp"
	"slices"

	"github.com/usher-scim/usher/directory/internal/credential"
	"github.com/usher-scim/usher/directory/internal/ident"
	"github.com/usher-scim/usher/directory/internal/input"
)

// NewApp is what an operator says of a new app.
type NewApp struct {
	Root                 string // id; empty: of the installation
	ID                   string // the client id, of an app of the installation that a file declares; empty: a random one
	Name                 string
	RedirectURIs         []string
	PostLogoutURIs       []string
	BackchannelLogoutURI string
	FirstParty           bool
	Algorithm            string // of ID tokens: RS256 unless ES256
	Public               bool   // has no secret
	Origin               string // of a configuration file alone
	// Secret, of a configuration file alone, is the one that the deployment supplies; empty: a random one.
	Secret string
}

// AppChange is what of an app gets another value; nil fields stay.
type AppChange struct {
	Name                 *string
	RedirectURIs         *[]string
	PostLogoutURIs       *[]string
	BackchannelLogoutURI *string
	FirstParty           *bool
	Algorithm            *string
	Origin               *string // of a configuration file alone
	Version              int64   // that the change rests on, else it is refused; 0 is any
}

// IssuedApp is an app with its secret, which is shown this once; a public client has none.
type IssuedApp struct {
	App
	Secret string
}

// Lengths of client ids. That of a tenant's app begins with the id of the root.
const appIDLength = 20

// appID is the form of a client id that is chosen by hand.
var appID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]{2,63}$`)

// maxURIs bounds the redirect targets of an app.
const maxURIs = 50

type appDetail struct {
	Name                 string   `json:"name"`
	RedirectURIs         []string `json:"redirect_uris,omitempty"`
	PostLogoutURIs       []string `json:"post_logout_uris,omitempty"`
	BackchannelLogoutURI string   `json:"backchannel_logout_uri,omitempty"`
	FirstParty           bool     `json:"first_party,omitempty"`
	Algorithm            string   `json:"algorithm,omitempty"`
	Public               bool     `json:"public,omitempty"`
	NewSecret            bool     `json:"new_secret,omitempty"`
}

func newAppDetail(a App) appDetail {
	return appDetail{
		Name: a.Name, RedirectURIs: a.RedirectURIs, PostLogoutURIs: a.PostLogoutURIs, BackchannelLogoutURI: a.BackchannelLogoutURI,
		FirstParty: a.FirstParty, Algorithm: a.Algorithm, Public: a.IsPublic(),
	}
}

// CreateApp registers an app with the OpenID Provider.
func (d *Directory) CreateApp(ctx context.Context, by Actor, n NewApp) (IssuedApp, error) {
	a := App{
		Root: n.Root, ID: n.Root + ident.New(appIDLength), Name: n.Name, RedirectURIs: n.RedirectURIs, PostLogoutURIs: n.PostLogoutURIs,
		BackchannelLogoutURI: n.BackchannelLogoutURI, FirstParty: n.FirstParty, Algorithm: n.Algorithm, Version: 1,
	}
	if n.ID != "" {
		if n.Root != "" || !appID.MatchString(n.ID) || rootOfApp(n.ID) != "" {
			return IssuedApp{}, refuse(RefusedInvalid, "use 3 to 64 of A-Z, a-z, 0-9, . and -; only an app of the installation has a chosen one",
				"%q is no client id", n.ID)
		}
		a.ID = n.ID
	}
	if by.Name == ActorConfig {
		a.Origin = n.Origin
	}
	if err := a.check(); err != nil {
		return IssuedApp{}, err
	}
	issued := IssuedApp{App: a}
	switch {
	case n.Secret != "":
		if err := issued.App.supplySecret(n.Secret); err != nil {
			return IssuedApp{}, err
		}
	case !n.Public:
		issued.Secret = issued.App.newSecret()
	}
	err := d.write(ctx, by, a.home(), "", func(ctx context.Context, p *plan) error {
		if n.Root != "" {
			if _, _, err := d.place(ctx, p, a.home()); err != nil {
				return err
			}
		}
		_, err := d.store.App(ctx, a.Root, a.ID)
		if err := free(err, refuse(RefusedExists, "choose another client id", "there is an app %q", a.ID)); err != nil {
			return err
		}
		issued.App.Created = p.now
		p.Apps = append(p.Apps, insert(issued.App))
		return p.audit(ActionAppCreate, targetApp, a.ID, "", newAppDetail(issued.App))
	})
	return issued, err
}

// newSecret gives the app a secret and returns it.
func (a *App) newSecret() string {
	secret := credential.AppSecret.New(cmp.Or(a.Root, credential.AnyRoot))
	a.SecretHash = credential.Hash(secret)
	return secret
}

// supplySecret gives the app a secret that somebody else made.
func (a *App) supplySecret(secret string) error {
	if !credential.IsSupplied(secret) {
		return refuse(RefusedInvalid, "use 24 to 1024 letters, digits and signs without blanks, that do not begin with usher_: openssl rand -base64 32",
			"the supplied secret of app %q cannot be used", a.ID)
	}
	a.SecretHash = credential.Hash(secret)
	return nil
}

// IsPublic reports an app that has no secret: one in a browser or on a device.
func (a App) IsPublic() bool { return a.SecretHash == [32]byte{} }

// home is where the app's audit entries stand.
func (a App) home() Workspace { return Workspace{Root: a.Root, ID: a.Root} }

// rootOfApp is the root that a client id names; empty: the installation.
func rootOfApp(id string) string {
	if len(id) == credential.RootLength+appIDLength {
		return id[:credential.RootLength]
	}
	return ""
}

func (a App) check() error {
	if err := input.Name("name of the app", a.Name); err != nil {
		return err
	}
	if a.Algorithm != "" && a.Algorithm != AlgorithmRS256 && a.Algorithm != AlgorithmES256 {
		return refuse(RefusedInvalid, "choose RS256 or ES256", "ID tokens cannot be signed with %q", a.Algorithm)
	}
	if len(a.RedirectURIs) == 0 || len(a.RedirectURIs) > maxURIs || len(a.PostLogoutURIs) > maxURIs {
		return refuse(RefusedInvalid, "give the addresses to which the app's login returns, 1 to 50", "the app has %d redirect URIs", len(a.RedirectURIs))
	}
	for _, uri := range slices.Concat(a.RedirectURIs, a.PostLogoutURIs) {
		if err := checkRedirect(uri); err != nil {
			return err
		}
	}
	if a.BackchannelLogoutURI == "" {
		return nil
	}
	return input.Address("back-channel logout", a.BackchannelLogoutURI)
}

// checkRedirect refuses what no browser should be sent to: only https, http to this machine, and a native app's own
// scheme, which has a dot (RFC 8252 §7.1).
func checkRedirect(uri string) error {
	u, err := url.Parse(uri)
	if err == nil && u.Fragment == "" && u.User == nil && u.Opaque == "" && nativeScheme.MatchString(u.Scheme) {
		return nil
	}
	return input.Address("redirect", uri)
}

var nativeScheme = regexp.MustCompile(`^[a-z][a-z0-9-]*(\.[a-z0-9-]+)+$`)

// UpdateApp changes an app. What differs in nothing is not written.
func (d *Directory) UpdateApp(ctx context.Context, by Actor, a App, c AppChange) (App, error) {
	var after App
	err := d.editApp(ctx, by, a, func(p *plan, before App) error {
		if err := rests(c.Version, before.Version); err != nil {
			return err
		}
		after = before
		set(&after.Name, c.Name)
		set(&after.RedirectURIs, c.RedirectURIs)
		set(&after.PostLogoutURIs, c.PostLogoutURIs)
		set(&after.BackchannelLogoutURI, c.BackchannelLogoutURI)
		set(&after.FirstParty, c.FirstParty)
		set(&after.Algorithm, c.Algorithm)
		if by.Name == ActorConfig {
			set(&after.Origin, c.Origin)
		}
		if after.equal(before) {
			return nil
		}
		if err := readOnly(by, before.Origin, "app", before.Name); err != nil {
			return err
		}
		if err := after.check(); err != nil {
			return err
		}
		after.Version++
		p.Apps = append(p.Apps, update(before, after))
		return p.audit(ActionAppUpdate, targetApp, a.ID, "", newAppDetail(after))
	})
	return after, err
}

func (a App) equal(b App) bool {
	return a.Name == b.Name && slices.Equal(a.RedirectURIs, b.RedirectURIs) && slices.Equal(a.PostLogoutURIs, b.PostLogoutURIs) &&
		a.BackchannelLogoutURI == b.BackchannelLogoutURI && a.FirstParty == b.FirstParty && a.Algorithm == b.Algorithm && a.Origin == b.Origin
}

func (d *Directory) editApp(ctx context.Context, by Actor, a App, build func(*plan, App) error) error {
	return d.write(ctx, by, a.home(), "", func(ctx context.Context, p *plan) error {
		before, err := d.store.App(ctx, a.Root, a.ID)
		if there, err := found(err); err != nil {
			return err
		} else if !there {
			return refuse(RefusedNotFound, "list the apps to see what is there", "there is no app %q", a.ID)
		}
		return build(p, before)
	})
}

// RenewAppSecret gives an app a new secret in place of the old one.
func (d *Directory) RenewAppSecret(ctx context.Context, by Actor, a App) (IssuedApp, error) {
	var issued IssuedApp
	err := d.editApp(ctx, by, a, func(p *plan, before App) error {
		if err := readOnly(by, before.Origin, "app", before.Name); err != nil {
			return err
		}
		if before.IsPublic() {
			return refuse(RefusedInvalid, "register another app that has a secret", "the app %q is a public client", a.ID)
		}
		issued.App = before
		issued.Secret = issued.App.newSecret()
		return p.updateAppSecret(before, &issued.App)
	})
	return issued, err
}

// SetAppSecret gives an app a secret that the deployment supplies, or takes its secret away when it is empty. The one that
// the app has already changes nothing.
func (d *Directory) SetAppSecret(ctx context.Context, by Actor, a App, secret string) error {
	return d.editApp(ctx, by, a, func(p *plan, before App) error {
		after := before
		after.SecretHash = [32]byte{}
		if secret != "" {
			if err := after.supplySecret(secret); err != nil {
				return err
			}
		}
		if after.SecretHash == before.SecretHash {
			return nil
		}
		return p.updateAppSecret(before, &after)
	})
}

// updateAppSecret plans the row with another secret, or none, one version further.
func (p *plan) updateAppSecret(before App, after *App) error {
	after.Version++
	p.Apps = append(p.Apps, update(before, *after))
	detail := newAppDetail(*after)
	detail.NewSecret = true
	return p.audit(ActionAppUpdate, targetApp, after.ID, "", detail)
}

// DeleteApp removes an app. What it holds opens nothing from then on.
func (d *Directory) DeleteApp(ctx context.Context, by Actor, a App) error {
	return d.editApp(ctx, by, a, func(p *plan, before App) error {
		if err := readOnly(by, before.Origin, "app", before.Name); err != nil {
			return err
		}
		p.Apps = append(p.Apps, remove(before))
		return p.audit(ActionAppDelete, targetApp, a.ID, "", newAppDetail(before))
	})
}

// Apps lists the apps of a root, or of the installation when root is "".
func (d *Directory) Apps(ctx context.Context, root string) ([]App, error) {
	return d.store.Apps(ctx, root)
}

// App finds an app by its client id. ErrNotFound: there is none.
func (d *Directory) App(ctx context.Context, clientID string) (App, error) {
	return d.store.App(ctx, rootOfApp(clientID), clientID)
}

// CheckAppSecret reports whether that is the app's secret, in constant time. A public client has none, and nothing is
// its secret.
func (d *Directory) CheckAppSecret(a App, secret string) bool {
	hash := credential.Hash(secret)
	return !a.IsPublic() && subtle.ConstantTimeCompare(hash[:], a.SecretHash[:]) == 1
}
