package postgres_test

import (
	"database/sql"
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/postgres"
	"github.com/usher-scim/usher/store/storetest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) directory.Store { return open(t, database(t)) })
}

func TestConformance_TwoStoresOnOneDatabase(t *testing.T) {
	t.Parallel()
	storetest.RunShared(t, func(t *testing.T) (a, b directory.Store) {
		url := database(t)
		return open(t, url), open(t, url)
	})
}

// texts opens two stores on one database: one that keeps texts in memory, and one that does not.
func texts(url string, opt postgres.Options) func(t *testing.T) (memory, engine directory.Store) {
	return func(t *testing.T) (memory, engine directory.Store) {
		opt.TextsFrom = 1
		return openWith(t, url, opt), openWith(t, url, postgres.Options{TextsFrom: -1})
	}
}

func TestConformance_TextsInMemory(t *testing.T) {
	t.Parallel()
	storetest.RunTexts(t, texts(database(t), postgres.Options{TextsAtOnce: true}))
}

func TestConformance_TextsReadBeside(t *testing.T) {
	t.Parallel()
	storetest.RunTexts(t, texts(database(t), postgres.Options{}))
}

func TestConformance_TextsPruned(t *testing.T) {
	t.Parallel()
	storetest.RunTextsPruned(t, texts(database(t), postgres.Options{TextsAtOnce: true}))
}

// TestConformance_TextsLost: the rows are taken back by hand, as a standby would be without them that was behind.
func TestConformance_TextsLost(t *testing.T) {
	t.Parallel()
	url := database(t)
	db, err := sql.Open("pgx", url)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	var entry, position, user int64
	storetest.RunTextsLost(t, texts(url, postgres.Options{TextsAtOnce: true}), func() {
		for query, last := range map[string]*int64{
			`DELETE FROM audit WHERE seq > $1`: &entry, `UPDATE log_head SET position = $1 WHERE log = 'audit'`: &position,
			`DELETE FROM attribute WHERE seq > $1`: &user, `DELETE FROM resource WHERE seq > $1`: &user,
		} {
			if position > 0 {
				_, err := db.Exec(query, *last)
				must(t, err)
			}
		}
		must(t, db.QueryRow(`SELECT max(seq), max(position) FROM audit`).Scan(&entry, &position))
		must(t, db.QueryRow(`SELECT max(seq) FROM resource`).Scan(&user))
	})
}

// TestConformance_PartsFromMemory: the promises of lists hold for whoever is answered from memory too.
func TestConformance_PartsFromMemory(t *testing.T) {
	storetest.SkipUnderRace(t)
	t.Parallel()
	storetest.RunParts(t, func(t *testing.T) directory.Store {
		return openWith(t, database(t), postgres.Options{TextsFrom: 1, TextsAtOnce: true})
	})
}
