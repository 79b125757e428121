package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/usher-scim/usher/admin"
)

// installation is a usher serve, in a process of its own, with the configuration of an example.
type installation struct {
	data, url string
	mails     string // a folder with a file of each
	key       string // of the admin API
	api       *admin.Client
	process   *exec.Cmd
}

// install starts the example. The variables of the environment are what its configuration names.
func install(t *testing.T, example string, env ...string) *installation {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	ready := filepath.Join(dir, "ready")
	in := &installation{data: filepath.Join(dir, "data"), mails: filepath.Join(dir, "mails")}
	in.process = exec.Command(exe, "serve", "--config", filepath.Join("../../examples", example, "usher.yaml"), "--data", in.data,
		"--addr", "127.0.0.1:0", "--ready-file", ready, "--log-level", "error", "--rate-limit", "0", "--allow-private-hooks", "127.0.0.0/8",
		"--smtp", folderURL(in.mails), "--mail-from", "usher@example.com")
	in.process.Env = append(append(os.Environ(), asUsher+"=1"), env...)
	stderr := &lockedBuffer{}
	in.process.Stderr = stderr
	if err := in.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.stop(t) })
	eventually(t, func() string {
		addr, err := os.ReadFile(ready)
		if err != nil {
			return "the server is not ready: " + stderr.String()
		}
		in.url = "http://" + strings.TrimSpace(string(addr))
		return ""
	})
	var issued struct{ Key string }
	in.json(t, &issued, "apikey", "create", "first")
	in.key, in.api = issued.Key, &admin.Client{BaseURL: in.url + "/api/v1", Key: issued.Key}
	return in
}

// stop ends the server in order. It may be called twice.
func (in *installation) stop(t *testing.T) {
	if in.process.ProcessState != nil {
		return
	}
	_ = in.process.Process.Signal(syscall.SIGINT)
	if err := in.process.Wait(); err != nil {
		t.Errorf("serve ended with %v", err)
	}
}

// usher runs a command beside the server, on its data folder.
func (in *installation) usher(t *testing.T, args ...string) (string, int) {
	t.Helper()
	var out, errs bytes.Buffer
	status := run(t.Context(), append(args, "--data", in.data), streams{nil, &out, &errs})
	return out.String() + errs.String(), status
}

// json runs a command that has to succeed, and reads what it prints.
func (in *installation) json(t *testing.T, into any, args ...string) {
	t.Helper()
	out, status := in.usher(t, append(args, "--json")...)
	if status != exitOK {
		t.Fatalf("usher %s: exit status %d: %s", strings.Join(args, " "), status, out)
	}
	if err := json.Unmarshal([]byte(out), into); err != nil {
		t.Fatal(err)
	}
}

// files looks for a text in every file of the data folder, and names those that hold it.
func (in *installation) files(t *testing.T, text string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(in.data, func(file string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(file)
		if bytes.Contains(content, []byte(text)) {
			found = append(found, filepath.Base(file))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// owner makes the person who has set the workspace up: the last one who owns it stays, whatever the IdP says (B11).
func (in *installation) owner(t *testing.T, workspace, role string) {
	t.Helper()
	owner, err := in.api.Invite(t.Context(), workspace, admin.Invitation{Email: "owner@example.net", Role: role})
	if err != nil {
		t.Fatal(err)
	}
	if err := in.api.ReportLogin(t.Context(), workspace, owner.Subject); err != nil {
		t.Fatal(err)
	}
}

// eventually waits until there is nothing left to complain about.
func eventually(t *testing.T, complaint func() string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		said := complaint()
		if said == "" {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal(said)
		}
	}
}
