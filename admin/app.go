package admin

import (
	"cmp"
	"errors"
	"time"

	"github.com/usher-scim/usher/directory"
)

// App is a client of the OpenID Provider.
type App struct {
	ID                   string    `json:"id" doc:"The client id."`
	Name                 string    `json:"name" doc:"For people."`
	RedirectURIs         []string  `json:"redirect_uris" doc:"Where a login returns to."`
	PostLogoutURIs       []string  `json:"post_logout_uris,omitempty" doc:"Where a logout may return to."`
	BackchannelLogoutURI string    `json:"backchannel_logout_uri,omitempty" doc:"Where the app is told of sessions that have ended."`
	FirstParty           bool      `json:"first_party" doc:"Nobody is asked for consent."`
	Public               bool      `json:"public" doc:"It has no secret: an app in a browser or on a device."`
	Algorithm            string    `json:"algorithm" enum:"RS256,ES256" doc:"What its ID tokens are signed with."`
	Origin               string    `json:"origin,omitempty" doc:"The configuration file that declares it; it is then read-only."`
	CreatedAt            time.Time `json:"created_at" doc:"When it was made."`
	Version              int64     `json:"version" doc:"Rises with every change; the ETag."`
}

func (a App) version() int64 { return a.Version }

// IssuedApp is an app with its secret.
type IssuedApp struct {
	App
	Secret string `json:"secret,omitempty" doc:"The client secret, shown this once. A public app has none."`
}

// NewApp makes an app.
type NewApp struct {
	Name                 string   `json:"name" doc:"For people."`
	RedirectURIs         []string `json:"redirect_uris" doc:"Where a login returns to: https, http to this machine, or a native app's own scheme. They are compared to the letter."`
	PostLogoutURIs       []string `json:"post_logout_uris,omitzero" doc:"Where a logout may return to."`
	BackchannelLogoutURI string   `json:"backchannel_logout_uri,omitzero" doc:"Where the app is told of sessions that have ended."`
	FirstParty           bool     `json:"first_party,omitzero" doc:"Ask nobody for consent."`
	Algorithm            string   `json:"algorithm,omitzero" enum:"RS256,ES256" doc:"What its ID tokens are signed with. Defaults to RS256."`
	Public               bool     `json:"public,omitzero" doc:"Without a secret: an app in a browser or on a device. PKCE is asked of every app."`
}

// AppChange changes what it names.
type AppChange struct {
	Name                 *string   `json:"name,omitzero" doc:"For people."`
	RedirectURIs         *[]string `json:"redirect_uris,omitzero" doc:"All of them."`
	PostLogoutURIs       *[]string `json:"post_logout_uris,omitzero" doc:"All of them."`
	BackchannelLogoutURI *string   `json:"backchannel_logout_uri,omitzero" doc:"Where the app is told of sessions that have ended; empty: nowhere."`
	FirstParty           *bool     `json:"first_party,omitzero" doc:"Ask nobody for consent."`
	Algorithm            *string   `json:"algorithm,omitzero" enum:"RS256,ES256" doc:"What its ID tokens are signed with."`
}

// appRoutes are two surfaces of one kind: the apps of a tenant, and those of the installation, which serve every tenant.
func appRoutes() []route {
	const once = "The secret is in this answer and nowhere else."
	var all []route
	for _, of := range []struct {
		pattern, name, what, owner string
		row                        route
		path                       map[string]string
	}{
		{"/workspaces/{workspace}/apps", "", "app", "a tenant", route{tenant: true}, map[string]string{"workspace": "ACME"}},
		{"/apps", "Installation", "app of the installation", "the installation", route{installation: true}, map[string]string{"app": "installation-app"}},
	} {
		row := func(method, pattern, verb, noun, summary, doc, scope string) route {
			r := of.row
			r.method, r.pattern, r.name, r.summary, r.doc, r.scope = method, pattern, verb+of.name+noun, summary, doc, scope
			r.example.path = of.path
			return r
		}
		one := of.pattern + "/{app}"
		list := row("GET", of.pattern, "list", "Apps", "List the apps of "+of.owner, "Never their secrets.", directory.ScopeSecurityRead)
		list.query = paged
		create := row("POST", of.pattern, "create", "App", "Register an "+of.what+" with the OpenID Provider", once, directory.ScopeSecurityWrite)
		create.creates = true
		create.example.body = `{"name": "Notes", "redirect_uris": ["https://notes.example.com/callback"], "backchannel_logout_uri": "https://notes.example.com/logout"}`
		update := row("PATCH", one, "update", "App", "Change an "+of.what, "", directory.ScopeSecurityWrite)
		update.matches, update.example.body = true, `{"redirect_uris": ["https://notes.example.com/callback", "https://notes.example.com/next"]}`
		remove := row("DELETE", one, "delete", "App", "Delete an "+of.what, "What it holds opens nothing from then on.", directory.ScopeSecurityWrite)
		remove.matches, remove.query, remove.example.query = true, []parameter{confirmation}, "confirm={"+appName(of.path)+"}"
		all = append(
			all,
			answer(list, (*call).listApps),
			accept(create, (*call).createApp),
			answer(row("GET", one, "get", "App", "Read an "+of.what, "", directory.ScopeSecurityRead), (*call).getApp),
			accept(update, (*call).updateApp),
			answer(remove, (*call).deleteApp),
			answer(row("POST", one+"/secret", "rotate", "AppSecret", "Give an "+of.what+" another secret", "In place of the old one, at once. "+once, directory.ScopeSecurityWrite),
				(*call).renewAppSecret),
		)
	}
	return all
}

