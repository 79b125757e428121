package scimclient

import (
	"context"
	"errors"
	"math"
	"net/http"
	"slices"
	"testing"
	"time"
)

func TestRetry(t *testing.T) {
	t.Parallel()
	get := func(ctx context.Context, users Resources[User]) error { _, err := users.Get(ctx, "1"); return err }
	create := func(ctx context.Context, users Resources[User]) error {
		_, err := users.Create(ctx, &User{})
		return err
	}
	replace := func(ctx context.Context, users Resources[User]) error {
		_, err := users.Replace(ctx, "1", &User{})
		return err
	}
	guarded := func(ctx context.Context, users Resources[User]) error {
		_, err := users.With(Options{IfMatch: `W/"1"`}).Replace(ctx, "1", &User{})
		return err
	}
	patch := func(ctx context.Context, users Resources[User]) error {
		_, err := users.Patch(ctx, "1", Patch{}.Remove("title"))
		return err
	}
	remove := func(ctx context.Context, users Resources[User]) error { return users.Delete(ctx, "1") }
	search := func(ctx context.Context, users Resources[User]) error {
		_, err := users.List(ctx, Query{Post: true})
		return err
	}
	lost, done := answer{}, ok(`{"id":"1"}`)
	busy := status(503, "Retry-After", "2")
	cases := []struct {
		name    string
		call    func(context.Context, Resources[User]) error
		retry   Retry
		answers []answer
		sent    int
		waited  []time.Duration
		err     error
	}{
		{"zero policy tries once", get, Retry{}, []answer{busy, done}, 1, nil, &Error{Status: 503}},
		{"Retry-After in seconds", get, Retry{Attempts: 3}, []answer{status(429, "Retry-After", "7"), done}, 2, []time.Duration{7 * time.Second}, nil},
		{"Retry-After as a date, by the server's clock", get, Retry{Attempts: 3}, []answer{status(429, "Date", "Mon, 05 Jan 2026 10:00:00 GMT", "Retry-After", "Mon, 05 Jan 2026 10:00:09 GMT"), done}, 2, []time.Duration{9 * time.Second}, nil},
		{"Retry-After of zero", get, Retry{Attempts: 2}, []answer{status(429, "Retry-After", "0"), done}, 2, []time.Duration{0}, nil},
		{"attempts are bounded", get, Retry{Attempts: 3}, []answer{busy}, 3, []time.Duration{2 * time.Second, 2 * time.Second}, &Error{Status: 503}},
		{"time is bounded", get, Retry{Attempts: 99, Within: 5 * time.Second}, []answer{busy}, 3, []time.Duration{2 * time.Second, 2 * time.Second}, &Error{Status: 503}},
		{"a wait beyond the bound is not begun", get, Retry{Attempts: 3}, []answer{status(429, "Retry-After", "3600")}, 1, nil, ErrRateLimited},
		{"create after 429", create, Retry{Attempts: 2}, []answer{status(429, "Retry-After", "1"), done}, 2, []time.Duration{time.Second}, nil},
		{"create after 503 with Retry-After", create, Retry{Attempts: 2}, []answer{busy, done}, 2, []time.Duration{2 * time.Second}, nil},
		{"create after a bare 503", create, Retry{Attempts: 2}, []answer{status(503), done}, 1, nil, &Error{Status: 503}},
		{"create after 502", create, Retry{Attempts: 2}, []answer{status(502), done}, 1, nil, &Error{Status: 502}},
		{"create without an answer", create, Retry{Attempts: 2}, []answer{lost, done}, 1, nil, errAny},
		{"patch without an answer", patch, Retry{Attempts: 2}, []answer{lost, done}, 1, nil, errAny},
		{"patch after 429", patch, Retry{Attempts: 2}, []answer{status(429, "Retry-After", "1"), done}, 2, []time.Duration{time.Second}, nil},
		{"replace without an answer", replace, Retry{Attempts: 2}, []answer{lost, done}, 2, nil, nil},
		{"replace of a version without an answer", guarded, Retry{Attempts: 2}, []answer{lost, done}, 1, nil, errAny},
		{"delete after 504", remove, Retry{Attempts: 2}, []answer{status(504), status(204)}, 2, nil, nil},
		{"search by POST without an answer", search, Retry{Attempts: 2}, []answer{lost, ok(`{"totalResults":0}`)}, 2, nil, nil},
		{"500 is final", get, Retry{Attempts: 2}, []answer{status(500), done}, 1, nil, &Error{Status: 500}},
		{"404 is final", get, Retry{Attempts: 2}, []answer{status(404), done}, 1, nil, ErrNotFound},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, s, k := play(t, tt.answers...)
			tt.retry.Wait = c.Retry.Wait
			c.Retry = tt.retry
			err := tt.call(t.Context(), c.Users())
			if ok := err == nil; ok != (tt.err == nil) || !ok && tt.err != errAny && !errors.Is(err, tt.err) {
				t.Errorf("got %v, want %v", err, tt.err)
			}
			if s.sent() != tt.sent {
				t.Errorf("sent %d times, want %d", s.sent(), tt.sent)
			}
			if tt.waited != nil && !slices.Equal(k.waits, tt.waited) || tt.sent == 1 && len(k.waits) > 0 {
				t.Errorf("waited %v, want %v", k.waits, tt.waited)
			}
		})
	}
}

