package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// expiry is when something ends: a time span from now ("365d", "720h") or a moment (RFC 3339).
type expiry struct {
	text string
}

// UnmarshalText keeps the text; the clock is known only when the command runs.
func (e *expiry) UnmarshalText(text []byte) error {
	e.text = string(text)
	_, err := e.at(time.Time{}.AddDate(2000, 0, 0))
	return err
}

// at returns the moment as seen from now.
func (e expiry) at(now time.Time) (time.Time, error) {
	if days, ok := strings.CutSuffix(e.text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n <= 36500 {
			return now.AddDate(0, 0, n), nil
		}
	}
	if d, err := time.ParseDuration(e.text); err == nil && d > 0 {
		return now.Add(d), nil
	}
	if t, err := time.Parse(time.RFC3339, e.text); err == nil {
		return t, nil
	}
	return time.Time{}, fmt.Errorf("%q is neither a number of days (365d), nor a positive duration (720h), nor a time (2027-01-31T00:00:00Z)", e.text)
}
