package sqlstore

import (
	"context"
	"strings"

	"github.com/usher-scim/usher/directory"
)

// UsersOf implements directory.Store: in the order of their creation.
func (s *Store) UsersOf(_ context.Context, root, subject string) ([]directory.User, error) {
	if subject == "" {
		return nil, nil
	}
	return inRoot(s, s.keyed, "users of", root, func(tx *Tx, no int64) ([]directory.User, error) {
		var row resource
		return all(tx, func(r scanner) (directory.User, error) {
			var text string
			err := r.Scan(append(row.dest(), &text)...)
			connection := strings.TrimSuffix(strings.TrimPrefix(text, root+"/"), "/"+typeUser)
			return row.user(root, connection), err
		}, `SELECT `+resourceColumns+`, s.text FROM resource r JOIN symbol s ON s.no = r.scope
			WHERE r.root = $1 AND r.subject = $2 AND r.subject <> '' ORDER BY r.seq`, no, subject)
	})
}
