package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"

	"github.com/usher-scim/usher/directory"
)

// symbols remembers the numbers of the table symbol. Rows there are never changed and never deleted, so a number
// once seen holds for ever, whoever wrote it. Texts without a number are not remembered: another process may give
// them one at any time.
type symbols struct {
	known sync.Map // text → int64
}

// The types of a scope.
const (
	typeUser  = "User"
	typeGroup = "Group"
)

// scope is the symbol of one connection's resources of one type. Ids have no slash.
func scope(root, connection, typ string) string { return root + "/" + connection + "/" + typ }

// scopeParts is the inverse of scope.
func scopeParts(symbol string) (connection, typ string) {
	parts := strings.Split(symbol, "/")
	if len(parts) != 3 {
		return "", ""
	}
	return parts[1], parts[2]
}

// number looks a symbol up; ErrNotFound means that no row can have it in its key.
func (s *Store) number(tx *Tx, text string) (int64, error) {
	if no, ok := s.symbols.known.Load(text); ok {
		return no.(int64), nil
	}
	var no int64
	err := tx.row([]any{&no}, `SELECT no FROM symbol WHERE text = $1`, text)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, directory.ErrNotFound
	}
	if err != nil {
		return 0, err
	}
	s.symbols.known.Store(text, no)
	return no, nil
}

// numbers looks up several symbols.
func (s *Store) numbers(tx *Tx, texts ...string) ([]int64, error) {
	nos := make([]int64, len(texts))
	for i, t := range texts {
		var err error
		if nos[i], err = s.number(tx, t); err != nil {
			return nil, err
		}
	}
	return nos, nil
}

// intern gives every text a number, in a transaction of its own and before the one that uses it: a number must not
// be remembered from a transaction that may yet roll back. Almost always there is nothing to do.
func (s *Store) intern(ctx context.Context, texts []string) error {
	var missing []string
	for _, t := range texts {
		if _, ok := s.symbols.known.Load(t); !ok {
			missing = append(missing, t)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	err := s.engine.Write(ctx, len(missing), func(tx *Tx) error {
		for _, t := range missing {
			if _, err := tx.exec(`INSERT INTO symbol(text) VALUES($1) ON CONFLICT DO NOTHING`, t); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	_, err = s.numbers(s.point(ctx), missing...)
	return err
}

// symbol returns a number that intern has made sure of.
func (s *Store) symbol(text string) int64 {
	no, _ := s.symbols.known.Load(text)
	n, _ := no.(int64)
	return n
}
