package postgres_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/postgres"
)

// A probe asks one question.
func TestPing_AsksOnce(t *testing.T) {
	t.Parallel()
	own, _ := alone(t, postgres.Options{}, "logging_collector=on", "log_filename=statements")
	execute(t, own.URL("postgres"), `ALTER ROLE usher SET log_statement = 'all'`)
	s := open(t, own.URL("postgres"))
	asked := func() int {
		text, err := os.ReadFile(filepath.Join(own.Dir(), "data", "log", "statements"))
		must(t, err)
		return strings.Count(string(text), "LOG:  execute ")
	}
	must(t, s.Ping(t.Context()))
	await(t, func() bool { return asked() > 0 })
	before := asked()
	for range 10 {
		must(t, s.Ping(t.Context()))
	}
	await(t, func() bool { return asked() >= before+10 })
	if n := asked() - before; n >= 20 { // the store asks a little for itself
		t.Errorf("ten probes have asked %d questions", n)
	}
}

// It hears of a copy that was begun into the database, of tables that are gone, and of a server that is.
func TestPing_TellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	own, s := alone(t, postgres.Options{})
	execute(t, own.URL("postgres"), `CREATE TABLE schema_copy ()`)
	if err := s.Ping(t.Context()); !errors.Is(err, postgres.ErrUnfinished) {
		t.Errorf("while a copy is made: %v", err)
	}
	execute(t, own.URL("postgres"), `DROP TABLE schema_copy`)
	must(t, s.Ping(t.Context()))
	execute(t, own.URL("postgres"), `DROP TABLE schema_floor`)
	if err := s.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "schema_floor") {
		t.Errorf("without a table: %v", err)
	}
	must(t, own.Halt())
	if err := s.Ping(t.Context()); !errors.Is(err, directory.ErrBusy) {
		t.Errorf("without a server: %v", err)
	}
}
