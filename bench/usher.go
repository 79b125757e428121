package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
)

// usherTarget starts Usher, built from this tree unless a binary is given, and makes a connection by the command line,
// as an operator would.
func usherTarget(ctx context.Context, name, dir, binary string) (*target, error) {
	data := filepath.Join(dir, "usher-data")
	if binary == "" {
		binary = filepath.Join(dir, "usher")
		if out, err := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, "./cmd/usher").CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build usher: %w\n%s", err, out)
		}
	}
	p, err := startUsher(ctx, binary, data)
	if err != nil {
		return nil, err
	}
	cli := func(args ...string) (map[string]any, error) {
		return runJSON(ctx, binary, append(args, "--data", data, "--json")...)
	}
	_, err1 := cli("workspace", "create", "BENCH", "--name", "Bench")
	_, err2 := cli("connection", "create", "bench", "--workspace", "BENCH", "--profile", "entra")
	created, err3 := cli("token", "create", "--workspace", "BENCH", "--connection", "bench", "--expires", "7d")
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	url, _ := created["base_url"].(string)
	token, _ := created["token"].(string)
	return newTarget(name, url, token, p), nil
}

func runJSON(ctx context.Context, binary string, args ...string) (map[string]any, error) {
	out, err := exec.CommandContext(ctx, binary, args...).Output()
	if err != nil {
		var exit *exec.ExitError
		errors.As(err, &exit)
		if exit != nil {
			return nil, fmt.Errorf("usher %s %s: %w\n%s", args[0], args[1], err, exit.Stderr)
		}
		return nil, err
	}
	var object map[string]any
	return object, json.Unmarshal(out, &object)
}
