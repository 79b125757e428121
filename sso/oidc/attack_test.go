package oidc_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
	"github.com/usher-scim/usher/sso/oidc"
	"github.com/usher-scim/usher/sso/ssotest"
)

// attack is an answer that must be refused.
type attack struct {
	name  string
	want  directory.LoginCode
	rules func(*directory.SignIn)
	twist func(w *world) ssotest.Twist
}

// claim is an attack by one claim; nil takes it away.
func claim(name string, value func(w *world) any, want directory.LoginCode) attack {
	return attack{name: "claim " + name, want: want, twist: func(w *world) ssotest.Twist {
		return ssotest.Twist{IDToken: func(token *ssotest.Token) {
			if token.Claims[name] = value(w); token.Claims[name] == nil {
				delete(token.Claims, name)
			}
		}}
	}}
}

func is(v any) func(*world) any { return func(*world) any { return v } }

func in(d time.Duration) func(*world) any {
	return func(w *world) any { return w.clock.Now().Add(d).Unix() }
}

// signed is an attack by the token as a whole.
func signed(name string, want directory.LoginCode, change func(w *world, token *ssotest.Token)) attack {
	return attack{name: name, want: want, twist: func(w *world) ssotest.Twist {
		return ssotest.Twist{IDToken: func(token *ssotest.Token) { change(w, token) }}
	}}
}

// answered is an attack by what the browser brings back.
func answered(name string, want directory.LoginCode, change func(url.Values)) attack {
	return attack{name: name, want: want, twist: func(*world) ssotest.Twist { return ssotest.Twist{Callback: change} }}
}

// exchanged is an attack by the answer of the token endpoint.
func exchanged(name string, want directory.LoginCode, change func(map[string]any)) attack {
	return attack{name: name, want: want, twist: func(*world) ssotest.Twist { return ssotest.Twist{Exchange: change} }}
}

