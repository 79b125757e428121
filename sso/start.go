package sso

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/usher-scim/usher/directory"
)

// start finds out by which connection somebody signs in: one that is named, those of a workspace, or those of the tenant
// that has proved the domain of an e-mail address. Where that leaves nothing to choose no page is shown.
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
	found, err := h.home(v, wish)
	switch {
	case err != nil:
		return err
	case len(found) == 1:
		return v.sendTo(h.loginLink(found[0].ID, wish))
	case len(found) > 1:
		return h.choose(v, found, wish)
	}
	notice := ""
	if email != "" || wish.Workspace != "" && query.Has("find") {
		notice = "There is no sign-in for that here. Look for a typing error, or ask your administrator."
	}
	return h.askHome(v, query, notice)
}

// home lists the connections that come into question: of the workspace, else of the e-mail address's domain.
func (h *Handler) home(v *visit, wish SignIn) ([]directory.Connection, error) {
	if wish.Workspace != "" {
		workspace, err := h.Directory.Workspace(v.ctx, wish.Workspace)
		if known, err := found(err); !known {
			return nil, err
		}
		all, err := h.Directory.SignInConnections(v.ctx, workspace)
		if _, err := found(err); err != nil || len(all) > 0 {
			return all, err
		}
	}
	if wish.LoginHint == "" {
		return nil, nil
	}
	all, err := h.Directory.SignInByEmail(v.ctx, wish.LoginHint)
	_, err = found(err)
	return all, err
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

type choice struct{ Name, Link string }

// choose shows the connections to choose from.
func (h *Handler) choose(v *visit, all []directory.Connection, wish SignIn) error {
	choices := make([]choice, len(all))
	for i, c := range all {
		choices[i] = choice{c.Name, h.loginLink(c.ID, wish)}
	}
	h.show(v.w, http.StatusOK, choosePage, choices)
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
	h.show(v.w, http.StatusOK, homePage, view)
	return nil
}