var errAny = errors.New("any")

func TestRetry_BackoffDoublesWithinItsHalf(t *testing.T) {
	t.Parallel()
	c, _, k := play(t, status(502))
	c.Retry.Attempts, c.Retry.Backoff = 5, time.Second
	_, _ = c.Users().Get(t.Context(), "1")
	for i, wait := range k.waits {
		if whole := time.Second << i; wait > whole || wait < whole/2 {
			t.Errorf("wait %d is %v, want half to all of %v", i+1, wait, whole)
		}
	}
	if len(k.waits) != 4 {
		t.Errorf("waited %v", k.waits)
	}
	if wait := (Retry{Backoff: math.MaxInt64}).backoff(9); wait < 0 {
		t.Errorf("a large backoff overflows to %v", wait)
	}
}

func TestRetry_EndsWithTheContext(t *testing.T) {
	t.Parallel()
	c, s, _ := play(t, status(429, "Retry-After", "1"))
	ctx, cancel := context.WithCancel(t.Context())
	c.Retry = Retry{Attempts: 9, Wait: func(ctx context.Context, _ time.Duration) error {
		cancel()
		return Retry{}.wait(ctx, time.Hour)
	}}
	_, err := c.Users().Get(ctx, "1")
	if !errors.Is(err, context.Canceled) || !errors.Is(err, ErrRateLimited) || s.sent() != 1 {
		t.Errorf("got %v after %d requests", err, s.sent())
	}
	if _, err := c.Users().Get(ctx, "1"); !errors.Is(err, context.Canceled) || s.sent() != 1 {
		t.Errorf("got %v after %d requests", err, s.sent())
	}
}

func TestRetry_DefaultWait(t *testing.T) {
	t.Parallel()
	if err := (Retry{}).wait(t.Context(), time.Nanosecond); err != nil {
		t.Error(err)
	}
}

func TestRetry_WhatCannotBeSentIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	c, s, k := play(t, ok(`{}`))
	c.Retry.Attempts = 3
	c.BaseURL = "ftp://x"
	if _, err := c.Users().Get(t.Context(), "1"); err == nil || len(k.waits) > 0 {
		t.Errorf("got %v after %v", err, k.waits)
	}
	c.TokenSource = func(context.Context, string) (string, error) { return "", errAny }
	if _, err := c.Users().Get(t.Context(), "1"); !errors.Is(err, errAny) || len(k.waits) > 0 {
		t.Errorf("got %v after %v", err, k.waits)
	}
	s.want()
}

