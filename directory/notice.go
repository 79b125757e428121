package directory

import (
	"context"
	"time"
)

// The types of notices to the admins of a workspace (J10).
const (
	NoticeSignInEnabled  = "signin.enabled"
	NoticeSignInDisabled = "signin.disabled"
	NoticeSignInChanged  = "signin.changed"
	NoticeUserCreated    = "user.created" // by a login
	NoticeTokenExpires   = "token.expires"
	NoticeRecoveryUsed   = "recovery.used" // to the person
)

// Notice is the Data of a message of kind mail: what is to be said, never a secret nor an assertion. Those of one type
// and workspace that wait together make one digest.
type Notice struct {
	Workspace     string    `json:"workspace"` // key
	WorkspaceName string    `json:"workspace_name"`
	Connection    string    `json:"connection,omitempty"` // name
	By            string    `json:"by,omitempty"`         // actor
	Method        Method    `json:"method,omitempty"`
	Person        string    `json:"person,omitempty"` // name
	Email         string    `json:"email,omitempty"`
	Role          string    `json:"role,omitempty"`
	Time          time.Time `json:"time"`
	Expires       time.Time `json:"expires,omitzero"`
}

// Recipient is somebody who is told of a notice.
type Recipient struct {
	Subject, Name, Email string
	Language             string // BCP 47; may be empty
}

// Recipients are those to whom a notice goes: the active members of the workspace, or else of the nearest one above,
// whose role holds PermissionSecurity or PermissionOwn, and who have an address.
func (d *Directory) Recipients(ctx context.Context, m Message) ([]Recipient, error) {
	return nil, errNotBuilt
}
