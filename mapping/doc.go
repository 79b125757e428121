// Package mapping turns what an identity provider says of a person into what that means: the profile that the app
// sees, and the workspaces that the person is in, each with role and teams. It explains itself: every value comes with
// the rule and the attribute that it came from.
//
// It owns: the rules of a connection ([Rules]), the default table, the order in which roles are looked for, the shapes
// in which identity providers send roles and accounts, and the refusals when they cannot be read.
//
// It refuses: I/O, clocks, and the present. It does not know who is a member now; package directory compares what it
// decides with what is there. It links no expression language: whoever compiles rules brings one ([Expressions]).
//
// Its neighbours: scim gives it documents and error kinds; directory asks it on both roads, with a User's document or
// with the claims of a login; the admin API previews it.
//
// docs/mapping.md is the reference for those who write rules; testdata has every shape with its outcome.
//
//	Rules ──Compile──▶ Mapping ──Decide(Person, Tree)──▶ Decision{Profile, Grants, Notes}
package mapping
