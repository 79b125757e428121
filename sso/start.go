package sso

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/usher-scim/usher/directory"
)

// start finds out by which connection somebody signs in: one that is named, those of a workspace, or those of the tenant
// that has proved the domain of an e-mail address. Where that leaves nothing to choose no page is shown; but the connection of
// a workspace that only lies below that tenant is chosen, or named, and nobody is led there.
func (h *Handler) start(v *visit) error {
	query := v.r.URL.Query()
	wish, err := h.readSignIn(query)
	if err != nil {
		return err
	}
	if id := query.Get("connection"); id != "" {
		return v.sendTo(h.loginLink(id, wish))
	}
	email := strings.TrimSpace(query.Get("email"))
	if email != "" {
		wish.LoginHint = email
	}
	found, owns, err := h.home(v, wish)
	switch {
	case err != nil:
		return err
	case len(found) == 1 && owns:
		return v.sendTo(h.loginLink(found[0].ID, wish))
	case len(found) > 0:
		return h.choose(v, found, wish)
	}
	notice := ""
	if email != "" || wish.Workspace != "" && query.Has("find") {
		notice = "There is no sign-in for that here. Look for a typing error, or ask your administrator."
	}
	return h.askHome(v, query, notice)
}

// home lists the connections that come into question: of the workspace, else of the e-mail address's domain; owns says that the
// workspace or the domain is theirs.
func (h *Handler) home(v *visit, wish SignIn) (all []directory.Connection, owns bool, err error) {
	if wish.Workspace != "" {
		workspace, err := h.Directory.Workspace(v.ctx, wish.Workspace)
		if known, err := found(err); !known {
			return nil, false, err
		}
		all, err := h.Directory.SignInConnections(v.ctx, workspace)
		if _, err := found(err); err != nil || len(all) > 0 {
			return all, true, err
		}
	}
	if wish.LoginHint == "" {
		return nil, false, nil
	}
	all, err = h.Directory.SignInByEmail(v.ctx, wish.LoginHint)
	_, err = found(err)
	return all, len(all) > 0 && all[0].Workspace == all[0].Root, err
}

// found tells a thing that is not there from a failure.
func found(err error) (bool, error) {
	var refused *directory.Refusal
	if errors.Is(err, directory.ErrNotFound) || errors.As(err, &refused) {
		return false, nil
	}
	return err == nil, err
}

// loginLink begins a login by that connection.
func (h *Handler) loginLink(connection string, wish SignIn) string {
	link := h.at("/" + url.PathEscape(connection) + "/login")
	if query := wish.query(); len(query) > 0 {
		link += "?" + query.Encode()
	}
	return link
}

// choice is a connection, and the workspace whose it is where that is not the tenant's root.
type choice struct{ Name, Workspace, Link string }

// choose shows the connections to choose from. Whoever runs a workspace below has given its connection the name.
func (h *Handler) choose(v *visit, all []directory.Connection, wish SignIn) error {
	choices := make([]choice, len(all))
	for i, c := range all {
		choices[i] = choice{Name: c.Name, Link: h.loginLink(c.ID, wish)}
		if c.Workspace == c.Root {
			continue
		}
		workspace, err := h.Directory.WorkspaceOf(v.ctx, c)
		if err != nil {
			return err
		}
		choices[i].Workspace = cmp.Or(workspace.Name, workspace.Key)
	}
	h.show(v.w, http.StatusOK, choosePage(choices))
	return nil
}

// homeView is the page that asks whose sign-in it is.
type homeView struct {
	Action, Notice   string
	Email, Workspace string
	Hidden           []hidden
}

// hidden is what a form hands on.
type hidden struct{ Name, Value string }

func (h *Handler) askHome(v *visit, query url.Values, notice string) error {
	view := homeView{
		Action: h.at("/start"), Notice: notice,
		Email: query.Get("email"), Workspace: query.Get("workspace"), Hidden: []hidden{{"find", "1"}},
	}
	if view.Email == "" {
		view.Email = query.Get("login_hint")
	}
	for _, name := range []string{"to", "acr_values", "fresh"} {
		if query.Has(name) {
			view.Hidden = append(view.Hidden, hidden{name, query.Get(name)})
		}
	}
	h.show(v.w, http.StatusOK, homePage(view))
	return nil
}
