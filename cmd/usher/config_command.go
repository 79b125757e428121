package main

import (
	"fmt"
	"io"
	"strings"
)

type configCmd struct {
	Check  configCheckCmd  `cmd:"" help:"Check a configuration file, and say everything that is wrong with it."`
	Schema configSchemaCmd `cmd:"" help:"Print the JSON schema of a configuration file, for editors."`
}

type configCheckCmd struct {
	File string `arg:"" help:"The configuration file."`
}

// configView is the answer about a configuration file.
type configView struct {
	File     string   `json:"file"`
	Valid    bool     `json:"valid"`
	Problems problems `json:"problems"`
}

// Run checks the file.
func (c *configCheckCmd) Run(a *app) error {
	source, found, err := loadConfig(c.File, a.now())
	if err != nil {
		return err
	}
	view := configView{File: c.File, Valid: len(found) == 0, Problems: append(problems{}, found...)}
	if err := a.print(view, c.report(source, found)); err != nil || view.Valid {
		return err
	}
	return errReported
}

// report says one problem after the other, as compilers do, so that editors find the places.
func (c *configCheckCmd) report(source *configSource, found problems) io.WriterTo {
	if len(found) == 0 {
		text := fmt.Sprintf("%s is fine: %d workspaces, %d connections", c.File, len(source.Workspaces), len(source.Connections))
		if n := len(source.Apps); n > 0 {
			text += fmt.Sprintf(", %d apps", n)
		}
		return line(text + ".")
	}
	var b strings.Builder
	for _, p := range found {
		fmt.Fprintf(&b, "%s:%s\n", c.File, printable(p.String()))
		if p.Hint != "" {
			fmt.Fprintf(&b, "    hint: %s\n", printable(p.Hint))
		}
	}
	fmt.Fprintf(&b, "\n%d to mend.", len(found))
	return line(b.String())
}

type configSchemaCmd struct{}

// Run prints the schema, which is JSON in any case.
func (c *configSchemaCmd) Run(a *app) error { return printJSON(a.out, configSchema()) }
