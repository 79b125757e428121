package sqlstore

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/usher-scim/usher/directory"
)

// kept is a table of rows that are asked for by few of their values: those stand in columns, and the whole row beside
// them as JSON.
type kept[T any] struct {
	table   string
	key     []string // columns of the key behind root
	columns []string // further ones
	values  func(*T) (key, columns []any)
	// version is the optimistic lock; nil: rows are inserted and removed, and never changed.
	version func(*T) int64
}

// scanKept reads a row as it was written; what columns hold beside it is the caller's.
func scanKept[T any](r scanner) (v T, err error) {
	var body []byte
	if err := r.Scan(&body); err != nil {
		return v, err
	}
	return v, json.Unmarshal(body, &v)
}

// write writes an edit of a row.
func (k kept[T]) write(w *writer, e *directory.Edit[T]) error {
	return edit(e,
		func(a *T) error { return k.insert(w, a) },
		func(b *T) error {
			key, _ := k.values(b)
			args := append([]any{w.root}, key...)
			query := `DELETE FROM ` + k.table + k.where()
			if k.version != nil {
				args = append(args, k.version(b))
				query += ` AND version = ` + parameter(len(args))
			}
			return w.tx.must(query, args...)
		},
		func(b, a *T) error { return k.update(w, b, a) })
}

func (k kept[T]) insert(w *writer, a *T) error {
	body, err := object(a)
	if err != nil {
		return err
	}
	key, columns := k.values(a)
	names := append(append([]string{"root"}, k.key...), k.columns...)
	args := append(append(append([]any{w.root}, key...), columns...), body)
	names = append(names, "body")
	if k.version != nil {
		names, args = append(names, "version"), append(args, k.version(a))
	}
	places := make([]string, len(args))
	for i := range args {
		places[i] = parameter(i + 1)
	}
	return w.tx.put(`INSERT INTO `+k.table+`(`+strings.Join(names, ", ")+`) VALUES(`+strings.Join(places, ", ")+`)`, args...)
}

func (k kept[T]) update(w *writer, b, a *T) error {
	body, err := object(a)
	if err != nil {
		return err
	}
	key, _ := k.values(b)
	_, columns := k.values(a)
	args := append([]any{w.root}, key...)
	set := make([]string, 0, len(columns)+2)
	for i, name := range append(append([]string{}, k.columns...), "body", "version") {
		value := any(body)
		switch {
		case i < len(columns):
			value = columns[i]
		case name == "version":
			value = k.version(a)
		}
		args = append(args, value)
		set = append(set, name+` = `+parameter(len(args)))
	}
	args = append(args, k.version(b))
	return w.tx.must(`UPDATE `+k.table+` SET `+strings.Join(set, ", ")+k.where()+` AND version = `+parameter(len(args)), args...)
}

// where names one row by root and key.
func (k kept[T]) where() string {
	text := ` WHERE root = $1`
	for i, name := range k.key {
		text += ` AND ` + name + ` = ` + parameter(i+2)
	}
	return text
}

// one looks a row up by its key.
func (k kept[T]) one(s *Store, root string, key ...any) (T, error) {
	return oneInRoot(s, k.table, root, func(tx *Tx, no int64) (T, error) {
		return one(tx, scanKept[T], `SELECT body FROM `+k.table+k.where(), append([]any{no}, key...)...)
	})
}

func parameter(n int) string { return `$` + strconv.Itoa(n) }
