package sso

import (
	"fmt"

	"github.com/usher-scim/usher/directory"
)

// The codes of what a Provider or the flow refuses, beside the directory's own. They go into the audit log and the
// provisioning log, never to the browser: whoever attacks learns nothing from an answer.
const (
	CodeUnconfigured    directory.LoginCode = "unconfigured"     // the connection's settings do not suffice to verify anything
	CodeUnreachable     directory.LoginCode = "unreachable"      // the identity provider did not answer, or not usefully
	CodeProviderRefused directory.LoginCode = "provider_refused" // the identity provider itself refused the login
	CodeMalformed       directory.LoginCode = "malformed"        // what came cannot be read
	CodeExchange        directory.LoginCode = "exchange"         // the code was not exchanged for tokens
	CodeIssuer          directory.LoginCode = "issuer"           // it is of another issuer
	CodeAlgorithm       directory.LoginCode = "algorithm"        // signed by an algorithm that the connection does not take
	CodeSignature       directory.LoginCode = "signature"        // signed by none of the issuer's keys
	CodeAudience        directory.LoginCode = "audience"         // made for somebody else
	CodeExpired         directory.LoginCode = "token_expired"    // its time is over
	CodeIssuedAt        directory.LoginCode = "issued_at"        // made in the future, or too long ago
	CodeNonce           directory.LoginCode = "nonce"            // it answers another login
	CodeAccessToken     directory.LoginCode = "access_token"     // it does not belong to the access token beside it
	CodeSubject         directory.LoginCode = "subject"          // it does not say who it is
	CodeNotFresh        directory.LoginCode = "not_fresh"        // a login now was asked for, and an older one came
	CodeLogoutToken     directory.LoginCode = "logout_token"     // it is no logout token
	CodeWrongConnection directory.LoginCode = "wrong_connection" // the login was begun at another connection
	CodeReturn          directory.LoginCode = "return"           // the browser would be sent where nobody has registered
	CodeForeignSite     directory.LoginCode = "foreign_site"     // the page of another site has sent the request
	CodeNoSession       directory.LoginCode = "no_session"       // nobody is signed in
)

// ofTokens are the codes of what only a token can be refused for that the identity provider has given for the attempt.
var ofTokens = []directory.LoginCode{
	directory.LoginForeignTenant, CodeAlgorithm, CodeSignature, CodeAudience, CodeExpired, CodeIssuedAt, CodeNonce, CodeAccessToken,
	CodeSubject, CodeNotFresh,
}

// Refused says that a Provider does not accept what came.
type Refused struct {
	Code  directory.LoginCode
	Cause error
}

// Error implements error. It is for the operator's logs.
func (r *Refused) Error() string { return fmt.Sprintf("%s: %v", r.Code, r.Cause) }

// Unwrap returns the cause.
func (r *Refused) Unwrap() error { return r.Cause }

// Refuse returns a *Refused whose cause is the text.
func Refuse(c directory.LoginCode, format string, args ...any) *Refused {
	return &Refused{Code: c, Cause: fmt.Errorf(format, args...)}
}
