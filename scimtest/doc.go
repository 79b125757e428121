// Package scimtest plays identity providers against any SCIM 2.0 server, and tells
// what they would have thought of its answers.
//
// It owns the scenarios: ordered sequences of the requests that Okta, Microsoft Entra ID,
// OneLogin, JumpCloud, Ping, Keycloak and authentik send, in their literal shapes
// (headers, encodings, key order, string booleans, capitalised operations), each with
// what that client needs to find in the answer, and often with a look at the server
// afterwards, because "200 OK" to a change that did not happen is the worst answer of
// all. It also owns the providers' own published test suites, played the same way, and
// the ways in which clients and networks misbehave.
//
//	Scenarios()         a client's normal work: okta, entra, onelogin, jumpcloud, ping, …
//	Suites()            published tests, concurrency, misbehaviour
//	MisbehavingModes()  each mode of misbehaviour by itself
//	Scenario.Run        plays one and returns a Report
//	Provision           sample users and groups, in a provider's shapes
//	Run                 plays some inside a Go test
//
// A scenario is a table of steps. The bodies are files below bodies/, embedded; a
// {{name}} in a path or body is a variable, filled from earlier answers and encoded
// for where it stands.
//
// Results are values: nothing here imports the testing package, so that the binary
// can carry the scenarios. It refuses to know any server from the inside: all it has
// is a scimclient.Client, and raw connections to the same place for what no client of
// that kind would send; it imports no other room. A run makes its own users and groups,
// under names that no other run has, and touches no others.
package scimtest
