package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// The test binary is also the program that the durability tests kill: with childDir set it writes users into that
// folder and tells of each on its standard output, once Commit has returned.
const (
	childDir    = "USHER_TEST_CHILD_DIR"
	childName   = "USHER_TEST_CHILD_NAME"   // the beginning of its users' names
	childWrites = "USHER_TEST_CHILD_WRITES" // how many; 0: until it is killed
	childSync   = "USHER_TEST_CHILD_SYNC"   // "off" leaves the syncs out
)

func TestMain(m *testing.M) {
	if err := MultiThread(); err != nil { // as the program does
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if dir := os.Getenv(childDir); dir != "" {
		if err := child(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// childWorkers is how many clients create users at once.
const childWorkers = 32

const (
	childRoot = "root"
	childConn = "conn"
)

func child(dir string) error {
	ctx := context.Background()
	writes, err := strconv.Atoi(os.Getenv(childWrites))
	if err != nil {
		return err
	}
	// A short log, so that there are checkpoints among what is cut short.
	s, err := Open(ctx, dir, Options{DangerSynchronousOff: os.Getenv(childSync) == "off", checkpoint: 200})
	if err != nil {
		return err
	}
	if err := connect(ctx, s); err != nil && !errors.Is(err, directory.ErrConflict) { // of an earlier round
		return err
	}
	errs := make([]error, childWorkers)
	var wg sync.WaitGroup
	for w := range childWorkers {
		wg.Go(func() {
			for i := w; writes == 0 || i < writes; i += childWorkers {
				name := fmt.Sprintf("%s-%05d", os.Getenv(childName), i)
				if errs[w] = s.Commit(ctx, childUser(name)); errs[w] != nil {
					return
				}
				if _, errs[w] = os.Stdout.WriteString(name + "\n"); errs[w] != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...) // the store is left open: nothing is tidied up
}

// connect makes the connection that the users belong to.
func connect(ctx context.Context, s *Store) error {
	return s.Commit(ctx, &directory.Change{Root: childRoot, Connections: []directory.Edit[directory.Connection]{{
		After: &directory.Connection{Root: childRoot, ID: childConn, Workspace: childRoot, Version: 1},
	}}})
}

// childUser creates a user with its membership, audit entry and event.
func childUser(name string) *directory.Change {
	now := time.Now()
	return &directory.Change{
		Root:     childRoot,
		Subjects: []directory.Edit[directory.Subject]{{After: &directory.Subject{Root: childRoot, ID: name, Created: now}}},
		Users: []directory.UserEdit{{
			Edit: directory.Edit[directory.User]{After: &directory.User{
				Root: childRoot, Connection: childConn, ID: name, Subject: name, UserName: name, UserNameKey: name, Active: true,
				Version: 1, Created: now, Modified: now, Body: fmt.Appendf(nil, `{"userName":%q,"title":%q}`, name, longTitle),
			}},
			AfterKeys: []scim.Key{{Attr: "emails.value", Value: name + "@example.com"}},
		}},
		Memberships: []directory.Edit[directory.Membership]{{After: &directory.Membership{
			Root: childRoot, Workspace: childRoot, Subject: name, Role: "member", Version: 1,
		}}},
		Audit:  []directory.AuditEntry{{Root: childRoot, ID: name, Subject: name}},
		Events: []directory.Event{{Root: childRoot, ID: name, Subject: name, Data: []byte("{}")}},
	}
}

// longTitle makes documents of usual size.
var longTitle = fmt.Sprintf("%01000d", 0)

// verdict holds what a store has against what its writer was told: how many acknowledged users are missing. Whatever
// is there has to be whole.
func verdict(t *testing.T, s *Store, acknowledged []string) (missing int) {
	t.Helper()
	ctx := t.Context()
	if err := s.Check(ctx); err != nil {
		t.Fatal(err)
	}
	page, err := s.Users(ctx, directory.ListQuery{Root: childRoot, Connection: childConn, StartIndex: 1, Limit: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, u := range page.Users {
		there[u.ID] = true
		if _, err := s.Membership(ctx, childRoot, childRoot, u.Subject); err != nil {
			t.Errorf("user %s has no membership: %v", u.ID, err)
		}
	}
	audit, err := s.Audit(ctx, childRoot, "", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	events, err := s.Events(ctx, childRoot, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(page.Users); n != page.Total || n != len(there) || n != len(audit) || n != len(events) {
		t.Errorf("%d users (%d ids), but total %d, %d audit entries, %d events", n, len(there), page.Total, len(audit), len(events))
	}
	for _, name := range acknowledged {
		if !there[name] {
			missing++
		}
	}
	return missing
}
