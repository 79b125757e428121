package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/usher-scim/usher/store/postgres"
	"github.com/usher-scim/usher/store/sqlite"
)

// migrateCopyCmd moves an installation to PostgreSQL.
type migrateCopyCmd struct {
	From   string `placeholder:"sqlite:PATH" help:"Data folder or database file to copy. Defaults to the data folder of --data."`
	To     string `placeholder:"URL" help:"PostgreSQL database to fill, which is empty. Defaults to --database. A password is better in PGPASSWORD than in the URL."`
	Served bool   `help:"Copy while the source is served, as it is at one moment. For a rehearsal: what is written later is not in the copy."`
}

// Help implements explainer.
func (c *migrateCopyCmd) Help() string {
	return "Stop the server first. Everything goes over: tokens, people, groups, logs, jobs, and the places up to which webhooks " +
		"and readers of the feed have come. It is one transaction, in which every row is read again and compared before it ends. " +
		"Cut in the middle it leaves empty tables, which serve refuses; run it again. The source is not changed. The key is " +
		"not copied: give the replicas the one that the source was made with."
}

// copyView is a finished copy for programs.
type copyView struct {
	From      string       `json:"from"`
	To        string       `json:"to"` // without a password
	Rows      int64        `json:"rows"`
	Seconds   float64      `json:"seconds"`
	Key       string       `json:"key"` // where the key is that opens both
	PublicURL string       `json:"public_url"`
	Tables    []copiedView `json:"tables"`
}

