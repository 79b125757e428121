package postgres_test

import (
	"testing"

	"github.com/usher-scim/usher/directory"
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
