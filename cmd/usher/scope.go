package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strings"

	"github.com/usher-scim/usher/directory"
)

// workspaceScope is the flag of commands about something in a workspace.
type workspaceScope struct {
	Workspace string `required:"" short:"w" placeholder:"KEY" help:"Key of the workspace."`
}

// in opens the data folder and finds the workspace.
func (s workspaceScope) in(a *app, do func(*folder, directory.Workspace) error) error {
	return a.with(false, func(f *folder) error {
		w, err := f.Workspace(a.ctx, s.Workspace)
		if err != nil {
			return err
		}
		return do(f, w)
	})
}

// connectionScope is the flags of commands about something in a connection.
type connectionScope struct {
	workspaceScope
	Connection string `required:"" short:"c" placeholder:"NAME" help:"Name or id of the connection."`
}

// in opens the data folder and finds the connection.
func (s connectionScope) in(a *app, do func(*folder, directory.Workspace, directory.Connection) error) error {
	return s.workspaceScope.in(a, func(f *folder, w directory.Workspace) error {
		c, err := f.Connection(a.ctx, w, s.Connection)
		if err != nil {
			return err
		}
		return do(f, w, c)
	})
}

// actor is who the audit log says it was.
func (a *app) actor() directory.Actor {
	name := ""
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	return directory.Actor{Name: "cli:" + cmp.Or(name, os.Getenv("USER"), "unknown")}
}

// consent is the flag of commands that cannot be undone.
type consent struct {
	Yes bool `short:"y" help:"Do not ask."`
}

// ask wants a yes from a person at a terminal, or the flag.
func (c consent) ask(a *app, what string) error {
	if c.Yes {
		return nil
	}
	return c.question(a, what, bufio.NewReader(a.in))
}

// askTwice wants a yes, and then the name of what is to go typed out, or the flag.
func (c consent) askTwice(a *app, what, name string) error {
	if c.Yes {
		return nil
	}
	in := bufio.NewReader(a.in)
	if err := c.question(a, what, in); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(a.err, "This cannot be undone. Type %s to go on: ", name)
	if answer, _ := in.ReadString('\n'); strings.TrimSpace(answer) != name {
		return errors.New("nothing was deleted")
	}
	return nil
}

func (c consent) question(a *app, what string, in *bufio.Reader) error {
	if !isTerminal(a.in) {
		return hint(fmt.Errorf("refusing to delete %s without being told so", what), "add --yes")
	}
	if !a.saysYes("Delete "+what+"?", in) {
		return errors.New("nothing was deleted")
	}
	return nil
}

// saysYes asks a person at a terminal.
func (a *app) saysYes(question string, in *bufio.Reader) bool {
	_, _ = fmt.Fprint(a.err, question+" [y/N] ")
	answer, _ := in.ReadString('\n')
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes"
}

// deletedView is the answer to a deletion.
type deletedView struct {
	ID      string `json:"id"`
	Deleted bool   `json:"deleted"`
}
