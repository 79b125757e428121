package postgres_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestMigrations_AreOnline reads the migrations behind the first one: clients are at work while they run, on tables of
// millions of rows.
func TestMigrations_AreOnline(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("migrations/*.sql")
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	for _, name := range files[1:] {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range offline(string(text)) {
			t.Errorf("%s: %s", name, fault)
		}
	}
}

func TestMigrations_OfflineOnesAreFound(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"CREATE TABLE a (b BIGINT);\nCREATE INDEX a_b ON a(b);":                                     "",
		"-- +goose NO TRANSACTION\nCREATE INDEX CONCURRENTLY r ON resource(id);":                    "",
		"SET LOCAL lock_timeout = '2s';\nALTER TABLE resource ADD COLUMN colour TEXT;":              "",
		"CREATE INDEX connection_id ON connection(id);":                                             "",
		"CREATE UNIQUE INDEX IF NOT EXISTS r ON resource(id);":                                      "CONCURRENTLY",
		"CREATE INDEX CONCURRENTLY r ON resource(id);":                                              "NO TRANSACTION",
		"ALTER TABLE resource ADD COLUMN colour TEXT;":                                              "lock_timeout",
		"SET LOCAL lock_timeout = '2s';\nALTER TABLE event ALTER COLUMN data TYPE JSONB;":           "rewrites",
		"SET LOCAL lock_timeout = '2s';\nALTER TABLE event ADD CONSTRAINT c CHECK (root > 0);":      "NOT VALID",
		"SET LOCAL lock_timeout = '2s';\nALTER TABLE event ADD CONSTRAINT c CHECK (1=1) NOT VALID;": "",
		"UPDATE membership SET status = 'active';":                                                  "slices",
	} {
		if got := strings.Join(offline(text), "; "); !strings.Contains(got, want) || (want == "") != (got == "") {
			t.Errorf("%s\nis said to have %q, want %q", text, got, want)
		}
	}
}

// smallTables never have many rows.
var smallTables = []string{"connection", "workspace", "schema_floor", "symbol", "log_head", "role", "team", "webhook"}

var (
	comment     = regexp.MustCompile(`(?m)--.*$`)
	createTable = regexp.MustCompile(`(?i)CREATE TABLE (?:IF NOT EXISTS )?(\w+)`)
	createIndex = regexp.MustCompile(`(?i)^CREATE (?:UNIQUE )?INDEX (CONCURRENTLY )?(?:IF NOT EXISTS )?\w+ ON (\w+)`)
	alterTable  = regexp.MustCompile(`(?i)^ALTER TABLE (?:IF EXISTS )?(\w+)`)
	wholeTable  = regexp.MustCompile(`(?i)^(?:UPDATE|DELETE FROM) (\w+)`)
)

// migrationText is a migration without its comments, and what is to be known of it.
type migrationText struct {
	atOnce bool     // each statement is a transaction
	small  []string // tables that have few rows, or none yet
	before string   // the statements before the one that is looked at
}

// offline says what in a migration keeps others waiting for as long as a large table takes.
func offline(text string) (faults []string) {
	m := migrationText{atOnce: strings.Contains(text, "+goose NO TRANSACTION"), small: slices.Clone(smallTables)}
	text = comment.ReplaceAllString(text, "")
	for _, made := range createTable.FindAllStringSubmatch(text, -1) {
		m.small = append(m.small, made[1])
	}
	for statement := range strings.SplitSeq(text, ";") {
		statement = strings.TrimSpace(statement)
		if fault := m.fault(statement); fault != "" {
			faults = append(faults, fault+": "+statement)
		}
		m.before += statement
	}
	return faults
}

func (m *migrationText) fault(statement string) string {
	if index := createIndex.FindStringSubmatch(statement); index != nil {
		return m.indexFault(index[1] != "", index[2])
	}
	if table := alterTable.FindStringSubmatch(statement); table != nil && !slices.Contains(m.small, table[1]) {
		return m.alterFault(strings.ToUpper(statement))
	}
	if table := wholeTable.FindStringSubmatch(statement); table != nil && !slices.Contains(m.small, table[1]) {
		return "rows are to be changed in slices, by a job"
	}
	return ""
}

func (m *migrationText) indexFault(concurrently bool, table string) string {
	switch {
	case concurrently && !m.atOnce:
		return "CONCURRENTLY needs NO TRANSACTION"
	case !concurrently && !slices.Contains(m.small, table):
		return "this index has to be made CONCURRENTLY"
	}
	return ""
}

func (m *migrationText) alterFault(statement string) string {
	switch {
	case !strings.Contains(m.before, "lock_timeout"):
		return "this waits for a lock, and all others behind it: it needs a lock_timeout"
	case strings.Contains(statement, " TYPE "):
		return "this rewrites the table"
	case strings.Contains(statement, "ADD CONSTRAINT") && !strings.Contains(statement, "NOT VALID"):
		return "a constraint has to be NOT VALID first"
	}
	return ""
}
