package sqlite

import (
	"testing"
)

// TestMultiThread_TooLate asks for it when databases are open; TestMain has asked in time, so that all other tests run in it.
func TestMultiThread_TooLate(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := MultiThread(); err == nil {
		t.Error("SQLite took other locks while a database was open")
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("the refusal has changed something: %v", err)
	}
}
