// Package foreign runs programs that are not ours in tests: those of npm, beside our own of some lines, and among them an
// identity provider, npm's oidc-provider.
//
// It owns: where the packages lie that tools/prereq.sh has fetched, and the life of the provider's process.
//
// It refuses: to fetch anything. Where something is missing the test is skipped, and says what.
//
// Its neighbours: the tests of sso, openid and the example app. No binary links it.
package foreign
