package sqlstore

import (
	"github.com/usher-scim/usher/scim"
)

// diffKeys moves a resource's index rows from one list of keys to another. What is in both is not touched: a row of
// the side table has a random place in the tree.
func (w *writer) diffKeys(scope, seq int64, before, after []scim.Key) error {
	for _, k := range lacking(before, after) {
		_, err := w.tx.exec(`DELETE FROM attribute
			WHERE root = $1 AND scope = $2 AND attr = $3 AND value = $4 AND elem = $5 AND seq = $6`,
			w.root, scope, w.s.symbols.of(k.Attr), k.Value, k.Element, seq)
		if err != nil {
			return err
		}
	}
	for _, k := range lacking(after, before) {
		_, err := w.tx.exec(`INSERT INTO attribute(root, scope, attr, value, elem, seq) VALUES($1, $2, $3, $4, $5, $6)
			ON CONFLICT DO NOTHING`, w.root, scope, w.s.symbols.of(k.Attr), k.Value, k.Element, seq)
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