func TestTokenSource_ReplacesARefusedToken(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		tokens map[string]string // rejected → token
		answer []answer
		want   []string
		err    error
	}{
		{
			"once",
			map[string]string{"": "old", "old": "new"},
			[]answer{status(401), ok(`{}`)},
			[]string{"GET /Users/1 | Authorization: Bearer old", "GET /Users/1 | Authorization: Bearer new"},
			nil,
		},
		{
			"not for ever",
			map[string]string{"": "old", "old": "new", "new": "newer"},
			[]answer{status(401)},
			[]string{"GET /Users/1 | Authorization: Bearer old", "GET /Users/1 | Authorization: Bearer new"},
			ErrUnauthorized,
		},
		{"not by the same", map[string]string{"": "old", "old": "old"}, []answer{status(401)}, []string{"GET /Users/1 | Authorization: Bearer old"}, ErrUnauthorized},
		{"not without another", map[string]string{"": "old"}, []answer{status(401)}, []string{"GET /Users/1 | Authorization: Bearer old"}, ErrUnauthorized},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, s, _ := play(t, tt.answer...)
			c.TokenSource = func(_ context.Context, rejected string) (string, error) {
				if token, ok := tt.tokens[rejected]; ok {
					return token, nil
				}
				return "", errAny
			}
			if _, err := c.Users().Get(t.Context(), "1"); !errors.Is(err, tt.err) {
				t.Errorf("got %v, want %v", err, tt.err)
			}
			s.want(tt.want...)
		})
	}
}

func TestTokenSource_IsNotAskedInVain(t *testing.T) {
	t.Parallel()
	c, s, _ := play(t, ok(``))
	c.TokenSource = func(context.Context, string) (string, error) { return "", errAny }
	r := Request{Method: "GET", Path: "/", Header: http.Header{"Authorization": {"Basic x"}}}
	if _, err := c.Do(t.Context(), r); err != nil {
		t.Error(err)
	}
	s.want("GET / | Authorization: Basic x")
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	cases := []struct {
		value, date string
		want        time.Duration
		ok          bool
	}{
		{"", "", 0, false},
		{"120", "", 2 * time.Minute, true},
		{" 120 ", "", 2 * time.Minute, true},
		{"0", "", 0, true},
		{"-5", "", 0, true},
		{"1.2", "", 2 * time.Second, true},
		{"1e300", "", 365 * 24 * time.Hour, true},
		{"inf", "", 365 * 24 * time.Hour, true},
		{"nan", "", 0, false},
		{"soon", "", 0, false},
		{"Mon, 05 Jan 2026 10:01:00 GMT", "", time.Minute, true},
		{"Mon, 05 Jan 2026 09:00:00 GMT", "", 0, true},
		{"Monday, 05-Jan-26 10:01:00 GMT", "", time.Minute, true},
		{"Mon, 05 Jan 2026 11:00:30 GMT", "Mon, 05 Jan 2026 11:00:00 GMT", 30 * time.Second, true},
	}
	for _, tt := range cases {
		h := http.Header{"Retry-After": {tt.value}, "Date": {tt.date}}
		if got, ok := retryAfter(h, now); got != tt.want || ok != tt.ok {
			t.Errorf("%q: got %v, %v; want %v, %v", tt.value, got, ok, tt.want, tt.ok)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{"", "120", "-1", "1.5", "1e99", "Mon, 05 Jan 2026 10:01:00 GMT", "nan", "0x1p63"} {
		f.Add(value, "Mon, 05 Jan 2026 10:00:00 GMT")
	}
	now := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, value, date string) {
		wait, ok := retryAfter(http.Header{"Retry-After": {value}, "Date": {date}}, now)
		if wait < 0 || wait > 0 && !ok {
			t.Errorf("%q at %q: %v, %v", value, date, wait, ok)
		}
	})
}
