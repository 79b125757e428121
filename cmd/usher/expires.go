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
	if n, ok := days(e.text); ok && n > 0 {
		return now.AddDate(0, 0, n), nil
	}
	if d, err := time.ParseDuration(e.text); err == nil && d > 0 {
		return now.Add(d), nil
	}
	if t, err := time.Parse(time.RFC3339, e.text); err == nil {
		return t, nil
	}
	return time.Time{}, fmt.Errorf("%q is neither a number of days (1d to 36500d), nor a positive duration (720h), nor a time (2027-01-31T00:00:00Z)", e.text)
}

// days reads a number of days, "365d".
func days(text string) (int, bool) {
	number, ok := strings.CutSuffix(text, "d")
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(number)
	return n, err == nil && n >= 0 && n <= 36500
}

// span is for how long something is kept: days ("30d") or a duration ("12h"); 0 is for good.
type span time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *span) UnmarshalText(text []byte) error {
	if n, ok := days(string(text)); ok {
		*s = span(n) * span(24*time.Hour)
		return nil
	}
	d, err := time.ParseDuration(string(text))
	if err != nil || d < 0 {
		return fmt.Errorf("%q is neither a number of days (1d to 36500d), nor a duration (12h), nor 0", text)
	}
	*s = span(d)
	return nil
}

// kept is what it means to the directory.
func (s span) kept() time.Duration {
	if s == 0 {
		return -1
	}
	return time.Duration(s)
}
