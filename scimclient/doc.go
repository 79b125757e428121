// Package scimclient speaks SCIM 2.0 (RFC 7643, RFC 7644, RFC 9865) from the caller's side,
// with any server.
//
//	c := &scimclient.Client{
//		BaseURL: "https://app.example.com/scim/v2",
//		Token:   token,
//		Retry:   scimclient.Retry{Attempts: 4},
//	}
//	for u, err := range c.Users().All(ctx, scimclient.Query{Filter: scimclient.Eq("active", true)}) {
//		…
//	}
//
// It owns two floors.
//
// The raw exchange: [Client.Do] sends a [Request] byte for byte as it was written (method,
// path, query, header and body are never normalised, because the simulators must send what
// identity providers really send) and hands back the [Response], bounded and timed.
// [Client.Tap] shows the exchange with its secrets masked. Here a 404 is an answer, not an
// error.
//
// The typed calls above it: [Resources] of any Go type, such as [User] and [Group], with
// [Patch], [Filter] and [Query] as values; [Client.Bulk], [Client.Me] and discovery. Here
// an answer that is no success is an [*Error]; [Retry] and [Client.TokenSource] apply.
//
// What a Go type does not declare is not lost: a type that embeds [Received] remembers the
// document it came from, and [Resources.Replace] sends that document with the caller's
// changes. [Received.Object] shows it whole; [scim.Object] as the type is untyped throughout.
// Extensions are fields of a struct that embeds User: see [Resources].
//
// It refuses to trust: pages that go in circles end in [ErrPaging], answers are bounded,
// redirects are not followed, so that a token never travels to a host that the caller did
// not name, and an id that would address more than one resource is not sent. It keeps no
// state between calls, starts no goroutine, and corrects nothing that a server got wrong.
//
// Neighbours: package scim has the vocabulary; package scimserver is the other side of the
// wire; package scimtest plays identity providers through Client.Do. It imports only the first.
package scimclient
