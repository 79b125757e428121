package sso_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestChromium_SignsIn walks through a login in a browser that is not ours: its rules for cookies, redirects and policies
// are the ones that count. USHER_PAGES names a folder for a picture of where it ends.
func TestChromium_SignsIn(t *testing.T) {
	t.Parallel()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed: tools/prereq.sh does it by apt, or says why it does not")
	}
	w := newWorldAt(t, time.Now())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	arguments := []string{
		"--headless", "--no-sandbox", "--disable-gpu", "--window-size=480,640", "--user-data-dir=" + t.TempDir(), "--enable-logging=stderr",
	}
	if folder := os.Getenv("USHER_PAGES"); folder != "" {
		arguments = append(arguments, "--screenshot="+filepath.Join(folder, "chromium.png"))
	} else {
		arguments = append(arguments, "--dump-dom")
	}
	said, err := exec.CommandContext(ctx, chromium, append(arguments, w.server.URL+"/sso/"+w.okta.ID+"/login")...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	if os.Getenv("USHER_PAGES") == "" && !strings.Contains(string(said), "<dd>Ada Byron</dd>") {
		t.Errorf("chromium shows %s\n%s", said, w.log)
	}
	if strings.Contains(string(said), "Content Security Policy") {
		t.Errorf("the policy forbids something: %s", said)
	}
	if left := w.traces(w.acme); left.sessions != 1 || left.refused != nil {
		t.Errorf("left %+v", left)
	}
}
