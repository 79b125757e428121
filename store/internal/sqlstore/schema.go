package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// declarations reads what a workspace declares, in the order in which it was declared.
func declarations(tx *Tx, no int64, root, workspace string) ([]directory.Declaration, error) {
	return all(tx, func(r scanner) (directory.Declaration, error) {
		d := directory.Declaration{Root: root, Workspace: workspace}
		var since, body []byte
		var created, modified int64
		if err := r.Scan(&d.Kind, &d.ID, &since, &body, &created, &modified, &d.Version); err != nil {
			return d, err
		}
		d.Body, d.Created, d.Modified = body, timeOf(created), timeOf(modified)
		return d, json.Unmarshal(since, &d.Since)
	}, `SELECT kind, id, since, body, created, modified, version FROM declaration
		WHERE root = $1 AND workspace = $2 ORDER BY created, kind, id`, no, workspace)
}

// withDeclarations adds to workspaces what they declare; most declare nothing, and cost no query.
func (s *Store) withDeclarations(tx *Tx, list []directory.Workspace) error {
	for i := range list {
		w := &list[i]
		if w.Epoch == 0 {
			continue
		}
		no, err := s.number(tx, w.Root)
		if err != nil {
			return err
		}
		if w.Declarations, err = declarations(tx, no, w.Root, w.ID); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) declaration(e *directory.Edit[directory.Declaration]) error {
	return edit(e,
		func(a *directory.Declaration) error {
			since, err := json.Marshal(a.Since)
			if err != nil {
				return err
			}
			if err := w.tx.put(`INSERT INTO declaration(root, workspace, kind, id, since, body, created, modified, version)
				VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9)`, w.root, a.Workspace, string(a.Kind), a.ID, string(since), string(a.Body),
				nanos(a.Created), nanos(a.Modified), a.Version); err != nil {
				return err
			}
			return w.raiseFloor()
		},
		func(b *directory.Declaration) error {
			return w.tx.must(`DELETE FROM declaration WHERE root = $1 AND workspace = $2 AND kind = $3 AND id = $4 AND version = $5`,
				w.root, b.Workspace, string(b.Kind), b.ID, b.Version)
		},
		func(b, a *directory.Declaration) error {
			since, err := json.Marshal(a.Since)
			if err != nil {
				return err
			}
			return w.tx.must(`UPDATE declaration SET since = $6, body = $7, modified = $8, version = $9
				WHERE root = $1 AND workspace = $2 AND kind = $3 AND id = $4 AND version = $5`,
				w.root, b.Workspace, string(b.Kind), b.ID, b.Version, string(since), string(a.Body), nanos(a.Modified), a.Version)
		})
}

// raiseFloor keeps away binaries that do not know declarations: they would show what may never be returned.
func (w *writer) raiseFloor() error {
	err := w.tx.put(`UPDATE schema_floor SET oldest = 2 WHERE version = 2 AND oldest < 2`)
	return err
}

// basis checks what the types of a change rest on.
func (w *writer) basis(b *directory.Basis) error {
	if b == nil {
		return nil
	}
	var holds bool
	err := w.tx.row([]any{&holds}, w.s.engine.Dialect.locked(`SELECT w.epoch = $4 AND c.announced = $5
		FROM workspace w JOIN connection c ON c.root = w.root AND c.workspace = w.id
		WHERE w.root = $1 AND w.id = $2 AND c.id = $3`, forShare), w.root, b.Workspace, b.Connection, b.Epoch, b.Announced)
	if err == nil && !holds {
		return directory.ErrStale
	}
	return conflictIfNone(err)
}

// rewrite replaces a document by what it says under the present declarations.
func (w *writer) rewrite(e *directory.Rewrite) error {
	step := int64(1)
	if string(e.Before) == string(e.After) {
		step = 0
	}
	scope := w.scope(e.Connection, e.Type)
	var seq int64
	err := w.tx.row([]any{&seq}, `UPDATE resource SET body = $4, stamp = $5, version = version + $6,
		modified = CASE WHEN $6 = 0 OR modified > $7 THEN modified ELSE $7 END
		WHERE root = $1 AND scope + 0 = $2 AND id = $3 AND body = $8 RETURNING seq`,
		w.root, scope, e.ID, document(e.After).value(), e.Stamp, step, nanos(e.Modified), document(e.Before).value())
	if err != nil {
		return conflictIfNone(err)
	}
	if err := w.addKeys(scope, seq, e.Keys); err != nil {
		return err
	}
	return w.addClaims(scope, seq, e.Claims)
}

// Claimed implements directory.Store.
func (s *Store) Claimed(_ context.Context, root, connection, typ string, value scim.Key) (string, error) {
	tx := s.point()
	nos, err := s.numbers(tx, scope{root, connection, typ})
	if err != nil {
		return "", s.fault("claim", err)
	}
	attr, err := s.number(tx, value.Attr)
	if err != nil {
		return "", s.fault("claim", err)
	}
	var id string
	err = tx.row([]any{&id}, `SELECT r.id FROM claim c JOIN resource r ON r.root = c.root AND r.seq = c.seq
		WHERE c.root = $1 AND c.scope = $2 AND c.attr = $3 AND c.value = $4`, nos.root, nos.scope, attr, value.Value)
	return id, s.fault("claim", err)
}

// Scopes implements directory.Store: a scope's symbol outlives its last resource.
func (s *Store) Scopes(ctx context.Context, root, connection string) ([]directory.Scope, error) {
	types, err := s.typesOf(ctx, root, connection)
	if err != nil {
		return nil, s.fault("scopes", err)
	}
	list := make([]directory.Scope, len(types))
	for i, typ := range types {
		list[i].Type = typ
		nos, err := s.numbers(s.point(), scope{root, connection, typ})
		if err == nil {
			err = s.scan(ctx).row([]any{&list[i].Last}, `SELECT coalesce(max(seq), 0) FROM resource
				WHERE root = $1 AND scope = $2`, nos.root, nos.scope)
		}
		if err != nil {
			return nil, s.fault("scopes", err)
		}
	}
	return list, nil
}

// typesOf lists the types of a connection's scopes.
func (s *Store) typesOf(ctx context.Context, root, connection string) ([]string, error) {
	prefix := scope{root, connection, ""}.text()
	return all(s.scan(ctx), func(r scanner) (string, error) {
		var text string
		err := r.Scan(&text)
		return text[min(len(prefix), len(text)):], err
	}, `SELECT text FROM symbol WHERE text > $1 AND text < $2 ORDER BY text`, prefix, prefix[:len(prefix)-1]+"0")
}

// Documents implements directory.Store.
func (s *Store) Documents(
	ctx context.Context, root, connection, typ string, not, after int64, limit int,
) ([]directory.Document, error) {
	tx := s.scan(ctx)
	nos, err := s.numbers(tx, scope{root, connection, typ})
	if errors.Is(err, directory.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, s.fault("documents", err)
	}
	list, err := all(tx, func(r scanner) (directory.Document, error) {
		var d directory.Document
		var body document
		err := r.Scan(&d.ID, &d.Subject, &d.Name, &d.ExternalID, &d.Seq, &d.Version, &d.Stamp, &body)
		d.Body = body
		return d, err
	}, `SELECT id, subject, name, external_id, seq, version, stamp, body FROM resource
		WHERE root = $1 AND scope = $2 AND seq > $3 AND stamp <> $4 ORDER BY seq LIMIT $5`,
		nos.root, nos.scope, after, not, atMost(limit))
	return list, s.fault("documents", err)
}

// DropResources implements directory.Store.
func (s *Store) DropResources(ctx context.Context, root, connection, typ string, last int64) error {
	nos, err := s.numbers(s.point(), scope{root, connection, typ})
	if errors.Is(err, directory.ErrNotFound) {
		return nil
	}
	if err != nil {
		return s.fault("drop resources", err)
	}
	for _, sw := range ofScope(nos)[:2] { // the side tables
		sw.where += " AND seq <= $4"
		sw.args = append(sw.args, last)
		if err := s.sweepSlices(ctx, "drop resources", sw); err != nil {
			return err
		}
	}
	for {
		n, err := s.dropSlice(ctx, nos, last)
		if err != nil || n < sweepRows {
			return err
		}
	}
}

// dropSlice drops some resources of a scope and takes them out of its counters.
func (s *Store) dropSlice(ctx context.Context, nos scopeNumbers, last int64) (n int, err error) {
	err = s.write(ctx, "drop resources", 2*sweepRows, func(tx *Tx) error {
		w := writer{s: s, tx: tx, root: nos.root}
		gone, err := all(tx, func(r scanner) (int64, error) {
			var seq int64
			err := r.Scan(&seq)
			return seq, err
		}, `DELETE FROM resource WHERE `+s.engine.Dialect.beside("root")+` = $1
			AND seq IN (SELECT seq FROM resource WHERE root = $1 AND scope = $2 AND seq <= $3 LIMIT $4) RETURNING seq`, nos.root, nos.scope, last, sweepRows)
		n = len(gone)
		for _, seq := range gone {
			w.count(nos.scope, seq, -1)
		}
		return cmp.Or(err, w.settleCounts())
	})
	return n, err
}

// keyTables are those whose rows belong to an attribute by its symbol.
var keyTables = []sweep{
	{table: "attribute", key: "root, scope, attr, value, elem, seq"},
	{table: "claim", key: "root, scope, attr, value"},
}

// KeyNames implements directory.Store. It hops from name to name of the scope.
func (s *Store) KeyNames(ctx context.Context, root, connection, typ string) ([]string, error) {
	tx := s.scan(ctx)
	nos, err := s.numbers(tx, scope{root, connection, typ})
	if errors.Is(err, directory.ErrNotFound) {
		return nil, nil
	}
	var names []string
	for _, t := range keyTables {
		for attr := int64(0); err == nil; {
			var name string
			err = tx.row([]any{&attr, &name}, `SELECT no, text FROM symbol WHERE no = (SELECT attr FROM `+t.table+`
				WHERE root = $1 AND scope = $2 AND attr > $3 ORDER BY attr LIMIT 1)`, nos.root, nos.scope, attr)
			if err == nil && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		if errors.Is(err, sql.ErrNoRows) {
			err = nil
		}
	}
	return names, s.fault("key names", err)
}

// DropKeys implements directory.Store.
func (s *Store) DropKeys(ctx context.Context, root, connection, typ, name string) error {
	tx := s.point()
	nos, err := s.numbers(tx, scope{root, connection, typ})
	if err != nil {
		return s.fault("drop keys", err)
	}
	attr, err := s.number(tx, name)
	if err != nil {
		return s.fault("drop keys", err)
	}
	for _, sw := range keyTables {
		sw.where, sw.args = "root = $2 AND scope = $3 AND attr = $4", []any{nos.root, nos.scope, attr}
		if err := s.sweepSlices(ctx, "drop keys", sw); err != nil {
			return err
		}
	}
	return nil
}

// Resource implements directory.Store.
func (s *Store) Resource(_ context.Context, root, connection, typ, id string) (directory.Resource, error) {
	r, err := s.resourceBy(root, connection, typ, byID, id)
	return r.declared(root, connection, typ), err
}

// Resources implements directory.Store: those of the query's type.
func (s *Store) Resources(ctx context.Context, q directory.ListQuery) (directory.ResourcePage, error) {
	found, err := s.list(ctx, q, q.Type)
	page := directory.ResourcePage{Total: found.total, Resources: make([]directory.Resource, len(found.rows)), More: found.more}
	for i := range found.rows {
		page.Resources[i] = found.rows[i].declared(q.Root, q.Connection, q.Type.ID)
	}
	return page, err
}
