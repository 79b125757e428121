package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/sqlite"
)

// These are attacks that once had an effect.

const okta = "/workspaces/ACC123/connections/okta"

// atOnce sends n requests at the same time and returns their statuses.
func atOnce(n int, send func(i int) reading) []int {
	statuses := make([]int, n)
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() { statuses[i] = send(i).status })
	}
	wait.Wait()
	return statuses
}

func count(statuses []int, status int) (n int) {
	for _, s := range statuses {
		if s == status {
			n++
		}
	}
	return n
}

// TestAttack_SettingsThatAreMergedAtOnceLoseNothing: who takes a role off a list is not undone by a change of another
// setting at the same moment.
func TestAttack_SettingsThatAreMergedAtOnceLoseNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	for path, settings := range map[string][]string{
		okta:                 {`"no_create":true`, `"hard_delete":true`, `"remove_inactive":true`, `"role_discovery":true`},
		"/workspaces/ACC123": {`"known_teams":true`, `"first_status":"invited"`, `"language":"de"`, `"time_zone":"Europe/Zurich"`},
	} {
		statuses := atOnce(len(settings), func(i int) reading {
			return w.send(w.all, "PATCH", path, `{"settings":{`+settings[i]+`}}`)
		})
		got := w.send(w.all, "GET", path, "").body
		for i, setting := range settings {
			if statuses[i] != http.StatusOK || !strings.Contains(got, setting) {
				t.Errorf("%s %s: %d, and then %s", path, setting, statuses[i], got)
			}
		}
	}
}

// TestAttack_IfMatchIsWonOnce: of changes that rest on one version, one is made.
func TestAttack_IfMatchIsWonOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	for path, body := range map[string]string{
		okta:                              `{"name":"okta","settings":{"required":["a%d"]}}`,
		"/workspaces/ACC123":              `{"name":"N%d"}`,
		"/workspaces/ACC123/roles/viewer": `{"description":"d%d"}`,
		"/workspaces/ACC123/teams/sales":  `{"description":"d%d"}`,
		"/workspaces/ACC123/members/" + w.values["subject"]: `{"teams":["t%d"]}`,
	} {
		body = strings.Replace(body, `["a%d"]`, `["nickName"],"brake":{"members":%d,"percent":1}`, 1)
		for range 5 {
			tag := w.send(w.all, "GET", path, "").header.Get("ETag")
			statuses := atOnce(4, func(i int) reading {
				return w.send(w.all, "PATCH", path, fmt.Sprintf(body, time.Now().Nanosecond()+i), "If-Match", tag)
			})
			if count(statuses, http.StatusOK) != 1 || count(statuses, http.StatusPreconditionFailed) != 3 {
				t.Errorf("%s: %v", path, statuses)
			}
		}
	}
}

// TestAttack_BrakeIsReleasedByReleasingIt: B10 no change of settings lets the leavers through, in particular not for ever.
func TestAttack_BrakeIsReleasedByReleasingIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	for _, until := range []string{"2031-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00"} {
		setting := `"settings":{"brake_open_until":"` + until + `"}`
		for _, got := range []reading{
			w.send(w.all, "PATCH", okta, `{`+setting+`}`),
			w.send(w.all, "POST", "/workspaces/ACC123/connections", `{"name":"n",`+setting+`}`),
		} {
			if got.status != http.StatusBadRequest || !strings.Contains(got.body, "brake_open_until") {
				t.Errorf("%s: %d %s", until, got.status, got.body)
			}
		}
	}
	at := w.workspace("ACC123")
	k, err := w.directory.Connection(w.ctx, at, "okta")
	w.check(err)
	k, err = w.directory.ReleaseBrake(w.ctx, operator, k)
	w.check(err)
	if got := w.send(w.all, "PATCH", okta, `{"settings":{"no_create":true}}`); got.status != http.StatusOK || !strings.Contains(got.body, "brake_open_until") {
		t.Errorf("a change of another setting closes it: %d %s", got.status, got.body)
	}
	k.Settings.BrakeOpenUntil = w.clock.Now().AddDate(100, 0, 0)
	k, err = w.directory.UpdateConnection(w.ctx, operator, k, directory.ConnectionChange{Settings: &k.Settings})
	w.check(err)
	if k.Settings.BrakeOpenUntil.After(w.clock.Now().Add(2 * time.Hour)) {
		t.Errorf("B10 open until %s", k.Settings.BrakeOpenUntil)
	}
}

