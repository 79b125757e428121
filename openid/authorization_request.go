package openid

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The scopes that Usher knows. Others are ignored (OpenID Connect Core §3.1.2.1).
const (
	scopeOpenID  = "openid"
	scopeEmail   = "email"
	scopeProfile = "profile"
	scopeOffline = "offline_access"
)

var knownScopes = []string{scopeOpenID, scopeEmail, scopeProfile, scopeOffline}

// The values of prompt (OpenID Connect Core §3.1.2.1).
const (
	promptNone    = "none"
	promptLogin   = "login"
	promptConsent = "consent"
	promptAccount = "select_account"
)

// authorizationRequest is what an app asks for, when its client and its redirect URI are proved.
type authorizationRequest struct {
	scopes    []string // known ones, each once
	state     string
	nonce     string
	challenge string // of PKCE, S256
	prompt    []string
	maxAge    time.Duration // negative: not asked for
	login     string        // login_hint
	hint      string        // id_token_hint
	contexts  []string      // acr_values
	workspace string        // key; "" is the one that the session is in
}

// The bounds of single values. What an app keeps in its state is the app's affair, within reason.
const (
	maxState     = 2 << 10
	maxNonce     = 512
	maxHint      = 320 // an e-mail address has 254
	maxIDToken   = 8 << 10
	maxWorkspace = 128
	maxContexts  = 320
	maxAgeDigits = 9
)

// parseAuthorization reads what an app asks for. The error is for the app.
func parseAuthorization(p parameters) (authorizationRequest, *protocolError) {
	if err := refuseUnsupported(p); err != nil {
		return authorizationRequest{}, err
	}
	req := authorizationRequest{
		state: p.get("state"), nonce: p.get("nonce"), login: p.get("login_hint"), hint: p.get("id_token_hint"),
		workspace: p.get("workspace"), contexts: p.words("acr_values"), maxAge: -1,
	}
	for _, read := range []func(parameters) *protocolError{req.readChallenge, req.readScopes, req.readPrompt, req.readMaxAge, req.checkTexts} {
		if err := read(p); err != nil {
			return authorizationRequest{}, err
		}
	}
	return req, nil
}

// refuseUnsupported refuses other flows than the one that there is.
func refuseUnsupported(p parameters) *protocolError {
	switch {
	case p.doubled != "":
		return invalidRequest(describe(p.doubled) + " was sent more than once")
	case p.get("request") != "":
		return refuse(codeRequestNotSupported, "request objects are not taken: send plain parameters")
	case p.get("request_uri") != "":
		return refuse(codeRequestURINotSupported, "request objects are not taken: send plain parameters")
	case p.get("registration") != "":
		return refuse(codeRegistrationUnsupported, "clients are registered by an administrator")
	case p.get("response_type") == "":
		return invalidRequest("response_type is missing: it must be code")
	case p.get("response_type") != "code":
		return refuse(codeUnsupportedResponseType, "the only response_type here is code")
	}
	if mode := p.get("response_mode"); mode != "" && mode != "query" {
		return invalidRequest("the only response_mode here is query")
	}
	return nil
}

// readChallenge asks for PKCE with S256, whoever the client is: a missing method means plain (RFC 7636 §4.3), which
// whoever reads the request can redeem.
func (req *authorizationRequest) readChallenge(p parameters) *protocolError {
	req.challenge = p.get("code_challenge")
	switch {
	case req.challenge == "":
		return invalidRequest("code_challenge is missing: PKCE is required (RFC 7636)")
	case p.get("code_challenge_method") != "S256":
		return invalidRequest("code_challenge_method must be S256")
	case !isChallenge(req.challenge):
		return invalidRequest("code_challenge must be a SHA-256 in base64url without padding, 43 characters")
	}
	return nil
}

func (req *authorizationRequest) readScopes(p parameters) *protocolError {
	for _, scope := range p.words("scope") {
		if slices.Contains(knownScopes, scope) && !slices.Contains(req.scopes, scope) {
			req.scopes = append(req.scopes, scope)
		}
	}
	if !slices.Contains(req.scopes, scopeOpenID) {
		return refuse(codeInvalidScope, "scope must hold openid")
	}
	return nil
}

func (req *authorizationRequest) readPrompt(p parameters) *protocolError {
	req.prompt = p.words("prompt")
	for _, value := range req.prompt {
		switch value {
		case promptLogin, promptConsent, promptAccount:
		case promptNone:
			if len(req.prompt) > 1 {
				return invalidRequest("prompt none stands alone")
			}
		default:
			return invalidRequest("prompt has a value that is not known: " + describe(value))
		}
	}
	return nil
}

func (req *authorizationRequest) readMaxAge(p parameters) *protocolError {
	text := p.get("max_age")
	if text == "" {
		return nil
	}
	seconds, err := strconv.ParseUint(text, 10, 63)
	if err != nil || len(text) > maxAgeDigits {
		return invalidRequest("max_age must be a number of seconds")
	}
	req.maxAge = time.Duration(seconds) * time.Second
	return nil
}

// checkTexts bounds what is kept or sent on.
func (req *authorizationRequest) checkTexts(p parameters) *protocolError {
	switch {
	case len(req.state) > maxState || !isPrintable(req.state):
		return invalidRequest("state must be printable ASCII of at most 2048 characters")
	case len(req.nonce) > maxNonce || !isPrintable(req.nonce):
		return invalidRequest("nonce must be printable ASCII of at most 512 characters")
	case len(req.login) > maxHint || !isLine(req.login):
		return invalidRequest("login_hint must be one line of at most 320 bytes")
	case len(req.hint) > maxIDToken:
		return invalidRequest("id_token_hint must be an ID token of at most 8192 bytes")
	case len(req.workspace) > maxWorkspace || !isPrintable(req.workspace):
		return invalidRequest("workspace must be the key of a workspace")
	case len(p.get("acr_values")) > maxContexts || !isPrintable(p.get("acr_values")):
		return invalidRequest("acr_values must be printable ASCII of at most 320 characters")
	}
	return nil
}

// asksForLogin reports whether the app wants the user to sign in now, whoever is signed in.
func (req *authorizationRequest) asksForLogin() bool {
	return slices.Contains(req.prompt, promptLogin) || slices.Contains(req.prompt, promptAccount)
}

// silent reports whether no page may be shown.
func (req *authorizationRequest) silent() bool { return slices.Contains(req.prompt, promptNone) }

// isLine reports whether a text is UTF-8 without control characters.
func isLine(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c == 0x7f })
}
