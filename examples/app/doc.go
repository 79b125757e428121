// Command app is a small web server that people sign in to through Usher, by go-oidc and x/oauth2: what an app has to do,
// and nothing else.
//
// It owns: the login (code flow with PKCE, state, nonce, issuer of the answer), a session of its own in memory, logout by
// the user, and by Usher's back-channel. It refuses: to know anything of Usher but the issuer's URL; to keep anything on
// disk.
package main