// TestAttack_ConnectionDoesNotGrantWhatTheKeyCannot: B11 a key that manages connections makes nobody an owner by one.
func TestAttack_ConnectionDoesNotGrantWhatTheKeyCannot(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	weak := w.keyOf("ACC123", "connections.write", "connections.read")
	strong := w.keyOf("ACC123", "connections.write", "members.write")
	for _, tt := range []struct {
		key, method, path, body string
		want                    int
	}{
		{weak, "PATCH", okta, `{"settings":{"roles":["viewer"]}}`, 200},
		{weak, "PATCH", okta, `{"settings":{"roles":["viewer","owner"]}}`, 403},
		{weak, "POST", "/workspaces/ACC123/connections", `{"name":"n","settings":{"roles":["owner"]}}`, 403},
		{weak, "PATCH", okta, `{"settings":{"roles":null}}`, 200},
		{strong, "PATCH", okta, `{"settings":{"roles":["viewer","owner"]}}`, 200},
		{weak, "PATCH", okta, `{"settings":{"no_create":true}}`, 200},
		{weak, "PATCH", okta, `{"settings":{"roles":["owner"]}}`, 200},
		{weak, "PATCH", okta, `{"settings":{"roles":[]}}`, 200},
		{weak, "PATCH", okta, `{"settings":{"roles":["owner"]}}`, 403},
	} {
		if got := w.send(tt.key, tt.method, tt.path, tt.body); got.status != tt.want {
			t.Errorf("%s %s: %d, want %d\n%s", tt.path, tt.body, got.status, tt.want, got.body)
		}
	}
}

// TestAttack_NoWayAroundTheEntitlement: E8 a tenant that the operator has not entitled makes no workspace below that is.
func TestAttack_NoWayAroundTheEntitlement(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	if got := w.send(w.all, "PATCH", "/workspaces/OTHER", `{"settings":{"provisioning":"unentitled"}}`); got.status != http.StatusOK {
		t.Fatal(got.body)
	}
	own := w.keyOf("OTHER", "*")
	for _, settings := range []string{`{}`, `{"provisioning":""}`, `{"provisioning":null}`, `{"provisioning":"disabled"}`} {
		key := fmt.Sprintf("O%d", len(settings))
		if got := w.send(own, "POST", "/workspaces", `{"key":"`+key+`","parent":"OTHER","settings":`+settings+`}`); got.status != http.StatusCreated {
			t.Fatalf("%d %s", got.status, got.body)
		}
		if s := w.workspace(key).Settings; s.Provisioning != directory.ProvisioningUnentitled {
			t.Errorf("%s: made %q", settings, s.Provisioning)
		}
		for _, patch := range []string{`{"settings":{"provisioning":null}}`, `{"settings":{"provisioning":"disabled"}}`} {
			if got := w.send(own, "PATCH", "/workspaces/"+key, patch); got.status != http.StatusForbidden {
				t.Errorf("%s: %d %s", patch, got.status, got.body)
			}
		}
	}
	if got := w.send(w.all, "POST", "/workspaces", `{"key":"GIVEN","parent":"OTHER"}`); got.status != http.StatusCreated ||
		w.workspace("GIVEN").Settings.Provisioning != directory.ProvisioningEnabled {
		t.Errorf("the operator: %d %s", got.status, got.body)
	}
}

// TestAttack_FarDates are refused: they became dates of the past, or answers that could not be written.
func TestAttack_FarDates(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	for _, at := range []string{"2300-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "0000-01-01T00:00:00Z", "1500-01-01T00:00:00Z"} {
		for _, path := range []string{okta + "/tokens", okta + "/tokens/" + w.values["token"] + "/rotate"} {
			got := w.send(w.all, "POST", path, `{"expires_at":"`+at+`"}`)
			if got.status != http.StatusBadRequest {
				t.Errorf("%s %s: %d %s", path, at, got.status, got.body)
			}
			isProblem(t, route{method: "POST", pattern: path}, got)
		}
	}
}

