package sqlite

import (
	"errors"
	"sync"
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// Look-ups and first pages, more at once than there are connections for them, wait for each other and no longer; when the
// store is closed under them they are refused.
func TestLookups_UntilTheStoreIsClosed(t *testing.T) {
	t.Parallel()
	s := openWithAda(t)
	ask := func() error {
		_, err := s.User(t.Context(), "r", "c", "u")
		page, failed := s.Users(t.Context(), directory.ListQuery{Root: "r", Connection: "c", Type: scim.UserType(), StartIndex: 1, Limit: 10})
		if failed == nil && (page.Total != 1 || len(page.Users) != 1) {
			t.Errorf("%d found, %d on the page", page.Total, len(page.Users))
		}
		return errors.Join(err, failed)
	}
	var asking, begun sync.WaitGroup
	for range 16 {
		begun.Add(1)
		asking.Go(func() {
			if err := ask(); err != nil {
				t.Error(err)
			}
			begun.Done()
			for ask() == nil { // until the store is closed
			}
		})
	}
	begun.Wait()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	asking.Wait()
}
