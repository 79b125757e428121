package admin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestIdempotency: however often a create is sent with one key, it is done once and answered alike.
func TestIdempotency(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	const tokens, body = "/workspaces/ACC123/connections/okta/tokens", `{"expires_at":"2031-01-01T00:00:00Z"}`
	before := strings.Count(w.send(w.all, "GET", tokens, "").body, `"id"`)
	first := w.send(w.all, "POST", tokens, body, headerIdempotency, "k-1")
	again := w.send(w.all, "POST", tokens, body, headerIdempotency, "k-1")
	if first.status != http.StatusCreated || again.status != first.status || again.body != first.body ||
		again.header.Get("Location") != first.header.Get("Location") || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("first %+v\nagain %+v", first, again)
	}
	if after := strings.Count(w.send(w.all, "GET", tokens, "").body, `"id"`); after != before+1 {
		t.Errorf("%d tokens more", after-before)
	}
	var issued IssuedToken
	ok(t, json.Unmarshal([]byte(first.body), &issued))
	ok(t, filepath.WalkDir(w.folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte(issued.Text)) {
			t.Errorf("X10: the token is in %s in the clear", e.Name())
		}
		return err
	}))
	for name, got := range map[string]reading{
		"another body": w.send(w.all, "POST", tokens, `{}`, headerIdempotency, "k-1"),
		"another path": w.send(w.all, "POST", "/workspaces/ACC123/teams", body, headerIdempotency, "k-1"),
	} {
		if got.status != http.StatusConflict {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	other := w.keyOf("ACC123", "*")
	if got := w.send(other, "POST", tokens, body, headerIdempotency, "k-1"); got.status != http.StatusCreated || got.body == first.body {
		t.Errorf("the key of another API key: %d %s", got.status, got.body)
	}
	if got := w.send(w.keyOf("ACC123", "members.read"), "POST", tokens, body, headerIdempotency, "k-1"); got.status != http.StatusForbidden {
		t.Errorf("without the scope: %d %s", got.status, got.body)
	}
	w.clock.add(25 * time.Hour)
	if got := w.send(w.all, "POST", tokens, body, headerIdempotency, "k-1"); got.body == first.body {
		t.Errorf("a day later: %s", got.body)
	}
}

// TestIdempotency_Refusals are not kept: what was refused may be tried again.
func TestIdempotency_Refusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	const teams, body = "/workspaces/ACC123/teams", `{"name":"sales"}`
	if got := w.send(w.all, "POST", teams, body, headerIdempotency, "k"); got.status != http.StatusConflict {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if got := w.send(w.all, "DELETE", teams+"/sales", ""); got.status != http.StatusNoContent {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if got := w.send(w.all, "POST", teams, body, headerIdempotency, "k"); got.status != http.StatusCreated {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// TestIdempotency_AtOnce: of requests that run at the same time one is done; the others get its answer, or are told to
// wait for it.
func TestIdempotency_AtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	const hooks, body = "/workspaces/ACC123/webhooks", `{"url":"https://once.example/"}`
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			got := w.send(w.all, "POST", hooks, body, headerIdempotency, "k")
			if got.status != http.StatusCreated && got.status != http.StatusConflict {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
	wait.Wait()
	if n := strings.Count(w.send(w.all, "GET", hooks, "").body, "once.example"); n != 1 {
		t.Errorf("%d webhooks", n)
	}
}

// TestVersion: every row that takes If-Match refuses another version and does nothing.
func TestVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	for _, r := range routes() {
		if !r.matches {
			continue
		}
		if got := w.try(w.all, r, "If-Match", `"999"`); got.status != http.StatusPreconditionFailed {
			t.Errorf("%s %s: %d %s", r.method, r.pattern, got.status, got.body)
		}
	}
	one := w.send(w.all, "GET", "/workspaces/ACC123", "")
	tag := one.header.Get("ETag")
	if got := w.send(w.all, "GET", "/workspaces/ACC123", "", "If-None-Match", tag); got.status != http.StatusNotModified || got.body != "" {
		t.Errorf("If-None-Match: %d %s", got.status, got.body)
	}
	if got := w.send(w.all, "PATCH", "/workspaces/ACC123", `{"name":"N"}`, "If-Match", `"9", `+tag); got.status != http.StatusOK || got.header.Get("ETag") == tag {
		t.Errorf("If-Match: %d %s", got.status, got.body)
	}
}

// TestPage: pages neither repeat nor leave out, whatever comes and goes between them.
func TestPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	for i := range 7 {
		w.send(w.all, "POST", "/workspaces/ACC456/teams", fmt.Sprintf(`{"name":"t%d"}`, i))
	}
	c, path := w.client(w.all), "/workspaces/ACC456/teams"
	var seen []string
	cursor := ""
	for range 10 {
		page := must(get[List[Team]](t.Context(), c, path+"?limit=2"+cursor, nil))(t)
		for _, team := range page.Items {
			seen = append(seen, team.Name)
		}
		if page.Next == "" {
			break
		}
		cursor = "&cursor=" + page.Next
		w.send(w.all, "DELETE", path+"/"+seen[len(seen)-1], "") // the place of the cursor itself
	}
	if got := strings.Join(seen, " "); got != "t0 t1 t2 t3 t4 t5 t6" {
		t.Errorf("seen %s", got)
	}
	first := w.send(w.all, "GET", path+"?limit=1", "")
	if link := first.header.Get("Link"); !strings.HasPrefix(link, "</api/v1/workspaces/ACC456/teams?cursor=") || !strings.HasSuffix(link, `&limit=1>; rel="next"`) {
		t.Errorf("Link %q", link)
	}
	page := must(get[List[Team]](t.Context(), c, path+"?limit=1", nil))(t)
	if got := w.send(w.all, "GET", "/workspaces/ACC123/teams?cursor="+page.Next, ""); got.status != http.StatusBadRequest {
		t.Errorf("the cursor of another list: %d %s", got.status, got.body)
	}
}

// TestCSV: no cell is a formula to a spreadsheet.
func TestCSV(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	for i, name := range []string{`=cmd|' /C calc'!A0`, `+1`, `-2+3`, `@SUM(A1)`, `a,"b`} {
		email := fmt.Sprintf("p%d@partner.example", i)
		body, _ := marshal(Invitation{Name: name, Email: email})
		if got := w.send(w.all, "POST", "/workspaces/ACC456/members", string(body)); got.status != http.StatusCreated {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	byAccept := w.send(w.all, "GET", "/workspaces/ACC456/members", "", "Accept", "text/csv")
	byFormat := w.send(w.all, "GET", "/workspaces/ACC456/members?format=csv", "")
	if byAccept.body != byFormat.body || byAccept.header.Get("Content-Type") != mediaCSV {
		t.Errorf("%s: %s\n%s", byAccept.header.Get("Content-Type"), byAccept.body, byFormat.body)
	}
	for _, cell := range []string{`,'=cmd|' /C calc'!A0,`, `,'+1,`, `,'-2+3,`, `,'@SUM(A1),`, `,"a,""b",`} {
		if !strings.Contains(byAccept.body, cell) {
			t.Errorf("no %s in\n%s", cell, byAccept.body)
		}
	}
	if got := w.send(w.all, "GET", "/workspaces/ACC456/members?format=json", "", "Accept", "text/csv"); got.header.Get("Content-Type") != mediaJSON {
		t.Errorf("format=json: %s", got.header.Get("Content-Type"))
	}
	for _, cell := range []string{"=1", "+1", "-1", "@a", "\t=1", "\r=1", " =1", "\n=1"} {
		if got := neutral(cell); got[0] != '\'' {
			t.Errorf("%q is %q", cell, got)
		}
	}
}
