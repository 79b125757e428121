// Package storetest is the conformance suite of directory.Store: every promise of its methods, as tests that each
// engine has to pass unchanged.
//
// It owns: [Run], [RunShared] for two stores on one database, and the fixtures they stand on. The oracle of lists is
// a naive slice, that of filters is scim.Filter.Match.
//
// It refuses: to know an engine. What only one engine can show (a lost file, a power cut) is tested in that engine's
// room.
package storetest
