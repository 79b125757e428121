package main

import (
	"fmt"
	"strconv"

	"github.com/usher-scim/usher/store/postgres"
	"github.com/usher-scim/usher/store/sqlite"
)

type migrateCmd struct {
	Status migrateStatusCmd `cmd:"" help:"Say which version the tables have, and whether this binary can work on them."`
	Up     migrateUpCmd     `cmd:"" help:"Bring the tables up to date, as serve does at its start."`
	Copy   migrateCopyCmd   `cmd:"" help:"Move an installation from a data folder to PostgreSQL."`
}

// migrationView is a migration for programs.
type migrationView struct {
	Version int64  `json:"version"`
	Name    string `json:"name"`
}

// tablesView is the state of the tables for programs.
type tablesView struct {
	Database string `json:"database"` // without a password
	Version  int64  `json:"version"`  // 0: there are no tables yet
	// Newest is the version up to which this binary migrates.
	Newest int64 `json:"newest"`
	// Oldest is the version that a binary has to know to work on the tables.
	Oldest     int64           `json:"oldest"`
	Compatible bool            `json:"compatible"`
	Unfinished bool            `json:"unfinished"` // a copy into it has not ended
	Pending    []migrationView `json:"pending"`
}

type migrateStatusCmd struct{}

// Run tells how the database and this binary go together. That they do not is exit status 1.
func (c *migrateStatusCmd) Run(a *app) error {
	s, err := a.readTables()
	if err != nil {
		return err
	}
	_, where := a.rows()
	if err := a.print(newTablesView(where, s), a.tablesText(where, s)); err != nil {
		return err
	}
	return fit(s)
}

// readTables reads the state of the tables of --database, else of the data folder, and changes nothing.
func (a *app) readTables() (sqlite.Schema, error) {
	if a.Database == "" {
		if err := a.ensureFolder(false); err != nil {
			return sqlite.Schema{}, err
		}
		s, err := sqlite.ReadSchema(a.ctx, a.database())
		if err != nil {
			err = hint(err, "usher doctor --data %s", a.Data)
		}
		return s, err
	}
	if err := a.checkDatabaseURL(); err != nil {
		return sqlite.Schema{}, err
	}
	s, err := postgres.ReadSchema(a.ctx, a.Database)
	if err != nil {
		err = hint(err, "%s", hintOf(err, noServer))
	}
	return s, err
}

// fit says what is wrong when this binary cannot serve the tables.
func fit(s sqlite.Schema) error {
	switch {
	case !s.Compatible():
		return hint(fmt.Errorf("this usher knows version %d, and the tables need one that knows %d", s.Newest(), s.Oldest),
			"run the newest usher that ever served this database; this one is: usher version")
	case s.Unfinished:
		return hint(postgres.ErrUnfinished, copyAgain)
	}
	return nil
}

func newTablesView(where string, s sqlite.Schema) tablesView {
	v := tablesView{
		Database: where, Version: s.Version, Newest: s.Newest(), Oldest: s.Oldest, Compatible: s.Compatible(),
		Unfinished: s.Unfinished, Pending: []migrationView{},
	}
	for _, m := range s.Pending() {
		v.Pending = append(v.Pending, migrationView{Version: m.Version, Name: m.Name})
	}
	return v
}

// tablesText is the state of the tables for people.
func (a *app) tablesText(where string, s sqlite.Schema) texts {
	title := "The tables are up to date."
	switch pending := len(s.Pending()); {
	case !s.Compatible():
		title = "This usher cannot work on these tables."
	case s.Unfinished:
		title = "A copy into the database was begun and has not ended."
	case s.Version == 0:
		title = "There are no tables yet. usher serve makes them at its start, and usher migrate up without it."
	case pending > 0:
		title = fmt.Sprintf("Migrations to apply: %d. usher serve applies them at its start, and usher migrate up without it.", pending)
	case s.Version > s.Newest():
		title = "A newer usher has migrated the tables, and this one still works on them."
	}
	t := a.table("", "version", "migration", "state")
	for _, m := range s.Known {
		state := "applied"
		if m.Version > s.Version {
			state = "pending"
		}
		t.add(strconv.FormatInt(m.Version, 10), m.Name, state)
	}
	return texts{newCard(title, "database", where, "version", strconv.FormatInt(s.Version, 10),
		"this usher", strconv.FormatInt(s.Newest(), 10), "oldest usher", strconv.FormatInt(s.Oldest, 10)), line(""), t}
}

type migrateUpCmd struct{}

// Help implements explainer.
func (c *migrateUpCmd) Help() string {
	return "Serve does the same at its start. One process migrates at a time, the others wait: on PostgreSQL under a lease in a " +
		"row. There is no way back but a backup, so make one first."
}

// upView is what was applied, for programs.
type upView struct {
	tablesView
	Applied []migrationView `json:"applied"`
}

// Run applies what is pending.
func (c *migrateUpCmd) Run(a *app) error {
	before, err := a.readTables()
	if err == nil {
		err = fit(before)
	}
	if err != nil {
		return err
	}
	store, err := a.openStore()
	if err != nil {
		return err
	}
	if err := store.Close(); err != nil {
		return err
	}
	after, err := a.readTables()
	if err != nil {
		return err
	}
	_, where := a.rows()
	v := upView{tablesView: newTablesView(where, after), Applied: newTablesView(where, before).Pending}
	if len(v.Applied) == 0 {
		return a.print(v, line(fmt.Sprintf("Nothing to do: the tables have version %d.", after.Version)))
	}
	t := a.table("", "version", "migration", "state")
	for _, m := range v.Applied {
		t.add(strconv.FormatInt(m.Version, 10), m.Name, "applied")
	}
	return a.print(v, t)
}
