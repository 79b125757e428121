package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/directory"
)

// The crash test's size: its short form, and the one with USHER_SOAK=1.
const (
	crashClients    = 32
	crashRounds     = 3
	crashSoakRounds = 20
)

// TestDurability_KillNineLosesNothing kills the server while many clients create users, again and again. After each
// restart every user that got a 201 is there once, with its subject's membership, its audit entry and its event; and
// whatever else is there is whole as well.
func TestDurability_KillNineLosesNothing(t *testing.T) {
	t.Parallel()
	rounds := crashRounds
	if os.Getenv("USHER_SOAK") != "" {
		rounds = crashSoakRounds
	}
	c := newCrash(t)
	for round := range rounds {
		p := c.start()
		c.verifyOverHTTP(p)
		c.createUntilKilled(p, round, 20+rand.IntN(300))
		c.verifyRows()
		t.Logf("round %d: %d users acknowledged so far, %d stored", round, len(c.acknowledged), c.stored)
	}
	p := c.start()
	c.verifyOverHTTP(p)
	p.kill()
}

// crash is an installation that is killed and started again.
type crash struct {
	*testing.T
	app        *app
	connection directory.Connection
	token      string

	mu           sync.Mutex
	acknowledged map[string]string // userName → id that came with the 201
	stored       int
}

func newCrash(t *testing.T) *crash {
	t.Helper()
	a := &app{
		globals: globals{Data: filepath.Join(t.TempDir(), "data")}, streams: streams{nil, io.Discard, io.Discard},
		ctx: t.Context(), log: slog.New(slog.DiscardHandler), now: time.Now,
	}
	c := &crash{T: t, app: a, acknowledged: map[string]string{}}
	c.check(a.with(true, func(f *folder) error {
		w, err := f.CreateWorkspace(a.ctx, a.actor(), directory.NewWorkspace{Key: "ACC123"})
		c.check(err)
		c.connection, err = f.CreateConnection(a.ctx, a.actor(), w, directory.NewConnection{Name: "okta", Profile: "okta"})
		c.check(err)
		token, err := f.CreateToken(a.ctx, a.actor(), c.connection, time.Now().Add(time.Hour))
		c.token = token.Text
		return err
	}))
	return c
}

