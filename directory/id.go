package directory

import "github.com/usher-scim/usher/directory/internal/credential"

// Lengths in base32 characters, 5 random bits each, of the ids that stand in URLs and tokens that people copy. There
// are few of them.
const (
	workspaceIDLength  = credential.RootLength
	connectionIDLength = 12
	tokenIDLength      = credential.TokenLength
)
