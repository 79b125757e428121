package sqlstore

import (
	"github.com/usher-scim/usher/scim"
)

// lookups are the attributes that have rows in the side table: those by which clients look resources up. A row
// costs the write about a fifth of the document's own, so there is none for what a column answers (userName,
// externalId, active) nor for values that many resources share (emails.type, locale), which no index narrows; a
// filter on the rest is streamed and matched. Adding a name here needs a re-index.
var lookups = map[string]map[string]bool{
	typeUser: {
		"displayname":                        true,
		"emails.value":                       true,
		"enterprise:2.0:user:employeenumber": true,
		"enterprise:2.0:user:manager.value":  true,
		"name.familyname":                    true,
		"name.givenname":                     true,
	},
}

// diffKeys moves a resource's index rows from one list of keys to another. What is in both is not touched: a row of
// the side table has a random place in the tree.
func (w *writer) diffKeys(typ string, scope, seq int64, before, after []scim.Key) error {
	for _, k := range lacking(typ, before, after) {
		_, err := w.tx.exec(`DELETE FROM attribute
			WHERE root = $1 AND scope = $2 AND attr = $3 AND value = $4 AND elem = $5 AND seq = $6`,
			w.root, scope, w.s.symbol(k.Attr), k.Value, k.Element, seq)
		if err != nil {
			return err
		}
	}
	for _, k := range lacking(typ, after, before) {
		_, err := w.tx.exec(`INSERT INTO attribute(root, scope, attr, value, elem, seq) VALUES($1, $2, $3, $4, $5, $6)
			ON CONFLICT DO NOTHING`, w.root, scope, w.s.symbol(k.Attr), k.Value, k.Element, seq)
		if err != nil {
			return err
		}
	}
	return nil
}

// lacking lists the keys of the side table that other does not have.
func lacking(typ string, keys, other []scim.Key) []scim.Key {
	have := make(map[scim.Key]bool, len(other))
	for _, k := range other {
		have[k] = true
	}
	var list []scim.Key
	for _, k := range keys {
		if lookups[typ][k.Attr] && !have[k] {
			list = append(list, k)
		}
	}
	return list
}
