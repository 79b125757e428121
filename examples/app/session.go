package main

import (
	"crypto/rand"
	"html/template"
	"maps"
	"net/http"
	"strings"
	"sync"
)

const (
	sessionCookie = "app_session"
	loginCookie   = "app_login"
)

// session is who is signed in, as the ID token says.
type session struct {
	IDToken     string   `json:"-"`
	Subject     string   `json:"sub"`
	ID          string   `json:"sid"`
	Email       string   `json:"email"`
	Name        string   `json:"name"`
	Workspace   string   `json:"workspace"`
	Role        string   `json:"role"`
	Teams       []string `json:"teams"`
	Permissions []string `json:"permissions"`
}

// sessions are those of the app, by the value of the cookie. The zero value is empty.
type sessions struct {
	mu   sync.Mutex
	rows map[string]session
}

func (all *sessions) add(s session) (cookie string) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.rows == nil {
		all.rows = map[string]session{}
	}
	cookie = rand.Text()
	all.rows[cookie] = s
	return cookie
}

func (all *sessions) get(cookie string) (session, bool) {
	all.mu.Lock()
	defer all.mu.Unlock()
	s, ok := all.rows[cookie]
	return s, ok
}

func (all *sessions) remove(cookie string) {
	all.mu.Lock()
	defer all.mu.Unlock()
	delete(all.rows, cookie)
}

// end removes the session that Usher names, or all of a person when it names none.
func (all *sessions) end(id, subject string) {
	all.mu.Lock()
	defer all.mu.Unlock()
	maps.DeleteFunc(all.rows, func(_ string, s session) bool {
		if id != "" {
			return s.ID == id
		}
		return s.Subject == subject
	})
}

// login is one that was begun.
type login struct{ State, Nonce, Verifier string }

func (l login) text() string { return l.State + "." + l.Nonce + "." + l.Verifier }

// parseLogin reads the cookie. The parts have no dot; what is no login answers nobody's.
func parseLogin(text string) login {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return login{}
	}
	return login{parts[0], parts[1], parts[2]}
}

func cookieOf(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

var homePage = template.Must(template.New("home").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Example app</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem}dt{color:#666}dd{margin:0 0 .6rem}</style>
<h1>Example app</h1>
{{if .Subject}}
<p>Signed in as <strong>{{or .Name .Email .Subject}}</strong>.</p>
<dl>
<dt>E-mail</dt><dd>{{.Email}}</dd>
<dt>Workspace</dt><dd>{{.Workspace}}</dd>
<dt>Role</dt><dd>{{.Role}}</dd>
<dt>Teams</dt><dd>{{range .Teams}}{{.}} {{else}}none{{end}}</dd>
<dt>Permissions</dt><dd>{{range .Permissions}}{{.}} {{else}}none{{end}}</dd>
</dl>
<form method="post" action="/logout"><button>Sign out</button></form>
{{else}}
<p>Nobody is signed in.</p>
<form action="/login">
<label>Workspace <input name="workspace"></label>
<button>Sign in</button>
</form>
{{end}}
`))
