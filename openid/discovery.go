package openid

import "net/http"

// The paths of the provider, below the issuer.
const (
	PathDiscovery     = "/.well-known/openid-configuration"
	PathAuthorize     = "/oauth2/authorize"
	PathContinue      = "/oauth2/continue"
	PathToken         = "/oauth2/token"
	PathUserInfo      = "/oauth2/userinfo"
	PathKeys          = "/oauth2/jwks"
	PathLogout        = "/oauth2/logout"
	PathRevocation    = "/oauth2/revoke"
	PathIntrospection = "/oauth2/introspect"
)

// metadata is the discovery document (OpenID Connect Discovery §3, RFC 8414, RFC 9207 §3).
type metadata struct {
	Issuer                string   `json:"issuer"`
	Authorization         string   `json:"authorization_endpoint"`
	Token                 string   `json:"token_endpoint"`
	UserInfo              string   `json:"userinfo_endpoint"`
	Keys                  string   `json:"jwks_uri"`
	EndSession            string   `json:"end_session_endpoint"`
	Revocation            string   `json:"revocation_endpoint"`
	Introspection         string   `json:"introspection_endpoint"`
	Scopes                []string `json:"scopes_supported"`
	ResponseTypes         []string `json:"response_types_supported"`
	ResponseModes         []string `json:"response_modes_supported"`
	GrantTypes            []string `json:"grant_types_supported"`
	SubjectTypes          []string `json:"subject_types_supported"`
	SigningAlgorithms     []string `json:"id_token_signing_alg_values_supported"`
	TokenAuthMethods      []string `json:"token_endpoint_auth_methods_supported"`
	RevocationAuthMethods []string `json:"revocation_endpoint_auth_methods_supported"`
	IntrospectAuthMethods []string `json:"introspection_endpoint_auth_methods_supported"`
	Claims                []string `json:"claims_supported"`
	Prompts               []string `json:"prompt_values_supported"`
	ChallengeMethods      []string `json:"code_challenge_methods_supported"`
	ClaimsParameter       bool     `json:"claims_parameter_supported"`
	RequestParameter      bool     `json:"request_parameter_supported"`
	RequestURIParameter   bool     `json:"request_uri_parameter_supported"`
	IssuerInAnswer        bool     `json:"authorization_response_iss_parameter_supported"`
	BackchannelLogout     bool     `json:"backchannel_logout_supported"`
	BackchannelLogoutByID bool     `json:"backchannel_logout_session_supported"`
}

func newMetadata(issuer string) metadata {
	withSecret := []string{"client_secret_basic", "client_secret_post"}
	return metadata{
		Issuer:                issuer,
		Authorization:         issuer + PathAuthorize,
		Token:                 issuer + PathToken,
		UserInfo:              issuer + PathUserInfo,
		Keys:                  issuer + PathKeys,
		EndSession:            issuer + PathLogout,
		Revocation:            issuer + PathRevocation,
		Introspection:         issuer + PathIntrospection,
		Scopes:                knownScopes,
		ResponseTypes:         []string{"code"},
		ResponseModes:         []string{"query"},
		GrantTypes:            []string{grantCode, grantRefresh},
		SubjectTypes:          []string{"public"},
		SigningAlgorithms:     algorithmNames(),
		TokenAuthMethods:      append([]string{"none"}, withSecret...),
		RevocationAuthMethods: append([]string{"none"}, withSecret...),
		IntrospectAuthMethods: withSecret,
		Claims: []string{
			"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash",
			"email", "email_verified", "name", "given_name", "family_name", "locale", "zoneinfo", "updated_at",
			"workspace", "workspace_id", "role", "teams", "permissions",
		},
		Prompts:               []string{promptNone, promptLogin, promptConsent, promptAccount},
		ChallengeMethods:      []string{"S256"},
		IssuerInAnswer:        true,
		BackchannelLogout:     true,
		BackchannelLogoutByID: true,
	}
}

// discovery serves the document, which clients may keep for a while.
func (p *Provider) discovery(c *call) error {
	c.w.Header().Set("Cache-Control", "public, max-age=3600")
	return c.json(http.StatusOK, newMetadata(p.Issuer))
}
