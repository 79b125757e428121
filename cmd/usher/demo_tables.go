package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/usher-scim/usher/directory"
)

// auditCount says how often something happened, by connection.
type auditCount struct {
	Action string         `json:"action"`
	Counts map[string]int `json:"counts"` // by connection, or "operator"
}

// operator stands in the counts for what no connection did.
const operator = "operator"

// read collects what the tables show.
func (d *demo) read() error {
	members, err := d.folder.MembersOf(d.app.ctx, d.workspace, "")
	if err != nil {
		return err
	}
	for _, m := range inOrder(members) {
		if m.User.ID != "" { // the simulators' own people have come and gone
			d.shown.Members = append(d.shown.Members, newMemberView(d.workspace, m))
		}
	}
	entries, err := d.folder.auditLog(d.app, d.workspace).page(paging{Limit: logPage * 10})
	if err != nil {
		return err
	}
	if d.names, err = d.folder.connectionNames(d.app, d.workspace); err != nil {
		return err
	}
	d.entries, d.shown.Audit = entries, d.count(entries)
	return nil
}

// count sums the audit log up, in the order in which actions first happened.
func (d *demo) count(entries []directory.AuditEntry) []auditCount {
	var counts []auditCount
	for _, e := range entries {
		i := slices.IndexFunc(counts, func(c auditCount) bool { return c.Action == e.Action })
		if i < 0 {
			i = len(counts)
			counts = append(counts, auditCount{Action: e.Action, Counts: map[string]int{}})
		}
		counts[i].Counts[cmp.Or(d.names[e.Connection], operator)]++
	}
	return counts
}

// print shows the demo's result.
func (d *demo) print(once bool) error {
	if d.app.JSON {
		return printJSON(d.app.out, d.shown)
	}
	sections := texts{
		d.heading("Members of " + d.workspace.Name), d.memberTable(),
		d.heading("What happened (audit log)"), d.countTable(),
		d.heading("The last of it"), d.newest(6),
	}
	if once {
		sections = append(sections, d.heading("Next"), d.next())
	} else {
		sections = append(sections, d.heading("Try it"), d.invitation())
	}
	_, err := sections.WriteTo(d.app.out)
	return err
}

func (d *demo) heading(text string) io.WriterTo {
	return line("\n" + paletteFor(d.app.out).paint(text, "head"))
}

func (d *demo) memberTable() *table {
	t := d.app.memberTable()
	for _, m := range d.shown.Members {
		t.add(m.UserName, m.Connection, m.Status, m.Role, strings.Join(m.Groups, ", "))
	}
	return t
}

func (d *demo) countTable() *table {
	columns := append(slices.Clone(demoIDPs), operator)
	t := d.app.table("Nothing.", append([]string{"action"}, columns...)...)
	for _, c := range d.shown.Audit {
		row := []string{c.Action}
		for _, name := range columns {
			row = append(row, fmt.Sprintf("%*s", len(name), dotted(c.Counts[name])))
		}
		t.add(row...)
	}
	return t
}

// newest is the end of the audit log, entry by entry.
func (d *demo) newest(n int) *table {
	t := d.app.table("Nothing.", "time", "actor", "action", "target", "detail")
	for _, e := range d.entries[max(0, len(d.entries)-n):] {
		t.add(auditRow(e, d.names)...)
	}
	return t
}

// invitation is what to do while the demo serves.
func (d *demo) invitation() io.WriterTo {
	p := paletteFor(d.app.out)
	auth := `  curl -s -H "Authorization: Bearer $TOKEN" `
	commands := strings.Join([]string{
		"  BASE=" + d.shown.BaseURL,
		"  TOKEN=" + d.shown.Token,
		auth + `"$BASE/Users?count=2"`,
		auth + `-G "$BASE/Users" --data-urlencode 'filter=userName sw "ada"'`,
		auth + `-H "Content-Type: application/scim+json" "$BASE/Users" -d '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"you@example.com"}'`,
		fmt.Sprintf("  usher user list --workspace %s --data %s", d.workspace.Key, d.app.Data),
		"  usher simulate okta $BASE --token $TOKEN",
	}, "\n")
	signIn := "Sign in as Alice, whom nobody has provisioned, or as Ada, whom SCIM has, and who is an admin:\n" + p.paint("  "+d.shown.SignInURL, "command") +
		"\nOr by SAML, at the other identity provider:\n" + p.paint("  "+d.shown.SAMLURL, "command")
	return line(p.paint(commands, "command") + "\n\n" + signIn + "\n\nServing on " + d.folder.publicURL + " until Ctrl-C; then all of it is removed.\nMails to admins are files in " + d.app.demoMails() + ".")
}

// next is how to begin in earnest.
func (d *demo) next() io.WriterTo {
	return line(paletteFor(d.app.out).paint(strings.Join([]string{
		"  usher demo                                               the same, and keep serving to try it by hand",
		"  usher serve                                              a real one, in ./usher-data",
		"  usher workspace create ACC123 --name Acme                beside it: a customer,",
		"  usher connection create okta -w ACC123 --profile okta    its identity provider,",
		"  usher token create -w ACC123 -c okta                     and what to paste there",
	}, "\n"), "command"))
}

// dotted writes a count, none as a dot.
func dotted(n int) string {
	if n == 0 {
		return "·"
	}
	return fmt.Sprint(n)
}
