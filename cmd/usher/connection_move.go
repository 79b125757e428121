package main

import (
	"fmt"
	"strconv"

	"github.com/usher-scim/usher/directory"
)

type connectionMoveCmd struct {
	namedConnection
	To      string `required:"" placeholder:"NAME" help:"Name or id of the connection that the users go to, of the same workspace."`
	Above   string `placeholder:"KEY" help:"Key of the workspace of that connection, when it is one above."`
	Preview bool   `help:"Say what it would come to. Nothing is written."`
	Pause   bool   `help:"Pause the connection first if it is enabled. It stays paused."`
}

// moveView is what a move comes to.
type moveView struct {
	Users     int             `json:"users"`
	Moved     int             `json:"moved"`
	Merged    int             `json:"merged"`
	Conflicts int             `json:"conflicts"`
	Merges    []mergeView     `json:"merges"`
	Groups    []movedGroup    `json:"groups"`
	Roles     []ungrantedRole `json:"roles"`
	Stay      []movedNot      `json:"stay"`
	Job       string          `json:"job,omitempty"`
}

type movedGroup struct {
	ID          string `json:"id"`
	DisplayName string `json:"display_name"`
	Users       int    `json:"users"`
}

type ungrantedRole struct {
	Workspace string `json:"workspace"`
	Role      string `json:"role"`
	People    int    `json:"people"`
}

type movedNot struct {
	User     string `json:"user"`
	UserName string `json:"user_name"`
	Why      string `json:"why"`
	Hint     string `json:"hint"`
}

func newMoveView(r directory.MoveReport) moveView {
	v := moveView{
		Users: r.Users, Moved: r.Moved, Merged: r.Merged, Conflicts: r.Conflicts, Job: r.Job,
		Merges: []mergeView{}, Groups: []movedGroup{}, Roles: []ungrantedRole{}, Stay: []movedNot{},
	}
	for _, m := range r.Merges {
		v.Merges = append(v.Merges, newMergeView(m))
	}
	for _, g := range r.Groups {
		v.Groups = append(v.Groups, movedGroup(g))
	}
	for _, role := range r.Roles {
		v.Roles = append(v.Roles, ungrantedRole(role))
	}
	for _, s := range r.Stay {
		v.Stay = append(v.Stay, movedNot(s))
	}
	return v
}

// Run moves the users (B10).
func (c *connectionMoveCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace, from directory.Connection) error {
		at := w
		if c.Above != "" {
			var err error
			if at, err = f.Workspace(a.ctx, c.Above); err != nil {
				return err
			}
		}
		to, err := f.Connection(a.ctx, at, c.To)
		if err != nil {
			return err
		}
		r, err := f.MoveUsers(a.ctx, a.actor(), from, to, directory.MoveOptions{Preview: c.Preview, Pause: c.Pause})
		if err != nil {
			return err
		}
		return a.print(newMoveView(r), c.text(a, w, r))
	})
}

// text tells a person what became of it, or would.
func (c *connectionMoveCmd) text(a *app, w directory.Workspace, r directory.MoveReport) texts {
	if r.Job != "" {
		return texts{line(fmt.Sprintf("%d users move from %s to %s in the background, while usher serve runs.\nNext: usher job list --workspace %s", r.Users, c.Name, c.To, w.Key))}
	}
	title := fmt.Sprintf("Moved the users of %s to %s.", c.Name, c.To)
	if c.Preview {
		title = fmt.Sprintf("To move the users of %s to %s would come to this. Nothing is written.", c.Name, c.To)
	}
	t := texts{newCard(title, "users", strconv.Itoa(r.Users), "as they are", strconv.Itoa(r.Moved), "known to both", strconv.Itoa(r.Merged),
		"two subjects in one", someOf(len(r.Merges)), "staying", someOf(r.Conflicts))}
	for _, part := range []*table{c.merges(a, r), c.roles(a, r), c.groups(a, r), c.stay(a, r)} {
		if len(part.rows) > 0 {
			t = append(t, line(""), part)
		}
	}
	return t
}

// someOf is empty for none, which a card leaves out.
func someOf(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func (c *connectionMoveCmd) merges(a *app, r directory.MoveReport) *table {
	t := a.table("", "subject that stays", "subject that goes", "workspace", "has", "had")
	for _, m := range r.Merges {
		for _, o := range m.Memberships {
			t.add(m.Keep, m.Drop, o.Workspace, keptText(o), stateText(o.Dropped))
		}
	}
	return t
}

func (c *connectionMoveCmd) roles(a *app, r directory.MoveReport) *table {
	t := a.table("", "role that "+c.To+" may not grant", "workspace", "people")
	for _, role := range r.Roles {
		t.add(role.Role, role.Workspace, strconv.Itoa(role.People))
	}
	return t
}

func (c *connectionMoveCmd) groups(a *app, r directory.MoveReport) *table {
	t := a.table("", "group that stays with "+c.Name, "users who leave it")
	for _, g := range r.Groups {
		t.add(g.DisplayName, strconv.Itoa(g.Users))
	}
	return t
}

func (c *connectionMoveCmd) stay(a *app, r directory.MoveReport) *table {
	t := a.table("", "user who stays", "why", "what to do")
	for _, s := range r.Stay {
		t.add(s.UserName, s.Why, s.Hint)
	}
	return t
}