var attacks = []attack{
	claim("nonce", is(nil), sso.CodeNonce),
	claim("nonce", is("of another login"), sso.CodeNonce),
	claim("nonce", is([]string{"the nonce of this login"}), sso.CodeMalformed),
	claim("aud", is(nil), sso.CodeAudience),
	claim("aud", is("somebody else"), sso.CodeAudience),
	claim("aud", is([]string{"usher", "somebody else"}), sso.CodeAudience), // and no azp
	claim("aud", is("usher "), sso.CodeAudience),
	claim("azp", is("somebody else"), sso.CodeAudience),
	claim("azp", is([]string{"usher"}), sso.CodeAudience),
	claim("azp", is(""), sso.CodeAudience),
	claim("iss", is(nil), sso.CodeIssuer),
	claim("iss", is("https://evil.example"), sso.CodeIssuer),
	claim("iss", func(w *world) any { return w.idp.Issuer + "/" }, sso.CodeIssuer),
	claim("iss", func(w *world) any { return strings.ToUpper(w.idp.Issuer) }, sso.CodeIssuer),
	claim("sub", is(nil), sso.CodeSubject),
	claim("sub", is(""), sso.CodeSubject),
	claim("sub", is(12), sso.CodeMalformed),
	claim("sub", is("ada\x00admin"), sso.CodeSubject),
	claim("sub", is(strings.Repeat("a", 256)), sso.CodeSubject),
	claim("exp", is(nil), sso.CodeExpired),
	claim("exp", in(-time.Second), sso.CodeExpired),
	claim("exp", is(1e300), sso.CodeExpired),
	claim("exp", is("tomorrow"), sso.CodeExpired),
	claim("iat", is(nil), sso.CodeIssuedAt),
	claim("iat", in(2*time.Minute), sso.CodeIssuedAt),
	claim("iat", in(-11*time.Minute), sso.CodeIssuedAt),
	claim("iat", is(-5), sso.CodeIssuedAt),
	claim("nbf", in(2*time.Minute), sso.CodeIssuedAt),
	claim("at_hash", is("AAAAAAAAAAAAAAAAAAAAAA"), sso.CodeAccessToken),
	claim("events", is(map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}), sso.CodeMalformed),
	claim("Sub", is("admin"), sso.CodeMalformed), // two readers would see two people
	claim("deep", is(nested(40)), sso.CodeMalformed),
	claim("long", is(strings.Repeat("x", 70_000)), sso.CodeMalformed),
	claim("roles", is(make([]int, 20_000)), sso.CodeMalformed),

	signed("alg none", sso.CodeAlgorithm, func(_ *world, token *ssotest.Token) { token.Unsigned() }),
	signed("alg NoNe", sso.CodeAlgorithm, func(_ *world, token *ssotest.Token) { token.Unsigned(); token.Header["alg"] = "NoNe" }),
	signed("HS256 by the client secret", sso.CodeAlgorithm, func(w *world, token *ssotest.Token) { token.UseSecret([]byte(w.party.Secret)) }),
	signed("HS256 by the public key", sso.CodeAlgorithm, func(w *world, token *ssotest.Token) {
		der, _ := x509.MarshalPKIXPublicKey(w.idp.Key().Public())
		token.UseSecret(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	}),
	signed("an algorithm that the connection does not take", sso.CodeAlgorithm, func(_ *world, token *ssotest.Token) { token.Header["alg"] = "PS512" }),
	signed("the signature taken off", sso.CodeSignature, func(_ *world, token *ssotest.Token) { token.Sign = func([]byte) []byte { return nil } }),
	signed("a foreign key under the right id", sso.CodeSignature, func(w *world, token *ssotest.Token) { token.Use(ssotest.NewKey(w.idp.Key().ID)) }),
	signed("a foreign key under an unknown id", sso.CodeSignature, func(_ *world, token *ssotest.Token) { token.Use(ssotest.NewKey("unknown")) }),
	signed("a foreign key without an id", sso.CodeSignature, func(_ *world, token *ssotest.Token) {
		token.Use(ssotest.NewKey(""))
		delete(token.Header, "kid")
	}),
	signed("a key id that is a path", sso.CodeSignature, func(_ *world, token *ssotest.Token) { token.Use(ssotest.NewKey("../../../dev/null")) }),
	signed("a key in the header", sso.CodeSignature, func(_ *world, token *ssotest.Token) {
		own := ssotest.NewKey("own")
		token.Use(own)
		token.Header["jwk"] = own.JWK()
	}),
	signed("a key's address in the header", sso.CodeSignature, func(w *world, token *ssotest.Token) {
		token.Use(ssotest.NewKey("own"))
		token.Header["jku"] = w.idp.Issuer + "/other-keys"
	}),
	signed("a critical header that nobody knows", sso.CodeSignature, func(_ *world, token *ssotest.Token) {
		token.Header["crit"], token.Header["exp"] = []string{"exp"}, 1
	}),
	signed("a changed claim under the old signature", sso.CodeSignature, func(_ *world, token *ssotest.Token) {
		old := token.Sign(nil)
		token.Sign = func([]byte) []byte { return old }
	}),
	signed("a logout token", sso.CodeMalformed, func(_ *world, token *ssotest.Token) { token.Header["typ"] = "logout+jwt" }),
	{
		name: "a tenant that is not the connection's", want: directory.LoginForeignTenant,
		rules: func(s *directory.SignIn) { s.Tenants = []string{"t1"} },
		twist: claim("tid", is("t2"), "").twist,
	},
	{
		name: "no tenant", want: directory.LoginForeignTenant,
		rules: func(s *directory.SignIn) { s.Tenants = []string{"t1"} },
	},

	answered("an issuer that was not asked", sso.CodeIssuer, func(v url.Values) { v.Set("iss", "https://evil.example") }),
	answered("no issuer, though it names itself", sso.CodeIssuer, func(v url.Values) { v.Del("iss") }),
	answered("two issuers", sso.CodeMalformed, func(v url.Values) { v.Add("iss", "https://evil.example") }),
	answered("two codes", sso.CodeMalformed, func(v url.Values) { v.Add("code", "another") }),
	answered("no code", sso.CodeMalformed, func(v url.Values) { v.Del("code") }),
	answered("an endless code", sso.CodeMalformed, func(v url.Values) { v.Set("code", strings.Repeat("a", 5000)) }),
	answered("somebody else's code", sso.CodeExchange, func(v url.Values) { v.Set("code", "stolen") }),
	answered("a refusal", sso.CodeProviderRefused, func(v url.Values) { v.Set("error", "access_denied") }),
	answered("a refusal of another issuer", sso.CodeIssuer, func(v url.Values) { v.Set("error", "access_denied"); v.Set("iss", "https://evil.example") }),

	exchanged("no ID token", sso.CodeMalformed, func(m map[string]any) { delete(m, "id_token") }),
	exchanged("an ID token that is no text", sso.CodeMalformed, func(m map[string]any) { m["id_token"] = 12 }),
	exchanged("an ID token in JSON form", sso.CodeMalformed, func(m map[string]any) { m["id_token"] = `{"payload":"e30","signatures":[]}` }),
	exchanged("an ID token with space around it", sso.CodeMalformed, func(m map[string]any) { m["id_token"] = m["id_token"].(string) + "\n" }),
	exchanged("an ID token of five parts", sso.CodeMalformed, func(m map[string]any) { m["id_token"] = m["id_token"].(string) + ".a.b" }),
	exchanged("no access token", sso.CodeExchange, func(m map[string]any) { delete(m, "access_token") }),
	exchanged("another access token", sso.CodeAccessToken, func(m map[string]any) { m["access_token"] = "another" }),

	{name: "userinfo of somebody else", want: sso.CodeSubject, twist: func(*world) ssotest.Twist {
		return ssotest.Twist{
			IDToken:  func(token *ssotest.Token) { delete(token.Claims, "role") },
			UserInfo: func(info map[string]any) { info["sub"] = "admin" },
		}
	}},
	{name: "an algorithm that is not the default", want: sso.CodeAlgorithm, rules: func(s *directory.SignIn) { s.Algorithms = nil }},
	{name: "an algorithm that proves nothing", want: sso.CodeUnconfigured, rules: func(s *directory.SignIn) { s.Algorithms = []string{"RS256", "HS256"} }},
	{name: "no algorithm in the place of one", want: sso.CodeUnconfigured, rules: func(s *directory.SignIn) { s.Algorithms = []string{"none"} }},
	{name: "no issuer", want: sso.CodeUnconfigured, rules: func(s *directory.SignIn) { s.Issuer = "" }},
	{name: "no client id", want: sso.CodeUnconfigured, rules: func(s *directory.SignIn) { s.ClientID = "" }},
	{name: "an issuer in the clear", want: sso.CodeUnconfigured, rules: func(s *directory.SignIn) { s.Issuer = "http://idp.example" }},
	{name: "an issuer with a query", want: sso.CodeUnconfigured, rules: func(s *directory.SignIn) { s.Issuer = "https://idp.example?x=1" }},
}

