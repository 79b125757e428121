package main

import (
	"encoding/json"
	"strings"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// workspaceSettings are the flags of a workspace's settings. Those that are not given stay as they are.
type workspaceSettings struct {
	FirstStatus *string `enum:"active,invited" placeholder:"STATUS" help:"Status with which somebody joins: active, or invited until the first login."`
	KnownTeams  *bool   `negatable:"" help:"Refuse teams that do not exist, which are otherwise made."`
	TimeZone    *string `placeholder:"ZONE" help:"Time zone of members for whom the identity provider sends none, such as Europe/Zurich."`
	Language    *string `placeholder:"TAG" help:"Language of members for whom the identity provider sends none, such as de-CH."`

	workspaceSecurity

	Provisioning *string `enum:"enabled,disabled,unentitled" placeholder:"STATE" help:"enabled, disabled (an admin of the workspace can enable it), or unentitled (only the operator can)."`
}

func (s workspaceSettings) apply(to *directory.WorkspaceSettings) {
	s.workspaceSecurity.apply(to)
	give(&to.KnownTeams, s.KnownTeams)
	give(&to.TimeZone, s.TimeZone)
	give(&to.Language, s.Language)
	if s.FirstStatus != nil {
		to.FirstStatus = directory.MemberStatus(*s.FirstStatus)
	}
	if s.Provisioning != nil {
		to.Provisioning = directory.ProvisioningState(strings.TrimPrefix(*s.Provisioning, "enabled"))
	}
}

// give takes the value of a flag that was given.
func give[T any](to *T, flag *T) {
	if flag != nil {
		*to = *flag
	}
}

type workspaceUpdateCmd struct {
	Key         string  `arg:"" help:"Key of the workspace."`
	Name        *string `help:"Name for people."`
	DefaultRole *string `placeholder:"ROLE" help:"Role of a member to whom nothing gives another."`
	workspaceSettings
}

// Run changes the workspace.
func (c *workspaceUpdateCmd) Run(a *app) error {
	return workspaceScope{Workspace: c.Key}.in(a, func(f *folder, w directory.Workspace) error {
		settings := w.Settings
		c.apply(&settings)
		w, err := f.UpdateWorkspace(a.ctx, a.actor(), w, directory.WorkspaceChange{
			Name: c.Name, DefaultRole: c.DefaultRole, Settings: &settings, Version: w.Version,
		})
		if err != nil {
			return err
		}
		v, err := a.workspaceView(f, w)
		if err != nil {
			return err
		}
		return a.print(v, v.card("Updated workspace "+w.Key+".", w))
	})
}

// settingsText puts settings on a line, those that are not the default, or empty.
func settingsText(settings any) string {
	text, err := json.Marshal(settings)
	if err != nil {
		return ""
	}
	members, err := scim.ParseJSON(text, scim.Limits{})
	if err != nil {
		return ""
	}
	var words []string
	for _, m := range members.Members {
		if m.Name != "origin" && m.Value != "" && m.Value != nil {
			words = append(words, strings.ReplaceAll(m.Name, "_", " ")+" "+brief(m.Value))
		}
	}
	return clip(strings.Join(words, ", "), 200)
}

// readOnlyText says where a declared object can be changed.
func readOnlyText(origin string) string {
	if origin == "" {
		return ""
	}
	return "declared in " + origin
}
