package sqlstore

import (
	"encoding/json"
	"time"
)

// How values of Go stand in columns.

// nanos is how a time is stored; the zero time is 0.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// timeOf is the inverse of nanos.
func timeOf(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// text is a JSON column's value; none is NULL.
func text(b []byte) any {
	if b == nil {
		return nil
	}
	return string(b)
}

// object is how a struct is stored: as a JSON object.
func object(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

// fromObject is the inverse of object. Most settings are the defaults, and cost nothing.
func fromObject(b []byte, v any) error {
	if len(b) == 0 || string(b) == "{}" {
		return nil
	}
	return json.Unmarshal(b, v)
}

// array is how a list of texts is stored: nil, which may mean something else than an empty list, as "".
func array(list []string) (string, error) {
	if list == nil {
		return "", nil
	}
	b, err := json.Marshal(list)
	return string(b), err
}

// fromArray is the inverse of array.
func fromArray(b []byte, list *[]string) error {
	if len(b) == 0 {
		return nil
	}
	return json.Unmarshal(b, list)
}

// quoted is how a text stands in an array.
func quoted(s string) string {
	b, _ := json.Marshal(s) // a string has no error
	return string(b)
}

// atMost is a LIMIT; 0 is none.
func atMost(limit int) int64 {
	if limit <= 0 {
		return 1 << 62
	}
	return int64(limit)
}
