// Package saml signs people in by SAML 2.0: the second [sso.Provider].
//
// It owns: the service provider's side of the Web Browser SSO profile (SAML Profiles §4.1) and of Single Logout (§4.4), its
// metadata and that of identity providers. What a response is worth decides [Verify], which is pure: no network, no store,
// no clock of its own. Canonical XML and signatures are the libraries' (goxmldsig, etree); every rule above them is here,
// one short function each, in tables that are run in order.
//
// It refuses: whatever two readers could read in two ways (DTDs, comments, CDATA, names and namespaces out of the ordinary),
// to read anything of an identity that is not in the very bytes that were signed, and symmetric or broken algorithms.
//
// Its neighbours: sso runs the flow and says what a refusal looks like; directory decides what an identity means, and keeps
// the ids of assertions that have been taken.
//
//	SAMLResponse ─▶ text ─▶ tokens ─▶ tree ─▶ signatures ─▶ decrypted ─▶ signatures ─▶ values ─▶ Assertion
//	                 └──── what each of them refuses stands in its table, with a code of its own ────┘
package saml

//go:generate go test -count=1 -run ^TestAttacksPage$ . -update
