// Package conformance tests any SCIM 2.0 server against RFC 7643, RFC 7644 and RFC 9865, from the outside.
//
// It owns the catalog of the rules (R-001 to R-180, C-01 to C-14), the checks that hold a server to them, and the
// report that says what was found: passed, failed with the exchange that shows it, skipped with a reason of a closed
// list, or not to be seen from outside at all.
//
//	report, err := conformance.Run(ctx, client, conformance.Options{})
//	conformance.Test(t, client, conformance.Options{})     // the same inside a Go test, a subtest for each rule
//
// A check is one function for one rule. What it stands on (that users can be created, that filters by eq find) is a
// rule of its own: when that one fails, the check is skipped and says which one failed first, so that one fault of a
// server is reported once. Some rules watch instead of asking: they look at every answer of the run.
//
// The server's own discovery says what is tested: an operation or an attribute that it does not announce is not asked
// for. Where the RFC is silent or leaves a choice, nothing is an error; each failure names the section that asks for
// what was missed.
//
// It refuses to know any server from the inside: all it has is a scimclient.Client. It makes its own users and groups,
// under names that no other run has, deletes them at the end, and touches no others. It does not import the testing
// package, so that the binary can carry it.
package conformance
