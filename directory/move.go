package directory

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/usher-scim/usher/scim"
)

// A company changes its identity provider: the users of one connection go over to another one that lives already, and
// the people keep their subjects, memberships and sessions (B10). A user whom the new one knows as well is one person
// from then on; any other goes over as it is, under its id, so that the new identity provider finds it by its matching
// filter and updates it. Each person moves in one transaction. Who cannot be moved stays whole where it is.

const (
	// maxMoved is how many users move while the caller waits. More are left to a job.
	maxMoved = 500
	// maxMoveNotes bounds each list of a report; its numbers are exact.
	maxMoveNotes = 1000
)

// MoveOptions say how users are moved.
type MoveOptions struct {
	Preview bool // write nothing
	// Pause pauses the connection that the users leave, if it is enabled, and leaves it paused: resumed, its identity
	// provider would make anew whom it no longer finds. Without it an enabled connection is refused.
	Pause bool
}

// MoveReport is what a move comes to.
type MoveReport struct {
	Users     int             // that the connection has
	Moved     int             // that went over as they are
	Merged    int             // whom both connections knew
	Conflicts int             // that stay where they are
	Merges    []MergeReport   // of the merged ones who were two subjects
	Groups    []MovedGroup    // stay where they are, without the users who went
	Roles     []UngrantedRole // that the new connection may not grant
	Stay      []MoveConflict  // who stays, and why
	Job       string          // id of the job that does it, when it is too much to wait for
}

// MovedGroup is a group that users leave, and how many do.
type MovedGroup struct {
	ID, DisplayName string
	Users           int
}

// UngrantedRole is a role that came by the old connection and that the new one may not grant. It stays until the new
// identity provider updates the person, and is then what that one says, or the default.
type UngrantedRole struct {
	Workspace, Role string // key and name
	People          int
}

// MoveConflict is a user who cannot be moved.
type MoveConflict struct {
	User, UserName string
	Why, Hint      string
}

// MoveUsers moves all users of a connection to another one of the same workspace or of one above.
func (d *Directory) MoveUsers(ctx context.Context, by Actor, from, to Connection, o MoveOptions) (MoveReport, error) {
	m, err := d.newMover(ctx, by, from, to)
	if err != nil {
		return MoveReport{}, err
	}
	m.preview = o.Preview
	page, err := d.store.Users(ctx, m.query(nil, 0))
	if err != nil {
		return MoveReport{}, err
	}
	m.report.Users = page.Total
	if !o.Preview {
		if err := m.ready(ctx, o); err != nil || page.Total == 0 {
			return m.report, err
		}
		if err := m.begin(ctx); err != nil || m.report.Job != "" {
			return m.report, err
		}
	}
	err = m.all(ctx)
	return m.report, err
}

// mover moves users between two connections.
type mover struct {
	d        *Directory
	by       Actor
	from, to *Client
	preview  bool
	job      *Job // nil: the caller waits
	report   MoveReport
	taken    map[string]bool // users of to who are somebody of from already
}

func (d *Directory) newMover(ctx context.Context, by Actor, from, to Connection) (*mover, error) {
	if from.ID == to.ID || from.Root != to.Root {
		return nil, refuse(RefusedInvalid, "name another connection of the same tenant",
			"users do not move from connection %q to %q", from.Name, to.Name)
	}
	m := &mover{d: d, by: by, taken: map[string]bool{}}
	if err := m.refresh(ctx, from, to); err != nil {
		return nil, err
	}
	t, err := d.treeOf(ctx, from.Root, true)
	if err != nil {
		return nil, err
	}
	if !t.workspaces[from.Workspace].within(to.Workspace) {
		return nil, refuse(RefusedInvalid, "a connection grants in its own workspace and below: move to one of the same workspace, or of one above",
			"connection %q cannot grant what %q does", to.Name, from.Name)
	}
	return m, nil
}