func nested(depth int) any {
	var v any = 1
	for range depth {
		v = []any{v}
	}
	return v
}

// TestFinish_Refuses holds each attack by an identity provider, or by who sits between, to its coded reason.
func TestFinish_Refuses(t *testing.T) {
	t.Parallel()
	for i, a := range attacks {
		t.Run(fmt.Sprintf("%02d %s", i, a.name), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if a.rules != nil {
				a.rules(w.rules())
			}
			if a.twist != nil {
				w.idp.Twist(a.twist(w))
			}
			_, err := w.login()
			w.wantRefused(err, a.want)
		})
	}
}

// A verifier or a nonce of another login is of no use: the code is bound to the one, the token to the other.
func TestFinish_BindsCodeAndTokenToTheLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	back, err := w.begin()
	if err != nil {
		t.Fatal(err)
	}
	other := w.attempt
	other.Verifier = strings.Repeat("another-verifier", 3)
	_, err = w.provider.Finish(t.Context(), w.party, other, back)
	w.wantRefused(err, sso.CodeExchange)
	back, _ = w.begin()
	other = w.attempt
	other.Nonce = "another"
	_, err = w.provider.Finish(t.Context(), w.party, other, back)
	w.wantRefused(err, sso.CodeNonce)
	other.Nonce = "" // an attempt that was read wrongly must not make the check void
	w.idp.Twist(ssotest.Twist{IDToken: func(token *ssotest.Token) { delete(token.Claims, "nonce") }})
	back, _ = w.begin()
	_, err = w.provider.Finish(t.Context(), w.party, other, back)
	w.wantRefused(err, sso.CodeNonce)
}