// appName is the name by which examples call the app.
func appName(path map[string]string) string {
	if name := path["app"]; name != "" {
		return name
	}
	return "app"
}

func newAppView(a directory.App) App {
	return App{
		ID: a.ID, Name: a.Name, RedirectURIs: a.RedirectURIs, PostLogoutURIs: a.PostLogoutURIs, BackchannelLogoutURI: a.BackchannelLogoutURI,
		FirstParty: a.FirstParty, Algorithm: cmp.Or(a.Algorithm, directory.AlgorithmRS256),
		Public: a.IsPublic(), Origin: a.Origin, CreatedAt: a.Created, Version: a.Version,
	}
}

func (c *call) listApps() (List[App], error) {
	all, err := c.Directory.Apps(c.ctx, c.workspace.Root)
	if err != nil {
		return List[App]{}, err
	}
	return pageOf(c, all, func(a directory.App) string { return a.ID }, newAppView)
}

// app is the one that the path names: of the tenant, or of the installation where the path names no workspace.
func (c *call) app() (directory.App, error) {
	a, err := c.Directory.App(c.ctx, c.path("app"))
	if errors.Is(err, directory.ErrNotFound) || err == nil && a.Root != c.workspace.Root {
		return a, newProblem(notFound, "list the apps to see their ids", "there is no app %q", printable(c.path("app")))
	}
	return a, err
}

func (c *call) createApp(in NewApp) (IssuedApp, error) {
	issued, err := c.Directory.CreateApp(c.ctx, c.by, directory.NewApp{
		Root: c.workspace.Root, Name: in.Name, RedirectURIs: in.RedirectURIs, PostLogoutURIs: in.PostLogoutURIs,
		BackchannelLogoutURI: in.BackchannelLogoutURI, FirstParty: in.FirstParty, Algorithm: in.Algorithm, Public: in.Public,
	})
	if err != nil {
		return IssuedApp{}, err
	}
	if c.workspace.Key == "" {
		c.location("apps", issued.ID)
	} else {
		c.location("workspaces", c.workspace.Key, "apps", issued.ID)
	}
	return IssuedApp{newAppView(issued.App), issued.Secret}, nil
}

func (c *call) getApp() (App, error) {
	a, err := c.app()
	return newAppView(a), err
}

// matchedApp is the app of the path, if it has the version that the caller has seen.
func (c *call) matchedApp() (directory.App, error) {
	a, err := c.app()
	if err != nil {
		return a, err
	}
	return a, c.match(a.Version)
}

func (c *call) updateApp(in AppChange) (App, error) {
	a, err := c.matchedApp()
	if err != nil {
		return App{}, err
	}
	a, err = c.Directory.UpdateApp(c.ctx, c.by, a, directory.AppChange{
		Name: in.Name, RedirectURIs: in.RedirectURIs, PostLogoutURIs: in.PostLogoutURIs,
		BackchannelLogoutURI: in.BackchannelLogoutURI, FirstParty: in.FirstParty, Algorithm: in.Algorithm, Version: c.held(a.Version),
	})
	return newAppView(a), err
}

func (c *call) deleteApp() (none, error) {
	a, err := c.matchedApp()
	if err != nil {
		return none{}, err
	}
	if err := c.confirmed(a.ID); err != nil {
		return none{}, err
	}
	return none{}, c.Directory.DeleteApp(c.ctx, c.by, a)
}

func (c *call) renewAppSecret() (IssuedApp, error) {
	a, err := c.app()
	if err != nil {
		return IssuedApp{}, err
	}
	issued, err := c.Directory.RenewAppSecret(c.ctx, c.by, a)
	return IssuedApp{newAppView(issued.App), issued.Secret}, err
}
