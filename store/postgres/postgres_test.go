package postgres_test

import (
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

func TestConformance_TextsInMemory(t *testing.T) {
	t.Parallel()
	storetest.RunTexts(t, func(t *testing.T) (memory, engine directory.Store) {
		url := database(t)
		return openWith(t, url, postgres.Options{TextsFrom: 1, TextsAtOnce: true}), openWith(t, url, postgres.Options{TextsFrom: -1})
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
