package sqlite

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// openWithAda opens a store of two readers, in which there is one user.
func openWithAda(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.Context(), t.TempDir(), Options{Readers: 2})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Commit(t.Context(), &directory.Change{
		Root:        "r",
		Connections: []directory.Edit[directory.Connection]{{After: &directory.Connection{Root: "r", ID: "c", Workspace: "r", Version: 1}}},
		Users: []directory.UserEdit{{Edit: directory.Edit[directory.User]{After: &directory.User{
			Root: "r", Connection: "c", ID: "u", UserName: "ada", UserNameKey: "ada", Version: 1, Body: []byte(`{"userName":"ada"}`),
		}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Lists whose queries were never prepared, more at once than there are connections, do not wait for each other: each
// holds one connection and must not want another.
func TestReaders_UnknownQueriesDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	s := openWithAda(t)
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	profile, _ := scim.ProfileByName("generic")
	var lists sync.WaitGroup
	for i := range 16 {
		lists.Go(func() {
			for k := range 20 { // each a shape of its own
				filter := `userName sw "a"` + strings.Repeat(fmt.Sprintf(` or userName co "x%d"`, k), i+16*k%7+1)
				f, err := scim.ParseFilter(filter, scim.UserType(), profile)
				if err != nil {
					t.Error(err)
					return
				}
				page, err := s.Users(ctx, directory.ListQuery{Root: "r", Connection: "c", Type: scim.UserType(), Filter: f, StartIndex: 1, Limit: 10})
				if err != nil || page.Total != 1 {
					t.Errorf("%d found, %v", page.Total, err)
					return
				}
			}
		})
	}
	lists.Wait()
}

// The readers that look-ups have for themselves are not those of lists: at rest nobody is busy.
func TestReaders_AreCountedByWhatTheyServe(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), t.TempDir(), Options{Readers: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for use, n := range s.Stats().Connections {
		if n.Busy != 0 || n.Max != 2 || n.Waits != 0 {
			t.Errorf("at rest, %s: %+v", use, n)
		}
	}
}
