// Package scim is the vocabulary and the rules of SCIM 2.0 (RFC 7643, RFC 7644): values, schemas, resources,
// filters, paths, PATCH, bulk requests, queries, projections, errors, and the closed list of deviations ("quirks")
// that real identity providers need.
//
// It owns: what a document means. Decoding a body into a [Resource] against its [ResourceType], applying a
// [Patch], matching a [Filter], choosing what an answer shows ([Projection]), rendering a stored [Record].
//
// It refuses: I/O of any kind. It knows no HTTP, no database, no clock of its own; it never starts a goroutine.
//
// Its neighbours: scimserver speaks HTTP and calls it for every request; directory keeps the documents and calls
// it to plan a change; store/internal/sqlstore turns a bound [Filter] into SQL and is held to [Filter.Match].
//
// One document, three shapes:
//
//	bytes ──ParseJSON──▶ *Object ──ResourceType.Decode──▶ *Resource ──Resource.Body──▶ stored bytes
//	                                    ▲                     │
//	                        quirks of the Profile         Patch.Apply
//
//	stored bytes + id, versions, times ─▶ *Record ──Renderer.Append──▶ the answer's bytes
//
// A [Resource] holds declared attributes only, named in schema case, values unchanged but for the coercions that
// the profile names. What a server assigns (id, meta, groups) lives in the [Record].
package scim