func (c *crash) check(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// process is a running usher serve.
type process struct {
	cmd  *exec.Cmd
	base string
}

// kill ends the process as a power switch would end it, and waits until it is gone.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

func (c *crash) start() *process {
	c.Helper()
	p := startProcess(c.T, c.app.Data)
	p.base = usher.BaseURL(p.base, c.connection.ID)
	return p
}

// startProcess starts the binary on a data folder, and waits until it serves. base is its URL.
func startProcess(t *testing.T, data string, flags ...string) *process {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ready := filepath.Join(t.TempDir(), "ready")
	flags = append([]string{"serve", "--addr", "127.0.0.1:0", "--data", data, "--ready-file", ready, "--log-level", "error", "--rate-limit", "0"}, flags...)
	p := &process{cmd: exec.Command(exe, flags...)}
	p.cmd.Env = append(os.Environ(), asUsher+"=1")
	var stderr bytes.Buffer
	p.cmd.Stderr = &stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	for deadline := time.After(patience); ; {
		if addr, err := os.ReadFile(ready); err == nil {
			p.base = "http://" + strings.TrimSpace(string(addr))
			return p
		}
		select {
		case <-deadline:
			t.Fatalf("the server did not start: %s", &stderr)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// createUntilKilled lets the clients create users, and kills the server in their midst after so many 201s.
func (c *crash) createUntilKilled(p *process, round, after int) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: crashClients}, Timeout: patience}
	defer client.CloseIdleConnections()
	var created atomic.Int64
	var clients sync.WaitGroup
	for i := range crashClients {
		clients.Go(func() {
			for n := 0; ; n++ {
				name := fmt.Sprintf("r%d-c%d-n%d@example.com", round, i, n)
				id, err := c.create(client, p.base, name)
				if err != nil {
					return // killed
				}
				c.mu.Lock()
				c.acknowledged[name] = id
				c.mu.Unlock()
				if created.Add(1) == int64(after) {
					_ = p.cmd.Process.Kill()
				}
			}
		})
	}
	clients.Wait()
	p.kill()
	if created.Load() < int64(after) {
		c.Fatalf("round %d: the server went away by itself after %d users", round, created.Load())
	}
}

func (c *crash) create(client *http.Client, base, name string) (id string, err error) {
	body := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"` + name + `","active":true}`
	answer, err := c.send(client, http.MethodPost, base+"/Users", body, http.StatusCreated)
	if err != nil {
		return "", err
	}
	return answer.ID, nil
}

type crashAnswer struct {
	ID           string
	UserName     string
	TotalResults int
	Resources    []crashAnswer
}

func (c *crash) send(client *http.Client, method, url, body string, want int) (answer crashAnswer, err error) {
	req, err := http.NewRequestWithContext(context.Background(), method, url, strings.NewReader(body))
	if err != nil {
		return answer, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/scim+json")
	res, err := client.Do(req)
	if err != nil {
		return answer, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return answer, err
	}
	if res.StatusCode != want {
		c.Errorf("%s %s: %d %s", method, url, res.StatusCode, data)
		return answer, fmt.Errorf("status %d", res.StatusCode)
	}
	return answer, json.Unmarshal(data, &answer)
}

// verifyOverHTTP looks for each acknowledged user through the restarted server.
func (c *crash) verifyOverHTTP(p *process) {
	c.Helper()
	for name, id := range c.acknowledged {
		found, err := c.send(http.DefaultClient, http.MethodGet, p.base+`/Users?filter=userName+eq+%22`+name+`%22`, "", http.StatusOK)
		c.check(err)
		if found.TotalResults != 1 || len(found.Resources) != 1 || found.Resources[0].ID != id {
			c.Fatalf("%s was acknowledged with id %s; after the restart: %+v", name, id, found)
		}
	}
}

// verifyRows looks at the rows themselves while no server runs: users, memberships, audit entries and events tell
// the same story.
func (c *crash) verifyRows() {
	c.Helper()
	c.check(c.app.with(false, func(f *folder) error {
		w, err := f.Workspace(c.app.ctx, "ACC123")
		c.check(err)
		users := c.users(f, w)
		c.sameOnce("audit entry", users, c.audited(f, w))
		c.sameOnce("event", users, c.joined(f, w))
		return nil
	}))
}

// users counts the members' documents by id, and compares them with what was acknowledged.
func (c *crash) users(f *folder, w directory.Workspace) map[string]int {
	c.Helper()
	members, err := f.MembersOf(c.app.ctx, w, "")
	c.check(err)
	byID, byName := map[string]int{}, map[string]string{}
	for _, m := range members {
		byID[m.User.ID]++
		if other, taken := byName[m.User.UserName]; taken {
			c.Errorf("%s is there twice: %s and %s", m.User.UserName, other, m.User.ID)
		}
		byName[m.User.UserName] = m.User.ID
	}
	for name, id := range c.acknowledged {
		if byName[name] != id {
			c.Errorf("%s was acknowledged with id %s; stored is %q", name, id, byName[name])
		}
	}
	c.stored = len(members)
	return byID
}

// audited counts the audit entries of creations by user.
func (c *crash) audited(f *folder, w directory.Workspace) map[string]int {
	c.Helper()
	entries, err := everything(func(after int64) ([]directory.AuditEntry, error) {
		return f.AuditLog(c.app.ctx, w, after, logPage)
	}, func(e directory.AuditEntry) int64 { return e.Seq })
	c.check(err)
	audited := map[string]int{}
	for _, e := range entries {
		if e.Action == directory.ActionUserCreate {
			audited[e.Target]++
		}
	}
	return audited
}

// joined counts the events of joiners by user.
func (c *crash) joined(f *folder, w directory.Workspace) map[string]int {
	c.Helper()
	events, err := everything(func(after int64) ([]directory.Event, error) {
		return f.EventLog(c.app.ctx, w, after, logPage)
	}, func(e directory.Event) int64 { return e.Seq })
	c.check(err)
	joined := map[string]int{}
	for _, e := range events {
		var data struct{ User string }
		c.check(json.Unmarshal(e.Data, &data))
		if e.Type == directory.EventMemberJoined {
			joined[data.User]++
		}
	}
	return joined
}

// sameOnce fails when a user has not exactly one row of the other kind, or such a row has no user.
func (c *crash) sameOnce(what string, users, rows map[string]int) {
	c.Helper()
	for id, n := range users {
		if n != 1 || rows[id] != 1 || id == "" {
			c.Errorf("user %q is there %d times with %d rows of kind %s", id, n, rows[id], what)
		}
	}
	for id := range rows {
		if users[id] == 0 {
			c.Errorf("%s without its user %q", what, id)
		}
	}
}

// everything reads a log to its end.
func everything[T any](next func(after int64) ([]T, error), seq func(T) int64) ([]T, error) {
	var all []T
	for after := int64(0); ; {
		entries, err := next(after)
		if err != nil || len(entries) == 0 {
			return all, err
		}
		all = append(all, entries...)
		after = seq(entries[len(entries)-1])
	}
}
