// Package ssotest is an identity provider for tests and demonstrations, by OpenID Connect or by SAML, in this process, which
// signs whatever it is told to.
//
// It owns: the honest answers of a strict provider (discovery, authorization code with PKCE, tokens, UserInfo, keys,
// logout tokens; responses and logout messages), and every way of breaking them ([Twist], [Token], [Response]), with the
// attacks on whoever takes a SAML response, by name ([SAMLAttacks]).
//
// It refuses: to be used for anything else. It asks nobody for a password.
//
// Its neighbours: the tests of sso, which attack with it, and the demonstration, whose people sign in by it.
package ssotest
