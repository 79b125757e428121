package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// usherServer is an Usher that this bench has started.
type usherServer struct {
	*process
	binary      string
	data        string
	environment []string
}

// startUsher serves a fresh data folder, or the database. An usher from before has SQLite always: it may know no other.
func (b *bench) startUsher(ctx context.Context, name string) (*usherServer, error) {
	dir, err := b.folder(name)
	if err != nil {
		return nil, err
	}
	u := &usherServer{binary: b.before, data: filepath.Join(dir, "usher-data")}
	u.environment = []string{"USHER_RATE_LIMIT=0"} // a binary from before may know no such flag
	if name == "usher" {
		if u.binary, err = b.build(ctx, dir); err != nil {
			return nil, err
		}
		if b.database != "" {
			u.environment = append(u.environment, "USHER_DATABASE="+b.database, "USHER_KEY="+newKey())
		}
	}
	u.process, err = u.serve(ctx)
	if u.process != nil {
		b.processes[name] = u.process
	}
	return u, err
}

// build makes a binary from this tree, unless one is given.
func (b *bench) build(ctx context.Context, dir string) (string, error) {
	if b.binary != "" {
		return filepath.Abs(b.binary)
	}
	binary := filepath.Join(dir, "usher")
	out, err := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, "./cmd/usher").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build usher: %w\n%s", err, out)
	}
	return binary, nil
}

// newKey seals what a database without a data folder must keep secret.
func newKey() string {
	key := make([]byte, 32)
	rand.Read(key)
	return base64.StdEncoding.EncodeToString(key)
}

// connect makes a workspace with a connection by the command line, as an operator would.
func (u *usherServer) connect(ctx context.Context, workspace string) (url, token string, err error) {
	if _, err = u.cli(ctx, "workspace", "create", workspace); err != nil {
		return "", "", err
	}
	if _, err = u.cli(ctx, "connection", "create", "bench", "--workspace", workspace, "--profile", "entra"); err != nil {
		return "", "", err
	}
	created, err := u.cli(ctx, "token", "create", "--workspace", workspace, "--connection", "bench", "--expires", "7d")
	if err != nil {
		return "", "", err
	}
	url, _ = created["base_url"].(string)
	token, _ = created["token"].(string)
	return url, token, nil
}

func (u *usherServer) cli(ctx context.Context, args ...string) (map[string]any, error) {
	cmd := exec.CommandContext(ctx, u.binary, append(args, "--data", u.data, "--json")...)
	cmd.Env = append(cmd.Environ(), u.environment...)
	out, err := cmd.Output()
	if err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			return nil, fmt.Errorf("usher %s: %w\n%s", strings.Join(args[:2], " "), err, exit.Stderr)
		}
		return nil, err
	}
	var object map[string]any
	return object, json.Unmarshal(out, &object)
}
