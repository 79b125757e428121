package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// resource is a row of the table that resources of all types share. What a key of it is made from, its scope and folded
// name, is known to who reads it.
type resource struct {
	seq               int64
	id                string
	subject           string // Users only
	name              string // userName or displayName
	externalID        string
	active            bool
	version           int64
	created, modified int64
	links             int // a User's groups, a Group's members
	body              document
	stamp             int64
}

const (
	resourceColumns = `r.seq, r.id, r.subject, r.name, r.external_id, r.active, r.version, r.created, r.modified,
	r.links, r.body, r.stamp`
	selectResource = `SELECT ` + resourceColumns + ` FROM resource r `
)

func (r *resource) dest() []any {
	return []any{
		&r.seq, &r.id, &r.subject, &r.name, &r.externalID, &r.active, &r.version, &r.created, &r.modified,
		&r.links, &r.body, &r.stamp,
	}
}

func resourceScanner() func(scanner) (resource, error) {
	var r resource
	dest := r.dest()
	return func(row scanner) (resource, error) {
		err := row.Scan(dest...)
		return r, err
	}
}

// document is the column of a resource's JSON. It is taken over from the driver as it is (see [Engine]), where
// database/sql would copy it.
type document []byte

// Scan implements sql.Scanner.
func (d *document) Scan(v any) error {
	switch v := v.(type) {
	case []byte:
		*d = v
	case string:
		*d = document(v)
	default:
		return fmt.Errorf("a document of type %T", v)
	}
	return nil
}

// value is what is stored: no document at all is an empty one.
func (d document) value() []byte {
	if d == nil {
		return []byte{}
	}
	return d
}

// record is the resource without the rows of its groups or members.
func (r *resource) record(typ *scim.ResourceType) *scim.Record {
	return &scim.Record{
		Type: typ, ID: r.id, ExternalID: r.externalID, Version: r.version, Seq: r.seq,
		Created: timeOf(r.created), LastModified: timeOf(r.modified), Body: r.body, Stamp: r.stamp,
	}
}

func (r *resource) user(root, connection string) directory.User {
	return directory.User{
		Root: root, Connection: connection, ID: r.id, Seq: r.seq, Subject: r.subject, UserName: r.name,
		UserNameKey: scim.FoldName(r.name), ExternalID: r.externalID, Active: r.active, Version: r.version,
		Created: timeOf(r.created), Modified: timeOf(r.modified), Body: r.body, Stamp: r.stamp,
		Groups: r.links,
	}
}

func (r *resource) group(root, connection string) directory.Group {
	return directory.Group{
		Root: root, Connection: connection, ID: r.id, Seq: r.seq, DisplayName: r.name, DisplayNameKey: scim.FoldName(r.name),
		ExternalID: r.externalID, Version: r.version, Members: r.links, Created: timeOf(r.created),
		Modified: timeOf(r.modified), Body: r.body, Stamp: r.stamp,
	}
}

func (r *resource) declared(root, connection, typ string) directory.Resource {
	return directory.Resource{
		Root: root, Connection: connection, Type: typ, ID: r.id, Seq: r.seq, ExternalID: r.externalID, Version: r.version,
		Created: timeOf(r.created), Modified: timeOf(r.modified), Body: r.body, Stamp: r.stamp,
	}
}

// User implements directory.Store.
func (s *Store) User(_ context.Context, root, connection, id string) (directory.User, error) {
	r, err := s.resourceBy(root, connection, typeUser, byID, id)
	return r.user(root, connection), err
}

// UserByName implements directory.Store.
func (s *Store) UserByName(_ context.Context, root, connection, userNameKey string) (directory.User, error) {
	r, err := s.resourceBy(root, connection, typeUser, byName, userNameKey)
	return r.user(root, connection), err
}

// UserByExternalID implements directory.Store.
func (s *Store) UserByExternalID(_ context.Context, root, connection, externalID string) (directory.User, error) {
	r, err := s.resourceBy(root, connection, typeUser, byExternal, externalID)
	return r.user(root, connection), err
}

// Group implements directory.Store.
func (s *Store) Group(_ context.Context, root, connection, id string) (directory.Group, error) {
	r, err := s.resourceBy(root, connection, typeGroup, byID, id)
	return r.group(root, connection), err
}

// GroupByName implements directory.Store.
func (s *Store) GroupByName(_ context.Context, root, connection, displayNameKey string) (directory.Group, error) {
	r, err := s.resourceBy(root, connection, typeGroup, byName, displayNameKey)
	return r.group(root, connection), err
}

