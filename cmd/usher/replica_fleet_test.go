package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/store/postgres/postgrestest"
)

// fleet is some replicas of the real binary on one PostgreSQL, each with wires of its own to it.
type fleet struct {
	*testing.T
	dir        string // of files
	app        *app   // works on the database itself, by no wire
	workspace  directory.Workspace
	connection directory.Connection
	token      string
	address    string   // of the database, as replicas are told it; %s stands for the hosts
	upstreams  []string // the servers of the database
	receiver   *receiver

	mu       sync.Mutex
	replicas []*replica
	started  int
}

// replica is a running usher serve, and how it gets to the database.
type replica struct {
	process
	name  string
	wires []*wire
	gone  atomic.Bool // killed by us
}

// newFleet makes an installation with a connection and a webhook on the server, and starts replicas. The databases are
// reached by network at the upstreams.
func newFleet(t *testing.T, server *postgrestest.Server, replicas int, upstreams ...string) *fleet {
	t.Helper()
	f := &fleet{T: t, dir: server.Dir(), upstreams: upstreams}
	f.address = "postgres://usher@%s/postgres?sslmode=disable&pool_max_conns=12"
	if len(upstreams) > 1 {
		f.address += "&target_session_attrs=read-write"
	}
	f.app = &app{
		globals: globals{Database: server.URL("postgres"), KeyFile: filepath.Join(f.dir, "key")},
		streams: streams{nil, io.Discard, io.Discard}, ctx: context.Background(), log: slog.New(slog.DiscardHandler), now: time.Now,
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	f.check(os.WriteFile(f.app.KeyFile, []byte(base64.StdEncoding.EncodeToString(key)), 0o600))
	f.receiver = newReceiver(t)
	f.check(f.app.with(true, f.install))
	for range replicas {
		f.add()
	}
	return f
}

func (f *fleet) check(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// install makes what the traffic needs. Who is in the group Auditors has the role Auditor: changes of a large group are
// work for the background.
func (f *fleet) install(to *folder) (err error) {
	a := f.app
	if f.workspace, err = to.CreateWorkspace(a.ctx, a.actor(), directory.NewWorkspace{Key: "ACC123"}); err != nil {
		return err
	}
	if _, err := to.CreateRole(a.ctx, a.actor(), f.workspace, directory.Role{Name: "Auditor"}); err != nil {
		return err
	}
	rules := mapping.Rules{Groups: []mapping.GroupRule{{Group: "Auditors", Role: "Auditor"}}}
	f.connection, err = to.CreateConnection(a.ctx, a.actor(), f.workspace, directory.NewConnection{
		Name: "okta", Profile: "okta", Settings: directory.ConnectionSettings{Mapping: rules},
	})
	if err != nil {
		return err
	}
	token, err := to.CreateToken(a.ctx, a.actor(), f.connection, time.Now().Add(time.Hour))
	if err != nil {
		return err
	}
	f.token = token.Text
	_, err = to.CreateWebhook(a.ctx, a.actor(), f.workspace, directory.NewWebhook{URL: f.receiver.url})
	return err
}

// add starts one more replica with further flags, and waits until it is ready.
func (f *fleet) add(flags ...string) *replica {
	f.Helper()
	return f.addOf(os.Args[0], flags...)
}

// addOf is add for another binary.
func (f *fleet) addOf(binary string, flags ...string) *replica {
	f.Helper()
	f.mu.Lock()
	f.started++
	r := &replica{name: fmt.Sprint("replica-", f.started)}
	f.mu.Unlock()
	var hosts []string
	for _, upstream := range f.upstreams {
		w := newWire(f.T, upstream)
		r.wires, hosts = append(r.wires, w), append(hosts, w.proxy.Listen)
	}
	ready := filepath.Join(f.dir, r.name)
	r.cmd = exec.Command(binary, append([]string{
		"serve", "--addr", "127.0.0.1:0", "--database", fmt.Sprintf(f.address, strings.Join(hosts, ",")), "--key-file", f.app.KeyFile,
		"--allow-private-hooks", "127.0.0.1", "--ready-file", ready, "--log-level", "warn", "--rate-limit", "0",
		"--drain-delay", "1s",
	}, flags...)...)
	r.cmd.Env = append(os.Environ(), asUsher+"="+onLeash)
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	log := &lockedBuffer{}
	r.cmd.Stderr = log
	held, err := r.cmd.StdinPipe()
	f.check(err)
	f.check(r.cmd.Start())
	f.Cleanup(func() {
		_ = held.Close()
		r.kill()
		if f.Failed() || os.Getenv("USHER_TEST_LOG") != "" {
			f.Logf("%s:\n%s", r.name, lastOf(log.String(), 6000))
		}
	})
	awaitSo(f.T, patience, func() bool {
		addr, err := os.ReadFile(ready)
		if err == nil {
			r.base = usher.BaseURL("http://"+strings.TrimSpace(string(addr)), f.connection.ID)
		}
		return err == nil
	}, func() string { return "the server did not start: " + lastOf(log.String(), 2000) })
	f.mu.Lock()
	defer f.mu.Unlock()
	f.replicas = append(f.replicas, r)
	return r
}

// kill9 ends a replica as a power switch does. The balancer has it on its list until it has noticed.
func (f *fleet) kill9(r *replica) {
	r.gone.Store(true)
	r.kill()
	time.AfterFunc(time.Second, func() { f.leaveOut(r) })
}

// drain asks a replica to stop. The balancer leaves it out before it does.
func (f *fleet) drain(r *replica) {
	f.Helper()
	f.check(r.cmd.Process.Signal(syscall.SIGTERM))
	f.leaveOut(r)
	f.check(r.cmd.Wait())
}

// leaveOut takes a replica off the balancer's list.
func (f *fleet) leaveOut(r *replica) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.replicas = slices.DeleteFunc(slices.Clone(f.replicas), func(other *replica) bool { return other == r })
}

// running are the replicas that the balancer sends to.
func (f *fleet) running() []*replica {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]*replica(nil), f.replicas...)
}

// alive are those of them that are not killed.
func (f *fleet) alive() []*replica {
	var alive []*replica
	for _, r := range f.running() {
		if !r.gone.Load() {
			alive = append(alive, r)
		}
	}
	return alive
}

// ready is what /readyz of the replica says; 0: nothing.
func (r *replica) ready() int {
	u, err := url.Parse(r.base)
	if err != nil {
		return 0
	}
	client := http.Client{Timeout: 5 * time.Second}
	res, err := client.Get("http://" + u.Host + "/readyz")
	if err != nil {
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// awaitReady waits until all replicas say the same.
func (f *fleet) awaitReady(status int, within time.Duration) {
	f.Helper()
	said := map[string]int{}
	awaitSo(f.T, within, func() bool {
		clear(said)
		same := true
		for _, r := range f.alive() {
			said[r.name] = r.ready()
			same = same && said[r.name] == status
		}
		return same
	}, func() string { return fmt.Sprintf("/readyz says %v, want %d everywhere", said, status) })
}

// awaitSo waits until it is so.
func awaitSo(t *testing.T, within time.Duration, so func() bool, state func() string) {
	t.Helper()
	for end := time.Now().Add(within); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after %s: %s", within, state())
		}
	}
}

func lastOf(text string, n int) string { return text[max(0, len(text)-n):] }
