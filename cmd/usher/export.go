package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/usher-scim/usher/directory"
)

// exportCmd writes everything out that an import takes (B9).
type exportCmd struct {
	workspaceScope
	Connection string `short:"c" placeholder:"NAME" help:"Only this connection. Defaults to all of the workspace, each row with its connection."`
	Type       string `enum:"users,groups,members,all" default:"all" placeholder:"users|groups|members|all" help:"What to write. Defaults to all."`
	Format     string `enum:"ndjson,csv" default:"ndjson" placeholder:"ndjson|csv" help:"Documents one a line, or tables. Defaults to ndjson."`
	Out        string `default:"-" placeholder:"FILE" help:"File to write, or - for standard output; with --format csv --type all a folder for users.csv, groups.csv and members.csv."`
	Force      bool   `help:"Replace files that are there."`
}

// Help implements explainer.
func (c *exportCmd) Help() string {
	return "What usher export writes, usher import takes. Nothing is held in memory but a page. Cells that a spreadsheet " +
		"would compute begin with an apostrophe, which the import takes away again."
}

// exportView says what was written.
type exportView struct {
	Files   []string `json:"files"`
	Users   int      `json:"users"`
	Groups  int      `json:"groups"`
	Members int      `json:"members"`
	Seconds float64  `json:"seconds"`
}

// Run exports.
func (c *exportCmd) Run(a *app) error {
	if err := c.check(a); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(a.ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	a.ctx = ctx
	return c.in(a, func(f *folder, w directory.Workspace) error {
		all, err := f.Connections(a.ctx, w)
		if c.Connection != "" {
			var only directory.Connection
			only, err = f.Connection(a.ctx, w, c.Connection)
			all = []directory.Connection{only}
		}
		if err != nil {
			return err
		}
		e := &exporter{app: a, folder: f, workspace: w, connections: all, names: c.Connection == "", force: c.Force, began: time.Now()}
		return c.write(a, e)
	})
}

// exporter walks the connections.
type exporter struct {
	app         *app
	folder      *folder
	workspace   directory.Workspace
	connections []directory.Connection
	names       bool // rows say which connection they are of
	force       bool // files that are there are replaced
	began       time.Time
	view        exportView
}

// write writes the file or files, each whole or not at all.
func (c *exportCmd) write(a *app, e *exporter) error {
	var err error
	switch kinds := c.kinds(); {
	case c.Format == "ndjson":
		err = e.toFile(c.Out, func(o *output) error { return e.documents(o, kinds) })
	case len(kinds) == 1:
		err = e.toFile(c.Out, func(o *output) error { return e.table(o, kinds[0]) })
	default:
		err = e.toFolder(c.Out, kinds)
	}
	if err != nil {
		return err
	}
	return e.summary(a, c.Out == "-")
}

// kinds are what is to be written.
func (c *exportCmd) kinds() []rowKind {
	for k, name := range rowKinds {
		if name == c.Type {
			return []rowKind{rowKind(k)}
		}
	}
	return []rowKind{userRow, groupRow, memberRow}
}

// check looks whether what is asked for can be written, before anything is read.
func (c *exportCmd) check(a *app) error {
	kinds := c.kinds()
	switch {
	case c.Out == "-" && c.Format == "csv" && len(kinds) > 1:
		return misuse(errors.New("three tables do not fit into one stream"), "name a folder with --out, one table with --type, or take --format ndjson")
	case c.Out == "-":
		return nil
	case c.Format == "ndjson" || len(kinds) == 1:
		return a.claim(c.Out, c.Force)
	}
	if info, err := os.Stat(c.Out); err == nil && !info.IsDir() {
		return hint(fmt.Errorf("%s is a file, and three tables need a folder", c.Out), "name a folder with --out, one table with --type, or take --format ndjson")
	} else if errors.Is(err, fs.ErrNotExist) {
		return nil // it is made
	}
	for _, k := range kinds {
		if err := a.claim(tableIn(c.Out, k), c.Force); err != nil {
			return err
		}
	}
	return nil
}

func tableIn(dir string, k rowKind) string { return filepath.Join(dir, rowKinds[k]+".csv") }

func (e *exporter) toFolder(dir string, kinds []rowKind) error {
	if err := makeFolder(dir); err != nil {
		return err
	}
	for _, k := range kinds {
		if err := e.toFile(tableIn(dir, k), func(o *output) error { return e.table(o, k) }); err != nil {
			return err
		}
	}
	return nil
}

// summary says what was written: beside the data when they go to standard output.
func (e *exporter) summary(a *app, streamed bool) error {
	v := e.view
	v.Seconds = time.Since(e.began).Seconds()
	text := fmt.Sprintf("Exported %s, %s and %s in %.1f s.", quantity(v.Users, "user"), quantity(v.Groups, "group"), quantity(v.Members, "member"), v.Seconds)
	if !streamed {
		return a.print(v, line(text))
	}
	_, err := fmt.Fprintln(a.err, text)
	return err
}

// count takes one more of a kind.
func (v *exportView) count(k rowKind) {
	switch k {
	case userRow:
		v.Users++
	case groupRow:
		v.Groups++
	case memberRow:
		v.Members++
	}
}

// stopped is why the export has to end, or nil.
func (e *exporter) stopped() error { return context.Cause(e.app.ctx) }
