package postgres_test

import (
	"errors"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/store/postgres"
)

// TestPart_IsBounded: by the number of resources, and by the time that a scan may take: the query is given up where it
// is, and the store goes on.
func TestPart_IsBounded(t *testing.T) {
	t.Parallel()
	url, stores := three(t)
	for _, name := range []string{"ada", "bob"} {
		u := newUser(name)
		must(t, stores[0].Commit(t.Context(), create(&u)))
	}
	find := func(s *postgres.Store, filter string) (directory.UserPage, error) {
		f, err := scim.ParseFilter(filter, scim.UserType(), scim.Profile{})
		must(t, err)
		return s.Users(t.Context(), directory.ListQuery{
			Root: root, Connection: "c", Type: scim.UserType(), Filter: f, StartIndex: 1, Limit: 10,
		})
	}
	bounded := func(opt postgres.Options) *postgres.Store {
		s, err := postgres.Open(t.Context(), url, opt)
		must(t, err)
		t.Cleanup(func() { s.Close() })
		return s
	}

	if _, err := find(bounded(postgres.Options{ScanKeys: 1, Scan: 1}), `userName co "a"`); !errors.Is(err, directory.ErrTooMany) {
		t.Errorf("with two resources: %v, want %v", err, directory.ErrTooMany)
	}

	quick := bounded(postgres.Options{ScanTime: 200 * time.Millisecond})
	release := lockRows(t, url, `LOCK TABLE resource IN ACCESS EXCLUSIVE MODE`)
	if _, err := find(quick, `userName co "a"`); !errors.Is(err, directory.ErrTooMany) {
		t.Errorf("with a query that does not end: %v, want %v", err, directory.ErrTooMany)
	}
	release()
	for _, s := range []*postgres.Store{quick, stores[1]} {
		page, err := find(s, `userName co "A"`)
		must(t, err)
		if page.Total != 1 {
			t.Errorf("%d match, want 1", page.Total)
		}
	}
}
