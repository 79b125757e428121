package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/usher-scim/usher/store/sqlite"
)

// backupCmd copies the database while it is served.
type backupCmd struct {
	Out   string `required:"" placeholder:"FILE" help:"File to write. It is one SQLite database, and needs nothing beside it."`
	Force bool   `help:"Replace the file when it is there."`
}

// Help implements explainer.
func (c *backupCmd) Help() string {
	return "The copy is the database as it is at one moment, while the server runs. The sealing key is not in it: who has " +
		"both can read every secret, so keep the key elsewhere. PostgreSQL is backed up by its own tools, pg_dump for one."
}

// backupView is a backup for programs.
type backupView struct {
	File    string  `json:"file"`
	Bytes   int64   `json:"bytes"`
	Seconds float64 `json:"seconds"`
	// Key is where the sealing key is, which is not in the backup.
	Key       string `json:"key"`
	PublicURL string `json:"public_url"`
}

// Run makes the backup.
func (c *backupCmd) Run(a *app) error {
	if err := a.onFolder(); err != nil {
		return err
	}
	if err := a.ensureFolder(false); err != nil {
		return err
	}
	if err := c.check(a); err != nil {
		return err
	}
	public, err := a.knownPublicURL()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := a.copyDatabase(a.database(), c.Out, c.Force); err != nil {
		return err
	}
	info, err := os.Stat(c.Out)
	if err != nil {
		return err
	}
	v := backupView{File: c.Out, Bytes: info.Size(), Seconds: time.Since(began).Seconds(), Key: a.keySource(), PublicURL: public}
	return a.print(v, texts{
		line(fmt.Sprintf("Backed up %s to %s: %.1f MB in %.1f s.", a.Data, v.File, float64(v.Bytes)/1e6, v.Seconds)),
		line(fmt.Sprintf("Not in it: the sealing key (%s). Without it nobody can open what is sealed. Keep a copy of it elsewhere.", v.Key)),
		line(fmt.Sprintf("Restore it with: usher restore %s --data DIR --key-file FILE --public-url %s", v.File, v.PublicURL)),
	})
}

// check looks whether the file may be written. By force it comes into the place of whatever has that name.
func (c *backupCmd) check(a *app) error {
	if c.Out == "-" {
		return misuse(errors.New("a database cannot be written to standard output"), "name a file: usher backup --out usher-backup.db")
	}
	if info, err := os.Stat(c.Out); err == nil && !info.IsDir() && !info.Mode().IsRegular() {
		return hint(fmt.Errorf("%s is not a file that can be replaced", c.Out), "name another file")
	}
	return a.claim(c.Out, c.Force)
}

// copyDatabase copies a database into a new file, and shows how far it is.
func (a *app) copyDatabase(from, to string, replace bool) error {
	ctx, stop := signal.NotifyContext(a.ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	p := newProgress(a.err)
	err := sqlite.Backup(ctx, from, to, replace, func(done, total int) { p.portion(int64(done), int64(total), "copied") })
	p.clear()
	switch {
	case errors.Is(err, context.Canceled):
		return errors.New("stopped; nothing was written")
	case errors.Is(err, sqlite.ErrNotUsher):
		return hint(err, "name a file that usher backup has written")
	case errors.Is(err, sqlite.ErrNewerSchema):
		return hint(err, "restore it with the version that wrote it, or a newer one: usher version")
	case errors.Is(err, fs.ErrNotExist):
		return hint(err, "name a file that is there")
	case errors.Is(err, fs.ErrExist):
		return isThere(to, err)
	}
	return err
}
