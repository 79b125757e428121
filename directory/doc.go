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
// importing it; mapping says what a document means; store/sqlite and store/postgres implement [Store]; the faces sso and
// openid ask it who may come in.
//
//	Authenticate ─▶ Client ─▶ Create|Replace|Patch|Delete ─▶ plan (reads) ─▶ Change ─▶ Store.Commit
//	                                                            ▲                         │
//	                                                            └──────── ErrConflict ────┘
//
// The files, from the inside out:
//
//   - rows and what writes them: model, model_operation, model_signin, change, store, paging; plan, tree, guard, brake
//   - what a document means: match, tombstone, erased, provision, membership, provision_hook, regroup, claim
//   - the SCIM road: authenticate, oauth, client, user, group, member, resource, role_resource, shared, emailkey
//   - the road of a login: signin (its settings), connection_signin, attempt, identity, login, login_match, login_plan,
//     login_record, replay, inspection; session, session_end, session_enter, session_now, sweep, vanished; access, security, factor,
//     breakglass; and what apps hold: app, authorization, grant, claims, signingkey
//   - operators: workspace, connection, settings, declaration, token, rotation, role, team, people, invite, restore,
//     domain, webhook, apikey; move, merge and erase are of whole people; method, address, check, unlink and
//     identity_claims are what an admin is told or asked of sign-in
//   - work in the background: job, settle, audit_chain, request, contact, licence, scrub, retention; message, notice and
//     notice_expiry for what goes out
//
// What needs neither rows nor plan stands in rooms of its own below internal: announce (declarations to types), background
// (loops), basepath, brake and breaker (counts and bounds in memory), chain (the sealed audit log), contact, credential,
// dnsproof, document and profile (what documents say), feed, firewall (IP rules), ident, input (forms of what people give),
// refusal, requestlog (words, masks and queue of the provisioning log), totp, turn. See docs/decisions/0017 and 0023.
package directory
