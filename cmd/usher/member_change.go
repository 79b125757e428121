package main

import (
	"fmt"
	"strings"

	"github.com/usher-scim/usher/directory"
)

// accessView is what a person may do.
type accessView struct {
	Subject      string   `json:"subject"`
	Workspace    string   `json:"workspace"`
	Status       string   `json:"status"` // empty: not a member
	Blocked      bool     `json:"blocked"`
	Role         string   `json:"role"`
	RoleSource   string   `json:"role_source"`
	Permissions  []string `json:"permissions"`
	Teams        []string `json:"teams"`
	TeamsSource  string   `json:"teams_source"`
	StatusSource string   `json:"status_source"`
	From         string   `json:"from"` // key of the workspace whose membership counts
	Why          string   `json:"why"`
}

type memberAccessCmd struct{ namedMember }

// Run says what the person may do.
func (c *memberAccessCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace, subject string) error {
		x, err := f.AccessOf(a.ctx, w, subject)
		if err != nil {
			return err
		}
		v := accessView{
			Subject: x.Subject, Workspace: x.Workspace, Status: string(x.Status), Blocked: x.Blocked, Role: x.Role, RoleSource: string(x.RoleSource),
			Permissions: append([]string{}, x.Permissions...), Teams: append([]string{}, x.Teams...), TeamsSource: string(x.TeamsSource),
			StatusSource: string(x.StatusSource), From: x.From, Why: x.Why,
		}
		return a.print(v, newCard("Access of "+c.Member+" to workspace "+w.Key, "why", v.Why, "status", from(v.Status, v.StatusSource),
			"blocked", onlyYes(v.Blocked), "role", from(v.Role, v.RoleSource), "permissions", strings.Join(v.Permissions, ", "),
			"teams", from(strings.Join(v.Teams, ", "), v.TeamsSource), "membership of", v.From, "subject", v.Subject))
	})
}

type memberInviteCmd struct {
	Email string `arg:"" help:"E-mail address of the person."`
	workspaceScope
	Name string   `help:"Name of the person."`
	Role string   `placeholder:"ROLE" help:"Role; the workspace's default one unless told."`
	Team []string `placeholder:"TEAM,…" help:"Teams."`
}

// Run invites the person.
func (c *memberInviteCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		p, err := f.Invite(a.ctx, a.actor(), w, directory.Invitation{Email: c.Email, Name: c.Name, Role: c.Role, Teams: c.Team})
		if err != nil {
			return err
		}
		return a.printPerson(f, w, p, "Invited %s.", "")
	})
}

type memberSetCmd struct {
	namedMember
	Role    *string   `placeholder:"ROLE" help:"Role."`
	Team    *[]string `placeholder:"TEAM,…" xor:"teams" help:"Teams, and no others."`
	NoTeams bool      `xor:"teams" help:"No teams."`
	Status  *string   `enum:"active,deactivated" placeholder:"STATUS" help:"active or deactivated."`
}

// Run changes the membership.
func (c *memberSetCmd) Run(a *app) error {
	if c.NoTeams {
		c.Team = &[]string{}
	}
	change := directory.MemberChange{Role: c.Role, Teams: c.Team}
	if c.Status != nil {
		change.Status = new(directory.MemberStatus(*c.Status))
	}
	return c.change(a, "Updated %s.", change)
}

// change changes the membership, and says when the identity provider will overwrite it.
func (n namedMember) change(a *app, title string, change directory.MemberChange) error {
	return n.in(a, func(f *folder, w directory.Workspace, subject string) error {
		p, note, err := f.ChangeMember(a.ctx, a.actor(), w, subject, change)
		if err != nil {
			return err
		}
		return a.printPerson(f, w, p, title, note)
	})
}

type memberBlockCmd struct{ namedMember }

// Run blocks the member.
func (c *memberBlockCmd) Run(a *app) error {
	return c.change(a, "Blocked %s.", directory.MemberChange{Blocked: new(true)})
}

type memberUnblockCmd struct{ namedMember }

// Run lifts the block.
func (c *memberUnblockCmd) Run(a *app) error {
	return c.change(a, "Unblocked %s.", directory.MemberChange{Blocked: new(false)})
}

// removedView is the answer to a removal.
type removedView struct {
	deletedView
	Note string `json:"note,omitempty"`
}

type memberRemoveCmd struct {
	namedMember
	consent
}

// Run removes the membership.
func (c *memberRemoveCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace, subject string) error {
		if err := c.ask(a, fmt.Sprintf("the membership of %s in workspace %s", c.Member, w.Key)); err != nil {
			return err
		}
		note, err := f.RemoveMember(a.ctx, a.actor(), w, subject)
		if err != nil {
			return err
		}
		return a.print(removedView{deletedView{subject, true}, note}, newCard("Removed "+c.Member+" from workspace "+w.Key+".", "note", note,
			"restore", "usher member restore "+subject+" --workspace "+w.Key))
	})
}

type memberRemovedCmd struct{ workspaceScope }

// Run lists the removed members.
func (c *memberRemovedCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		names, err := f.connectionNames(a, w)
		if err != nil {
			return err
		}
		all, err := f.Removed(a.ctx, w)
		if err != nil {
			return err
		}
		views := []personView{}
		t := a.table("Nobody was removed within 30 days.", "subject", "removed", "role", "teams", "connection")
		for _, r := range all {
			v := newPersonView(w, directory.Person{Membership: r.Membership}, names)
			v.RemovedAt = timestamp(r.Removed)
			views = append(views, v)
			t.add(v.Subject, when(r.Removed), v.Role, strings.Join(v.Teams, ", "), v.Connection)
		}
		return a.print(views, t)
	})
}

type memberRestoreCmd struct{ namedMember }

// Run brings the member back.
func (c *memberRestoreCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace, subject string) error {
		p, err := f.RestoreMember(a.ctx, a.actor(), w, subject)
		if err != nil {
			return err
		}
		return a.printPerson(f, w, p, "Restored %s.", "")
	})
}

type memberEraseCmd struct {
	namedMember
	consent
}

// Run erases the person.
func (c *memberEraseCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace, subject string) error {
		if err := c.askTwice(a, "everything that is known of "+c.Member, c.Member); err != nil {
			return err
		}
		if err := f.EraseSubject(a.ctx, a.actor(), w, subject); err != nil {
			return err
		}
		return a.print(deletedView{ID: subject, Deleted: true}, line("Erased "+c.Member+". Backups are yours to deal with."))
	})
}
