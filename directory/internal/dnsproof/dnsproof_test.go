package dnsproof_test

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/usher-scim/usher/directory/internal/dnsproof"
)

func TestFind(t *testing.T) {
	t.Parallel()
	challenge := dnsproof.NewChallenge()
	if challenge == dnsproof.NewChallenge() {
		t.Fatal("two challenges are the same")
	}
	for _, row := range []struct {
		name    string
		records map[string][]string // nil: the name exists and the DNS fails
		want    dnsproof.Look       // Failure: a part of it
	}{
		{"at the domain", map[string][]string{"example.com.": {"v=spf1", " " + challenge}}, dnsproof.Look{Found: true, Answered: true}},
		{"at the host", map[string][]string{"_usher.example.com.": {challenge}}, dnsproof.Look{Found: true, Answered: true}},
		{"at one of which the other fails", map[string][]string{"_usher.example.com.": nil, "example.com.": {challenge}}, dnsproof.Look{Found: true, Answered: true}},
		{"as a part of a record", map[string][]string{"example.com.": {challenge + "x"}}, dnsproof.Look{Answered: true, Failure: "do not hold the challenge"}},
		{"nowhere", map[string][]string{}, dnsproof.Look{Answered: true, Failure: "there is no TXT record"}},
		{"no answer", map[string][]string{"_usher.example.com.": nil, "example.com.": nil}, dnsproof.Look{Failure: "gave no answer"}},
	} {
		resolver := dnsproof.Resolver(func(_ context.Context, name string) ([]string, error) {
			switch records, there := row.records[name]; {
			case !there:
				return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
			case records == nil:
				return nil, &net.DNSError{Err: "server misbehaving", Name: name, IsTemporary: true}
			default:
				return records, nil
			}
		})
		look := resolver.Find(t.Context(), "example.com", challenge)
		if look.Found != row.want.Found || look.Answered != row.want.Answered || (look.Failure == "") != (row.want.Failure == "") ||
			!strings.Contains(look.Failure, row.want.Failure) {
			t.Errorf("%s: %+v, want %+v", row.name, look, row.want)
		}
	}
}
