package sqlstore

import (
	"cmp"
	"slices"
	"strings"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// index is what stands beside a document, before and after an edit: its rows of the tables attribute and claim.
type index struct {
	beforeKeys, afterKeys []scim.Key
	claims                directory.Claims
	rekey                 bool
}

// stays reports that nothing of it moves.
func (ix index) stays() bool {
	return !ix.rekey && slices.Equal(ix.beforeKeys, ix.afterKeys) && slices.Equal(ix.claims.Before, ix.claims.After)
}

// moveIndex moves a resource's rows from what was to what is. What is in both is not touched: a row of a side table
// has a random place in the tree. With rekey rows of before may be missing, and all of after are made sure of.
func (w *writer) moveIndex(scope, seq int64, ix index) error {
	add, claim := lacking(ix.afterKeys, ix.beforeKeys), lacking(ix.claims.After, ix.claims.Before)
	if err := w.dropKeys(scope, seq, lacking(ix.beforeKeys, ix.afterKeys)); err != nil {
		return err
	}
	if err := w.dropClaims(scope, seq, lacking(ix.claims.Before, ix.claims.After)); err != nil {
		return err
	}
	if ix.rekey {
		add = ix.afterKeys
		if err := w.addClaims(scope, seq, ix.claims.After); err != nil {
			return err
		}
	}
	if err := w.addKeys(scope, seq, add); err != nil {
		return err
	}
	return w.takeClaims(scope, seq, claim)
}

func (w *writer) dropKeys(scope, seq int64, keys []scim.Key) error {
	for _, k := range keys {
		err := w.tx.put(`DELETE FROM attribute
			WHERE root = $1 AND scope = $2 AND attr = $3 AND value = $4 AND elem = $5 AND seq = $6`,
			w.root, scope, w.s.symbols.of(k.Attr), k.Value, k.Element, seq)
		if err != nil {
			return err
		}
	}
	return nil
}

// insertKeys is one statement for all keys, where each costs the server as much as a row.
const (
	insertKey  = `INSERT INTO attribute(root, scope, attr, value, elem, seq) VALUES($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`
	insertKeys = `INSERT INTO attribute(root, scope, seq, attr, value, elem)
		SELECT $1, $2, $3, k.attr, k.value, k.elem FROM unnest($4::BIGINT[], $5::TEXT[], $6::BIGINT[]) AS k(attr, value, elem)
		ON CONFLICT DO NOTHING`
)

func (w *writer) addKeys(scope, seq int64, keys []scim.Key) error {
	if w.s.engine.Dialect.Concurrent && len(keys) > 1 {
		return w.addKeysAtOnce(scope, seq, keys)
	}
	if len(keys) == 0 {
		return nil
	}
	args := []any{w.root, scope, nil, nil, nil, seq} // of all: where there are several, each is run before the next one
	for _, k := range keys {
		args[2], args[3], args[4] = w.s.symbols.of(k.Attr), k.Value, k.Element
		if err := w.tx.put(insertKey, args...); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) addKeysAtOnce(scope, seq int64, keys []scim.Key) error {
	return w.tx.put(insertKeys, append([]any{w.root, scope, seq}, w.columns(keys)...)...)
}

// columns are the keys as lists of attributes, values and elements.
func (w *writer) columns(keys []scim.Key) []any {
	attrs, values, elems := make([]int64, len(keys)), make([]string, len(keys)), make([]int64, len(keys))
	for i, k := range keys {
		attrs[i], values[i], elems[i] = w.s.symbols.of(k.Attr), k.Value, int64(k.Element)
	}
	return []any{attrs, values, elems}
}

// distinctKeys are the keys in order, each once.
func distinctKeys(keys []scim.Key) []scim.Key {
	return slices.Compact(slices.SortedFunc(slices.Values(keys), func(a, b scim.Key) int {
		return cmp.Or(strings.Compare(a.Attr, b.Attr), strings.Compare(a.Value, b.Value), cmp.Compare(a.Element, b.Element))
	}))
}

func (w *writer) dropClaims(scope, seq int64, claims []scim.Key) error {
	for _, k := range claims {
		err := w.tx.put(`DELETE FROM claim WHERE root = $1 AND scope = $2 AND attr = $3 AND value = $4 AND seq = $5`,
			w.root, scope, w.s.symbols.of(k.Attr), k.Value, seq)
		if err != nil {
			return err
		}
	}
	return nil
}

// addClaims claims what nobody has.
func (w *writer) addClaims(scope, seq int64, claims []scim.Key) error {
	for _, k := range claims {
		err := w.tx.put(`INSERT INTO claim(root, scope, attr, value, seq) VALUES($1, $2, $3, $4, $5)
			ON CONFLICT DO NOTHING`, w.root, scope, w.s.symbols.of(k.Attr), k.Value, seq)
		if err != nil {
			return err
		}
	}
	return nil
}

// takeClaims claims values that must be nobody's, or this resource's already: the last word on a race for them.
func (w *writer) takeClaims(scope, seq int64, claims []scim.Key) error {
	for _, k := range claims {
		err := w.tx.must(`INSERT INTO claim(root, scope, attr, value, seq) VALUES($1, $2, $3, $4, $5)
			ON CONFLICT(root, scope, attr, value) DO UPDATE SET seq = excluded.seq WHERE claim.seq = excluded.seq`,
			w.root, scope, w.s.symbols.of(k.Attr), k.Value, seq)
		if err != nil {
			return err
		}
	}
	return nil
}

// lacking lists the keys that other does not have.
func lacking(keys, other []scim.Key) []scim.Key {
	if len(other) == 0 {
		return keys
	}
	have := make(map[scim.Key]bool, len(other))
	for _, k := range other {
		have[k] = true
	}
	var list []scim.Key
	for _, k := range keys {
		if !have[k] {
			list = append(list, k)
		}
	}
	return list
}