// TestAttack_PreviewTellsOfTheWorkspaceAlone: where else in the tenant somebody is a member, and as what, is not for who
// may look into one workspace.
func TestAttack_PreviewTellsOfTheWorkspaceAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	for _, key := range []string{"ACME", "ACC456"} {
		_, err := w.directory.Invite(w.ctx, operator, w.workspace(key), directory.Invitation{
			Subject: w.values["subject"], Role: "owner", Teams: []string{"secret-" + key},
		})
		w.check(err)
	}
	got := w.send(w.keyOf("ACC123", "members.read"), "POST", okta+"/preview", `{"user":"ann@acme.example"}`)
	if got.status != http.StatusOK || !strings.Contains(got.body, `"workspace":"ACC123"`) {
		t.Fatalf("%d %s", got.status, got.body)
	}
	for _, beyond := range []string{"ACME", "ACC456", "secret-", "owner"} {
		if strings.Contains(got.body, beyond) {
			t.Errorf("it tells of %s: %s", beyond, got.body)
		}
	}
}

// TestAttack_WebhooksAreFew: an event is not a thousand requests to hosts that never answer.
func TestAttack_WebhooksAreFew(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	made := 0
	for i := range 60 {
		key := []string{"ACC123", "ACC456", "ACME"}[i%3]
		switch got := w.send(w.all, "POST", "/workspaces/"+key+"/webhooks", `{"url":"https://slow.example/"}`); got.status {
		case http.StatusCreated:
			made++
		case http.StatusBadRequest:
		default:
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	if made != 49 { // there was one
		t.Errorf("%d webhooks were made", made)
	}
	if got := w.send(w.all, "POST", "/workspaces/OTHER/webhooks", `{"url":"https://app.example/"}`); got.status != http.StatusCreated {
		t.Errorf("another tenant: %d %s", got.status, got.body)
	}
}

// TestAttack_PollsOfOneKeyAreFew: who waits with a thousand requests keeps nobody else out.
func TestAttack_PollsOfOneKeyAreFew(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	own := w.keyOf("ACC123", "events.read")
	const path = "/workspaces/ACC123/events?after=999999&wait="
	statuses := atOnce(3*maxPolls, func(int) reading { return w.send(own, "GET", path+"1", "") })
	if n := count(statuses, http.StatusTooManyRequests); n == 0 || n+count(statuses, http.StatusOK) != len(statuses) {
		t.Errorf("%v", statuses)
	}
	got := w.send(own, "GET", path+"0", "")
	if got.status != http.StatusOK {
		t.Errorf("afterwards: %d %s", got.status, got.body)
	}
}

// TestAttack_AnswersGoWithThePerson: X3 an answer that was kept for a day tells nothing of who was erased since.
func TestAttack_AnswersGoWithThePerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	const path, body = "/workspaces/ACC456/members", `{"email":"gone@partner.example","name":"Gone Girl"}`
	for _, key := range []string{w.all, w.keyOf("ACME", "*")} {
		var m Member
		ok(t, json.Unmarshal([]byte(w.send(key, "POST", path, body, headerIdempotency, "k").body), &m))
		if again := w.send(key, "POST", path, body, headerIdempotency, "k"); again.header.Get("Idempotency-Replayed") == "" {
			t.Fatalf("%d %s", again.status, again.body)
		}
		if got := w.send(key, "POST", "/workspaces/ACME/members/"+m.Subject+"/erase?confirm="+m.Subject, ""); got.status != http.StatusNoContent {
			t.Fatalf("%d %s", got.status, got.body)
		}
		again := w.send(key, "POST", path, `{"email":"gone@partner.example"}`, headerIdempotency, "k")
		if again.status != http.StatusCreated || strings.Contains(again.body, m.Subject) || strings.Contains(again.body, "Gone Girl") {
			t.Errorf("it is answered again: %d %s", again.status, again.body)
		}
		ok(t, json.Unmarshal([]byte(again.body), &m))
		w.send(key, "POST", "/workspaces/ACME/members/"+m.Subject+"/erase?confirm="+m.Subject, "")
	}
}

// TestAttack_OneKeyInTwoProcesses: a create that is sent to two servers on the same data is done once.
func TestAttack_OneKeyInTwoProcesses(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	store, err := sqlite.Open(context.Background(), w.folder, sqlite.Options{Now: w.clock.Now})
	w.check(err)
	t.Cleanup(func() { w.check(store.Close()) })
	second := *w
	second.directory, err = directory.New(directory.Config{Store: store, Key: w.sealing, Now: w.clock.Now})
	w.check(err)
	handler, err := New(Options{Directory: second.directory, SAML: lent(nil), Now: w.clock.Now, Log: slog.New(slog.DiscardHandler)})
	w.check(err)
	second.server = httptest.NewServer(http.StripPrefix(defaultURL, handler))
	t.Cleanup(second.server.Close)
	const tokens = okta + "/tokens"
	list := func() int { return strings.Count(w.send(w.all, "GET", tokens+"?limit=200", "").body, `"id"`) }
	for round := range 10 {
		before, key := list(), fmt.Sprint("k", round)
		statuses := atOnce(8, func(i int) reading {
			return []*world{w, &second}[i%2].send(w.all, "POST", tokens, `{}`, headerIdempotency, key)
		})
		if made := list() - before; made != 1 || count(statuses, http.StatusCreated) < 1 {
			t.Errorf("%d were made: %v", made, statuses)
		}
	}
}

// TestAttack_FormulasBehindSeparators: in half of the world a cell of CSV ends with a semicolon, quoted or not.
func TestAttack_FormulasBehindSeparators(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"a;=1+1": "a;'=1+1", "a\n=1": "a\n'=1", "a\t@x": "a\t'@x", "; ;-1": "; ;'-1", "\u00a0=1": "'\u00a0=1", "＝1": "'＝1",
		`"=1`: `'"=1`, "a|+1": "a|'+1", "plain - text = fine@home": "plain - text = fine@home", "": "",
	} {
		if got := neutral(cell); got != want {
			t.Errorf("%q: %q, want %q", cell, got, want)
		}
	}
}

