package main

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory"
)

type appCmd struct {
	Create       appCreateCmd       `cmd:"" help:"Register an app. Its secret is shown this once."`
	List         appListCmd         `cmd:"" help:"List the apps."`
	Show         appShowCmd         `cmd:"" help:"Show an app, with what its login library has to be told."`
	Update       appUpdateCmd       `cmd:"" help:"Change an app."`
	RotateSecret appRotateSecretCmd `cmd:"" help:"Give an app another secret, in place of the old one at once."`
	Delete       appDeleteCmd       `cmd:"" help:"Delete an app. What it holds opens nothing from then on."`
}

type appView struct {
	ClientID             string     `json:"client_id"`
	ClientSecret         string     `json:"client_secret,omitempty"` // once
	Name                 string     `json:"name"`
	Workspace            string     `json:"workspace"` // key of the tenant's root; empty: the installation
	Issuer               string     `json:"issuer"`
	RedirectURIs         []string   `json:"redirect_uris"`
	PostLogoutURIs       []string   `json:"post_logout_uris"`
	BackchannelLogoutURI string     `json:"backchannel_logout_uri"`
	FirstParty           bool       `json:"first_party"`
	Public               bool       `json:"public"`
	Algorithm            string     `json:"algorithm"`
	ReadOnly             string     `json:"read_only"` // the configuration file that declares it
	CreatedAt            *time.Time `json:"created_at"`
}

func (f *folder) appView(w directory.Workspace, a directory.App) appView {
	return appView{
		ClientID: a.ID, Name: a.Name, Workspace: w.Key, Issuer: f.publicURL, RedirectURIs: append([]string{}, a.RedirectURIs...),
		PostLogoutURIs: append([]string{}, a.PostLogoutURIs...), BackchannelLogoutURI: a.BackchannelLogoutURI, FirstParty: a.FirstParty,
		Public: a.IsPublic(), Algorithm: cmp.Or(a.Algorithm, directory.AlgorithmRS256), ReadOnly: a.Origin, CreatedAt: timestamp(a.Created),
	}
}

func (v appView) card(title string) *card {
	return newCard(title, "client id", v.ClientID, "client secret", v.ClientSecret, "name", v.Name, "workspace", cmp.Or(v.Workspace, "all"),
		"issuer", v.Issuer, "redirect", strings.Join(v.RedirectURIs, ", "), "after logout", strings.Join(v.PostLogoutURIs, ", "),
		"back-channel", v.BackchannelLogoutURI, "first party", onlyYes(v.FirstParty), "public", onlyYes(v.Public), "algorithm", v.Algorithm,
		"read-only", readOnlyText(v.ReadOnly))
}

// appScope is the flag of commands about apps: those of a tenant, or else of the whole installation.
type appScope struct {
	Workspace string `short:"w" placeholder:"KEY" help:"Key of a root workspace: an app of that tenant alone. Without it: one of the whole installation."`
}

// in opens the data folder and finds the workspace; without one it is the zero value.
func (s appScope) in(a *app, do func(*folder, directory.Workspace) error) error {
	return apiKeyScope(s).in(a, func(f *folder, w directory.Workspace) error {
		if w.ID != w.Root {
			return hint(fmt.Errorf("workspace %s is not the root of a tenant", w.Key), "name the topmost workspace above it, or none for an app of the installation")
		}
		return do(f, w)
	})
}

// namedApp is the argument of commands about one app.
type namedApp struct {
	ID string `arg:"" name:"client-id" help:"Client id of the app."`
}

func (n namedApp) in(a *app, do func(*folder, directory.Workspace, directory.App) error) error {
	return a.with(false, func(f *folder) error {
		app, err := f.App(a.ctx, n.ID)
		if errors.Is(err, directory.ErrNotFound) {
			return hint(fmt.Errorf("there is no app %q", n.ID), "usher app list, with --workspace for those of a tenant, shows the client ids")
		}
		if err != nil {
			return err
		}
		w, err := f.rootOf(a, app)
		if err != nil {
			return err
		}
		return do(f, w, app)
	})
}

// rootOf is the tenant of an app, the zero value for one of the installation.
func (f *folder) rootOf(a *app, app directory.App) (directory.Workspace, error) {
	if app.Root == "" {
		return directory.Workspace{}, nil
	}
	all, err := f.Workspaces(a.ctx)
	for _, w := range all {
		if w.ID == app.Root {
			return w, nil
		}
	}
	return directory.Workspace{}, cmp.Or(err, directory.ErrNotFound)
}