// refresh reads both connections and what they declare again.
func (m *mover) refresh(ctx context.Context, from, to Connection) error {
	var err error
	if m.from, err = m.d.freshClient(ctx, from, m.by); err != nil {
		return err
	}
	m.to, err = m.d.freshClient(ctx, to, m.by)
	return err
}

// ready refuses a connection that is in use, and a second move of the same users.
func (m *mover) ready(ctx context.Context, o MoveOptions) error {
	open, err := m.d.store.Jobs(ctx, m.from.Connection.Root, true, 0)
	if err != nil {
		return err
	}
	for _, j := range open {
		if j.Kind == jobMove && (j.Connection == m.from.Connection.ID || j.Connection == m.to.Connection.ID) {
			return refuse(RefusedInUse, "wait for it; list the jobs to see how far it is", "users are being moved by job %s", j.ID)
		}
	}
	if m.from.Connection.State != StateEnabled {
		return nil
	}
	if !o.Pause {
		return refuse(RefusedInvalid, "pause it first, or let the move pause it; it stays paused",
			"connection %q is enabled: its identity provider would make anew whom it no longer finds", m.from.Connection.Name)
	}
	m.from.Connection, err = m.d.PauseConnection(ctx, m.by, m.from.Connection)
	return err
}

// moveDetail is the detail of the entries of a move. User is the one of the new connection who is the same person.
type moveDetail struct {
	UserName string   `json:"user_name,omitempty"`
	User     string   `json:"user,omitempty"`
	From     string   `json:"from"` // ids of connections
	To       string   `json:"to"`
	Users    int      `json:"users,omitempty"`
	Groups   []string `json:"groups,omitempty"` // ids of those that the user leaves
}

// begin leaves the entry of the move, and the job when there are many.
func (m *mover) begin(ctx context.Context) error {
	from, to := m.from.Connection, m.to.Connection
	err := m.d.write(ctx, m.by, m.from.Workspace, from.ID, func(_ context.Context, p *plan) error {
		m.report.Job = ""
		if m.report.Users > maxMoved {
			j, err := p.moveJob(m)
			if err != nil {
				return err
			}
			m.report.Job = j.ID
		}
		return p.audit(ActionConnectionMove, targetConnection, from.ID, "", moveDetail{From: from.ID, To: to.ID, Users: m.report.Users})
	})
	if m.report.Job != "" {
		m.d.wakeJobs()
	}
	return err
}

func (m *mover) query(after *scim.Position, limit int) ListQuery {
	c := m.from.Connection
	return ListQuery{Root: c.Root, Connection: c.ID, Type: scim.UserType(), StartIndex: 1, After: after, Limit: limit}
}

// one moves one user, or notes why not.
func (m *mover) one(ctx context.Context, u User) error {
	var s step
	var job *Job
	err := m.d.writeUnless(ctx, m.preview, m.by, m.from.Workspace, func(ctx context.Context, p *plan) error {
		s = step{mover: m, plan: p}
		err := s.build(ctx, u.ID)
		if err == nil && m.job != nil && !s.gone {
			job = p.advance(*m.job, m.report.Moved+m.report.Merged+1)
		}
		return err
	})
	var refused *Refusal
	var unfit *scim.Error
	switch {
	case errors.As(err, &refused):
		m.stays(u, refused.Message, refused.Hint)
		return nil
	case errors.As(err, &unfit):
		m.stays(u, unfit.Detail(), "")
		return nil
	case err != nil || s.gone:
		return err
	}
	if job != nil {
		m.job = job
	}
	m.d.credentials.forget(u.ID) // what is bound to it
	m.note(s)
	return nil
}

func (m *mover) stays(u User, why, hint string) {
	m.report.Conflicts++
	if len(m.report.Stay) < maxMoveNotes {
		m.report.Stay = append(m.report.Stay, MoveConflict{User: u.ID, UserName: u.UserName, Why: why, Hint: hint})
	}
}

