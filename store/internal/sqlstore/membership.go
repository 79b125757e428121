package sqlstore

import (
	"context"
	"errors"
	"slices"

	"github.com/usher-scim/usher/directory"
)

const (
	membershipColumns = `m.workspace, m.subject, m.connection, m.role, m.role_source, m.teams, m.teams_source, m.status,
	m.status_source, m.blocked, m.joined, m.delete_after, m.created, m.modified, m.version`
	selectMembership = `SELECT ` + membershipColumns + ` FROM membership m `
)

// membershipRow takes the columns of one membership.
type membershipRow struct {
	directory.Membership
	teams                                  []byte
	joined, deleteAfter, created, modified int64
}

func (r *membershipRow) dest() []any {
	return []any{
		&r.Workspace, &r.Subject, &r.Connection, &r.Role, &r.RoleSource, &r.teams, &r.TeamsSource, &r.Status,
		&r.StatusSource, &r.Blocked, &r.joined, &r.deleteAfter, &r.created, &r.modified, &r.Version,
	}
}

func (r *membershipRow) value(root string) (directory.Membership, error) {
	m := r.Membership
	m.Root, m.Joined, m.DeleteAfter = root, timeOf(r.joined), timeOf(r.deleteAfter)
	m.Created, m.Modified = timeOf(r.created), timeOf(r.modified)
	return m, fromArray(r.teams, &m.Teams)
}

func membershipScanner(root string) func(scanner) (directory.Membership, error) {
	return func(r scanner) (directory.Membership, error) {
		var row membershipRow
		if err := r.Scan(row.dest()...); err != nil {
			return row.Membership, err
		}
		return row.value(root)
	}
}

// Membership implements directory.Store.
func (s *Store) Membership(_ context.Context, root, workspace, subject string) (directory.Membership, error) {
	return oneInRoot(s, "membership", root, func(tx *Tx, no int64) (directory.Membership, error) {
		return one(tx, membershipScanner(root),
			selectMembership+`WHERE m.root = $1 AND m.workspace = $2 AND m.subject = $3`, no, workspace, subject)
	})
}

// Memberships implements directory.Store: a workspace's memberships by subject id; limit 0 is all.
func (s *Store) Memberships(ctx context.Context, root, workspace, afterSubject string, limit int) ([]directory.Membership, error) {
	return inRoot(s, s.scan(ctx), "memberships", root, func(tx *Tx, no int64) ([]directory.Membership, error) {
		return all(tx, membershipScanner(root), selectMembership+
			`WHERE m.root = $1 AND m.workspace = $2 AND m.subject > $3 ORDER BY m.subject LIMIT $4`,
			no, workspace, afterSubject, atMost(limit))
	})
}

// ofSubject finds a subject's rows of a table by its index of narrow rows, and then each by its key. SQLite, which takes
// a root to be small, would else read all of the root.
func ofSubject(table string) string {
	return ` FROM ` + table + ` k CROSS JOIN ` + table + ` m WHERE k.root = $1 AND k.subject = $2
		AND m.root = k.root AND m.workspace = k.workspace AND m.subject = k.subject ORDER BY k.workspace`
}

// MembershipsOf implements directory.Store.
func (s *Store) MembershipsOf(_ context.Context, root, subject string) ([]directory.Membership, error) {
	return inRoot(s, s.keyed, "memberships of", root, func(tx *Tx, no int64) ([]directory.Membership, error) {
		return all(tx, membershipScanner(root), `SELECT `+membershipColumns+ofSubject("membership"), no, subject)
	})
}

// A standing is a row for each membership of a subject, with the subject: each is found as in ofSubject.
const (
	standingColumns = subjectColumns + `, ` + membershipColumns
	ofStanding      = ` CROSS JOIN membership k CROSS JOIN membership m WHERE k.root = s.root AND k.subject = s.id
		AND m.root = k.root AND m.workspace = k.workspace AND m.subject = k.subject`
	selectStanding = `SELECT ` + standingColumns + ` FROM subject s` + ofStanding + ` AND s.root = $1 AND s.id = $2 ORDER BY k.workspace`
)

// selectUserStanding is byID.seek with the standing of the user's subject. The root is that of the row: with $1 in its place
// PostgreSQL without statistics reads all subjects of the root.
const selectUserStanding = `SELECT ` + resourceColumns + `, ` + standingColumns + `
	FROM (SELECT * FROM resource WHERE root = $1 AND id >= $3 ORDER BY id LIMIT 1) r CROSS JOIN subject s` + ofStanding + `
	AND s.root = r.root AND s.id = r.subject AND r.scope = $2 AND r.id = $3 ORDER BY k.workspace`

// standing reads a subject with its memberships. first takes the columns before those of the subject.
func standing(tx *Tx, root string, first []any, query string, args ...any) (who directory.Subject, _ []directory.Membership, _ error) {
	list, err := all(tx, func(r scanner) (directory.Membership, error) {
		var sr subjectRow
		var mr membershipRow
		if err := r.Scan(slices.Concat(first, sr.dest(), mr.dest())...); err != nil {
			return mr.Membership, err
		}
		who = sr.value(root)
		return mr.value(root)
	}, query, args...)
	return who, list, err
}

