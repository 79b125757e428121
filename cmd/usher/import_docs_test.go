package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// block is a fenced block of a document: its language, the file that it shows, and its text.
var block = regexp.MustCompile("(?m)^```(\\w+)(?: (\\S+))?\n((?s:.*?))^```$")

// TestDocs_ImportExamplesRun runs every command of docs/import-export.md, with the files that it shows.
func TestDocs_ImportExamplesRun(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/import-export.md")
	if err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, commands := t.TempDir(), 0
	blocks := block.FindAllStringSubmatch(string(text), -1)
	for _, b := range blocks {
		if b[2] != "" {
			if err := os.WriteFile(filepath.Join(dir, b[2]), []byte(b[3]), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, b := range blocks {
		if b[1] != "sh" {
			continue
		}
		for line := range strings.Lines(b[3]) {
			args := strings.Fields(line)
			cmd := exec.Command(exe, args[1:]...)
			cmd.Dir, cmd.Env = dir, append(os.Environ(), asUsher+"=1", "USHER_DATA=usher-data")
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%s: %v\n%s", strings.TrimSpace(line), err, out)
			}
			commands++
			if strings.Contains(line, "tables/users.csv") {
				unchangedThroughout(t, string(out))
			}
		}
	}
	if commands < 10 {
		t.Errorf("only %d commands were found", commands)
	}
}

// unchangedThroughout wants a summary in which nothing was created, updated or refused.
func unchangedThroughout(t *testing.T, summary string) {
	t.Helper()
	kinds := 0
	for line := range strings.Lines(summary) {
		if f := strings.Fields(line); len(f) == 6 && f[1] != "CREATED" && f[0] != "ROWS" {
			kinds++
			if f[2] != "0" || f[3] != "0" || f[5] != "0" || f[1] != f[4] {
				t.Errorf("something was changed:\n%s", summary)
			}
		}
	}
	if kinds != len(rowKinds) {
		t.Errorf("%d kinds of rows:\n%s", kinds, summary)
	}
}
