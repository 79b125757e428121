package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/usher-scim/usher/directory"
)

type sessionCmd struct {
	List sessionListCmd `cmd:"" help:"List the live sessions of a workspace and of those below."`
	End  sessionEndCmd  `cmd:"" help:"End sessions: one, those of a person, those by a connection, or all."`
}

type sessionView struct {
	ID         string     `json:"id"`
	Subject    string     `json:"subject"`
	Workspace  string     `json:"workspace"`  // key
	Connection string     `json:"connection"` // id; empty: a break-glass login
	State      string     `json:"state"`      // as of now: live, or pending: it waits for the second factor
	Role       string     `json:"role"`       // that holds now; empty: it opens nothing
	Methods    []string   `json:"methods"`
	Address    string     `json:"address"`
	UserAgent  string     `json:"user_agent"`
	CreatedAt  *time.Time `json:"created_at"`
	SeenAt     *time.Time `json:"seen_at"`
	EndsAt     *time.Time `json:"ends_at"`
	ExpiresAt  *time.Time `json:"expires_at"`
}

func newSessionView(s directory.Session, keys map[string]string) sessionView {
	return sessionView{
		ID: s.ID, Subject: s.Subject, Workspace: keys[s.Workspace], Connection: s.Connection, State: string(s.State), Role: s.Role,
		Methods: append([]string{}, s.Methods...), Address: s.Address, UserAgent: s.UserAgent, CreatedAt: timestamp(s.Created),
		SeenAt: timestamp(s.Seen), EndsAt: timestamp(s.Ends), ExpiresAt: timestamp(s.Expires),
	}
}

// sessionScope is the flags that say which sessions are meant.
type sessionScope struct {
	workspaceScope
	Member     string `short:"m" placeholder:"WHO" help:"Only those of this person: e-mail address or subject id."`
	Connection string `short:"c" placeholder:"NAME" help:"Only those by this connection: name or id."`
}

// query finds whom and what the flags name.
func (s sessionScope) query(a *app, f *folder, w directory.Workspace) (q directory.SessionQuery, err error) {
	if s.Member != "" {
		if q.Subject, err = (namedMember{Member: s.Member}).subject(a, f, w); err != nil {
			return q, err
		}
	}
	if s.Connection != "" {
		k, err := f.Connection(a.ctx, w, s.Connection)
		if err != nil {
			return q, err
		}
		q.Connection = k.ID
	}
	return q, nil
}

type sessionListCmd struct {
	sessionScope
	After string   `placeholder:"ID" help:"Begin after this session: the last one of the page before."`
	Limit pageSize `default:"100" placeholder:"N" help:"How many, at most 1000. Defaults to 100."`
}

// Run lists the sessions.
func (c *sessionListCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		q, err := c.query(a, f, w)
		if err != nil {
			return err
		}
		q.After, q.Limit = c.After, int(c.Limit)
		all, err := f.Sessions(a.ctx, w, q)
		if err != nil {
			return err
		}
		keys, err := f.keysOfRoot(a, w)
		if err != nil {
			return err
		}
		views := []sessionView{}
		t := a.table("Nobody is signed in.", "subject", "workspace", "state", "role", "since", "ends", "from", "id")
		for _, s := range all {
			v := newSessionView(s, keys)
			views = append(views, v)
			t.add(v.Subject, v.Workspace, v.State, v.Role, when(s.Created), when(s.Ends), v.Address, v.ID)
		}
		return a.print(views, t)
	})
}

// keysOfRoot are the keys of the workspaces of a tree, by id.
func (f *folder) keysOfRoot(a *app, w directory.Workspace) (map[string]string, error) {
	all, err := f.Workspaces(a.ctx)
	keys := map[string]string{}
	for _, other := range all {
		if other.Root == w.Root {
			keys[other.ID] = other.Key
		}
	}
	return keys, err
}

type sessionEndCmd struct {
	ID []string `arg:"" optional:"" help:"Ids of sessions."`
	sessionScope
	All bool `help:"All sessions of the workspace and of those below."`
}

type endedView struct {
	Ended int `json:"ended"`
}

// Run ends the sessions. What apps were given by them ends too.
func (c *sessionEndCmd) Run(a *app) error {
	if len(c.ID) == 0 && c.Member == "" && c.Connection == "" && !c.All {
		return misuse(errors.New("no session is named"), "give ids, --member, --connection or --all")
	}
	return c.in(a, func(f *folder, w directory.Workspace) error {
		n, err := c.end(a, f, w)
		if err != nil {
			return err
		}
		return a.print(endedView{n}, line(fmt.Sprintf("Ended %d sessions.", n)))
	})
}

func (c *sessionEndCmd) end(a *app, f *folder, w directory.Workspace) (int, error) {
	if len(c.ID) == 0 {
		q, err := c.query(a, f, w)
		if err != nil {
			return 0, err
		}
		return f.EndSessions(a.ctx, a.actor(), w, q, directory.ReasonAdmin)
	}
	n := 0
	for _, id := range c.ID {
		s, err := f.Session(a.ctx, w.Root, id)
		if errors.Is(err, directory.ErrNotFound) {
			return n, hint(fmt.Errorf("there is no session %q", id), "usher session list --workspace %s", w.Key)
		}
		if err != nil {
			return n, err
		}
		if !s.Live(a.now()) {
			continue
		}
		if err := f.EndSession(a.ctx, a.actor(), w.Root, id, directory.ReasonAdmin); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
