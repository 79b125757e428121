package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/usher-scim/usher/directory"
)

// importCmd brings people in from files or from another SCIM server (B9). Every row takes the road of a SCIM request.
type importCmd struct {
	Files []string `arg:"" optional:"" name:"file" help:"users.csv, groups.csv, members.csv, an .ndjson file, in this order; - reads standard input."`
	workspaceScope
	Connection string `short:"c" placeholder:"NAME" help:"Name or id of the connection that the rows go to. Defaults to the only one, or to what the column #connection says."`
	FromSCIM   string `name:"from-scim" placeholder:"URL" help:"Import users, groups and members from the SCIM server with this base URL."`
	Token      string `env:"USHER_TOKEN" placeholder:"TOKEN" help:"Bearer token for that server."`
	Type       string `enum:",users,groups,members" default:"" placeholder:"users|groups|members" help:"What a CSV file holds, where its name does not begin with that; of documents, and with --from-scim, what alone is read."`
	Format     string `enum:",csv,ndjson" default:"" placeholder:"csv|ndjson" help:"How a file is written, where its name does not end in that."`
	Match      string `enum:"userName,externalId" default:"userName" placeholder:"ATTRIBUTE" help:"By what users and groups are found that are there already: userName (of groups displayName) or externalId."`
	DryRun     bool   `help:"Say what would happen. Nothing is written."`
	Report     string `placeholder:"FILE" help:"Write the refused rows to a CSV file: file, line, cause and fix."`
	Force      bool   `help:"Replace the file of --report when it is there."`
}

// Help implements explainer.
func (c *importCmd) Help() string {
	return "A row makes a user, a group or a membership in a group, or brings one that is there up to date. The same file once " +
		"more changes nothing, so an import that was cut short is simply run again. Refused rows are reported with the " +
		"line, the cause and the fix, and do not stop the others; exit status 1 says that there were some."
}

// Run imports.
func (c *importCmd) Run(a *app) error {
	if err := c.checkFlags(); err != nil {
		return err
	}
	if err := c.claimReport(a); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(a.ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // who asks to stop twice does not wait for the rows under way
	a.ctx = ctx
	return c.in(a, func(f *folder, w directory.Workspace) error {
		im, err := c.importer(a, f, w)
		if err != nil {
			return err
		}
		source, err := c.source(im)
		if err != nil {
			return err
		}
		defer source.close()
		if im.tally, err = newTally(c.Report, c.Force); err != nil {
			return err
		}
		return c.report(a, im, im.run(ctx, source))
	})
}

// checkFlags refuses what means nothing together.
func (c *importCmd) checkFlags() error {
	switch {
	case (len(c.Files) == 0) == (c.FromSCIM == ""):
		return misuse(errors.New("there is nothing to import, or too much"),
			"name files, or a server with --from-scim: usher import users.csv --workspace KEY --connection NAME")
	case c.FromSCIM != "" && c.Format != "":
		return misuse(errors.New("--format is about files, and --from-scim reads a server"), "leave --format out")
	case c.FromSCIM == "" && isGiven(c.Token, "USHER_TOKEN"):
		return misuse(errors.New("--token is for the server of --from-scim, and files need none"), "leave --token out")
	case c.Force && c.Report == "":
		return misuse(errors.New("--force replaces the file of --report, and there is none"), "leave --force out, or name the file with --report")
	}
	return nil
}

// importer finds the connections that rows may go to.
func (c *importCmd) importer(a *app, f *folder, w directory.Workspace) (*importer, error) {
	im := newImporter(a, f, w)
	im.byExternalID, im.dryRun = c.Match == "externalId", c.DryRun
	if c.Connection != "" {
		conn, err := f.Connection(a.ctx, w, c.Connection)
		if err != nil {
			return nil, err
		}
		im.only = im.addLanding(conn)
	} else if err := im.addAll(); err != nil {
		return nil, err
	}
	if c.FromSCIM != "" && im.only == nil {
		return nil, im.noConnection()
	}
	return im, nil
}

// claimReport looks whether the report may be written: never over what is being read.
func (c *importCmd) claimReport(a *app) error {
	if c.Report == "" {
		return nil
	}
	if c.Report == "-" {
		return misuse(errors.New("--report needs a file"), "standard output has the summary; --json has the first refused rows")
	}
	for _, name := range c.Files {
		if a.reads(name, c.Report) {
			return misuse(fmt.Errorf("--report would be written over %s, which is imported", name), "name another file for the refused rows")
		}
	}
	return a.claim(c.Report, c.Force)
}

// reads reports that the input of the name is the file. Standard input, -, may be any file.
func (a *app) reads(name, file string) bool {
	if name != "-" {
		return sameFile(name, file)
	}
	in, ok := a.in.(*os.File)
	if !ok {
		return false
	}
	one, errOne := in.Stat()
	two, errTwo := os.Stat(file)
	return errOne == nil && errTwo == nil && os.SameFile(one, two)
}

// addAll adds the connections of the workspace; a single one is where rows go that name none.
func (im *importer) addAll() error {
	all, err := im.folder.Connections(im.app.ctx, im.workspace)
	if err != nil {
		return err
	}
	for _, conn := range all {
		l := im.addLanding(conn)
		if len(all) == 1 {
			im.only = l
		}
	}
	if len(all) == 0 {
		return im.noConnection()
	}
	return nil
}

func (im *importer) noConnection() error {
	return hint(fmt.Errorf("workspace %s has not one connection, and rows go into one", im.workspace.Key),
		"name it with --connection; usher connection list --workspace %s shows them, and usher connection create makes one", im.workspace.Key)
}

// source is where the rows come from.
func (c *importCmd) source(im *importer) (rowSource, error) {
	if c.FromSCIM != "" {
		return newServerSource(im.app.ctx, c.FromSCIM, c.Token, c.Type)
	}
	return c.openFiles(im)
}

// report prints what became of the rows. cut is why the import ended early, or nil.
func (c *importCmd) report(a *app, im *importer, cut error) error {
	if err := im.tally.close(); err != nil {
		return errors.Join(cut, err)
	}
	view := im.tally.view(c.DryRun, cut)
	if err := a.print(view, view.text(a, c.Report)); err != nil {
		return errors.Join(cut, err)
	}
	switch {
	case errors.Is(cut, context.Canceled):
		return hint(errors.New("the import was stopped"), "run it again: what is there already is left as it is")
	case cut != nil:
		if _, ok := errors.AsType[*failure](cut); ok {
			return cut
		}
		return hint(cut, "put it right and run the import again: what is there already is left as it is")
	case view.Refused > 0:
		return errReported
	}
	return nil
}