// copiedView is a table that is the same on both sides.
type copiedView struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`
	// Digest does not depend on the order of the rows.
	Digest string `json:"digest"`
}

// Run copies.
func (c *migrateCopyCmd) Run(a *app) error {
	ctx, stop := signal.NotifyContext(a.ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	a.ctx = ctx
	path, err := c.place(a)
	if err != nil {
		return err
	}
	target := *a
	flag := "--to"
	if c.To == "" && a.Database != "" {
		flag = "--database"
	}
	target.Database = cmp.Or(c.To, a.Database)
	if err := checkURL(flag, target.Database); err != nil {
		return err
	}
	source := *a
	source.Database = ""
	public, err := source.checkSource(path)
	if err != nil {
		return err
	}
	target.KeyFile = source.keyFile()
	v, err := c.copy(&target, path)
	if err != nil {
		return err
	}
	if err := target.with(false, func(f *folder) error { return target.recordCopied(f, public) }); err != nil {
		return fmt.Errorf("all is copied, but cannot be opened: %w", err)
	}
	v.From, v.Key, v.PublicURL = path, target.keySource(), public
	return a.print(v, append(v.text(a), c.next(v)...))
}

// place is the database file to copy. The key and the public URL are looked for where its data folder has them.
func (c *migrateCopyCmd) place(a *app) (string, error) {
	if c.From == "" {
		return a.database(), a.ensureFolder(false)
	}
	path, ok := strings.CutPrefix(c.From, "sqlite:")
	if !ok {
		return "", &failure{
			err:  errors.New("--from is no SQLite database"),
			hint: "write sqlite: and a data folder or file. From PostgreSQL to PostgreSQL its own tools copy: pg_dump and pg_restore", status: exitUsage,
		}
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", hint(err, "name a data folder, or a file that usher backup has written")
	case info.IsDir():
		a.Data = path
		return a.database(), a.ensureFolder(false)
	}
	a.Data = filepath.Dir(path)
	return path, nil
}

// checkSource makes sure that the source can be copied by this version, and that the key opens it.
func (a *app) checkSource(path string) (public string, err error) {
	s, err := sqlite.ReadSchema(a.ctx, path)
	if err == nil {
		err = fit(s)
	}
	switch {
	case errors.Is(err, sqlite.ErrNotUsher):
		return "", hint(err, "name a data folder, or a file that usher backup has written")
	case err != nil:
		return "", err
	case len(s.Pending()) > 0 && path == a.database():
		return "", hint(oldTables(path, s), "usher backup first, then usher migrate up --data %s", a.Data)
	case len(s.Pending()) > 0:
		return "", hint(oldTables(path, s), "usher restore it into a folder, then usher migrate up")
	}
	if path == a.database() { // a backup stays as it is: its key is tried on the copy
		if err := a.opensSecrets(path); err != nil {
			return "", err
		}
	}
	return a.knownPublicURL()
}

func oldTables(path string, s sqlite.Schema) error {
	return fmt.Errorf("%s has tables of version %d, and this usher copies those of %d", path, s.Version, s.Newest())
}

// opensSecrets makes sure that the key is the one that the database was made with.
func (a *app) opensSecrets(path string) error {
	store, err := sqlite.Open(a.ctx, path, sqlite.Options{Log: a.log, Now: a.now})
	if err != nil {
		return err
	}
	_, err = a.openSealed(store)
	if err := errors.Join(err, store.Close()); err != nil {
		return hint(fmt.Errorf("the key %s does not open %s: %w", a.keySource(), path, err),
			"name the key that it was made with: --key-file FILE or USHER_KEY")
	}
	return nil
}

// copy copies, and shows how far it is.
func (c *migrateCopyCmd) copy(target *app, path string) (v copyView, err error) {
	source, err := sqlite.OpenSource(target.ctx, path, c.Served)
	if errors.Is(err, sqlite.ErrInUse) {
		return v, hint(err, "stop the server first; for a rehearsal copy beside it with --served")
	} else if err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	p, began := newProgress(target.err), time.Now()
	tables, err := postgres.Copy(target.ctx, target.Database, source, func(step string, done, total int64) {
		p.portion(done, total, fmt.Sprintf("%s rows %s", thousands(int(done)), step))
	})
	p.clear()
	if err != nil {
		return v, c.explain(target.ctx, err)
	}
	_, v.To = target.rows()
	v.Seconds = time.Since(began).Seconds()
	for _, t := range tables {
		v.Rows += t.Rows
		v.Tables = append(v.Tables, copiedView{t.Table, t.Rows, t.Digest()})
	}
	return v, nil
}

func (c *migrateCopyCmd) explain(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, postgres.ErrNotEmpty):
		return hint(err, "copy into a database that nothing was written to: createdb makes one")
	case errors.Is(err, postgres.ErrInUse):
		return hint(err, "stop whoever serves it, or let the copy that is under way come to its end")
	case errors.Is(err, postgres.ErrNewerSchema):
		return hint(err, "run the newest usher that ever served this database")
	case ctx.Err() != nil:
		return hint(errors.New("stopped; nothing was copied"), copyAgain)
	}
	return hint(err, "%s", hintOf(err, copyAgain))
}

// recordCopied gives the public URL to the copy. One of this machine means nothing elsewhere.
func (a *app) recordCopied(f *folder, public string) error {
	if isLoopbackURL(public) {
		return nil
	}
	return a.recordPublicURL(f.Directory, public)
}

// text is a finished copy for people.
func (v copyView) text(a *app) texts {
	t := a.table("", "table", "rows", "digest of both")
	for _, row := range v.Tables {
		t.add(row.Table, thousands(int(row.Rows)), row.Digest[:16])
	}
	rate := float64(v.Rows) / max(v.Seconds, 0.001)
	return texts{
		t, line(""),
		line(fmt.Sprintf("Copied %s to %s: %s rows in %.1f s (%s a second), each read again.", v.From, v.To,
			thousands(int(v.Rows)), v.Seconds, thousands(int(rate)))),
		line(fmt.Sprintf("The key is the same: %s opens what is sealed. Give it to every replica.", v.Key)),
	}
}

// next says what to do with a finished copy.
func (c *migrateCopyCmd) next(v copyView) texts {
	if c.Served {
		return texts{
			line("This was a rehearsal: the source goes on, and what it is sent from now on is not in the copy."),
			line("Served, it would send the webhooks and mails that are due a second time. Drop it when you have seen enough."),
			line("To move, stop the server and copy without --served, into an empty database."),
		}
	}
	return texts{
		line("Serve it with: usher serve --database URL --key-file FILE --public-url " + v.PublicURL),
		line("The source is as it was. Do not serve it any more: what it is sent would not be in the copy."),
	}
}
