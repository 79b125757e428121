package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// secret marks every personal value of a person.
func secretOf(i int) string { return fmt.Sprintf("Secretive%05dPerson", i) }

// person creates a user whose name is in the document, in index rows, and in everything that hangs on the subject.
func person(i int) *directory.Change {
	name, id, now := secretOf(i), fmt.Sprintf("id%05d", i), time.Now()
	return &directory.Change{
		Root: childRoot,
		Subjects: []directory.Edit[directory.Subject]{{After: &directory.Subject{
			Root: childRoot, ID: id, Name: name, Email: name + "@example.com", Profile: []byte(`{"name":"` + name + `"}`), Created: now, Version: 1,
		}}},
		Users: []directory.UserEdit{{
			Edit: directory.Edit[directory.User]{After: &directory.User{
				Root: childRoot, Connection: childConn, ID: id, Subject: id, UserName: name, UserNameKey: scim.FoldName(name), ExternalID: name,
				Active: true, Version: 1, Created: now, Modified: now, Body: fmt.Appendf(nil, `{"title":%q,"userName":%q}`, strings.Repeat("x", i*37%6000), name),
			}},
			AfterKeys: keysOf(i),
			Claims:    directory.Claims{After: []scim.Key{{Attr: "badge#1", Value: name}}},
		}},
		Memberships: []directory.Edit[directory.Membership]{{After: &directory.Membership{Root: childRoot, Workspace: childRoot, Subject: id, Version: 1}}},
		Removals:    []directory.Edit[directory.Removal]{{After: &directory.Removal{Membership: directory.Membership{Root: childRoot, Workspace: childRoot, Subject: id, Teams: []string{name}}}}},
		Audit:       []directory.AuditEntry{{Root: childRoot, ID: id, Subject: id, Detail: []byte(`{"userName":"` + name + `"}`)}},
		Events:      []directory.Event{{Root: childRoot, ID: id, Subject: id, Data: []byte(`{"userName":"` + name + `"}`)}},
		Requests: []directory.Request{{
			Root: childRoot, Connection: childConn, Subject: id, Target: name, Asked: name, Did: name, Cause: name, Fix: name, Body: name,
		}},
	}
}

func keysOf(i int) []scim.Key {
	return []scim.Key{
		{Attr: "emails.value", Value: scim.FoldName(secretOf(i)) + "@example.com"},
		{Attr: "name.familyname", Value: scim.FoldName(secretOf(i))},
	}
}

// eraseOf drops the user with its subject, and what the log has of it.
func eraseOf(t *testing.T, s *Store, i int) *directory.Change {
	t.Helper()
	id := fmt.Sprintf("id%05d", i)
	u, err := s.User(t.Context(), childRoot, childConn, id)
	if err != nil {
		t.Fatal(err)
	}
	subject, err := s.Subject(t.Context(), childRoot, id)
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.Membership(t.Context(), childRoot, childRoot, id)
	if err != nil {
		t.Fatal(err)
	}
	return &directory.Change{
		Root:        childRoot,
		Subjects:    []directory.Edit[directory.Subject]{{Before: &subject}},
		Users:       []directory.UserEdit{{Edit: directory.Edit[directory.User]{Before: &u}, BeforeKeys: keysOf(i), Claims: directory.Claims{Before: []scim.Key{{Attr: "badge#1", Value: secretOf(i)}}}}},
		Memberships: []directory.Edit[directory.Membership]{{Before: &m}},
		Erase:       []string{id},
	}
}

// X3 What was erased is in no file: not in a free page, not in a gap of a page, not in the log. The pages are full and
// split, and some of those who stay are changed.
func TestScrub_ErasedValuesAreInNoFile(t *testing.T) {
	t.Parallel()
	const people = 3000
	dir := t.TempDir()
	s := reopen(t, dir)
	if err := connect(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, i := range rng.Perm(people) {
		if err := s.Commit(t.Context(), person(i)); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Contains(allFiles(t, dir), lower(secretOf(7))) {
		t.Fatal("what is stored is in no file: the test shows nothing")
	}
	gone := rng.Perm(people)[:people/3]
	for _, i := range gone {
		if err := s.Commit(t.Context(), eraseOf(t, s, i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	files, left := allFiles(t, dir), 0
	for _, i := range gone {
		if bytes.Contains(files, lower(secretOf(i))) {
			left++
		}
	}
	if left > 0 {
		t.Errorf("%d of %d erased people are still in a file", left, len(gone))
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// A reader of an old state keeps the log; the store goes on writing meanwhile, and the scrub ends when the reader does.
func TestScrub_WaitsForReadersAndKeepsNobodyOut(t *testing.T) {
	t.Parallel()
	s := reopen(t, t.TempDir())
	if err := errors.Join(connect(t.Context(), s), s.Commit(t.Context(), person(1))); err != nil {
		t.Fatal(err)
	}
	reader, err := s.read.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := reader.QueryRow(`SELECT count(*) FROM resource`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(t.Context(), person(2)); err != nil {
		t.Fatal(err)
	}
	scrubbed := make(chan error, 1)
	go func() { scrubbed <- s.Scrub(context.Background()) }()
	for i := range 20 {
		if err := s.Commit(t.Context(), person(10+i)); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case err := <-scrubbed:
		t.Fatalf("the scrub ended (%v) while the log was read", err)
	default:
	}
	if err := reader.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-scrubbed; err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Scrub(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}

func lower(s string) []byte { return []byte(strings.ToLower(s)) }

// allFiles is what the files of a folder hold, in lower case.
func allFiles(t *testing.T, dir string) []byte {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, f := range files {
		content, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, bytes.ToLower(content)...)
	}
	return all
}
