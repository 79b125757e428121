package postgres_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/usher-scim/usher/store/postgres"
)

// A password with a sign that means something in URLs is told how to be written, and not repeated in parts.
func TestCheckURL_RepeatsNoPartOfAPassword(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"postgres://usher:123/Secre7@h/db", "postgres://usher:123/4?Secre7@h/db", "postgres://usher:123/4#Secre7@h/db",
		"postgres://usher:Secre7/x@h/db", "postgres://usher:123/Secre7=x@h/db", "postgres://usher:12%Secre7@h/db",
		"postgres://usher:Secre7@x@h:port/db", "postgres://usher:123/Secre7@h/db?sslmode=no", "postgres://usher:12 Secre7@h/db",
	} {
		err := postgres.CheckURL(url)
		var told *postgres.Error
		if !errors.As(err, &told) || strings.Contains(err.Error()+told.Hint, "Secre7") || !strings.Contains(told.Hint, "%2F") {
			t.Errorf("%s: %v", url, err)
		}
	}
	for _, url := range []string{
		"postgres://usher:Secre7@h/db", "postgres://usher:1#2?3@h/db", "postgres://usher:a%2Fb%23@h:5432/d%40b", "postgres:///db?host=/run&user=me@here", "postgres://h/db?sslmode=disable",
	} {
		if err := postgres.CheckURL(url); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}
