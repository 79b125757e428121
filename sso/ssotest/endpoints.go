package ssotest

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
)

func (p *Provider) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("GET /userinfo", p.userInfo)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.Calls.add(r.URL.Path)
		if serve := p.twisted().Serve; serve != nil && serve(w, r) {
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func (p *Provider) discovery(w http.ResponseWriter, _ *http.Request) {
	document := map[string]any{
		"issuer": p.Issuer, "authorization_endpoint": p.Issuer + "/authorize", "token_endpoint": p.Issuer + "/token",
		"userinfo_endpoint": p.Issuer + "/userinfo", "jwks_uri": p.Issuer + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported":          []string{"ES256", "RS256"},
		"code_challenge_methods_supported":               []string{"S256"},
		"token_endpoint_auth_methods_supported":          []string{"client_secret_basic"},
		"authorization_response_iss_parameter_supported": true,
		"backchannel_logout_supported":                   true, "backchannel_logout_session_supported": true,
	}
	if change := p.twisted().Discovery; change != nil {
		change(document)
	}
	writeJSON(w, http.StatusOK, document)
}

func (p *Provider) keys(w http.ResponseWriter, _ *http.Request) {
	keys := []map[string]any{p.Key().JWK()}
	if other := p.twisted().Keys; other != nil {
		keys = other()
	}
	writeJSON(w, http.StatusOK, map[string]any{"keys": keys})
}

// authorize answers an authorization request at once, or asks who it is.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	redirect, err := url.Parse(query.Get("redirect_uri"))
	if err != nil || !redirect.IsAbs() || query.Get("client_id") != p.ClientID || query.Get("response_type") != "code" ||
		query.Get("code_challenge_method") != "S256" {
		http.Error(w, "no request of the client", http.StatusBadRequest)
		return
	}
	person, ok := p.whoIs(query.Get("person"))
	if !ok {
		showPeople(w, r, p.people)
		return
	}
	code := rand.Text()
	p.keep(code, grant{
		person: person, redirect: query.Get("redirect_uri"), nonce: query.Get("nonce"), challenge: query.Get("code_challenge"),
		client: p.ClientID, sid: rand.Text(), auth: p.now(),
	})
	answer := url.Values{"code": {code}, "state": {query.Get("state")}, "iss": {p.Issuer}}
	if change := p.twisted().Callback; change != nil {
		change(answer)
	}
	redirect.RawQuery = answer.Encode()
	http.Redirect(w, r, redirect.String(), http.StatusFound)
}

func (p *Provider) whoIs(subject string) (Person, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.IndexFunc(p.people, func(one Person) bool { return one.Subject == subject }); i >= 0 {
		return p.people[i], true
	}
	if p.person != nil {
		return *p.person, true
	}
	return Person{}, false
}

type choice struct{ Link, Name string }

// showPeople shows a page with the people to choose from.
func showPeople(w http.ResponseWriter, r *http.Request, people []Person) {
	var choices []choice
	for _, person := range people {
		u, query := *r.URL, r.URL.Query()
		query.Set("person", person.Subject)
		u.RawQuery = query.Encode()
		name, _ := person.Claims["name"].(string)
		if name == "" {
			name = person.Subject
		}
		choices = append(choices, choice{u.String(), name})
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = peoplePage(choices).Render(r.Context(), w)
}

func (p *Provider) keep(name string, g grant) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.grants[name] = g
}

// take returns what a code stands for, once.
func (p *Provider) take(name string) (grant, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	g, ok := p.grants[name]
	delete(p.grants, name)
	return g, ok
}

// token exchanges a code (RFC 6749 §4.1.3, RFC 7636 §4.6).
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	if id, err := url.QueryUnescape(id); err != nil || id != p.ClientID {
		writeJSON(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
		return
	}
	if secret, err := url.QueryUnescape(secret); err != nil || secret != p.ClientSecret {
		writeJSON(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
		return
	}
	g, ok := p.take(r.PostFormValue("code"))
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	if !ok || r.PostFormValue("redirect_uri") != g.redirect || subtle.ConstantTimeCompare([]byte(challenge), []byte(g.challenge)) != 1 {
		writeJSON(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
		return
	}
	p.answer(w, g)
}

func (p *Provider) answer(w http.ResponseWriter, g grant) {
	access := rand.Text()
	p.keep(access, g)
	token := p.idToken(g)
	sum := sha256.Sum256([]byte(access))
	token.Claims["at_hash"] = base64.RawURLEncoding.EncodeToString(sum[:16])
	twist := p.twisted()
	if twist.IDToken != nil {
		twist.IDToken(token)
	}
	answer := map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": token.String()}
	if twist.Exchange != nil {
		twist.Exchange(answer)
	}
	writeJSON(w, http.StatusOK, answer)
}

// userInfo tells who an access token stands for (OpenID Connect Core §5.3).
func (p *Provider) userInfo(w http.ResponseWriter, r *http.Request) {
	const prefix = "Bearer "
	header := r.Header.Get("Authorization")
	p.mu.Lock()
	g, ok := p.grants[header[min(len(prefix), len(header)):]]
	p.mu.Unlock()
	if !ok {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	answer := map[string]any{"sub": g.person.Subject}
	for name, v := range g.person.Claims {
		answer[name] = v
	}
	if change := p.twisted().UserInfo; change != nil {
		change(answer)
	}
	writeJSON(w, http.StatusOK, answer)
}