// Resolve implements directory.Store.
func (s *Store) Resolve(_ context.Context, root, connection string, ids []string) (map[string]string, error) {
	types := make(map[string]string, len(ids))
	tx := s.point()
	no, err := s.number(tx, root)
	if errors.Is(err, directory.ErrNotFound) {
		return types, nil
	}
	if err != nil {
		return nil, s.fault("resolve", err)
	}
	scopes := map[int64]string{}
	for _, typ := range []string{typeUser, typeGroup} {
		nos, err := s.numbers(tx, scope{root, connection, typ})
		if err != nil && !errors.Is(err, directory.ErrNotFound) {
			return nil, s.fault("resolve", err)
		}
		scopes[nos.scope] = typ // none of a type: 0, which is nobody's
	}
	// The scope is no term of the query: an id is unique in its root, and an engine might search by the scope instead.
	err = inLots(ids, []any{no}, func(list string, args []any) error {
		return s.keyed.each(func(r scanner) error {
			var id string
			var scope int64
			err := r.Scan(&id, &scope)
			if typ := scopes[scope]; typ != "" {
				types[id] = typ
			}
			return err
		}, `SELECT id, scope FROM resource WHERE root = $1 AND id IN (`+list+`)`, args...)
	})
	return types, s.fault("resolve", err)
}

func (w *writer) user(i int, e *directory.UserEdit) error {
	return edit(&e.Edit,
		func(a *directory.User) error {
			r := resource{
				id: a.ID, subject: a.Subject, name: a.UserName, externalID: a.ExternalID, active: a.Active, version: a.Version,
				created: nanos(a.Created), modified: nanos(a.Modified), body: a.Body, stamp: a.Stamp,
			}
			ix := index{e.BeforeKeys, e.AfterKeys, e.Claims, e.Rekey}
			return w.insertResource(a.Connection, typeUser, a.UserNameKey, &r, &w.done.userSeq[i], ix)
		},
		func(b *directory.User) error {
			return w.deleteResource(b.Connection, typeUser, b.ID, b.Version, index{e.BeforeKeys, e.AfterKeys, e.Claims, e.Rekey})
		},
		func(b, a *directory.User) error { return w.updateUser(e, b, a) })
}

// The update of a user. What an index holds is named only when it changes: SQLite writes the index entries of every
// column that is set, also to the value that it had, and each is a page of the log.
const (
	updateUserBody = `UPDATE resource SET active = $5, version = $6, modified = $7, body = $8, name = $9, stamp = $10 `
	updateUserKeys = `, name_key = $11, external_id = $12, subject = $13 `
	whereUserIs    = `WHERE root = $1 AND scope + 0 = $2 AND id = $3 AND version = $4`
)

func (w *writer) updateUser(e *directory.UserEdit, b, a *directory.User) error {
	scope := w.scope(b.Connection, typeUser)
	query := updateUserBody + whereUserIs
	args := []any{
		w.root, scope, b.ID, b.Version, flag(a.Active), a.Version, nanos(a.Modified), document(a.Body).value(),
		a.UserName, a.Stamp,
	}
	if a.UserNameKey != b.UserNameKey || a.ExternalID != b.ExternalID || a.Subject != b.Subject {
		query = updateUserBody + updateUserKeys + whereUserIs
		args = append(args, a.UserNameKey, a.ExternalID, a.Subject)
	}
	ix := index{e.BeforeKeys, e.AfterKeys, e.Claims, e.Rekey}
	if ix.stays() {
		return w.tx.must(query, args...)
	}
	var seq int64
	if err := w.tx.row([]any{&seq}, query+` RETURNING seq`, args...); err != nil {
		return conflictIfNone(err)
	}
	return w.moveIndex(scope, seq, ix)
}

func (w *writer) group(i int, e *directory.GroupEdit) error {
	return edit(&e.Edit,
		func(a *directory.Group) error {
			r := resource{
				id: a.ID, name: a.DisplayName, externalID: a.ExternalID, version: a.Version,
				created: nanos(a.Created), modified: nanos(a.Modified), body: a.Body, stamp: a.Stamp,
			}
			w.done.moved[a.ID] = true
			ix := index{e.BeforeKeys, e.AfterKeys, e.Claims, e.Rekey}
			return w.insertResource(a.Connection, typeGroup, a.DisplayNameKey, &r, &w.done.groupSeq[i], ix)
		},
		func(b *directory.Group) error {
			version := b.Version
			if e.AnyVersion {
				version = anyVersion
			}
			return w.deleteResource(b.Connection, typeGroup, b.ID, version, index{e.BeforeKeys, e.AfterKeys, e.Claims, e.Rekey})
		},
		func(b, a *directory.Group) error { return w.updateGroup(i, e, b, a) })
}

// The update of a group's own document, with its version checked or not.
const (
	updateGroup = `UPDATE resource SET name = $4, name_key = $5, external_id = $6, modified = $7, body = $8, stamp = $9,
		version = `

	updateGroupVersion = updateGroup + `$10
		WHERE root = $1 AND scope + 0 = $2 AND id = $3 AND version = $11 RETURNING seq, version`
	updateGroupAny = updateGroup + `version + 1
		WHERE root = $1 AND scope + 0 = $2 AND id = $3 AND name = $10 AND external_id = $11 AND body = $12 RETURNING seq, version`
)

