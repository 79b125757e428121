package main

import (
	"bufio"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/usher-scim/usher/directory"
)

type workspaceMethodCmd struct {
	Key    string `arg:"" help:"Key of the workspace."`
	Method string `arg:"" enum:"manual,jit,scim,scim+jit" help:"manual: people are invited. jit: a login makes members. scim: the identity provider provisions. scim+jit: both, and whom SCIM knows is SCIM's."`
	Yes    bool   `short:"y" help:"Do it without asking."`
	DryRun bool   `help:"Say what it would come to, and change nothing."`
}

type methodView struct {
	Workspace string   `json:"workspace"`
	From      string   `json:"from"`
	To        string   `json:"to"`
	Applied   bool     `json:"applied"`
	Blocked   []string `json:"blocked"`
	Stops     []string `json:"stops"`
	Begins    []string `json:"begins"`
}

// Run chooses how people come into the workspace, once it is said what stops (J1, J2).
func (c *workspaceMethodCmd) Run(a *app) error {
	return workspaceScope{Workspace: c.Key}.in(a, func(f *folder, w directory.Workspace) error {
		m, err := f.MethodChange(a.ctx, w, directory.Method(c.Method))
		if err != nil {
			return err
		}
		v := methodView{
			Workspace: w.Key, From: string(m.From), To: string(m.To), Blocked: append([]string{}, m.Blocked...),
			Stops: append([]string{}, m.Stops...), Begins: append([]string{}, m.Begins...),
		}
		if c.DryRun {
			return a.print(v, v.card("Nothing is changed."))
		}
		if err := c.confirm(a, v); err != nil {
			return err
		}
		settings := w.Settings
		settings.Method = m.To
		if _, err := f.UpdateWorkspace(a.ctx, a.actor(), w, directory.WorkspaceChange{Settings: &settings, Version: w.Version}); err != nil {
			return err
		}
		v.Applied = true
		return a.print(v, v.card("People come into workspace "+w.Key+" by "+v.To+"."))
	})
}

// confirm asks when something stops or begins. What is blocked is refused without a question.
func (c *workspaceMethodCmd) confirm(a *app, v methodView) error {
	if c.Yes || len(v.Blocked) > 0 || len(v.Stops)+len(v.Begins) == 0 {
		return nil
	}
	if !isTerminal(a.in) {
		return hint(fmt.Errorf("from %s to %s: %s", v.From, v.To, v.text()), "add --yes, or --dry-run to see it all")
	}
	return a.askToGoOn(v.text())
}

func (v methodView) text() string {
	var parts []string
	for _, list := range []struct {
		word  string
		items []string
	}{{"stops", v.Stops}, {"begins", v.Begins}} {
		if len(list.items) > 0 {
			parts = append(parts, list.word+": "+strings.Join(list.items, "; "))
		}
	}
	return strings.Join(parts, ". ")
}

func (v methodView) card(title string) *card {
	return newCard(title, "workspace", v.Workspace, "from", v.From, "to", v.To, "first switch off", strings.Join(v.Blocked, ", "),
		"stops", strings.Join(v.Stops, ", "), "begins", strings.Join(v.Begins, ", "))
}

// workspaceSecurity are the flags of what a workspace asks of those who come in. Those that are not given stay as they are.
type workspaceSecurity struct {
	RequireSSO      *bool     `name:"require-sso" negatable:"" help:"Take SCIM only by connections by which people sign in."`
	SecondFactor    *string   `enum:"required,off" placeholder:"WHAT" help:"required: everybody who signs in shows a second factor. off: nobody has to."`
	AcceptIDPFactor *bool     `name:"accept-idp-factor" negatable:"" help:"Take the identity provider's word for a second factor."`
	SessionIdle     *int      `placeholder:"MINUTES" help:"After so many minutes without a request a session ends. 0: 60."`
	SessionMax      *int      `placeholder:"MINUTES" help:"After so many minutes a session ends at the latest. 0: 720."`
	AllowAdmin      *[]string `placeholder:"CIDR,…" help:"Networks from which the admin API may be reached. Empty: from anywhere."`
	AllowSCIM       *[]string `name:"allow-scim" placeholder:"CIDR,…" help:"Networks from which SCIM may be reached. Empty: from anywhere."`
	AllowSSO        *[]string `name:"allow-sso" placeholder:"CIDR,…" help:"Networks from which people may sign in. Empty: from anywhere."`
}

func (s workspaceSecurity) apply(to *directory.WorkspaceSettings) {
	give(&to.RequireSSO, s.RequireSSO)
	give(&to.Security.AcceptIDPFactor, s.AcceptIDPFactor)
	give(&to.Security.SessionIdle, s.SessionIdle)
	give(&to.Security.SessionMax, s.SessionMax)
	if s.SecondFactor != nil {
		to.Security.SecondFactor = strings.TrimPrefix(*s.SecondFactor, "off")
	}
	rules := map[directory.Surface][]string{}
	maps.Copy(rules, to.Security.IPRules)
	for surface, list := range map[directory.Surface]*[]string{
		directory.SurfaceAdmin: s.AllowAdmin, directory.SurfaceSCIM: s.AllowSCIM, directory.SurfaceSSO: s.AllowSSO,
	} {
		switch {
		case list == nil:
		case len(*list) == 0 || len(*list) == 1 && (*list)[0] == "":
			delete(rules, surface)
		default:
			rules[surface] = *list
		}
	}
	if to.Security.IPRules = rules; len(rules) == 0 {
		to.Security.IPRules = nil
	}
}

// askToGoOn wants a yes from a person at a terminal.
func (a *app) askToGoOn(what string) error {
	if !a.saysYes(what+". Go on?", bufio.NewReader(a.in)) {
		return errors.New("nothing was changed")
	}
	return nil
}
