package main

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

func TestRun_ExitStatus(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	tests := []struct {
		args   string
		status int
	}{
		{"", exitOK},
		{"--help", exitOK},
		{"serve --help", exitOK},
		{"version", exitOK},
		{"frobnicate", exitUsage},
		{"workspace", exitUsage},
		{"workspace create", exitUsage},
		{"workspace list --nonsense", exitUsage},
		{"token create -w A -c b --expires never", exitUsage},
		{"connection create x -w A --profile nobody", exitUsage},
		{"simulate okta not-a-url", exitUsage},
		{"demo --json", exitUsage},
		{"bench http://localhost --day --tokens /dev/null", exitUsage},
		{"audit list -w A --limit 0", exitUsage},
		{"workspace list", exitFailed},
		{"serve --addr 0.0.0.0:0", exitFailed},
		{"doctor", exitFailed},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			t.Parallel()
			args := strings.Fields(tt.args)
			if len(args) > 0 {
				args = append(args, "--data", data)
			}
			var out, errs bytes.Buffer
			if got := run(t.Context(), args, streams{nil, &out, &errs}); got != tt.status {
				t.Errorf("exit status %d, want %d: %s", got, tt.status, &errs)
			}
			if tt.status == exitOK && errs.Len() > 0 {
				t.Errorf("standard error of a success: %s", &errs)
			}
		})
	}
}

func TestFail_SaysWhatAndWhatToDo(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err    error
		text   string
		status int
	}{
		{errors.New("it broke"), "usher: it broke\n", exitFailed},
		{hint(errors.New("it broke"), "mend %s", "it"), "usher: it broke\nhint: mend it\n", exitFailed},
		{errors.Join(hint(errors.New("it broke"), "mend it"), nil), "usher: it broke\nhint: mend it\n", exitFailed},
		{&failure{err: errors.New("no such flag"), hint: "usher --help", status: exitUsage}, "usher: no such flag\nhint: usher --help\n", exitUsage},
		{fmt.Errorf("while reading: %w", &directory.Refusal{Message: "no such workspace", Hint: "list them"}), "usher: while reading: no such workspace\nhint: list them\n", exitFailed},
		{scim.NewError(scim.KindUnknownResource, "User", "1", ""), "usher: " + scim.NewError(scim.KindUnknownResource, "User", "1", "").Detail() + "\n", exitFailed},
		{errReported, "", exitFailed},
	}
	for _, tt := range tests {
		var b bytes.Buffer
		if status := fail(&b, tt.err); status != tt.status || b.String() != tt.text {
			t.Errorf("%v: got %d %q, want %d %q", tt.err, status, b.String(), tt.status, tt.text)
		}
	}
}

// What others have said, such as a server of metadata, does not steer the terminal.
func TestFail_ShowsControlCharacters(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	fail(&b, hint(errors.New("404 Not\x1b[2K\x1b[1GNo problem\nsecond line\r"), "see \u009bJ"))
	if got, want := b.String(), "usher: 404 Not·[2K·[1GNo problem\nsecond line·\nhint: see "; !strings.HasPrefix(got, want) || strings.ContainsAny(got, "\x1b\u009b\r") {
		t.Errorf("%q", got)
	}
}