func TestFinish_TakesACodeOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	back, err := w.begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.provider.Finish(t.Context(), w.party, w.attempt, back); err != nil {
		t.Fatal(err)
	}
	_, err = w.provider.Finish(t.Context(), w.party, w.attempt, back)
	w.wantRefused(err, sso.CodeExchange)
}

// A refusal tells the logs what the issuer said, and not its whole answer: there may be secrets in it.
func TestFinish_KeepsAnswersOutOfTheLogs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.idp.Twist(ssotest.Twist{Serve: func(rw http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/token" {
			return false
		}
		http.Error(rw, `{"error":"invalid_client","error_description":"`+w.party.Secret+`"}`, http.StatusBadRequest)
		return true
	}})
	_, err := w.login()
	w.wantRefused(err, sso.CodeExchange)
	if strings.Contains(err.Error(), w.party.Secret) {
		t.Errorf("the secret is in %q", err)
	}
}

// calls are answers of an issuer that would keep it busy, or send it elsewhere.
func TestFinish_BoundsTheIssuersAnswers(t *testing.T) {
	t.Parallel()
	huge := strings.Repeat(" ", 2<<20)
	for name, serve := range map[string]http.HandlerFunc{
		"huge":         func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, huge+"{}") },
		"elsewhere":    func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
		"no JSON":      func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") },
		"a failure":    func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusInternalServerError) },
		"an empty one": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") },
	} {
		for _, path := range []string{"/.well-known/openid-configuration", "/keys", "/token", "/userinfo"} {
			t.Run(name+" "+path, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.idp.Twist(ssotest.Twist{
					IDToken: func(token *ssotest.Token) { delete(token.Claims, "role") },
					Serve: func(rw http.ResponseWriter, r *http.Request) bool {
						if r.URL.Path == path {
							serve(rw, r)
						}
						return r.URL.Path == path
					},
				})
				if _, err := w.login(); err == nil {
					t.Error("somebody was let in")
				}
				if n := w.idp.Calls.Of("/elsewhere"); n != 0 {
					t.Errorf("the redirect was followed %d times", n)
				}
			})
		}
	}
}

// Discovery may not send the browser, the code or the secret in the clear or to something else than a web server.
func TestStart_RefusesEndpointsOfAnotherKind(t *testing.T) {
	t.Parallel()
	for _, endpoint := range []string{"authorization_endpoint", "token_endpoint", "jwks_uri"} {
		for _, address := range []any{"javascript:alert(1)", "http://idp.example/x", "https://u:p@idp.example", "/x", "", nil, 12} {
			t.Run(fmt.Sprint(endpoint, " ", address), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.idp.Twist(ssotest.Twist{Discovery: func(d map[string]any) { d[endpoint] = address }})
				_, err := w.begin()
				w.wantRefused(err, sso.CodeUnreachable)
			})
		}
	}
}

func TestStart_RefusesAnIssuerOfAnotherName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"https://evil.example", "https://evil.example/{tenantid}/v2.0", "{tenantid}", ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.rules().Tenants = []string{"t1"}
			w.idp.Twist(ssotest.Twist{Discovery: func(d map[string]any) { d["issuer"] = name }})
			_, err := w.begin()
			w.wantRefused(err, sso.CodeUnreachable)
		})
	}
}

