package openid

import (
	"slices"
	"strings"
)

// scopeWorkspace begins the scope that names the workspace a grant is for. It is granted, not asked for: a session that has
// moved on to another workspace gives the app nothing of that, which the app has not asked for.
const scopeWorkspace = "workspace:"

// withWorkspace adds the workspace to what an app has asked for.
func withWorkspace(scopes []string, workspace string) []string {
	return append(slices.Clone(scopes), scopeWorkspace+workspace)
}

func isForWorkspace(scopes []string, workspace string) bool {
	return slices.Contains(scopes, scopeWorkspace+workspace)
}

// scopeText is a list of scopes as it stands in answers.
func scopeText(scopes []string) string { return strings.Join(scopes, " ") }
