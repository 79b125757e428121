// Package scimserver speaks RFC 7644 over HTTP for any [Backend].
//
// It owns: the protocol's surface. Routing, media types, limits, query parameters, preconditions, status codes,
// discovery, the error funnel, and one structured log record per request.
//
// It refuses: to know who the caller is (Options.Caller says), where documents live, and what a schema means
// (package scim).
//
// Its neighbours: directory is the Backend of the product, [Memory] in memory.go the reference one; the front door
// mounts the handler.
//
//	request → Caller (401, 403) → endpoint, method (404, 405) → query, preconditions → media type, limits
//	        → decode by profile → Backend → render → response
//
// A bulk request is many of these in one: bulk.go reads and answers it, bulk_plan.go finds the order, bulk_schedule.go
// runs what is independent at the same time, and each operation goes the way of a single request from its endpoint on.
//
// Every error ends in one funnel: a *scim.Error is told, anything else is 500 without detail.
package scimserver