// Whoever sits at the issuer's place may send as many keys as fit into an answer, or any number of unknown key ids.
func TestKeys_AreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := w.idp.Key().JWK()
	w.idp.Twist(ssotest.Twist{Keys: func() []map[string]any {
		keys := make([]map[string]any, 5000)
		for i := range keys {
			keys[i] = key
		}
		return keys
	}})
	_, err := w.login()
	w.wantRefused(err, sso.CodeUnreachable)
}

func TestKeys_OnlyThoseThatCanProve(t *testing.T) {
	t.Parallel()
	secret := base64.RawURLEncoding.EncodeToString([]byte("a secret of thirty-two bytes!!!!"))
	for name, change := range map[string]func(map[string]any){
		"for encryption":     func(k map[string]any) { k["use"] = "enc" },
		"of another purpose": func(k map[string]any) { k["alg"] = "RS256" },
		"a secret":           func(k map[string]any) { clear(k); k["kty"], k["k"], k["kid"] = "oct", secret, "first" },
		"off the curve":      func(k map[string]any) { k["x"] = secret },
		"of no known kind":   func(k map[string]any) { k["kty"] = "XYZ" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			key := w.idp.Key().JWK()
			change(key)
			w.idp.Twist(ssotest.Twist{Keys: func() []map[string]any { return []map[string]any{key} }})
			if _, err := w.login(); err == nil {
				t.Error("somebody was let in")
			}
		})
	}
}

func TestKeys_StrangersCauseNoFetchAtWill(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.login(); err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		token := w.idp.LogoutToken("ada", "")
		token.Use(ssotest.NewKey(fmt.Sprint("unknown ", i)))
		_, err := w.logout(token.String())
		w.wantRefused(err, sso.CodeSignature)
	}
	if n := w.idp.Calls.Of("/keys"); n != 1 {
		t.Errorf("the keys were fetched %d times", n)
	}
	w.clock.Add(time.Minute)
	w.idp.Rotate("second")
	if _, err := w.login(); err != nil {
		t.Errorf("a new key, a minute later: %v", err)
	}
}

// A key that the issuer has withdrawn is no longer good after an hour, though nobody has shown an unknown one.
func TestKeys_AreForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.idp.Key()
	if _, err := w.login(); err != nil {
		t.Fatal(err)
	}
	w.idp.Rotate("second")
	w.clock.Add(61 * time.Minute)
	token := w.idp.LogoutToken("ada", "")
	token.Use(old)
	_, err := w.logout(token.String())
	w.wantRefused(err, sso.CodeSignature)
}

func TestIssuer_IsAskedOnceAnHour_AndRememberedWhileItIsOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 3 {
		if _, err := w.login(); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.idp.Calls.Of("/.well-known/openid-configuration"); n != 1 {
		t.Errorf("discovery was asked for %d times", n)
	}
	w.idp.Twist(ssotest.Twist{Serve: func(rw http.ResponseWriter, r *http.Request) bool {
		out := strings.HasPrefix(r.URL.Path, "/.well-known") || r.URL.Path == "/keys"
		if out {
			rw.WriteHeader(http.StatusBadGateway)
		}
		return out
	}})
	w.clock.Add(2 * time.Hour)
	if _, err := w.login(); err != nil {
		t.Errorf("two hours later: %v", err)
	}
	w.clock.Add(24 * time.Hour)
	_, err := w.login()
	w.wantRefused(err, sso.CodeUnreachable)
}

func TestProvider_CallsByItsTransportAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var asked []string
	w.provider = oidc.New(oidc.Config{Now: w.clock.Now, Transport: refusing(func(r *http.Request) { asked = append(asked, r.URL.Path) })})
	_, err := w.begin()
	w.wantRefused(err, sso.CodeUnreachable)
	if len(asked) != 1 || w.idp.Calls.Of("/.well-known/openid-configuration") != 0 {
		t.Errorf("asked %v", asked)
	}
}

type refusing func(*http.Request)

func (f refusing) RoundTrip(r *http.Request) (*http.Response, error) {
	f(r)
	return nil, fmt.Errorf("no way to %s", r.URL.Host)
}
