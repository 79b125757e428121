package sqlite

import (
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

// The first declaration keeps binaries away that know none: they would show what may never be returned.
func TestSchemaFloor_RisesWithTheFirstDeclaration(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	floor := func() (n int) {
		if err := s.read.QueryRowContext(t.Context(), `SELECT oldest FROM schema_floor WHERE version = 2`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := floor(); n != 1 {
		t.Fatalf("floor %d without a declaration", n)
	}
	err = s.Commit(t.Context(), &directory.Change{Root: "r", Declarations: []directory.Edit[directory.Declaration]{{After: &directory.Declaration{
		Root: "r", Workspace: "r", Kind: directory.DeclaredSchema, ID: "urn:x:y", Body: []byte("{}"), Created: time.Now(), Version: 1,
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	if n := floor(); n != 2 {
		t.Errorf("floor %d with a declaration", n)
	}
}
