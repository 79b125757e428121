package sqlstore

import (
	"context"

	"github.com/usher-scim/usher/directory"
)

// sweepRows is how many rows one slice of a large deletion takes: other writers get their turn between slices.
const sweepRows = 500

// sweep names rows of one table, and of the root $2, that shall go.
type sweep struct {
	table, key, where string
	args              []any
}

// statement deletes one slice of them.
func (w sweep) statement(d Dialect) string {
	return `DELETE FROM ` + w.table + ` WHERE ` + d.beside("root") + ` = $2 AND (` + w.key + `) IN (SELECT ` + w.key + ` FROM ` + w.table +
		` WHERE ` + w.where + ` LIMIT $1)`
}

// DeleteConnection implements directory.Store. The tokens go first, so that nobody comes in meanwhile; what a
// request that was under way still wrote goes with the last slice.
func (s *Store) DeleteConnection(ctx context.Context, root, connection string, c *directory.Change) error {
	if _, err := s.Connection(ctx, root, connection); err != nil {
		return err
	}
	if err := s.internFor(ctx, root, []string{connection}, c); err != nil {
		return s.fault("delete connection", err)
	}
	sweeps, err := s.ofConnection(ctx, root, connection)
	if err != nil {
		return err
	}
	return s.sweepAll(ctx, "delete connection", sweeps, c)
}

// DeleteWorkspace implements directory.Store. A workspace that is not its own root leaves the root's subjects, log
// and secrets.
func (s *Store) DeleteWorkspace(ctx context.Context, root, workspace string, c *directory.Change) error {
	if _, err := s.Workspace(ctx, root, workspace); err != nil {
		return err
	}
	ids, err := s.connectionIDs(ctx, root, workspace)
	if err != nil {
		return err
	}
	if err := s.internFor(ctx, root, ids, c); err != nil {
		return s.fault("delete workspace", err)
	}
	sweeps := s.doors(root, workspace)
	for _, id := range ids {
		own, err := s.ofConnection(ctx, root, id)
		if err != nil {
			return err
		}
		sweeps = append(sweeps, own...)
	}
	sweeps = append(sweeps, s.ofWorkspace(root, workspace)...)
	return s.sweepAll(ctx, "delete workspace", sweeps, c)
}

// connectionIDs are those of a workspace; of a root's workspace those of all that are below it too.
func (s *Store) connectionIDs(ctx context.Context, root, workspace string) ([]string, error) {
	query, args := `SELECT id FROM connection WHERE root = $1 AND workspace = $2`, []any{workspace}
	if root == workspace {
		query, args = `SELECT id FROM connection WHERE root = $1`, nil
	}
	return inRoot(s, s.scan(ctx), "delete workspace", root, func(tx *Tx, no int64) ([]string, error) {
		return all(tx, scanText, query, append([]any{no}, args...)...)
	})
}

// internFor makes sure of the numbers that a deletion needs.
func (s *Store) internFor(ctx context.Context, root string, connections []string, c *directory.Change) error {
	texts := []string{root}
	for _, id := range connections {
		texts = append(texts, scope{root, id, typeUser}.text(), scope{root, id, typeGroup}.text())
	}
	if c != nil {
		texts = append(texts, symbolsOf(c)...)
	}
	return s.intern(ctx, texts)
}

// ofConnection lists what a connection has, its own row last. Subjects, memberships and tombstones stay (E2).
func (s *Store) ofConnection(ctx context.Context, root, connection string) ([]sweep, error) {
	types, err := s.typesOf(ctx, root, connection)
	if err != nil {
		return nil, s.fault("delete", err)
	}
	no := s.symbols.of(root)
	sweeps := []sweep{
		{"token", "root, id", "root = $2 AND connection = $3", []any{no, connection}},
		{"link", "root, connection, kind, key", "root = $2 AND connection = $3", []any{no, connection}},
		{
			"member", "root, grp, ord", "root = $2 AND grp IN (SELECT seq FROM resource WHERE root = $2 AND scope = $3)",
			[]any{no, s.symbols.of(scope{root, connection, typeGroup}.text())},
		},
	}
	for _, typ := range types {
		nos, err := s.numbers(s.point(), scope{root, connection, typ})
		if err != nil {
			return nil, s.fault("delete", err)
		}
		sweeps = append(sweeps, ofScope(nos)...)
	}
	return append(sweeps, sweep{"connection", "root, id", "root = $2 AND id = $3", []any{no, connection}}), nil
}

