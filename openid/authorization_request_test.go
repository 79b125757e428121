package openid

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// aChallenge is that of RFC 7636 appendix B, and aVerifier what it was made from.
const (
	aVerifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	aChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// plainRequest is an authorization request with nothing wrong about it.
func plainRequest() url.Values {
	return url.Values{
		"client_id": {"app"}, "redirect_uri": {"https://app.example/cb"}, "response_type": {"code"}, "scope": {"openid"},
		"code_challenge": {aChallenge}, "code_challenge_method": {"S256"},
	}
}

func with(v url.Values, pairs ...string) url.Values {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			v.Del(pairs[i])
			continue
		}
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

func TestParseAuthorization_Refuses(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		given url.Values
		code  string
	}{
		{"no response_type", with(plainRequest(), "response_type", ""), codeInvalidRequest},
		{"implicit flow", with(plainRequest(), "response_type", "id_token"), codeUnsupportedResponseType},
		{"hybrid flow", with(plainRequest(), "response_type", "code id_token"), codeUnsupportedResponseType},
		{"answer in the fragment", with(plainRequest(), "response_mode", "fragment"), codeInvalidRequest},
		{"request object", with(plainRequest(), "request", "eyJhbGciOiJub25lIn0.e30."), codeRequestNotSupported},
		{"request object by reference", with(plainRequest(), "request_uri", "https://evil.example/r"), codeRequestURINotSupported},
		{"registration", with(plainRequest(), "registration", "{}"), codeRegistrationUnsupported},
		{"no PKCE", with(plainRequest(), "code_challenge", "", "code_challenge_method", ""), codeInvalidRequest},
		{"PKCE without a method is plain", with(plainRequest(), "code_challenge_method", ""), codeInvalidRequest},
		{"PKCE plain", with(plainRequest(), "code_challenge_method", "plain"), codeInvalidRequest},
		{"PKCE method in lower case", with(plainRequest(), "code_challenge_method", "s256"), codeInvalidRequest},
		{"challenge too short", with(plainRequest(), "code_challenge", "abc"), codeInvalidRequest},
		{"challenge padded", with(plainRequest(), "code_challenge", aChallenge+"="), codeInvalidRequest},
		{"challenge with spare bits", with(plainRequest(), "code_challenge", aChallenge[:42]+"N"), codeInvalidRequest},
		{"challenge with a line end", with(plainRequest(), "code_challenge", aChallenge[:42]+"\n"), codeInvalidRequest},
		{"no scope", with(plainRequest(), "scope", ""), codeInvalidScope},
		{"scope without openid", with(plainRequest(), "scope", "email"), codeInvalidScope},
		{"prompt none with another", with(plainRequest(), "prompt", "none login"), codeInvalidRequest},
		{"prompt that is not known", with(plainRequest(), "prompt", "create"), codeInvalidRequest},
		{"max_age negative", with(plainRequest(), "max_age", "-1"), codeInvalidRequest},
		{"max_age no number", with(plainRequest(), "max_age", "1e3"), codeInvalidRequest},
		{"max_age beyond all", with(plainRequest(), "max_age", "99999999999999999999"), codeInvalidRequest},
		{"state with a line end", with(plainRequest(), "state", "a\r\nSet-Cookie: x=y"), codeInvalidRequest},
		{"state too long", with(plainRequest(), "state", strings.Repeat("s", maxState+1)), codeInvalidRequest},
		{"nonce not ASCII", with(plainRequest(), "nonce", "nönce"), codeInvalidRequest},
		{"id_token_hint of many bytes", with(plainRequest(), "id_token_hint", strings.Repeat("a", 8<<10+1)), codeInvalidRequest},
		{"login_hint of two lines", with(plainRequest(), "login_hint", "a\nb"), codeInvalidRequest},
		{"workspace too long", with(plainRequest(), "workspace", strings.Repeat("w", maxWorkspace+1)), codeInvalidRequest},
		{"acr_values without end", with(plainRequest(), "acr_values", strings.Repeat("a ", maxContexts)), codeInvalidRequest},
		{"scope twice", url.Values{"scope": {"openid", "openid"}, "response_type": {"code"}}, codeInvalidRequest},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			p, err := parseParameters(row.given.Encode(), maxQuery)
			if err != nil {
				t.Fatal(err)
			}
			if _, refused := parseAuthorization(p); refused == nil || refused.Code != row.code {
				t.Errorf("refused as %v, not as %s", refused, row.code)
			}
		})
	}
}

func TestParseAuthorization_Takes(t *testing.T) {
	t.Parallel()
	p, err := parseParameters(with(plainRequest(),
		"scope", "openid email email unknown offline_access", "state", "s", "nonce", "n", "prompt", "login consent", "max_age", "60",
		"login_hint", "ada@example.com", "acr_values", "a b", "workspace", "ACC123",
	).Encode(), maxQuery)
	if err != nil {
		t.Fatal(err)
	}
	req, refused := parseAuthorization(p)
	if refused != nil {
		t.Fatal(refused)
	}
	if got := strings.Join(req.scopes, " "); got != "openid email offline_access" {
		t.Errorf("scopes are %q", got)
	}
	if req.maxAge != time.Minute || !req.asksForLogin() || req.silent() || req.workspace != "ACC123" || len(req.contexts) != 2 {
		t.Errorf("read as %+v", req)
	}
}

func TestParseParameters_Bounds(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"too long":            "state=" + strings.Repeat("s", maxQuery),
		"too many":            strings.Repeat("a&", maxParameters),
		"broken escape":       "state=%zz",
		"semicolon separator": "a=1;b=2",
	} {
		if _, err := parseParameters(text, maxQuery); err == nil {
			t.Errorf("%s: it is taken", name)
		}
	}
}

func TestProvesChallenge_RFC7636(t *testing.T) {
	t.Parallel()
	if !provesChallenge(aVerifier, aChallenge) {
		t.Error("the vector of appendix B does not prove itself")
	}
	for name, verifier := range map[string]string{
		"another":           strings.Repeat("a", 43),
		"the challenge":     aChallenge, // what a plain challenge would take
		"empty":             "",
		"too short":         aVerifier[:42],
		"with a line end":   aVerifier + "\n",
		"without end":       strings.Repeat("a", 129),
		"not of its letter": strings.Repeat("ä", 43),
	} {
		if provesChallenge(verifier, aChallenge) {
			t.Errorf("%s: it proves the challenge", name)
		}
	}
}