// FuzzAPI sends any bytes as body and query to any row of the table: nothing fails inside, and every refusal is a problem.
func FuzzAPI(f *testing.F) {
	table := routes()
	for i, r := range table {
		f.Add(uint16(i), r.example.body, r.example.query)
	}
	for _, body := range []string{
		`{"settings":{"mapping":{"attributes":[{"target":"a","expression":"user.x"}],"groups":[{"group":"g","accounts":[{"account":"A"}]}]}}}`,
		`{"settings":null}`, `{"settings":{"brake":{"members":1e400}}}`, `{"expires_at":"9999-12-31T23:59:59-12:00"}`, "\ufeff{}",
		`{"name":"\u0000"}`, `{"document":{"schemas":[],"userName":"x","accounts":["[{\"accountId\":\"A\"}"]}}`, `{"checkpoint":{"segment":-1}}`,
		`{"document":{"userName":"x","roles":[{"value":"{\"id\":\"a\"}","primary":"True"}]}}`, `{"claims":{"sub":[{}]}}`,
	} {
		for i := range table {
			f.Add(uint16(i), body, "")
		}
	}
	w := newWorld(f).populate()
	f.Fuzz(func(t *testing.T, at uint16, body, query string) {
		w := *w
		w.t, w.ctx = t, t.Context()
		r := table[int(at)%len(table)]
		if slices.Contains([]string{"deleteWorkspace", "deleteConnection", "eraseSubject"}, r.name) {
			query = "" // which leaves nothing to try
		}
		r.example.query = ""
		path := w.url(r)
		if query = strings.Join(strings.FieldsFunc(query, func(c rune) bool { return c <= ' ' || c > '~' || c == '#' }), ""); query != "" {
			path += "?" + strings.ReplaceAll(query, "wait=", "limit=")
		}
		got := w.send(w.all, r.method, path, body, "Content-Type", mediaJSON)
		if got.status >= http.StatusInternalServerError {
			t.Errorf("%s %s %q: %d %s\n%s", r.method, path, body, got.status, got.body, w.log)
		}
		isProblem(t, r, got)
	})
}
