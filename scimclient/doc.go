// Package scimclient speaks SCIM 2.0 (RFC 7644) from the caller's side.
//
// It owns the raw exchange: a [Client] sends a [Request] byte for byte as it was
// written (method, path, query, header and body are never normalised, because the
// simulators must send what identity providers really send) and hands back the
// [Response], bounded and timed. [Client.Tap] shows the exchange with its secrets
// masked.
//
// It refuses to interpret: a 404 is an answer, not an error; redirects are not
// followed, so a token never travels to a host that the caller did not name; bodies
// are not decoded.
//
// Neighbours: package scimserver is the other side of the wire, package scimtest
// plays identity providers through this one. It imports neither.
package scimclient
