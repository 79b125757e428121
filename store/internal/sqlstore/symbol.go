package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"

	"github.com/usher-scim/usher/directory"
)

// symbols remembers the numbers of the table symbol. Rows there are never changed and never deleted, so a number
// once seen holds for ever, whoever wrote it. Texts without a number are not remembered: another process may give
// them one at any time.
type symbols struct {
	mu     sync.RWMutex
	texts  map[string]int64
	scopes map[scope]scopeNumbers // so that a look-up need not put the scope's text together
}

// scope is one connection's resources of one type.
type scope struct{ root, connection, typ string }

// The types of a scope.
const (
	typeUser  = "User"
	typeGroup = "Group"
)

// text is the scope's symbol. Ids have no slash.
func (sc scope) text() string { return sc.root + "/" + sc.connection + "/" + sc.typ }

// scopeNumbers are what every key of a scope begins with.
type scopeNumbers struct{ root, scope int64 }

func newSymbols() *symbols {
	return &symbols{texts: map[string]int64{}, scopes: map[scope]scopeNumbers{}}
}

// of returns a text's number; 0, which is nobody's, when it is not known.
func (y *symbols) of(text string) int64 {
	y.mu.RLock()
	defer y.mu.RUnlock()
	return y.texts[text]
}

func (y *symbols) learn(text string, no int64) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.texts[text] = no
}

// ofScope returns the numbers of a scope when both are known.
func (y *symbols) ofScope(sc scope) (scopeNumbers, bool) {
	y.mu.RLock()
	nos, ok := y.scopes[sc]
	y.mu.RUnlock()
	if ok {
		return nos, true
	}
	nos = scopeNumbers{y.of(sc.root), y.of(sc.text())}
	if nos.root == 0 || nos.scope == 0 {
		return nos, false
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	y.scopes[sc] = nos
	return nos, true
}

// number looks a symbol up; ErrNotFound means that no row can have it in its key.
func (s *Store) number(tx *Tx, text string) (int64, error) {
	if no := s.symbols.of(text); no != 0 {
		return no, nil
	}
	var no int64
	err := tx.row([]any{&no}, `SELECT no FROM symbol WHERE text = $1`, text)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, directory.ErrNotFound
	}
	if err != nil {
		return 0, err
	}
	s.symbols.learn(text, no)
	return no, nil
}

// numbers looks up those of a scope.
func (s *Store) numbers(tx *Tx, sc scope) (scopeNumbers, error) {
	if nos, ok := s.symbols.ofScope(sc); ok {
		return nos, nil
	}
	for _, text := range []string{sc.root, sc.text()} {
		if _, err := s.number(tx, text); err != nil {
			return scopeNumbers{}, err
		}
	}
	nos, _ := s.symbols.ofScope(sc)
	return nos, nil
}

// intern gives every text a number, in a transaction of its own and before the one that uses it: a number must not
// be remembered from a transaction that may yet roll back. Almost always there is nothing to do.
func (s *Store) intern(ctx context.Context, texts []string) error {
	var missing []string
	for _, t := range texts {
		if s.symbols.of(t) == 0 {
			missing = append(missing, t)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing) // two who give numbers to the same texts never wait for each other
	err := s.engine.Write(ctx, len(missing), func(tx *Tx) error {
		for _, t := range missing {
			if err := tx.put(`INSERT INTO symbol(text) VALUES($1) ON CONFLICT DO NOTHING`, t); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, t := range missing {
		if _, err := s.number(s.point(), t); err != nil {
			return err
		}
	}
	return nil
}

// inRoot runs a list query in a root; one that nobody knows has nothing.
func inRoot[T any](s *Store, tx *Tx, what, root string, fn func(tx *Tx, no int64) ([]T, error)) ([]T, error) {
	no, err := s.number(tx, root)
	if errors.Is(err, directory.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, s.fault(what, err)
	}
	list, err := fn(tx, no)
	return list, s.fault(what, err)
}

// oneInRoot runs a look-up of one row in a root.
func oneInRoot[T any](s *Store, what, root string, fn func(tx *Tx, no int64) (T, error)) (v T, err error) {
	tx := s.keyed
	no, err := s.number(tx, root)
	if err == nil {
		v, err = fn(tx, no)
	}
	return v, s.fault(what, err)
}
