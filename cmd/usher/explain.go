package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// explainCmd shows what a connection would make of somebody, and why. Nothing is written (B3).
type explainCmd struct {
	connectionScope
	Body   string `placeholder:"FILE" xor:"input" required:"" help:"A SCIM user as the identity provider would POST it, JSON; - reads standard input."`
	Claims string `placeholder:"FILE" xor:"input" required:"" help:"The claims of a login, a JSON object; - reads standard input."`
	User   string `placeholder:"USER" xor:"input" required:"" help:"Id or userName of a user of the connection."`
}

// Run explains.
func (c *explainCmd) Run(a *app) error {
	in := directory.PreviewInput{User: c.User}
	var err error
	if in.Document, err = a.readInput(c.Body); err != nil {
		return err
	}
	if in.Claims, err = a.readInput(c.Claims); err != nil {
		return err
	}
	return c.in(a, func(f *folder, w directory.Workspace, conn directory.Connection) error {
		p, err := f.Preview(a.ctx, w, conn, in)
		if err != nil {
			return err
		}
		return a.print(p, a.explanation(p))
	})
}

// maxInput is more than a user, or the metadata of an identity provider, that would be taken.
const maxInput = 2 << 20

// readInput reads a file, or standard input for -; nil for no name.
func (a *app) readInput(name string) ([]byte, error) {
	if name == "" {
		return nil, nil
	}
	in := a.in
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, hint(err, "name a file that is there and can be read, or - for standard input")
		}
		defer file.Close()
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, maxInput+1))
	if err == nil && len(text) > maxInput {
		err = hint(errors.New("the input is too large"), "%d MiB at most are read", maxInput>>20)
	}
	return text, err
}

func (a *app) explanation(p directory.Preview) texts {
	if p.Refused != "" {
		return texts{newCard(fmt.Sprintf("It would be refused with %d.", p.Status), "answer", p.Refused)}
	}
	profile := a.table("No profile.", "attribute", "value", "rule", "source")
	for _, v := range p.Profile {
		profile.add(v.Target, clip(string(scim.AppendJSON(nil, v.Value)), 50), v.Reason.Rule, v.Reason.Source)
	}
	members := a.table("No membership.", "workspace", "change", "status", "role", "teams", "why")
	for _, m := range p.Memberships {
		members.add(m.Workspace, m.Change, string(m.Status), m.Role, strings.Join(m.Teams, ", "), whyOf(m))
	}
	all := texts{line("Person: " + cmp.Or(p.Subject, "somebody new") + "\n"), profile, line(""), members}
	for _, note := range p.Notes {
		all = append(all, line("note: "+printable(note)))
	}
	return append(all, line("\nNothing was written."))
}

// whyOf puts the reasons of a membership's values into one sentence.
func whyOf(m directory.PreviewMembership) string {
	var parts []string
	for _, p := range [][2]string{{"", m.Why}, {"role: ", m.RoleWhy}, {"teams: ", m.TeamsWhy}, {"status: ", m.StatusWhy}} {
		if p[1] != "" {
			parts = append(parts, p[0]+p[1])
		}
	}
	return strings.Join(parts, "; ")
}
