package sqlstore

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"reflect"
)

// Row is a row of a result as a driver hands it over: each column an int64, a string, a []byte, or nil for NULL.
type Row []driver.Value

// Scan puts the columns where dest points. It takes what queries of this package ask for, and converts nothing else.
func (r Row) Scan(dest ...any) error {
	if len(dest) != len(r) {
		return fmt.Errorf("%d columns for %d places", len(r), len(dest))
	}
	for i, v := range r {
		if err := assign(dest[i], v); err != nil {
			return fmt.Errorf("column %d: %w", i, err)
		}
	}
	return nil
}

func assign(dest any, v driver.Value) error {
	ok := true
	switch d := dest.(type) {
	case *int64:
		*d, ok = v.(int64)
	case *int:
		var n int64
		n, ok = v.(int64)
		*d = int(n)
	case *bool:
		var n int64
		n, ok = v.(int64)
		*d = n != 0
	case *string:
		*d, ok = v.(string)
	case *[]byte:
		ok = bytesOf(d, v)
	case sql.Scanner:
		return d.Scan(v)
	default:
		ok = assignKind(reflect.ValueOf(dest).Elem(), v)
	}
	if !ok {
		return fmt.Errorf("a %T for a %T", v, dest)
	}
	return nil
}

// assignKind is for types that are named: roles' sources, states.
func assignKind(d reflect.Value, v driver.Value) bool {
	switch v := v.(type) {
	case string:
		if d.Kind() == reflect.String {
			d.SetString(v)
			return true
		}
	case int64:
		if d.CanInt() && !d.OverflowInt(v) {
			d.SetInt(v)
			return true
		}
	}
	return false
}

// bytesOf takes over what the driver has made for this row.
func bytesOf(d *[]byte, v driver.Value) bool {
	switch v := v.(type) {
	case []byte:
		*d = v
	case string:
		*d = []byte(v)
	case nil:
		*d = nil
	default:
		return false
	}
	return true
}
