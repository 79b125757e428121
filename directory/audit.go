package directory

import (
	"context"
	"crypto/rand"

	"github.com/usher-scim/usher/directory/internal/chain"
)

// The actions of audit entries: what was done to what.
const (
	ActionWorkspaceCreate    = "workspace.create"
	ActionWorkspaceUpdate    = "workspace.update"
	ActionWorkspaceDelete    = "workspace.delete"
	ActionRoleCreate         = "role.create"
	ActionRoleUpdate         = "role.update"
	ActionRoleDelete         = "role.delete"
	ActionConnectionCreate   = "connection.create"
	ActionConnectionPause    = "connection.pause"
	ActionConnectionResume   = "connection.resume"
	ActionConnectionDisable  = "connection.disable"
	ActionConnectionActivate = "connection.activate" // first contact of the IdP (M4)
	ActionConnectionDelete   = "connection.delete"
	ActionTokenCreate        = "token.create"
	ActionTokenUpdate        = "token.update"
	ActionTokenRevoke        = "token.revoke"
	ActionTokenRotate        = "token.rotate"
	ActionTokenComplete      = "token.complete"
	ActionTokenCancel        = "token.cancel"
	ActionUserCreate         = "user.create"
	ActionUserUpdate         = "user.update"
	ActionUserDelete         = "user.delete"
	ActionGroupCreate        = "group.create"
	ActionGroupUpdate        = "group.update"
	ActionGroupDelete        = "group.delete"
	ActionResourceCreate     = "resource.create" // of a declared type
	ActionResourceUpdate     = "resource.update"
	ActionResourceDelete     = "resource.delete"
	ActionConnectionUpdate   = "connection.update"
	ActionSchemaCreate       = "schema.create"
	ActionSchemaUpdate       = "schema.update"
	ActionSchemaDelete       = "schema.delete"
	ActionSchemaApply        = "schema.apply" // stored documents brought into the form that is declared
	ActionTeamCreate         = "team.create"
	ActionUserErase          = "user.erase"
	ActionConnectionHold     = "connection.hold"    // leavers are held (B10)
	ActionConnectionRelease  = "connection.release" // and let through
	ActionTeamUpdate         = "team.update"
	ActionTeamDelete         = "team.delete"
	ActionMemberInvite       = "member.invite"
	ActionMemberRemove       = "member.remove"
	ActionMemberRestore      = "member.restore"
	ActionMemberLogin        = "member.login" // the first one, which the app or the identity provider reported (M11)
	ActionSubjectErase       = "subject.erase"
	ActionSubjectMerge       = "subject.merge"   // two subjects become one (B10)
	ActionConnectionMove     = "connection.move" // its users are moved to another connection (B10)
	ActionUserMove           = "user.move"       // one of them
	ActionAPIKeyCreate       = "api_key.create"
	ActionAPIKeyRevoke       = "api_key.revoke"
	ActionMemberUpdate       = "member.update"
	ActionLoginRefuse        = "login.refuse"
	ActionLoginUnlink        = "login.unlink"   // an admin has said that an identity is not that person's
	ActionAddressRefuse      = "address.refuse" // who shows a good API key is kept out by the IP rules (J8)
	ActionSessionCreate      = "session.create" // a login
	ActionSessionEnd         = "session.end"
	ActionSessionLogout      = "session.logout" // by the identity provider (back-channel)
	ActionSessionEnter       = "session.enter"  // another workspace
	ActionFactorCreate       = "factor.create"
	ActionFactorVerify       = "factor.verify"
	ActionFactorRefuse       = "factor.refuse"
	ActionFactorRenew        = "factor.renew" // recovery codes
	ActionFactorReset        = "factor.reset"
	ActionBreakGlassCreate   = "break_glass.create"
	ActionBreakGlassUse      = "break_glass.use"
	ActionAppCreate          = "app.create"
	ActionAppUpdate          = "app.update"
	ActionAppDelete          = "app.delete"
	ActionGrantReplay        = "grant.replay" // a code or refresh token came again: its family is revoked
	ActionSigningKeyRotate   = "signing_key.rotate"
	ActionTypeCreate         = "resource_type.create"
	ActionTypeDelete         = "resource_type.delete"
)

// The types of an audit entry's target. A user or group is named by its resource type.
const (
	targetWorkspace  = "Workspace"
	targetConnection = "Connection"
	targetToken      = "Token"
	targetSchema     = "Schema"
	targetType       = "ResourceType"
	targetTeam       = "Team"
	targetRole       = "Role"
	targetSubject    = "Subject"
	targetAPIKey     = "APIKey"
	targetMember     = "Member"
	targetSession    = "Session"
	targetFactor     = "Factor"
	targetApp        = "App"
	targetSigningKey = "SigningKey"
)

// TargetsMany reports that an entry with a target of this type may stand for a change of many resources, which it does not
// name: of what is declared for them.
func TargetsMany(target string) bool {
	return target == targetConnection || target == targetSchema || target == targetType
}

// Actor is who changes something, for the audit entry.
type Actor struct {
	Name      string // "token:<id>", "cli:root", "system", ActorConfig
	RequestID string
	Address   string
}

// system is who does what nobody asked for.
var system = Actor{Name: "system"}

// ActorConfig is the name of a configuration file as an actor: it alone changes what it declares (X11).
const ActorConfig = "config"

// setDetail stores the personal values of an entry under a salted digest: the digest stays when they are erased, and
// without the salt nobody can guess them from it.
func (e *AuditEntry) setDetail(detail []byte) {
	_, _ = rand.Read(e.Salt[:])
	e.Detail = detail
	e.Digest = chain.Digest(e.Salt, detail)
}

// AuditLog pages through what happened in the workspace, oldest first, after the given Seq.
func (d *Directory) AuditLog(ctx context.Context, w Workspace, after int64, limit int) ([]AuditEntry, error) {
	return d.store.Audit(ctx, w.Root, w.ID, after, limit)
}