// note adds what became of one user to the report.
func (m *mover) note(s step) {
	r := &m.report
	if s.known == nil {
		r.Moved++
	} else {
		r.Merged++
		m.taken[s.known.ID] = true
	}
	if s.merged != nil && len(r.Merges) < maxMoveNotes {
		r.Merges = append(r.Merges, *s.merged)
	}
	for _, g := range s.groups {
		i := slices.IndexFunc(r.Groups, func(o MovedGroup) bool { return o.ID == g.ID })
		if i < 0 && len(r.Groups) < maxMoveNotes {
			i, r.Groups = len(r.Groups), append(r.Groups, MovedGroup{ID: g.ID, DisplayName: g.DisplayName})
		}
		if i >= 0 {
			r.Groups[i].Users++
		}
	}
	for _, role := range s.ungranted {
		i := slices.IndexFunc(r.Roles, func(o UngrantedRole) bool { return o.Workspace == role.Workspace && o.Role == role.Role })
		if i < 0 {
			i, r.Roles = len(r.Roles), append(r.Roles, role)
		}
		r.Roles[i].People++
	}
}

// same finds the user of the new connection who is the same person: who is linked already, has the same userName, or
// the same externalId.
func (m *mover) same(ctx context.Context, u User) (*User, error) {
	all, err := m.d.store.UsersOf(ctx, u.Root, u.Subject)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(o User) bool { return o.Connection != m.to.Connection.ID })
	named, err := m.d.store.UserByName(ctx, u.Root, m.to.Connection.ID, u.UserNameKey)
	if there, err := m.other(ctx, u, named, err); err != nil {
		return nil, err
	} else if there {
		return nil, refuse(RefusedInvalid, "correct the userName of one of the two in the identity provider",
			"%q of connection %q is somebody else who came from here", named.UserName, m.to.Connection.Name)
	}
	if err == nil {
		all = append(all, named)
	}
	keyed, err := m.byExternalID(ctx, u)
	other, fault := m.other(ctx, u, keyed, err)
	if fault != nil {
		return nil, fault
	}
	if err == nil && !other { // an externalId is not unique
		all = append(all, keyed)
	}
	for _, o := range all {
		if o.ID != all[0].ID {
			return nil, refuse(RefusedInvalid, "correct userName or externalId of one of them in the identity provider",
				"connection %q has two users who could be this person: %q and %q", m.to.Connection.Name, all[0].UserName, o.UserName)
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	return &all[0], nil
}

// other reports that a user of the new connection, who was looked up with that error, is somebody else: another one of
// the old connection who has moved, or is about to.
func (m *mover) other(ctx context.Context, u, o User, err error) (bool, error) {
	there, err := found(err)
	if !there || o.Subject == u.Subject {
		return false, err
	}
	if m.taken[o.ID] {
		return true, nil
	}
	left, err := m.d.buried(ctx, u.Root, m.from.Connection.ID, tombstoneSubject, o.Subject)
	return left != nil, err
}

func (m *mover) byExternalID(ctx context.Context, u User) (User, error) {
	if u.ExternalID == "" {
		return User{}, ErrNotFound
	}
	return m.d.store.UserByExternalID(ctx, u.Root, m.to.Connection.ID, u.ExternalID)
}

// regrant gives what the old connection grants to the new one.
func (m *mover) regrant(membership *Membership) {
	if membership.Connection == m.from.Connection.ID {
		membership.Connection = m.to.Connection.ID
	}
}

// ungrantedOf lists the roles of memberships that the identity provider gave and the new connection may not grant.
func (m *mover) ungrantedOf(t *tree, memberships []Membership) []UngrantedRole {
	var list []UngrantedRole
	for _, o := range memberships {
		b := t.workspaces[o.Workspace]
		if o.Connection != m.from.Connection.ID || o.RoleSource != SourceSCIM || b == nil {
			continue
		}
		role, known := b.role(o.Role)
		if !known || !m.to.Connection.Settings.grants(role) {
			list = append(list, UngrantedRole{Workspace: cmp.Or(b.Key, b.ID), Role: o.Role})
		}
	}
	return list
}
