// Package directory is the domain: workspaces, connections, tokens, subjects, users, groups, memberships, audit
// entries and events; every change in one transaction.
//
// It owns: what a request means for the people in a workspace. It reads what it needs, plans one [Change] (rows,
// the versions they rest on, audit entries, events) and hands it to [Store.Commit]. When a version has moved on it
// plans again. Nothing else writes.
//
// It refuses: HTTP and SQL. It imports neither net/http nor database/sql.
//
// Its neighbours: scim gives it documents, patches and filters; a [Client] satisfies scimserver.Backend without
// importing it; mapping says what a document means; store/sqlite (and later store/postgres) implement [Store]. What is
// pure about credentials stands in internal/credential.
//
//	Authenticate ─▶ Client ─▶ Create|Replace|Patch|Delete ─▶ plan (reads) ─▶ Change ─▶ Store.Commit
//	                                                            ▲                         │
//	                                                            └──────── ErrConflict ────┘
package directory
