package main

import (
	"context"
	"crypto/rand"
	"errors"
	"log"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// config is what an app has to know.
type config struct {
	Issuer, ClientID, Secret string
	URL                      string // its own
}

// app is the web server.
type app struct {
	config
	mux      *http.ServeMux
	provider *oidc.Provider
	oauth2   oauth2.Config
	endpoint struct {
		Logout string `json:"end_session_endpoint"`
	}
	sessions sessions
}

func newApp(ctx context.Context, c config) (*app, error) {
	provider, err := oidc.NewProvider(ctx, c.Issuer)
	if err != nil {
		return nil, err
	}
	a := &app{config: c, mux: http.NewServeMux(), provider: provider, oauth2: oauth2.Config{
		ClientID: c.ClientID, ClientSecret: c.Secret, Endpoint: provider.Endpoint(), RedirectURL: c.URL + "/callback",
		Scopes: []string{oidc.ScopeOpenID, "email", "profile"},
	}}
	if err := provider.Claims(&a.endpoint); err != nil {
		return nil, err
	}
	a.mux.HandleFunc("GET /{$}", a.home)
	a.mux.HandleFunc("GET /login", a.login)
	a.mux.HandleFunc("GET /callback", a.callback)
	a.mux.HandleFunc("POST /logout", a.logout)
	a.mux.HandleFunc("POST /backchannel-logout", a.backchannelLogout)
	return a, nil
}

// ServeHTTP implements [http.Handler]. Forms of other sites are refused: one of them would sign people out.
func (a *app) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	http.NewCrossOriginProtection().Handler(a.mux).ServeHTTP(w, r)
}

// home shows who is signed in.
func (a *app) home(w http.ResponseWriter, r *http.Request) {
	s, _ := a.sessions.get(cookieOf(r, sessionCookie))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if err := homePage.Execute(w, s); err != nil {
		log.Print(err)
	}
}

// login sends the browser to Usher. State, nonce and verifier wait in a cookie until it comes back.
func (a *app) login(w http.ResponseWriter, r *http.Request) {
	begun := login{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier()}
	a.setCookie(w, loginCookie, begun.text(), 10*time.Minute)
	options := []oauth2.AuthCodeOption{oidc.Nonce(begun.Nonce), oauth2.S256ChallengeOption(begun.Verifier)}
	for _, name := range []string{"workspace", "login_hint", "prompt"} {
		if value := r.FormValue(name); value != "" {
			options = append(options, oauth2.SetAuthURLParam(name, value))
		}
	}
	http.Redirect(w, r, a.oauth2.AuthCodeURL(begun.State, options...), http.StatusSeeOther)
}

// callback is where the browser comes back to.
func (a *app) callback(w http.ResponseWriter, r *http.Request) {
	begun := parseLogin(cookieOf(r, loginCookie))
	a.setCookie(w, loginCookie, "", -1)
	s, err := a.redeem(r, begun)
	if err != nil {
		log.Printf("login: %v", err) // the browser is told nothing
		http.Error(w, "The sign-in has failed. Try again.", http.StatusForbidden)
		return
	}
	a.setCookie(w, sessionCookie, a.sessions.add(s), 0)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// redeem exchanges the code for who has signed in. All that an answer must have is checked here: that it answers this
// browser's login, that it is Usher's (RFC 9207), that the ID token is for us and for this login.
func (a *app) redeem(r *http.Request, begun login) (session, error) {
	answer := r.URL.Query()
	switch {
	case begun.State == "" || answer.Get("state") != begun.State:
		return session{}, errors.New("the answer is to another login")
	case answer.Get("iss") != a.Issuer:
		return session{}, errors.New("the answer is another provider's")
	case answer.Get("error") != "":
		return session{}, errors.New(answer.Get("error") + ": " + answer.Get("error_description"))
	}
	tokens, err := a.oauth2.Exchange(r.Context(), answer.Get("code"), oauth2.VerifierOption(begun.Verifier))
	if err != nil {
		return session{}, err
	}
	text, _ := tokens.Extra("id_token").(string)
	id, err := a.verifier().Verify(r.Context(), text)
	if err != nil {
		return session{}, err
	}
	if id.Nonce != begun.Nonce {
		return session{}, errors.New("the ID token is for another login")
	}
	if err := id.VerifyAccessToken(tokens.AccessToken); err != nil {
		return session{}, err
	}
	s := session{IDToken: text}
	return s, id.Claims(&s)
}

func (a *app) verifier() *oidc.IDTokenVerifier {
	return a.provider.Verifier(&oidc.Config{ClientID: a.ClientID})
}

// logout ends the session here, then at Usher, which sends the browser back.
func (a *app) logout(w http.ResponseWriter, r *http.Request) {
	cookie := cookieOf(r, sessionCookie)
	s, ok := a.sessions.get(cookie)
	a.sessions.remove(cookie)
	a.setCookie(w, sessionCookie, "", -1)
	if !ok || a.endpoint.Logout == "" {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	query := url.Values{"id_token_hint": {s.IDToken}, "post_logout_redirect_uri": {a.URL + "/"}}
	http.Redirect(w, r, a.endpoint.Logout+"?"+query.Encode(), http.StatusSeeOther)
}

// backchannelLogout is Usher saying that a session is over: by a logout elsewhere, an admin, or as the person was removed.
func (a *app) backchannelLogout(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	token, err := a.verifier().VerifyLogout(r.Context(), r.PostFormValue("logout_token"))
	w.Header().Set("Cache-Control", "no-store")
	if err != nil {
		log.Printf("logout token: %v", err)
		http.Error(w, "no logout token", http.StatusBadRequest)
		return
	}
	a.sessions.end(token.SessionID, token.Subject)
}

// setCookie writes a cookie that no script reads. age 0 is until the browser closes, below 0 forgets it.
func (a *app) setCookie(w http.ResponseWriter, name, value string, age time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(age.Seconds()), HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: strings.HasPrefix(a.URL, "https://"),
	})
}