// appSettings are the flags of what an app is. Those that are not given stay as they are.
type appSettings struct {
	Redirect          []string `sep:"none" placeholder:"URL" help:"Where a login returns to; may be given often. Compared to the letter."`
	PostLogout        []string `sep:"none" placeholder:"URL" help:"Where a logout may return to; may be given often. Empty: nowhere."`
	BackchannelLogout *string  `placeholder:"URL" help:"Where the app is told of sessions that have ended."`
	FirstParty        *bool    `negatable:"" help:"Ask nobody for consent."`
	Algorithm         *string  `enum:"RS256,ES256" placeholder:"NAME" help:"What its ID tokens are signed with: RS256 (the default) or ES256."`
}

// uris are the addresses that a flag names, nil when it was not given; one that is empty stands for none.
func uris(flag []string) *[]string {
	if flag == nil {
		return nil
	}
	list := slices.DeleteFunc(slices.Clone(flag), func(uri string) bool { return uri == "" })
	return &list
}

func (s appSettings) given() bool { return !reflect.ValueOf(s).IsZero() }

type appCreateCmd struct {
	Name string `arg:"" help:"Name of the app, for people."`
	appScope
	appSettings
	Public bool `help:"Without a secret: an app in a browser or on a device. PKCE is asked of every app."`
}

// Run registers the app.
func (c *appCreateCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		n := directory.NewApp{Root: w.Root, Name: c.Name, Public: c.Public}
		give(&n.RedirectURIs, uris(c.Redirect))
		give(&n.PostLogoutURIs, uris(c.PostLogout))
		give(&n.BackchannelLogoutURI, c.BackchannelLogout)
		give(&n.FirstParty, c.FirstParty)
		give(&n.Algorithm, c.Algorithm)
		issued, err := f.CreateApp(a.ctx, a.actor(), n)
		if err != nil {
			return err
		}
		return a.printIssuedApp(f, w, issued, "Registered app "+issued.Name+".")
	})
}

// printIssuedApp shows an app with its secret.
func (a *app) printIssuedApp(f *folder, w directory.Workspace, issued directory.IssuedApp, title string) error {
	v := f.appView(w, issued.App)
	v.ClientSecret = issued.Secret
	shown := texts{v.card(title)}
	if v.ClientSecret != "" {
		shown = append(shown, line("\nKeep the client secret now: it is not shown again."))
	}
	return a.print(v, shown)
}

type appListCmd struct{ appScope }

// Run lists the apps.
func (c *appListCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		all, err := f.Apps(a.ctx, w.Root)
		if err != nil {
			return err
		}
		views := []appView{}
		t := a.table("No app yet. Register one: usher app create NAME --redirect URL", "name", "redirect", "public", "read-only", "client id")
		for _, one := range all {
			v := f.appView(w, one)
			views = append(views, v)
			t.add(v.Name, strings.Join(v.RedirectURIs, ", "), onlyYes(v.Public), v.ReadOnly, v.ClientID)
		}
		return a.print(views, t)
	})
}

type appShowCmd struct{ namedApp }

// Run shows the app.
func (c *appShowCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace, app directory.App) error {
		v := f.appView(w, app)
		return a.print(v, v.card("App "+app.Name))
	})
}

type appUpdateCmd struct {
	namedApp
	Rename *string `placeholder:"NAME" help:"Another name."`
	appSettings
}

// Run changes the app.
func (c *appUpdateCmd) Run(a *app) error {
	if c.Rename == nil && !c.given() {
		return misuse(errors.New("nothing to change"), "usher app update --help")
	}
	return c.in(a, func(f *folder, w directory.Workspace, app directory.App) error {
		after, err := f.UpdateApp(a.ctx, a.actor(), app, directory.AppChange{
			Name: c.Rename, RedirectURIs: uris(c.Redirect), PostLogoutURIs: uris(c.PostLogout), BackchannelLogoutURI: c.BackchannelLogout,
			FirstParty: c.FirstParty, Algorithm: c.Algorithm,
		})
		if err != nil {
			return err
		}
		v := f.appView(w, after)
		return a.print(v, v.card("Updated app "+after.Name+"."))
	})
}

type appRotateSecretCmd struct{ namedApp }

// Run gives the app another secret.
func (c *appRotateSecretCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace, app directory.App) error {
		issued, err := f.RenewAppSecret(a.ctx, a.actor(), app)
		if err != nil {
			return err
		}
		return a.printIssuedApp(f, w, issued, "Gave app "+issued.Name+" another secret.")
	})
}

type appDeleteCmd struct {
	namedApp
	consent
}

// Run deletes the app.
func (c *appDeleteCmd) Run(a *app) error {
	return c.in(a, func(f *folder, _ directory.Workspace, app directory.App) error {
		if err := c.ask(a, "app "+app.Name+", to which nobody can sign in any more"); err != nil {
			return err
		}
		if err := f.DeleteApp(a.ctx, a.actor(), app); err != nil {
			return err
		}
		return a.print(deletedView{ID: app.ID, Deleted: true}, line("Deleted app "+app.Name+"."))
	})
}
