package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// TestConfigCheck plays testdata/config: a file, and all that is wrong with it, each with its place and what to do.
func TestConfigCheck(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/config/*.txtar")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want := &archive.Files[len(archive.Files)-1]
			got := checked(t, archive)
			if *updateKeys {
				want.Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != string(want.Data) {
				t.Errorf("%s\nwant\n%s", got, want.Data)
			}
		})
	}
}

// checked writes the files of an archive and returns the report on its usher.yaml.
func checked(t *testing.T, archive *txtar.Archive) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range archive.Files {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "usher.yaml")
	source, found, err := loadConfig(path, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if _, err := (&configCheckCmd{File: path}).report(source, found).WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(b.String(), dir+string(filepath.Separator), "")
}

func TestNearest(t *testing.T) {
	t.Parallel()
	tests := []struct{ word, want string }{
		{"listn", "listen"}, {"Listen", "listen"}, {"rate_limt", "rate_limit"}, {"colour", ""}, {"", ""},
	}
	for _, tt := range tests {
		if got := nearest(tt.word, []string{"listen", "rate_limit", "data"}); got != tt.want {
			t.Errorf("nearest(%q) = %q, want %q", tt.word, got, tt.want)
		}
	}
}

// The files that docs/configuration.md shows are fine.
func TestConfigCheck_Documentation(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		if !strings.Contains(block[1], "workspaces:") {
			continue // a part of one
		}
		checked++
		file := filepath.Join(t.TempDir(), "usher.yaml")
		if err := os.WriteFile(file, []byte(block[1]), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, found, err := loadConfig(file, time.Now()); err != nil || len(found) > 0 {
			t.Errorf("%v %v in\n%s", found, err, block[1])
		}
	}
	if checked < 2 {
		t.Errorf("%d files were found", checked)
	}
}
