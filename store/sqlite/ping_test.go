package sqlite

import (
	"errors"
	"testing"
)

// A replica that a newer Usher has left behind says so, instead of serving what it does not understand.
func TestPing_TellsOfASchemaThatIsTooNew(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.writer.do(t.Context(), 1, statement(`INSERT INTO schema_floor(version, oldest) VALUES(99, 99)`)); err != nil {
		t.Fatal(err)
	}
	if err := s.Ping(t.Context()); !errors.Is(err, ErrNewerSchema) {
		t.Errorf("got %v", err)
	}
}
