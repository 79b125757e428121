// Package foreign runs programs that are not ours in tests: those of npm, beside our own of some lines, two identity providers,
// npm's oidc-provider and Debian's SimpleSAMLphp, and a browser, Chromium, in which people sign in at them.
//
// It owns: where the packages lie that tools/prereq.sh has fetched, the life of the processes, and what they are told.
//
// It refuses: to fetch anything. Where something is missing the test is skipped, and says what.
//
// Its neighbours: the tests of sso, openid and the example app. No binary links it.
package foreign
