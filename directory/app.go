package directory

import "context"

// NewApp is what an operator says of a new app.
type NewApp struct {
	Root                 string // id; empty: of the installation
	ID                   string // the client id, of an app of the installation that a file declares; empty: a random one
	Name                 string
	RedirectURIs         []string
	PostLogoutURIs       []string
	BackchannelLogoutURI string
	FirstParty           bool
	Public               bool // has no secret
}

// AppChange is what of an app gets another value; nil fields stay.
type AppChange struct {
	Name                 *string
	RedirectURIs         *[]string
	PostLogoutURIs       *[]string
	BackchannelLogoutURI *string
	FirstParty           *bool
	Version              int64 // that the change rests on, else it is refused; 0 is any
}

// IssuedApp is an app with its secret, which is shown this once; a public client has none.
type IssuedApp struct {
	App
	Secret string
}

// CreateApp registers an app with the OpenID Provider.
func (d *Directory) CreateApp(ctx context.Context, by Actor, n NewApp) (IssuedApp, error) {
	return IssuedApp{}, errNotBuilt
}

// UpdateApp changes an app. What differs in nothing is not written.
func (d *Directory) UpdateApp(ctx context.Context, by Actor, a App, c AppChange) (App, error) {
	return App{}, errNotBuilt
}

// RenewAppSecret gives an app a new secret in place of the old one.
func (d *Directory) RenewAppSecret(ctx context.Context, by Actor, a App) (IssuedApp, error) {
	return IssuedApp{}, errNotBuilt
}

// DeleteApp removes an app; its grants end with it.
func (d *Directory) DeleteApp(ctx context.Context, by Actor, a App) error { return errNotBuilt }

// Apps lists the apps of a root, or of the installation when root is "".
func (d *Directory) Apps(ctx context.Context, root string) ([]App, error) { return nil, errNotBuilt }

// App finds an app by its client id. ErrNotFound: there is none.
func (d *Directory) App(ctx context.Context, clientID string) (App, error) { return App{}, errNotBuilt }

// CheckAppSecret reports whether that is the app's secret, in constant time. A public client has none, and nothing is
// its secret.
func (d *Directory) CheckAppSecret(a App, secret string) bool { return false }
