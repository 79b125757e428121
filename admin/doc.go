// Package admin is the JSON admin API under /api/v1, its OpenAPI document, and its Go client.
//
// It owns: the table of routes (route.go and one file per resource), from which the multiplexer, the OpenAPI 3.1
// document and docs/api.md are made; API keys on the wire, their scopes and their reach; problem details (RFC 9457);
// strict JSON; cursors, entity tags and idempotency keys.
//
// It refuses: to decide. What may be done to whom is the directory's business; a handler reads the request, calls one
// service of [directory.Directory] and shows what came of it. It knows no session and no cookie, and grants no other
// origin anything.
//
// Its neighbours: the front door mounts [New] under /api/v1/; the app and its operators use [Client]. Metadata and keys of
// SAML are sso/saml's.
//
//	request ─▶ route ─▶ key (401) ─▶ scope (403) ─▶ reach (404) ─▶ body (400) ─▶ service ─▶ JSON, ETag
//	                        any error ─▶ problem.go ─▶ application/problem+json
package admin

//go:generate go test -count=1 -run ^TestGenerated . -update
