// Package oidc signs people in by OpenID Connect: the first [sso.Provider].
//
// It owns: the authorization code flow with PKCE from the client's side (OpenID Connect Core §3.1, RFC 7636), discovery and
// keys of issuers, and the verification of ID tokens and logout tokens. Signatures, discovery and the exchange are the
// libraries' (go-oidc, x/oauth2); what those leave to their users is here: nonce, azp, at_hash, pinned algorithms, iat,
// RFC 9207, tenants, the size of answers, and how often keys are fetched.
//
// It refuses: other flows, unsigned and symmetrically signed tokens, redirects and plain HTTP of an issuer, and to know
// anybody by e-mail. It calls addresses that strangers have configured, through the transport that it is given alone.
//
// Its neighbours: sso runs the flow and says what a refusal looks like; directory decides what an identity means.
//
//	Start ─▶ browser ─▶ issuer ─▶ browser ─▶ Finish ─▶ exchange ─▶ ID token ─▶ verified twice ─▶ directory.Identity
//	                    issuer ─ logout token ─▶ Logout ─▶ verified twice ─▶ sso.Logout
package oidc
