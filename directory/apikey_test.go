package directory_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

func (w *world) apiKey(n directory.NewAPIKey) directory.IssuedAPIKey {
	w.t.Helper()
	if n.Name == "" {
		n.Name, n.Scopes = "app", []string{directory.ScopeMembersRead}
	}
	key, err := w.directory.CreateAPIKey(w.ctx, operator, n)
	check(w.t, err)
	return key
}

func TestAPIKey_Create(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	key, err := w.directory.CreateAPIKey(w.ctx, operator, directory.NewAPIKey{
		Root: w.workspace.Root, Name: "app", Scopes: []string{"members.write", "members.read", "members.write"},
	})
	check(t, err)
	if form := regexp.MustCompile(`^usher_api_[0-9a-v]{10}_[0-9a-v]{32}_[0-9a-v]{7}$`); !form.MatchString(key.Text) {
		t.Errorf("key %q is not of the form %s", key.Text, form)
	}
	w.label(key.ID, "<k>")
	w.wantHappened(`api_key.create <k> by cli:test: {"name":"app","scopes":["members.read","members.write"],"expires_at":"2031-01-02T03:04:05.678Z"}`)
	found, err := w.directory.AuthenticateAPIKey(w.ctx, key.Text)
	check(t, err)
	equal(t, "found", found, key.APIKey)
	all, err := w.directory.APIKeys(w.ctx, w.workspace.Root)
	check(t, err)
	equal(t, "all", all, []directory.APIKey{key.APIKey})
	equal(t, "scopes", []bool{found.Has(directory.ScopeMembersRead), found.Has(directory.ScopeAuditRead)}, []bool{true, false})
	every := directory.APIKey{Scopes: []string{directory.ScopeAll}}
	for _, scope := range directory.Scopes() {
		equal(t, "has "+scope, every.Has(scope), true)
	}

	global := w.apiKey(directory.NewAPIKey{})
	if !strings.HasPrefix(global.Text, "usher_api_all_") {
		t.Errorf("a key of the installation is %q", global.Text)
	}
	found, err = w.directory.AuthenticateAPIKey(w.ctx, global.Text)
	check(t, err)
	equal(t, "of the installation", []string{found.Root, found.Workspace}, []string{"", ""})
}

func TestAPIKey_Refusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	read := []string{directory.ScopeMembersRead}
	for _, row := range []struct {
		new  directory.NewAPIKey
		kind directory.RefusalKind
		text string
	}{
		{directory.NewAPIKey{Scopes: read}, directory.RefusedInvalid, "name"},
		{directory.NewAPIKey{Name: "k"}, directory.RefusedInvalid, "no scopes"},
		{directory.NewAPIKey{Name: "k", Scopes: []string{"members"}}, directory.RefusedInvalid, `"members"`},
		{directory.NewAPIKey{Name: "k", Scopes: read, Expires: testStart}, directory.RefusedInvalid, "2030-01-02"},
		{directory.NewAPIKey{Name: "k", Scopes: read, Expires: testStart.AddDate(2, 0, 1)}, directory.RefusedInvalid, "2032-01-03"},
		{directory.NewAPIKey{Name: "k", Scopes: read, Root: "nowhere"}, directory.RefusedNotFound, "nowhere"},
		{directory.NewAPIKey{Name: "k", Scopes: read, Root: w.workspace.Root, Workspace: "nowhere"}, directory.RefusedNotFound, "nowhere"},
		{directory.NewAPIKey{Name: "k", Scopes: read, Workspace: w.workspace.ID}, directory.RefusedInvalid, "no root"},
	} {
		_, err := w.directory.CreateAPIKey(w.ctx, operator, row.new)
		wantRefusal(t, err, row.kind, row.text)
	}
	text := w.apiKey(directory.NewAPIKey{Root: w.workspace.Root}).Text
	unknown := w.open(directory.NewKey()) // a key of another installation
	other := newWorld(t, "okta")
	for _, row := range []struct{ text, want string }{
		{"", "no API key"},
		{text[:len(text)-1], "no API key"},
		{w.token(w.connection).Text, "no API key"},
		{other.apiKey(directory.NewAPIKey{}).Text, "not known"},
	} {
		_, err := unknown.AuthenticateAPIKey(w.ctx, row.text)
		wantRefusal(t, err, directory.RefusedCredential, row.want)
		if row.text != "" && strings.Contains(err.Error(), row.text) {
			t.Error("the key stands in the error")
		}
	}
	wantRefusal(t, w.directory.RevokeAPIKey(w.ctx, operator, w.workspace.Root, "nope"), directory.RefusedNotFound, `"nope"`)
}

func TestAPIKey_EndsByRevocationAndByTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	key, stays := w.apiKey(directory.NewAPIKey{Root: w.workspace.Root}), w.apiKey(directory.NewAPIKey{Root: w.workspace.Root})
	_, err := w.directory.AuthenticateAPIKey(w.ctx, key.Text)
	check(t, err)
	w.label(key.ID, "<k>")
	w.skip()
	elsewhere := w.open(w.key)
	for range 2 {
		check(t, elsewhere.RevokeAPIKey(w.ctx, operator, w.workspace.Root, key.ID))
	}
	w.wantHappened(`api_key.revoke <k> by cli:test: {"name":"app","scopes":["members.read"],"expires_at":"2031-01-02T03:04:05.678Z"}`)
	_, err = elsewhere.AuthenticateAPIKey(w.ctx, key.Text) // at once in that process
	wantRefusal(t, err, directory.RefusedCredential, "revoked at 2030-01-02T03:04:05Z")
	w.clock.add(time.Second) // within a second in every other
	_, err = w.directory.AuthenticateAPIKey(w.ctx, key.Text)
	wantRefusal(t, err, directory.RefusedCredential, "revoked at 2030-01-02T03:04:05Z")
	_, err = w.directory.AuthenticateAPIKey(w.ctx, stays.Text)
	check(t, err)
	w.clock.add(stays.Expires.Sub(w.clock.Now())) // also while the look-up is cached
	_, err = w.directory.AuthenticateAPIKey(w.ctx, stays.Text)
	wantRefusal(t, err, directory.RefusedCredential, "expired at 2031-01-02T03:04:05Z")
}

func TestAPIKey_LastUseIsMarkedOnceAMinute(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	key := w.apiKey(directory.NewAPIKey{})
	w.skip()
	for _, step := range []struct{ wait, want time.Duration }{
		{0, 0}, {59 * time.Second, 0}, {time.Second, time.Minute},
	} {
		w.clock.add(step.wait)
		_, err := w.directory.AuthenticateAPIKey(w.ctx, key.Text)
		check(t, err)
		w.directory.RecordContacts(w.ctx)
		all, err := w.directory.APIKeys(w.ctx, "")
		check(t, err)
		equal(t, "last use", all[0].LastUsed, testStart.Add(step.want))
	}
	w.wantHappened()
}
