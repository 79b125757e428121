package sqlstore

import (
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// key is what a resource of a scope is looked up by. $1 is the root, $2 the scope, $3 the value.
//
// equal asks for it as it is. But a planner that takes a root and a scope of it to have few rows then walks all of the
// scope, by whichever index: PostgreSQL's does as long as a table has no statistics, and where there are many roots of
// which one is large. seek asks for the first rows at or behind the value in an order that one index alone has, and then
// for those of them that have it.
type key struct{ equal, seek string }

var (
	byID = key{
		// The scope only checks: "+ 0" keeps it from being searched by.
		equal: selectResource + `WHERE r.root = $1 AND r.scope + 0 = $2 AND r.id = $3`,
		seek:  seekFrom + `s.id >= $3 ORDER BY s.id LIMIT 1) r WHERE r.scope = $2 AND r.id = $3`,
	}
	byName = key{
		equal: selectResource + `WHERE r.root = $1 AND r.scope = $2 AND r.name_key = $3`,
		seek: seekFrom + `(s.scope, s.name_key) >= ($2, $3) ORDER BY s.scope, s.name_key LIMIT 1) r
			WHERE r.scope = $2 AND r.name_key = $3`,
	}
	// byExternal is no unique key: a second row tells that there may be more.
	byExternal = key{
		equal: selectResource + `WHERE r.root = $1 AND r.scope = $2 AND r.external_id = $3 AND r.external_id <> '' ORDER BY r.seq LIMIT 2`,
		seek: seekFrom + `(s.scope, s.external_id) >= ($2, $3) AND s.external_id <> '' ORDER BY s.scope, s.external_id LIMIT 2) r
			WHERE r.scope = $2 AND r.external_id = $3`,
	}
)

const seekFrom = `SELECT ` + resourceColumns + ` FROM (SELECT * FROM resource s WHERE s.root = $1 AND `

// by returns the resources that have the value of the key. Two mean two or more, the oldest first.
func (s *Store) by(tx *Tx, k key, nos scopeNumbers, value string) ([]resource, error) {
	if !s.engine.Dialect.Concurrent {
		return all(tx, resourceScanner(), k.equal, nos.root, nos.scope, value)
	}
	rows, err := all(tx, resourceScanner(), k.seek, nos.root, nos.scope, value)
	if err == nil && len(rows) > 1 {
		return all(tx, resourceScanner(), k.equal, nos.root, nos.scope, value)
	}
	return rows, err
}

// resourceBy finds the resource of a scope by a key, the oldest if there are several.
func (s *Store) resourceBy(root, connection, typ string, k key, value string) (resource, error) {
	nos, err := s.numbers(s.point(), scope{root, connection, typ})
	if err != nil {
		return resource{}, s.fault(typ, err)
	}
	rows, err := s.by(s.keyed, k, nos, value)
	if err == nil && len(rows) == 0 {
		err = directory.ErrNotFound
	}
	if err != nil {
		return resource{}, s.fault(typ, err)
	}
	return rows[0], nil
}

// key recognises equality with a key of the scope.
func (c *compiler) key(n *scim.Compare) (k key, value string, ok bool) {
	value, _ = n.Literal.(string)
	name := n.Path.Attr.Name
	switch {
	case n.Op != scim.Equal || n.Path.Sub != nil:
		return key{}, "", false
	case n.Path.Schema == nil && name == "id":
		return byID, value, true
	case n.Path.Schema == nil && name == "externalId":
		return byExternal, value, true
	case n.Path.Schema != nil && n.Path.Schema.ID == c.typ.Schema.ID && c.isName(name):
		return byName, scim.FoldName(value), true
	}
	return key{}, "", false
}

// isName reports that the core attribute is the one with a column and an index of its own.
func (c *compiler) isName(attr string) bool {
	return c.typ.ID == typeUser && attr == "userName" || c.typ.ID == typeGroup && attr == "displayName"
}