// updateGroup replaces a group's own document. Without a version to check it holds as long as that document is
// still the one before: changes of members move the version and pass by, a change of the document does not.
func (w *writer) updateGroup(i int, e *directory.GroupEdit, b, a *directory.Group) error {
	scope := w.scope(b.Connection, typeGroup)
	args := []any{w.root, scope, b.ID, a.DisplayName, a.DisplayNameKey, a.ExternalID, nanos(a.Modified), document(a.Body).value(), a.Stamp}
	var seq int64
	dest := []any{&seq, &w.done.groupVersion[i]}
	var err error
	if e.AnyVersion {
		err = w.tx.row(dest, updateGroupAny, append(args, b.DisplayName, b.ExternalID, document(b.Body).value())...)
	} else {
		err = w.tx.row(dest, updateGroupVersion, append(args, a.Version, b.Version)...)
	}
	if err != nil {
		return conflictIfNone(err)
	}
	w.done.moved[b.ID] = true
	return w.moveIndex(scope, seq, index{e.BeforeKeys, e.AfterKeys, e.Claims, e.Rekey})
}

func (w *writer) declared(i int, e *directory.ResourceEdit) error {
	return edit(&e.Edit,
		func(a *directory.Resource) error {
			r := resource{
				id: a.ID, externalID: a.ExternalID, version: a.Version,
				created: nanos(a.Created), modified: nanos(a.Modified), body: a.Body, stamp: a.Stamp,
			}
			ix := index{e.BeforeKeys, e.AfterKeys, e.Claims, e.Rekey}
			return w.insertResource(a.Connection, a.Type, a.ID, &r, &w.done.resourceSeq[i], ix)
		},
		func(b *directory.Resource) error {
			return w.deleteResource(b.Connection, b.Type, b.ID, b.Version, index{e.BeforeKeys, e.AfterKeys, e.Claims, e.Rekey})
		},
		func(b, a *directory.Resource) error {
			scope := w.scope(b.Connection, b.Type)
			var seq int64
			err := w.tx.row([]any{&seq}, `UPDATE resource SET external_id = $5, version = $6, modified = $7, body = $8,
				stamp = $9 WHERE root = $1 AND scope + 0 = $2 AND id = $3 AND version = $4 RETURNING seq`,
				w.root, scope, b.ID, b.Version, a.ExternalID, a.Version, nanos(a.Modified), document(a.Body).value(), a.Stamp)
			if err != nil {
				return conflictIfNone(err)
			}
			return w.moveIndex(scope, seq, index{e.BeforeKeys, e.AfterKeys, e.Claims, e.Rekey})
		})
}

const insertResource = `INSERT INTO resource(root, scope, id, subject, name, name_key, external_id, active,
	version, created, modified, links, ord, body, stamp)
	SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0, $12, $13
	WHERE EXISTS (`

// insertResource stores a new resource, counts it and indexes it. It sets seq, at the latest when the change is written. A
// connection that was deleted meanwhile takes no more resources: nothing would ever sweep them.
func (w *writer) insertResource(connection, typ, nameKey string, r *resource, seq *int64, ix index) error {
	scope := w.scope(connection, typ)
	args := []any{
		w.root, scope, r.id, r.subject, r.name, nameKey, r.externalID, flag(r.active),
		r.version, r.created, r.modified, r.body.value(), r.stamp, connection,
	}
	if w.tx.pipe != nil && len(ix.claims.After) == 0 {
		return w.tx.add(newResources, append(args, w.columns(distinctKeys(ix.afterKeys)), seq)...)
	}
	exists := w.s.engine.Dialect.locked(`SELECT 1 FROM connection WHERE root = $1 AND id = $14`, forKeyShare)
	if err := w.tx.made(seq, insertResource+exists+`)`, args...); err != nil {
		return err
	}
	w.count(scope, *seq, +1)
	return w.moveIndex(scope, *seq, ix)
}

// anyVersion stands for a version that is not checked; versions begin at 1.
const anyVersion = 0

// deleteResource drops a resource with all that hangs on it: index keys, its place in groups, a group's members.
func (w *writer) deleteResource(connection, typ, id string, version int64, ix index) error {
	scope := w.scope(connection, typ)
	var seq, stamp int64
	var links int
	err := w.tx.row([]any{&seq, &links, &stamp}, `DELETE FROM resource
		WHERE root = $1 AND scope + 0 = $2 AND id = $3 AND (version = $4 OR $4 = 0) RETURNING seq, links, stamp`,
		w.root, scope, id, version)
	if err != nil {
		return conflictIfNone(err)
	}
	if stamp != 0 { // also the claims that it has under older declarations
		if err := w.tx.put(`DELETE FROM claim WHERE root = $1 AND scope = $2 AND seq = $3`, w.root, scope, seq); err != nil {
			return err
		}
	}
	if typ == typeGroup && links > 0 {
		if err := w.dropMembers(seq); err != nil {
			return err
		}
	}
	if typ == typeGroup || links > 0 {
		if err := w.leaveGroups(id); err != nil {
			return err
		}
	}
	w.count(scope, seq, -1)
	return w.moveIndex(scope, seq, ix)
}

func (w *writer) scope(connection, typ string) int64 {
	nos, _ := w.s.symbols.ofScope(scope{w.name, connection, typ})
	return nos.scope
}

// conflictIfNone turns "no row" of a statement that had to find one into a conflict.
func conflictIfNone(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return directory.ErrConflict
	}
	return err
}
