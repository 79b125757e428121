// Package openid is Usher as an OpenID Provider: what the login library of an app talks to.
//
// It owns: the protocol towards the app. Discovery, the authorization code flow with PKCE (RFC 6749, RFC 7636, OpenID
// Connect Core), the issuer in every answer (RFC 9207), tokens, userinfo, the key set, revocation (RFC 7009),
// introspection (RFC 7662), logout that the app asks for (RP-Initiated Logout), and the logout tokens that apps are told
// with (Back-Channel Logout).
//
// It refuses: to decide who may enter. Whether a session is live and may enter a workspace, whether a code was used
// before, what a refresh token is still good for: all that is one transaction of package directory each. It shows no
// login page and knows no identity provider: who is not signed in is sent to the URL that Options.SignIn names. It keeps no
// rows. It takes no other flow: see docs/decisions/0024.
//
// Its neighbours: directory and internal/page below; the front door mounts it at /.well-known and /oauth2; package
// sso is met in rows and URLs only.
//
//	/oauth2/authorize ─ request ─▶ app and redirect URI proved? ── no ──▶ one plain page
//	     │ session live, fresh enough, may enter the workspace? ── no ──▶ Options.SignIn ─▶ … ─▶ /oauth2/continue
//	     └─ yes ─▶ code ─▶ app ─▶ /oauth2/token ─▶ ID token, access token, refresh token
//
// Errors have one funnel (call.go): to the app when client and redirect URI are proved, else to a page that tells nothing.
package openid
