// Package usher is the front door: it puts the faces of a [directory.Directory] behind one [http.Handler].
//
// It owns: the one mount table, the public URL that answers are made from, what is believed of a proxy's headers,
// the refusal of plain HTTP off loopback, request ids, security headers, health, and the order of starting and
// stopping.
//
// It refuses: to listen (the caller owns sockets, certificates and timeouts), to open a database (the caller picks
// an engine of store/), and to know what a SCIM request means (package scimserver).
//
// Its neighbours: cmd/usher is one embedder of it, an app that imports it is another; both pass a store or a
// directory and serve the handler. Behind an [http.ServeMux] a path with a doubled slash is answered by a redirect
// before it gets here; on its own the handler serves it (T-016).
//
//	new ──New──▶ serving ──Drain──▶ draining (/readyz 503, requests still served) ──Close──▶ closed
//	                └─ Run keeps the background work going until its context ends
package usher

//go:generate go tool -modfile=tools/go.mod templ generate -include-version=false -log-level warn
//go:generate go test -count=1 -run ^TestConformancePage$ . -update
