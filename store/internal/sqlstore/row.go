package sqlstore

import (
	"cmp"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"reflect"
)

// Row is a row of a result as a driver hands it over: each column an int64, a string, a []byte, or nil for NULL.
type Row []driver.Value

// Scan puts the columns where dest points.
func (r Row) Scan(dest ...any) error {
	if len(dest) != len(r) {
		return fmt.Errorf("sqlstore: %d columns for %d places", len(r), len(dest))
	}
	for i, v := range r {
		if err := assign(dest[i], v); err != nil {
			return fmt.Errorf("sqlstore: column %d: %w", i, err)
		}
	}
	return nil
}

// assign puts a column's value into a variable, as sql.Rows.Scan does.
func assign(dest any, v driver.Value) error {
	switch d := dest.(type) {
	case sql.Scanner:
		return d.Scan(v)
	case *int64:
		if n, ok := v.(int64); ok {
			*d = n
			return nil
		}
	case *int:
		if n, ok := v.(int64); ok {
			*d = int(n)
			return nil
		}
	case *bool:
		if n, ok := v.(int64); ok {
			*d = n != 0
			return nil
		}
	case *string:
		if s, ok := v.(string); ok {
			*d = s
			return nil
		}
	}
	return assignTo(reflect.ValueOf(dest).Elem(), v)
}

// assignTo is assign for a variable of any type that a row is read into.
func assignTo(to reflect.Value, v driver.Value) error {
	isBytes := to.Kind() == reflect.Slice && to.Type().Elem().Kind() == reflect.Uint8
	switch v := v.(type) {
	case int64:
		switch {
		case to.CanInt():
			to.SetInt(v)
			return nil
		case to.Kind() == reflect.Bool:
			to.SetBool(v != 0)
			return nil
		}
	case string:
		switch {
		case to.Kind() == reflect.String:
			to.SetString(v)
			return nil
		case isBytes:
			to.SetBytes([]byte(v))
			return nil
		}
	case []byte:
		switch {
		case to.Kind() == reflect.String:
			to.SetString(string(v))
			return nil
		case isBytes:
			to.SetBytes(v)
			return nil
		}
	case nil:
		if isBytes {
			to.SetZero()
			return nil
		}
	}
	return fmt.Errorf("a %T for a %s", v, to.Type())
}

// readRows are rows that have been read already, as a cursor.
type readRows struct {
	row  Row
	left []Row
}

// Next goes on to the next row.
func (r *readRows) Next() bool {
	if len(r.left) == 0 {
		return false
	}
	r.row, r.left = r.left[0], r.left[1:]
	return true
}

// Scan takes the columns of the row.
func (r *readRows) Scan(dest ...any) error { return r.row.Scan(dest...) }

// Err is why there is no next row: there is none.
func (r *readRows) Err() error { return nil }

// Close ends nothing: the query has ended.
func (r *readRows) Close() error { return nil }

// firstRow is the one row of a query; its Scan ends the query.
type firstRow struct {
	rows cursor
	err  error
}

// Scan takes the columns of the row. sql.ErrNoRows: there is none.
func (r *firstRow) Scan(dest ...any) (err error) {
	if r.err != nil {
		return r.err
	}
	defer func() {
		if closed := r.rows.Close(); err == nil {
			err = closed
		}
	}()
	if r.rows.Next() {
		return r.rows.Scan(dest...)
	}
	return cmp.Or(r.rows.Err(), sql.ErrNoRows)
}
