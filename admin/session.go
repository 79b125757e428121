package admin

import (
	"errors"
	"slices"
	"time"

	"github.com/usher-scim/usher/directory"
)

// Session is one login of one person.
type Session struct {
	ID         string                 `json:"id" doc:"Names it here and in the audit log. It opens nothing."`
	Subject    string                 `json:"subject" doc:"The id of the person."`
	Workspace  string                 `json:"workspace,omitempty" doc:"The key of the workspace that was entered, as far as the key reaches."`
	Connection string                 `json:"connection,omitempty" doc:"The id of the connection; not there: a break-glass login."`
	State      directory.SessionState `json:"state" doc:"As of now: live, pending waits for the second factor, and opens nothing else, ended is over."`
	Role       string                 `json:"role,omitempty" doc:"The role that holds in it now; not there: it opens nothing."`
	Methods    []string               `json:"methods,omitempty" doc:"How the person has shown who it is (amr)."`
	Context    string                 `json:"context,omitempty" doc:"The identity provider's word for how sure that is (acr)."`
	Address    string                 `json:"address,omitempty" doc:"Where the login came from."`
	UserAgent  string                 `json:"user_agent,omitempty" doc:"The browser, as it calls itself."`
	CreatedAt  time.Time              `json:"created_at" doc:"When it began."`
	SeenAt     time.Time              `json:"seen_at" doc:"When it was used last, to the minute."`
	EndsAt     time.Time              `json:"ends_at" doc:"When it ends, if it is used no more."`
	ExpiresAt  time.Time              `json:"expires_at" doc:"When it ends at the latest."`
}

// EndedSessions is how many sessions have ended.
type EndedSessions struct {
	Ended int `json:"ended" doc:"How many."`
}

func sessionRoutes() []route {
	const (
		all = "/workspaces/{workspace}/sessions"
		one = all + "/{session}"
	)
	of := []parameter{
		{name: "subject", kind: "string", doc: "Only those of the person with this id."},
		{name: "connection", kind: "string", doc: "Only those by the connection with this id."},
	}
	return []route{
		answer(route{
			method: "GET", pattern: all, name: "listSessions", summary: "List the live sessions of a workspace and of those below",
			doc: "By id, which is by age.", scope: directory.ScopeSecurityRead,
			query: slices.Concat(of, paged),
		}, (*call).listSessions),
		answer(route{
			method: "GET", pattern: one, name: "getSession", summary: "Read a session", scope: directory.ScopeSecurityRead,
		}, (*call).getSession),
		answer(route{
			method: "DELETE", pattern: one, name: "revokeSession", summary: "End a session",
			doc:   "It holds within a second, for what apps were given by it too. One that has ended stays as it is.",
			scope: directory.ScopeSecurityWrite,
		}, (*call).revokeSession),
		answer(route{
			method: "DELETE", pattern: all, name: "revokeSessions", summary: "End the sessions of a person, of a connection, or all",
			doc:   "At least one of the three parameters is there; of two both hold. Those of the workspace and of those below.",
			scope: directory.ScopeSecurityWrite, example: example{query: "subject={subject}"},
			query: append(of, parameter{name: "all", kind: "boolean", doc: "true: whosever they are."}),
		}, (*call).revokeSessions),
	}
}

func newSessionView(s directory.Session, keys map[string]string) Session {
	return Session{
		ID: s.ID, Subject: s.Subject, Workspace: keys[s.Workspace], Connection: s.Connection, State: s.State, Role: s.Role,
		Methods: s.Methods, Context: s.Context, Address: s.Address, UserAgent: s.UserAgent,
		CreatedAt: s.Created, SeenAt: s.Seen, EndsAt: s.Ends, ExpiresAt: s.Expires,
	}
}

func (c *call) listSessions() (List[Session], error) {
	limit, err := c.limit()
	if err != nil {
		return List[Session]{}, err
	}
	after, err := c.after()
	if err != nil {
		return List[Session]{}, err
	}
	rows, err := c.Directory.Sessions(c.ctx, c.workspace, directory.SessionQuery{
		Subject: c.query.Get("subject"), Connection: c.query.Get("connection"), After: after, Limit: limit + 1,
	})
	if err != nil {
		return List[Session]{}, err
	}
	keys, err := c.keys(c.workspace.Root)
	if err != nil {
		return List[Session]{}, err
	}
	place := func(s directory.Session) string { return s.ID }
	return showPage(c, rows, limit, place, func(s directory.Session) Session { return newSessionView(s, keys) }), nil
}

// session is the one that the path names, if it is of the workspace or of one below.
func (c *call) session() (directory.Session, error) {
	s, err := c.Directory.SessionNow(c.ctx, c.workspace.Root, c.path("session"))
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return s, err
	}
	below, failed := c.keysBelow()
	if failed != nil {
		return s, failed
	}
	if err != nil || below[s.Workspace] == "" && below[s.Home] == "" {
		return s, newProblem(notFound, "list the sessions of the workspace to see which are live",
			"workspace %s has no session %q", c.workspace.Key, printable(c.path("session")))
	}
	return s, nil
}

func (c *call) getSession() (Session, error) {
	s, err := c.session()
	if err != nil {
		return Session{}, err
	}
	keys, err := c.keys(c.workspace.Root)
	return newSessionView(s, keys), err
}

func (c *call) revokeSession() (none, error) {
	s, err := c.session()
	if err != nil {
		return none{}, err
	}
	return none{}, c.Directory.EndSession(c.ctx, c.by, s.Root, s.ID, directory.ReasonAdmin)
}

func (c *call) revokeSessions() (EndedSessions, error) {
	all, err := c.boolean("all")
	if err != nil {
		return EndedSessions{}, err
	}
	q := directory.SessionQuery{Subject: c.query.Get("subject"), Connection: c.query.Get("connection")}
	if !all && q.Subject == "" && q.Connection == "" {
		return EndedSessions{}, newProblem(invalid, "name subject or connection, or send all=true", "the request does not say whose sessions end")
	}
	n, err := c.Directory.EndSessions(c.ctx, c.by, c.workspace, q, directory.ReasonAdmin)
	return EndedSessions{n}, err
}
