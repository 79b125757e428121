package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/usher-scim/usher/scimtest/load"
)

// targetNames are the servers, in the order of their turns.
var targetNames = []string{"const", "thin-normal", "thin-full", "thin-pg", "before", "usher"}

// bench holds the servers of a run.
type bench struct {
	options
	dir       string
	processes map[string]*process // by the server's name; those that somebody else started are missing
	servers   []*load.Server
	stop      func()
	memory    []memory
}

// prepare makes a folder for the run. What is started with the context ends with stop.
func prepare(parent context.Context, o options) (*bench, context.Context, error) {
	dir, err := os.MkdirTemp(o.dir, "usher-bench-")
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(parent)
	b := &bench{options: o, dir: dir, processes: map[string]*process{}}
	b.stop = func() {
		cancel()
		for _, p := range b.processes {
			p.cmd.Wait() // an interrupt is how it ends: no error worth telling
		}
		os.RemoveAll(dir)
	}
	return b, ctx, nil
}

// start starts every server that was asked for.
func start(parent context.Context, o options) (*bench, error) {
	b, ctx, err := prepare(parent, o)
	if err != nil {
		return nil, err
	}
	for _, name := range o.targets {
		if err := b.startTarget(ctx, name); err != nil {
			b.stop()
			return nil, fmt.Errorf("start %s: %w", name, err)
		}
		b.noteMemory(name, "start")
	}
	return b, nil
}

func (b *bench) startTarget(ctx context.Context, name string) error {
	c := load.Config{Name: name, Constant: name == "const", Except: lacks(name)}
	switch {
	case name == "usher" && b.usherURL != "":
		c.BaseURL, c.Token = b.usherURL, b.token
	case name == "usher" || name == "before":
		u, err := b.startUsher(ctx, name)
		if err != nil {
			return err
		}
		if c.BaseURL, c.Token, err = u.connect(ctx, "BENCH"); err != nil {
			return err
		}
	default:
		p, err := b.startYardstick(ctx, name)
		if err != nil {
			return err
		}
		c.BaseURL = p.url
	}
	s, err := load.NewServer(c)
	b.servers = append(b.servers, s)
	return err
}

// lacks names what a server takes no part in. thin-normal reads as thin-full does.
func lacks(name string) []string {
	var except []string
	for _, o := range load.Operations() {
		if name == "thin-normal" && !o.Write || name != "usher" && name != "before" && o.Name == "co" {
			except = append(except, o.Name)
		}
	}
	return except
}

// folder makes a folder for one server.
func (b *bench) folder(name string) (string, error) {
	dir := filepath.Join(b.dir, name)
	return dir, os.Mkdir(dir, 0o700)
}
