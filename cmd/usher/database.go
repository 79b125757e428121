package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/postgres"
	"github.com/usher-scim/usher/store/sqlite"
)

// openStore is a directory.Store that can be examined, and is to be closed after use.
type openStore interface {
	directory.Store
	Check(ctx context.Context) error
	Close() error
}

// openStore opens the database of --database, else the file in the data folder.
func (a *app) openStore() (openStore, error) {
	if a.Database == "" {
		store, err := sqlite.Open(a.ctx, a.database(), sqlite.Options{Log: a.log, Now: a.now})
		if err != nil {
			return nil, hint(fmt.Errorf("open %s: %w", a.database(), err), "usher doctor --data %s", a.Data)
		}
		return store, nil
	}
	store, err := postgres.Open(a.ctx, a.Database, postgres.Options{Now: a.now})
	switch {
	case errors.Is(err, postgres.ErrNewerSchema), errors.Is(err, postgres.ErrUnfinished):
		return nil, hint(err, "%s", hintOfOpen(err))
	case err != nil:
		return nil, hint(fmt.Errorf("open the database: %w", err), "%s", hintOfOpen(err))
	}
	return store, nil
}

// hintOfOpen says what to do about a database elsewhere that cannot be opened.
func hintOfOpen(err error) string {
	switch {
	case errors.Is(err, postgres.ErrNewerSchema):
		return "run the newest usher that ever served this database"
	case errors.Is(err, postgres.ErrUnfinished):
		return copyAgain
	}
	return hintOf(err, noServer)
}

// hintOf says what to do about a database elsewhere that cannot be used.
func hintOf(err error, otherwise string) string {
	if e, ok := errors.AsType[*postgres.Error](err); ok {
		return cmp.Or(e.Hint, otherwise)
	}
	return otherwise
}

// What to do about a database elsewhere.
const (
	noServer  = "see that PostgreSQL runs and takes connections from here: psql with the same URL tells more"
	copyAgain = "run usher migrate copy once more: it begins anew; or make the database anew, with dropdb and createdb"
)

// checkDatabaseURL refuses what is no address of PostgreSQL. It does not repeat it: there may be a password in it.
func (a *app) checkDatabaseURL() error { return checkURL("--database", a.Database) }

// checkURL refuses the value of a flag.
func checkURL(flag, text string) error {
	what, hint := wrongURL(text)
	if what == "" {
		return nil
	}
	return misuse(fmt.Errorf("%s: %s", flag, what), "%s", hint)
}

// wrongURL says what is wrong with the URL of a database, if anything is.
func wrongURL(text string) (what, hint string) {
	err := postgres.CheckURL(text)
	if err == nil {
		return "", ""
	}
	return strings.TrimPrefix(err.Error(), "postgres: "), hintOf(err, "")
}

// rows says where the rows are, for people and without a password.
func (a *app) rows() (what, where string) {
	if a.Database == "" {
		return "data folder", a.Data
	}
	u, err := url.Parse(a.Database)
	if err != nil || u.User == nil && strings.Contains(a.Database, "@") { // perhaps a ? or # in the password has ended the host
		return "database", "postgres"
	}
	if q := u.Query(); q.Has("password") || q.Has("sslpassword") {
		q.Del("password")
		q.Del("sslpassword")
		u.RawQuery = q.Encode()
	}
	return "database", u.Redacted()
}

// sharedKey is the key of a database that several machines use. None is made here: each would make its own, and what one
// seals no other could open.
func (a *app) sharedKey() (directory.Key, error) {
	key, err := a.loadKey()
	if errors.Is(err, fs.ErrNotExist) {
		return key, hint(errors.New("there is no sealing key: with --database all replicas share one"),
			"set USHER_KEY, or name its file with --key-file; make it once with: openssl rand -base64 32")
	}
	return key, err
}

// onFolder refuses commands that work on the file of SQLite.
func (a *app) onFolder() error {
	if a.Database == "" {
		return nil
	}
	return hint(errors.New("this command works on a data folder, and --database or USHER_DATABASE is set"),
		"back up and restore PostgreSQL with its own tools: docs/operating.md")
}