// SubjectAndMemberships implements directory.Store. Who is a member nowhere is looked for once more.
func (s *Store) SubjectAndMemberships(ctx context.Context, root, id string) (who directory.Subject, _ []directory.Membership, _ error) {
	list, err := inRoot(s, s.keyed, "subject and memberships", root, func(tx *Tx, no int64) (list []directory.Membership, err error) {
		who, list, err = standing(tx, root, nil, selectStanding, no, id)
		return list, err
	})
	if err == nil && len(list) == 0 {
		who, err = s.Subject(ctx, root, id)
	}
	return who, list, err
}

// UserAndPerson implements directory.Store. Where a query is a way to a server both are one; where it is not, two are no
// dearer. Who is a member nowhere is looked for once more.
func (s *Store) UserAndPerson(ctx context.Context, root, connection, id string) (
	u directory.User, who directory.Subject, list []directory.Membership, err error,
) {
	if s.engine.Dialect.Concurrent {
		if u, who, list, err = s.userStanding(root, connection, id); err != nil || len(list) > 0 {
			return u, who, list, s.fault("user and person", err)
		}
	}
	for range 2 { // a merge between the two reads takes the subject away and leaves the user with another one
		if u, err = s.User(ctx, root, connection, id); err != nil {
			break
		}
		if who, list, err = s.SubjectAndMemberships(ctx, root, u.Subject); !errors.Is(err, directory.ErrNotFound) {
			break
		}
	}
	return u, who, list, err
}

func (s *Store) userStanding(root, connection, id string) (directory.User, directory.Subject, []directory.Membership, error) {
	nos, err := s.numbers(s.point(), scope{root, connection, typeUser})
	if err != nil {
		return directory.User{}, directory.Subject{}, nil, err
	}
	var r resource
	who, list, err := standing(s.keyed, root, r.dest(), selectUserStanding, nos.root, nos.scope, id)
	return r.user(root, connection), who, list, err
}

// HasOtherOwner implements directory.Store. It reads the workspace's memberships until it finds one.
func (s *Store) HasOtherOwner(ctx context.Context, root, workspace, subject string, roles []string) (bool, error) {
	found, err := inRoot(s, s.scan(ctx), "other owner", root, func(tx *Tx, no int64) (found []string, err error) {
		err = inLots(roles, []any{no, workspace, subject}, func(list string, args []any) error {
			if len(found) > 0 {
				return nil
			}
			found, err = all(tx, scanText, `SELECT subject FROM membership WHERE root = $1 AND workspace = $2
				AND subject <> $3 AND status = 'active' AND blocked = 0 AND role IN (`+list+`) LIMIT 1`, args...)
			return err
		})
		return found, err
	})
	return len(found) > 0, err
}

var insertMembership = newInsert("membership", `root BIGINT, workspace, subject, connection, role, role_source, teams,
	teams_source, status, status_source, blocked BIGINT, joined BIGINT, delete_after BIGINT, created BIGINT, modified BIGINT,
	version BIGINT`)

func (w *writer) membership(e *directory.Edit[directory.Membership]) error {
	return edit(e,
		func(a *directory.Membership) error {
			teams, err := teamsText(a)
			if err != nil {
				return err
			}
			return w.tx.insert(insertMembership, w.root, a.Workspace, a.Subject, a.Connection, a.Role, string(a.RoleSource), teams,
				string(a.TeamsSource), string(a.Status), string(a.StatusSource), flag(a.Blocked), nanos(a.Joined),
				nanos(a.DeleteAfter), nanos(a.Created), nanos(a.Modified), a.Version)
		},
		func(b *directory.Membership) error {
			return w.tx.must(`DELETE FROM membership WHERE root = $1 AND workspace = $2 AND subject = $3 AND version = $4`,
				w.root, b.Workspace, b.Subject, b.Version)
		},
		func(b, a *directory.Membership) error {
			teams, err := teamsText(a)
			if err != nil {
				return err
			}
			return w.tx.must(`UPDATE membership SET role = $5, role_source = $6, status = $7, status_source = $8,
				modified = $9, version = $10, connection = $11, teams = $12, teams_source = $13, blocked = $14, joined = $15,
				delete_after = $16 WHERE root = $1 AND workspace = $2 AND subject = $3 AND version = $4`,
				w.root, b.Workspace, b.Subject, b.Version, a.Role, string(a.RoleSource), string(a.Status),
				string(a.StatusSource), nanos(a.Modified), a.Version, a.Connection, teams, string(a.TeamsSource),
				flag(a.Blocked), nanos(a.Joined), nanos(a.DeleteAfter))
		})
}

// teamsText is the column of a membership's teams; most have none, which is "".
func teamsText(m *directory.Membership) (string, error) {
	if len(m.Teams) == 0 {
		return "", nil
	}
	return array(m.Teams)
}
