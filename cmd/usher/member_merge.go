package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/usher-scim/usher/directory"
)

type memberMergeCmd struct {
	namedMember
	From    string `required:"" placeholder:"SUBJECT" help:"E-mail address or subject id of the one that goes."`
	Preview bool   `help:"Say what it would come to. Nothing is written."`
	consent
}

// mergeView is what a merge of two subjects comes to.
type mergeView struct {
	Keep        string       `json:"keep"`
	Drop        string       `json:"drop"`
	Users       []mergedUser `json:"users"` // those of the subject that goes
	Memberships []mergedRole `json:"memberships"`
}

type mergedUser struct {
	User       string `json:"user"`
	UserName   string `json:"user_name"`
	Connection string `json:"connection"` // id
}

// mergedRole is a membership of the subject that goes.
type mergedRole struct {
	Workspace string           `json:"workspace"`
	Dropped   membershipState  `json:"dropped"`
	Kept      *membershipState `json:"kept"` // what the other one has there, which holds; null: it takes it over
}

type membershipState struct {
	Role    string   `json:"role"`
	Teams   []string `json:"teams"`
	Status  string   `json:"status"`
	Blocked bool     `json:"blocked"`
}

func newMembershipState(m directory.Membership) membershipState {
	return membershipState{Role: m.Role, Teams: append([]string{}, m.Teams...), Status: string(m.Status), Blocked: m.Blocked}
}

func newMergeView(r directory.MergeReport) mergeView {
	v := mergeView{Keep: r.Keep, Drop: r.Drop, Users: []mergedUser{}, Memberships: []mergedRole{}}
	for _, u := range r.Users {
		v.Users = append(v.Users, mergedUser{u.ID, u.UserName, u.Connection})
	}
	for _, m := range r.Memberships {
		one := mergedRole{Workspace: m.Workspace, Dropped: newMembershipState(m.Dropped)}
		if m.Kept != nil {
			one.Kept = new(newMembershipState(*m.Kept))
		}
		v.Memberships = append(v.Memberships, one)
	}
	return v
}

// stateText is what a membership gives, in one cell.
func stateText(m directory.Membership) string {
	text := m.Role + ", " + string(m.Status)
	if len(m.Teams) > 0 {
		text += ", " + strings.Join(m.Teams, " and ")
	}
	if m.Blocked {
		text += ", blocked"
	}
	return text
}

// keptText is what the subject that stays has in the end.
func keptText(m directory.MergedMembership) string {
	if m.Kept == nil {
		return stateText(m.Dropped)
	}
	kept := *m.Kept
	kept.Blocked = kept.Blocked || m.Dropped.Blocked
	return stateText(kept)
}

// Run makes one person of two (B10).
func (c *memberMergeCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace, keep string) error {
		drop, err := namedMember{c.From, c.workspaceScope}.subject(a, f, w)
		if err != nil {
			return err
		}
		if !c.Preview {
			if err := c.ask(a, fmt.Sprintf("the subject %s, of whom everything goes to %s", c.From, c.Member)); err != nil {
				return err
			}
		}
		r, err := f.MergeSubjects(a.ctx, a.actor(), w, keep, drop, c.Preview)
		if err != nil {
			return err
		}
		title := fmt.Sprintf("%s and %s are one person.", c.Member, c.From)
		if c.Preview {
			title = fmt.Sprintf("To make one person of %s and %s would come to this. Nothing is written.", c.Member, c.From)
		}
		t := a.table("", "workspace", "has", "had")
		for _, m := range r.Memberships {
			t.add(m.Workspace, keptText(m), stateText(m.Dropped))
		}
		text := texts{newCard(title, "stays", r.Keep, "goes", r.Drop, "users that go over", strconv.Itoa(len(r.Users)))}
		if len(t.rows) > 0 {
			text = append(text, line(""), t)
		}
		return a.print(newMergeView(r), text)
	})
}