// ofScope lists what there is of one connection's resources of one type.
func ofScope(nos scopeNumbers) []sweep {
	const where = "root = $2 AND scope = $3"
	args := []any{nos.root, nos.scope}
	return []sweep{
		{"attribute", "root, scope, attr, value, elem, seq", where, args},
		{"claim", "root, scope, attr, value", where, args},
		{"resource", "seq", where, args},
		{"counter", "root, scope, block, slot", where, args},
	}
}

// doors lists what lets somebody in or works in the background: it goes first.
func (s *Store) doors(root, workspace string) []sweep {
	where, args := inWorkspace(s.symbols.of(root), root, workspace)
	return []sweep{
		{"api_key", "root, id", where, args},
		{"webhook", "root, id", where, args},
		{"job", "root, id", where, args},
	}
}

// inWorkspace is the condition for rows of a workspace; of a root's workspace for all of the root.
func inWorkspace(no int64, root, workspace string) (where string, args []any) {
	if root == workspace {
		return "root = $2", []any{no}
	}
	return "root = $2 AND workspace = $3", []any{no, workspace}
}

// ofWorkspace lists what a workspace has besides its connections, its own row last.
func (s *Store) ofWorkspace(root, workspace string) []sweep {
	no := s.symbols.of(root)
	where, args := inWorkspace(no, root, workspace)
	sweeps := []sweep{
		{"membership", "root, workspace, subject", where, args},
		{"removal", "root, workspace, subject", where, args},
		{"role", "root, workspace, name", where, args},
		{"team", "root, workspace, name", where, args},
		{"declaration", "root, workspace, kind, id", where, args},
	}
	if root != workspace {
		return append(sweeps, sweep{"workspace", "root, id", "root = $2 AND id = $3", args})
	}
	for _, t := range [][2]string{
		{"session", "root, id"},
		{"app_grant", "root, hash"},
		{"attempt", "root, hash"},
		{"replay", "root, connection, hash"},
		{"link", "root, connection, kind, key"},
		{"app", "root, id"},
		{"authz", "root, hash"},
		{"factor", "root, subject"},
		{"throttle", "root, key"},
		{"message", "root, id"},
		{"tombstone", "root, connection, kind, hash"},
		{"subject", "root, id"},
		{"event", "seq"},
		{"audit_segment", "root, no"},
		{"audit", "seq"},
		{"request", "seq"},
		{"licence", "root, day, workspace, connection"},
		{"idempotency", "root, owner, key"},
		{"domain", "root, name"},
		{"secret", "root, name"},
		{"workspace", "root, id"},
	} {
		sweeps = append(sweeps, sweep{t[0], t[1], where, args})
	}
	return sweeps
}

// sweepAll deletes in slices. The last write deletes what came meanwhile together with the final row, which until
// then tells a second call that there is something to finish, and applies the change.
func (s *Store) sweepAll(ctx context.Context, what string, sweeps []sweep, c *directory.Change) error {
	for _, sw := range sweeps[:len(sweeps)-1] {
		if err := s.sweepSlices(ctx, what, sw); err != nil {
			return err
		}
	}
	rows := sweepRows
	if c != nil {
		rows += weight(c)
	}
	return s.write(ctx, what, rows, func(tx *Tx) error {
		if err := s.lockFinal(tx, sweeps[len(sweeps)-1]); err != nil {
			return err
		}
		for _, sw := range sweeps {
			if _, err := tx.exec(sw.statement(s.engine.Dialect), append([]any{atMost(0)}, sw.args...)...); err != nil {
				return err
			}
		}
		if c == nil {
			return nil
		}
		return s.apply(tx, c, newOutcome(c))
	})
}

// lockFinal locks the row that goes last: who was just adding to what it stands for is waited for and swept too, who
// comes later finds it gone.
func (s *Store) lockFinal(tx *Tx, final sweep) error {
	if !s.engine.Dialect.Concurrent {
		return nil
	}
	_, err := tx.exec(`SELECT 1 FROM `+final.table+` WHERE $1 > 0 AND `+final.where+forUpdate, append([]any{1}, final.args...)...)
	return err
}

func (s *Store) sweepSlices(ctx context.Context, what string, sw sweep) error {
	for {
		var n int64
		err := s.write(ctx, what, sweepRows, func(tx *Tx) (err error) {
			n, err = tx.exec(sw.statement(s.engine.Dialect), append([]any{sweepRows}, sw.args...)...)
			return err
		})
		if err != nil || n < sweepRows {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}
