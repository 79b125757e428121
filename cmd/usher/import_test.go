package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// The import test's size: its short form, and the one with USHER_SOAK=1.
const (
	importRows      = 20_000
	importSoakRows  = 100_000
	importRacedRows = 2_000
	// importMemory is a bound that only rows held in memory would break: most of what is used are SQLite's caches.
	importMemory = 192 << 20
)

// usersFile writes a table of users.
func usersFile(t *testing.T, n int) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "users.csv")
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	row := func(cells ...string) {
		if err := w.Write(cells); err != nil {
			t.Fatal(err)
		}
	}
	row("userName", "externalId", "givenName", "familyName", "email", "active", "title", "department", "employeeNumber")
	for i := range n {
		id := fmt.Sprint(i)
		row("user"+id+"@example.com", "00u"+id, "Given"+id, "Family"+id, "user"+id+"@example.com", "true", "Engineer", "Department "+fmt.Sprint(i%50), id)
	}
	w.Flush()
	if err := os.WriteFile(name, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// importing is an import as a process of its own.
func (c *crash) importing(args ...string) (cmd *exec.Cmd, out *bytes.Buffer) {
	c.Helper()
	return c.command(append([]string{"import", "--workspace", "ACC123", "--connection", "okta", "--json"}, args...)...)
}

// command is usher as a process of its own on the same folder.
func (c *crash) command(args ...string) (cmd *exec.Cmd, out *bytes.Buffer) {
	c.Helper()
	exe, err := os.Executable()
	c.check(err)
	cmd, out = exec.Command(exe, append(args, "--data", c.app.Data)...), new(bytes.Buffer)
	cmd.Env = append(os.Environ(), asUsher+"=1")
	cmd.Stdout, cmd.Stderr = out, out
	return cmd, out
}

// finish runs an import to its end.
func (c *crash) finish(args ...string) (v importView, cmd *exec.Cmd) {
	c.Helper()
	cmd, out := c.importing(args...)
	if err := cmd.Run(); err != nil {
		c.Fatalf("%v: %s", err, out)
	}
	c.check(json.Unmarshal(out.Bytes(), &v))
	return v, cmd
}

// TestImport_ManyUsersInLittleMemory imports many users twice: all are made once, and none is touched again.
func TestImport_ManyUsersInLittleMemory(t *testing.T) {
	t.Parallel()
	n, most := importRows, int64(importMemory)
	switch {
	case os.Getenv("USHER_SOAK") != "":
		n = importSoakRows
	case isRaced():
		n, most = importRacedRows, math.MaxInt64 // the detector's own memory is several times as much
	}
	c, file := newCrash(t), usersFile(t, n)
	for _, want := range []rowCounts{{Rows: n, Created: n}, {Rows: n, Unchanged: n}} {
		v, cmd := c.finish(file)
		if v.Types["users"] != want {
			t.Errorf("users: %+v, want %+v", v.Types["users"], want)
		}
		use, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		if !ok {
			t.Skip("no resource usage on this system")
		}
		peak := use.Maxrss << 10 // of Linux: KiB
		t.Logf("%d users in %.1f s: %.0f a second, at most %d MB resident", n, v.Seconds, float64(n)/v.Seconds, peak>>20)
		if peak > most {
			t.Errorf("%d MB resident, more than %d", peak>>20, most>>20)
		}
	}
	if total := c.userTotal(); total != n {
		t.Errorf("%d users are there, not %d", total, n)
	}
}

// isRaced reports that the race detector is in the binary.
func isRaced() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// userTotal counts the users of the connection.
func (c *crash) userTotal() (total int) {
	c.Helper()
	c.check(c.app.with(false, func(f *folder) error {
		w, err := f.Workspace(c.app.ctx, "ACC123")
		if err != nil {
			return err
		}
		v := c.app.view(f, w, c.connection)
		page, err := v.List(c.app.ctx, v.user(), scim.Query{StartIndex: 1})
		total = page.Total
		return err
	}))
	return total
}

// TestImport_KilledInTheMidstGoesOn kills an import, and runs it again: nobody is there twice, nobody is missing, and
// each has one audit entry and one event.
func TestImport_KilledInTheMidstGoesOn(t *testing.T) {
	t.Parallel()
	const n = 4000
	c, file := newCrash(t), usersFile(t, n)
	cmd, out := c.importing(file)
	c.check(cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	before := 0
	for deadline := time.Now().Add(patience); before < n/20; before = c.userTotal() {
		if time.Now().After(deadline) {
			t.Fatalf("only %d users after %s: %s", before, patience, out)
		}
		time.Sleep(5 * time.Millisecond) // the other process's progress
	}
	c.check(cmd.Process.Kill())
	if cmd.Wait() == nil {
		t.Fatal("the import was done before it was killed: make the file longer")
	}
	c.verifyRows()
	before = c.stored
	v, _ := c.finish(file)
	if want := (rowCounts{Rows: n, Created: n - before, Unchanged: before}); v.Types["users"] != want {
		t.Errorf("the second run: %+v, want %+v", v.Types["users"], want)
	}
	c.verifyRows()
	if c.stored != n {
		t.Errorf("%d users are there, not %d", c.stored, n)
	}
	t.Logf("killed after %d of %d users", before, n)
}

// TestImport_StoppedInTheMidst stops an import in which every user's manager comes one row later: the report has what was
// refused until then, and the second run names every manager by the new id.
func TestImport_StoppedInTheMidst(t *testing.T) {
	t.Parallel()
	const n = 3000
	c, dir := newCrash(t), t.TempDir()
	file, report := filepath.Join(dir, "users.csv"), filepath.Join(dir, "refused.csv")
	text := []byte("id,userName,manager,active\nx,bad@example.com,,perhaps\n")
	for i := range n {
		text = fmt.Appendf(text, "old%d,user%d@example.com,old%d,true\n", i, i, (i+1)%n)
	}
	c.check(os.WriteFile(file, text, 0o600))
	cmd, out := c.importing(file, "--report", report)
	c.check(cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	for deadline := time.Now().Add(patience); c.userTotal() < n/20; {
		if time.Now().After(deadline) {
			t.Fatalf("no progress after %s: %s", patience, out)
		}
		time.Sleep(5 * time.Millisecond) // the other process's progress
	}
	c.check(cmd.Process.Signal(os.Interrupt))
	if cmd.Wait() == nil || !bytes.Contains(out.Bytes(), []byte("the import was stopped")) {
		t.Errorf("the import was not stopped: %s", out)
	}
	if refused, err := os.ReadFile(report); err != nil || !bytes.Contains(refused, []byte("bad@example.com")) {
		t.Errorf("the report: %v: %s", err, refused)
	}
	cmd, out = c.importing(file, "--report", report, "--force")
	if cmd.Run() == nil {
		t.Errorf("the second run had no refused row: %s", out)
	}
	c.managersAreNext(n)
}

// managersAreNext wants the manager of each user to be the next one, by its id here.
func (c *crash) managersAreNext(n int) {
	c.Helper()
	ids, managers := map[string]string{}, map[string]string{}
	in := json.NewDecoder(strings.NewReader(c.usher("export", "-w", "ACC123", "-c", "okta", "--type", "users", "--data", c.app.Data)))
	for in.More() {
		var u struct {
			ID, UserName string
			Enterprise   struct{ Manager struct{ Value string } } `json:"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`
		}
		c.check(in.Decode(&u))
		ids[u.UserName], managers[u.UserName] = u.ID, u.Enterprise.Manager.Value
	}
	if len(ids) != n {
		c.Errorf("%d users, want %d", len(ids), n)
	}
	wrong := 0
	for i := range n {
		if managers[fmt.Sprintf("user%d@example.com", i)] != ids[fmt.Sprintf("user%d@example.com", (i+1)%n)] {
			wrong++
		}
	}
	if wrong > 0 {
		c.Errorf("%d of %d managers are named wrongly", wrong, n)
	}
}

// TestImport_IDsOfUsersAndGroupsMeet imports from a server that numbers users and groups each from 1, and says of no
// member which of the two it is.
func TestImport_IDsOfUsersAndGroupsMeet(t *testing.T) {
	t.Parallel()
	answers := map[string]string{
		"/Users": `{"totalResults":2,"itemsPerPage":2,"startIndex":1,"Resources":[{"id":"1","userName":"boss@example.com"},
			{"id":"2","userName":"emp@example.com","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"1"}}}]}`,
		"/Groups":   `{"totalResults":1,"itemsPerPage":1,"startIndex":1,"Resources":[{"id":"1","displayName":"Sales"}]}`,
		"/Groups/1": `{"id":"1","displayName":"Sales","members":[{"value":"1"}]}`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/scim+json")
		_, _ = w.Write([]byte(cmp.Or(answers[r.URL.Path], "{}")))
	}))
	t.Cleanup(server.Close)
	c := newCrash(t)
	for _, want := range []rowCounts{{Rows: 1, Created: 1}, {Rows: 1, Unchanged: 1}} {
		if v, _ := c.finish("--from-scim", server.URL, "--token", "secret"); v.Types["members"] != want {
			t.Errorf("members: %+v, want %+v: %+v", v.Types["members"], want, v.Refusals)
		}
	}
	text := c.usher("export", "-w", "ACC123", "-c", "okta", "--data", c.app.Data)
	if !strings.Contains(text, `{"group":"Sales","member":"boss@example.com","type":"User"}`) {
		t.Errorf("the boss is not in Sales:\n%s", text)
	}
}

// TestImport_ReportIsNotWrittenOverStandardInput: what is read may be a file there, too.
func TestImport_ReportIsNotWrittenOverStandardInput(t *testing.T) {
	t.Parallel()
	c, file := newCrash(t), usersFile(t, 1)
	before, err := os.ReadFile(file)
	c.check(err)
	in, err := os.Open(file)
	c.check(err)
	t.Cleanup(func() { _ = in.Close() })
	cmd, out := c.importing("-", "--type", "users", "--format", "csv", "--report", file, "--force")
	cmd.Stdin = in
	if cmd.Run() == nil || !bytes.Contains(out.Bytes(), []byte("--report would be written over -, which is imported")) {
		t.Errorf("not refused: %s", out)
	}
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(after, before) {
		t.Errorf("the file was %q, and is %q: %v", before, after, err)
	}
}

// TestImport_ManagerRefusedLate: the user is there, so the row is counted as made, and what was refused is reported.
func TestImport_ManagerRefusedLate(t *testing.T) {
	t.Parallel()
	c := newCrash(t)
	c.check(c.app.with(false, func(f *folder) error {
		w, err := f.Workspace(c.app.ctx, "ACC123")
		c.check(err)
		im := newImporter(c.app, f, w)
		im.tally, err = newTally("", false)
		c.check(err)
		o := &scim.Object{}
		o.Set("userName", "emp@example.com")
		row := &importRow{kind: userRow, file: "users.ndjson", line: 2, document: o, manager: "1"}
		im.tally.count(row, created, nil)
		im.managed.add(im.addLanding(c.connection), row, created, false, &scim.Record{ID: "gone"})
		im.nameManagers(c.app.ctx, func(err error) { t.Errorf("the import ended: %v", err) })
		v := im.tally.view(false, nil)
		if want := (rowCounts{Rows: 1, Created: 1}); v.Types["users"] != want || v.Refused != 1 {
			t.Errorf("%+v and %d refused, want %+v and 1", v.Types["users"], v.Refused, want)
		}
		if len(v.Refusals) != 1 || v.Refusals[0].Row != "emp@example.com" || !strings.HasPrefix(v.Refusals[0].Cause, "the user is in, but") {
			t.Errorf("refusals: %+v", v.Refusals)
		}
		return nil
	}))
}

// TestBackup_WhileAWriterWrites takes backups during an import. Each is the database at one moment: every user in it has
// the membership, the audit entry and the event that were committed together, and the chain of the audit log is whole.
func TestBackup_WhileAWriterWrites(t *testing.T) {
	t.Parallel()
	const backups = 3
	c, file := newCrash(t), usersFile(t, 4000)
	cmd, out := c.importing(file)
	c.check(cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	dir := t.TempDir()
	var during int
	for i := range backups {
		name := filepath.Join(dir, fmt.Sprint(i, ".db"))
		c.usher("backup", "--out", name, "--data", c.app.Data)
		data := filepath.Join(dir, fmt.Sprint(i))
		c.usher("restore", name, "--data", data, "--key-file", c.app.Data+".key")
		c.usher("audit", "verify", "--workspace", "ACC123", "--data", data, "--key-file", c.app.Data+".key")
		restored := &crash{T: t, app: &app{
			globals: globals{Data: data, KeyFile: c.app.Data + ".key"}, streams: c.app.streams, ctx: t.Context(), log: c.app.log, now: time.Now,
		}}
		restored.verifyRows()
		t.Logf("backup %d holds %d users", i, restored.stored)
		if restored.stored > 0 && restored.stored < 4000 {
			during++
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	c.verifyRows()
	if during == 0 {
		t.Log("no backup fell into the import: a slow or busy machine")
	}
}

// usher runs a command line in this process.
func (c *crash) usher(args ...string) string {
	c.Helper()
	var out, errs bytes.Buffer
	if status := run(c.Context(), args, streams{nil, &out, &errs}); status != exitOK {
		c.Fatalf("usher %v: %d\n%s%s", args, status, &out, &errs)
	}
	return out.String()
}

// TestExport_HoldsEachUserOnce: a connection that sees the whole workspace exports its own users only, so that a
// file holds each once.
func TestExport_HoldsEachUserOnce(t *testing.T) {
	t.Parallel()
	c := newCrash(t)
	c.check(c.app.with(false, func(f *folder) error {
		w, err := f.Workspace(c.app.ctx, "ACC123")
		c.check(err)
		_, err = f.CreateConnection(c.app.ctx, c.app.actor(), w, directory.NewConnection{
			Name: "wide", Profile: "okta", Settings: directory.ConnectionSettings{Scope: directory.ScopeWorkspace},
		})
		return err
	}))
	c.usher("user", "create", "ada@example.com", "-w", "ACC123", "-c", "okta", "--data", c.app.Data)
	c.usher("user", "create", "bob@example.com", "-w", "ACC123", "-c", "wide", "--data", c.app.Data)
	text := c.usher("export", "-w", "ACC123", "--type", "users", "--data", c.app.Data)
	if n := bytes.Count([]byte(text), []byte("\n")); n != 2 {
		t.Errorf("%d lines, want 2:\n%s", n, text)
	}
}

// TestImport_BesideAnother runs two imports of the same rows at once: who one of them makes the other brings up to date.
func TestImport_BesideAnother(t *testing.T) {
	t.Parallel()
	const n = 1000
	c, file := newCrash(t), usersFile(t, n)
	one, oneOut := c.importing(file)
	other, otherOut := c.importing(file)
	c.check(one.Start())
	c.check(other.Start())
	if err := errors.Join(one.Wait(), other.Wait()); err != nil {
		t.Fatalf("%v: %s\n%s", err, oneOut, otherOut)
	}
	var made int
	for _, out := range []*bytes.Buffer{oneOut, otherOut} {
		var v importView
		c.check(json.Unmarshal(out.Bytes(), &v))
		made += v.Types["users"].Created
	}
	if total := c.userTotal(); made != n || total != n {
		t.Errorf("%d users were made and %d are there, not %d", made, total, n)
	}
}
