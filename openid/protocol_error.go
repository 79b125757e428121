package openid

import (
	"net/http"
	"net/url"
)

// The error codes of RFC 6749 §4.1.2.1 and §5.2, OpenID Connect Core §3.1.2.6 and RFC 6750 §3.1.
const (
	codeInvalidRequest          = "invalid_request"
	codeInvalidClient           = "invalid_client"
	codeInvalidGrant            = "invalid_grant"
	codeInvalidScope            = "invalid_scope"
	codeInvalidToken            = "invalid_token"
	codeUnauthorizedClient      = "unauthorized_client"
	codeUnsupportedGrantType    = "unsupported_grant_type"
	codeUnsupportedResponseType = "unsupported_response_type"
	codeUnsupportedTokenType    = "unsupported_token_type"
	codeAccessDenied            = "access_denied"
	codeServerError             = "server_error"
	codeBusy                    = "temporarily_unavailable"
	codeLoginRequired           = "login_required"
	codeConsentRequired         = "consent_required"
	codeRequestNotSupported     = "request_not_supported"
	codeRequestURINotSupported  = "request_uri_not_supported"
	codeRegistrationUnsupported = "registration_not_supported"
)

// protocolError is an error for an app: as JSON at the token endpoint, as parameters of the redirect URI at the
// authorization endpoint.
type protocolError struct {
	Code        string `json:"error"`
	Description string `json:"error_description,omitempty"`

	status     int
	retryAfter int // seconds
}

// Error implements error.
func (e *protocolError) Error() string { return e.Code + ": " + e.Description }

// parameters are the error in an authorization response.
func (e *protocolError) parameters() url.Values {
	answer := url.Values{"error": {e.Code}}
	if e.Description != "" {
		answer.Set("error_description", e.Description)
	}
	return answer
}

func refuse(code, description string) *protocolError {
	return &protocolError{status: http.StatusBadRequest, Code: code, Description: description}
}

func invalidRequest(description string) *protocolError {
	return refuse(codeInvalidRequest, description)
}

// busyPause is after how many seconds who was told that the store is busy may ask again.
const busyPause = 1

// tooBusy says that nothing is wrong but the moment.
func tooBusy() *protocolError {
	return &protocolError{
		status: http.StatusServiceUnavailable, retryAfter: busyPause, Code: codeBusy,
		Description: "the service has too much to do: try again in a moment",
	}
}

// invalidClient says the same whatever was wrong, so that nobody learns which apps exist.
func invalidClient() *protocolError {
	return &protocolError{
		status: http.StatusUnauthorized, Code: codeInvalidClient,
		Description: "the client is not known, or its secret is not right",
	}
}

// invalidGrant says the same of every code or refresh token that opens nothing: who has stolen one learns nothing.
func invalidGrant() *protocolError {
	return refuse(codeInvalidGrant, "the code or token is not known, not this client's, used up, expired or revoked")
}
