package directory_test

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// tell commits events of the workspace, as changes do.
func (w *world) tell(at directory.Workspace, types ...string) {
	w.t.Helper()
	change := directory.Change{Root: at.Root}
	for i, eventType := range types {
		change.Events = append(change.Events, directory.Event{
			Root: at.Root, ID: w.clock.Now().Format("150405.000") + string(rune('a'+i)), Time: w.clock.Now(),
			Type: eventType, Workspace: at.ID, Data: []byte("{}"),
		})
	}
	check(w.t, w.store.Commit(w.ctx, &change))
}

// heard lists the types of the events that wait for the webhook.
func (w *world) heard(h directory.Webhook) []string {
	w.t.Helper()
	messages, _, err := w.directory.WaitingMessages(w.ctx, h, h.Position, 100)
	check(w.t, err)
	heard := []string{}
	for _, m := range messages {
		heard = append(heard, m.Workspace+" "+m.Type)
	}
	return heard
}

func TestWebhook_HearsFromNowOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "generic")
	for range 3 {
		w.tell(w.workspace, directory.EventMemberJoined, directory.EventGroupCreated)
		w.clock.add(time.Second)
	}
	h, err := w.directory.CreateWebhook(w.ctx, operator, w.workspace, directory.NewWebhook{URL: "https://app.example.com/usher"})
	check(t, err)
	if got := w.heard(h.Webhook); len(got) != 0 {
		t.Errorf("a new webhook hears what is past: %q", got)
	}
	w.tell(w.workspace, directory.EventMemberLeft)
	if got := w.heard(h.Webhook); !slices.Equal(got, []string{"ACC123 member.left"}) {
		t.Errorf("a new webhook hears %q", got)
	}
}

func TestWebhook_HearsOfItsWorkspaceAndTypesOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "generic")
	below, err := w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{Key: "BELOW", Parent: "ACC123"})
	check(t, err)
	deep, err := w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{Key: "DEEP", Parent: "BELOW"})
	check(t, err)
	beside, err := w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{Key: "BESIDE", Parent: "ACC123"})
	check(t, err)
	foreign, err := w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{Key: "FOREIGN"})
	check(t, err)
	create := func(at directory.Workspace, types ...string) directory.Webhook {
		h, err := w.directory.CreateWebhook(w.ctx, operator, at, directory.NewWebhook{URL: "https://app.example.com", Types: types})
		check(t, err)
		return h.Webhook
	}
	all, family, one, part := create(w.workspace), create(w.workspace, "member.*"), create(w.workspace, "member.left"), create(below)
	for _, at := range []directory.Workspace{w.workspace, below, deep, beside, foreign} {
		w.tell(at, "member.left", "group.created")
	}
	for _, row := range []struct {
		name    string
		webhook directory.Webhook
		want    []string
	}{
		{"of the root", all, []string{
			"ACC123 member.left", "ACC123 group.created", "BELOW member.left", "BELOW group.created",
			"DEEP member.left", "DEEP group.created", "BESIDE member.left", "BESIDE group.created",
		}},
		{"of a family", family, []string{"ACC123 member.left", "BELOW member.left", "DEEP member.left", "BESIDE member.left"}},
		{"of one type", one, []string{"ACC123 member.left", "BELOW member.left", "DEEP member.left", "BESIDE member.left"}},
		{"of a workspace below", part, []string{"BELOW member.left", "BELOW group.created", "DEEP member.left", "DEEP group.created"}},
	} {
		if diff := cmp.Diff(row.want, w.heard(row.webhook)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.name, diff)
		}
	}
	for _, row := range []struct {
		at   directory.Workspace
		want int
	}{{w.workspace, 4}, {below, 1}, {deep, 0}, {beside, 0}, {foreign, 0}} {
		if got, err := w.directory.Webhooks(w.ctx, row.at); err != nil || len(got) != row.want {
			t.Errorf("%s lists %d webhooks, %v; want %d", row.at.Key, len(got), err, row.want)
		}
	}
	if err := w.directory.DeleteWebhook(w.ctx, operator, beside, part.ID); refusalKind(err) != directory.RefusedNotFound {
		t.Errorf("a webhook of a workspace beside is deleted: %v", err)
	}
}

func refusalKind(err error) directory.RefusalKind {
	var r *directory.Refusal
	if errors.As(err, &r) {
		return r.Kind
	}
	return ""
}

func TestWebhook_RefusesWhatCannotBeCalled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "generic")
	for _, row := range []struct {
		name string
		new  directory.NewWebhook
		ok   bool
	}{
		{"https", directory.NewWebhook{URL: "https://app.example.com/a?b=c"}, true},
		{"http to this machine", directory.NewWebhook{URL: "http://127.0.0.1:8080/"}, true},
		{"http to this machine by name", directory.NewWebhook{URL: "http://localhost:8080/"}, true},
		{"http to this machine, IPv6", directory.NewWebhook{URL: "http://[::1]:8080/"}, true},
		{"a type", directory.NewWebhook{URL: "https://app.example.com", Types: []string{"member.left"}}, true},
		{"http", directory.NewWebhook{URL: "http://app.example.com"}, false},
		{"empty", directory.NewWebhook{}, false},
		{"no host", directory.NewWebhook{URL: "https:///a"}, false},
		{"a port and no host", directory.NewWebhook{URL: "https://:443/a"}, false},
		{"another scheme", directory.NewWebhook{URL: "file:///etc/passwd"}, false},
		{"a user", directory.NewWebhook{URL: "https://a:b@app.example.com"}, false},
		{"a fragment", directory.NewWebhook{URL: "https://app.example.com/#a"}, false},
		{"a control character", directory.NewWebhook{URL: "https://app.example.com/\r\nX: y"}, false},
		{"too long", directory.NewWebhook{URL: "https://app.example.com/" + strings.Repeat("a", 2000)}, false},
		{"an unknown type", directory.NewWebhook{URL: "https://app.example.com", Types: []string{"member.joinned"}}, false},
	} {
		_, err := w.directory.CreateWebhook(w.ctx, operator, w.workspace, row.new)
		if row.ok != (err == nil) || !row.ok && refusalKind(err) != directory.RefusedInvalid {
			t.Errorf("%s: %v", row.name, err)
		}
	}
}

func TestWebhook_X10_TheSecretIsShownOnceAndGoesWithIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "generic")
	h, err := w.directory.CreateWebhook(w.ctx, operator, w.workspace, directory.NewWebhook{URL: "https://app.example.com/usher"})
	check(t, err)
	shown, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(h.Secret, "whsec_"))
	if err != nil || len(shown) != 32 {
		t.Fatalf("the secret %q has %d bytes, %v", h.Secret, len(shown), err)
	}
	_, key, err := w.directory.ClaimWebhook(w.ctx, h.Webhook, w.clock.Now().Add(time.Second))
	check(t, err)
	if !slices.Equal(key, shown) {
		t.Error("the key that signs is not the one that was shown")
	}
	stored, err := w.store.Secret(w.ctx, h.Root, "webhook/"+h.ID)
	check(t, err)
	if strings.Contains(string(stored.Sealed), string(shown)) {
		t.Error("the secret is stored in the clear")
	}
	check(t, w.directory.DeleteWebhook(w.ctx, operator, w.workspace, h.ID))
	if stored, err = w.store.Secret(w.ctx, h.Root, "webhook/"+h.ID); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("the secret of a deleted webhook: %d bytes, %v", len(stored.Sealed), err)
	}
	happened := strings.Join(w.happened(), "\n")
	for _, want := range []string{"webhook.create", "webhook.delete"} {
		if strings.Count(happened, want) != 1 {
			t.Errorf("no audit entry of %s in:\n%s", want, happened)
		}
	}
	if strings.Contains(happened, h.Secret) {
		t.Error("the secret stands in the audit log")
	}
}

// Of two processes that claim a webhook one gets it, and what the other still records changes nothing.
func TestWebhook_OneSenderAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "generic")
	issued, err := w.directory.CreateWebhook(w.ctx, operator, w.workspace, directory.NewWebhook{URL: "https://app.example.com"})
	check(t, err)
	w.tell(w.workspace, "member.left")
	due := func() []directory.Webhook {
		list, err := w.directory.DueWebhooks(w.ctx, 10)
		check(t, err)
		return list
	}
	first := due()
	if len(first) != 1 || first[0].ID != issued.ID {
		t.Fatalf("due are %v", first)
	}
	claimed, _, err := w.directory.ClaimWebhook(w.ctx, first[0], w.clock.Now().Add(30*time.Second))
	check(t, err)
	if _, _, err := w.directory.ClaimWebhook(w.ctx, first[0], w.clock.Now().Add(30*time.Second)); !errors.Is(err, directory.ErrConflict) {
		t.Errorf("a second claim: %v", err)
	}
	if got := due(); len(got) != 0 {
		t.Errorf("a claimed webhook is due: %v", got)
	}
	w.clock.add(31 * time.Second) // the first process has died
	again := due()
	if len(again) != 1 {
		t.Fatalf("after the claim due are %v", again)
	}
	next, _, err := w.directory.ClaimWebhook(w.ctx, again[0], w.clock.Now().Add(30*time.Second))
	check(t, err)
	if _, err := w.directory.RecordDelivery(w.ctx, claimed, directory.Delivery{Position: 99}); !errors.Is(err, directory.ErrConflict) {
		t.Errorf("who has lost the claim records: %v", err)
	}
	_, err = w.directory.RecordDelivery(w.ctx, next, directory.Delivery{Position: next.Position + 1})
	check(t, err)
}

func TestWebhook_DisabledAndEnabledAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "generic")
	issued, err := w.directory.CreateWebhook(w.ctx, operator, w.workspace, directory.NewWebhook{URL: "https://app.example.com"})
	check(t, err)
	w.tell(w.workspace, "member.left")
	w.skip()
	_, err = w.directory.RecordDelivery(w.ctx, issued.Webhook, directory.Delivery{
		Position: issued.Position, NextAt: w.clock.Now(), Failure: "the receiver answered 410 Gone", Disable: true,
	})
	check(t, err)
	w.label(issued.ID, "<id>")
	w.wantHappened(`webhook.disable <id> by system: {"url":"https://app.example.com","failure":"the receiver answered 410 Gone"}`)
	if due, err := w.directory.DueWebhooks(w.ctx, 10); err != nil || len(due) != 0 {
		t.Errorf("a disabled webhook is due: %v, %v", due, err)
	}
	for range 2 { // the second time changes nothing
		h, err := w.directory.EnableWebhook(w.ctx, operator, w.workspace, issued.ID)
		check(t, err)
		if h.Position != issued.Position || h.Failures != 0 || !h.Disabled.IsZero() {
			t.Errorf("enabled again: %+v", h)
		}
	}
	w.wantHappened(`webhook.enable <id> by cli:test: {"url":"https://app.example.com","failure":"the receiver answered 410 Gone"}`)
	if due, err := w.directory.DueWebhooks(w.ctx, 10); err != nil || len(due) != 1 {
		t.Errorf("an enabled webhook is not due: %v, %v", due, err)
	}
}

func TestHook_X10_SecretsOfAnAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "generic")
	var asked directory.HookQuestion
	d, err := directory.New(directory.Config{
		Store: w.store, Key: w.key, Now: w.clock.Now,
		AddressedHook: func(_ context.Context, q directory.HookQuestion) (directory.HookAnswer, error) {
			asked = q
			return directory.HookAnswer{}, nil
		},
	})
	check(t, err)
	c := w.connection
	if _, err := d.AskHook(w.ctx, c, directory.HookQuestion{}); err != nil || asked.Connection.ID != "" {
		t.Errorf("a connection without an address is asked about: %v", err)
	}
	c.Settings.Hook = "https://app.example.com/hook"
	var failed *scim.Error
	if _, err := d.AskHook(w.ctx, c, directory.HookQuestion{}); !errors.As(err, &failed) || failed.Kind != scim.KindHookFailed {
		t.Errorf("a question that nobody can sign: %v", err)
	}
	w.skip()
	text, err := d.RotateHookSecret(w.ctx, operator, c)
	check(t, err)
	check(t, d.SetHookSecret(w.ctx, operator, c, text)) // the same: no change, no entry
	w.label(c.ID, "<id>")
	w.wantHappened(`connection.hook_secret <id> by cli:test: {}`)
	if _, err := d.AskHook(w.ctx, c, directory.HookQuestion{IdempotencyKey: "k"}); err != nil {
		t.Fatal(err)
	}
	if got := "whsec_" + base64.StdEncoding.EncodeToString(asked.Secret); got != text || asked.IdempotencyKey != "k" {
		t.Errorf("asked under %q with %q", asked.IdempotencyKey, got)
	}
	for _, bad := range []string{"", "whsec_", "whsec_AAAA", strings.TrimPrefix(text, "whsec_"), text + "!", "whsec_" + strings.Repeat("AAAA", 22)} {
		if err := d.SetHookSecret(w.ctx, operator, c, bad); refusalKind(err) != directory.RefusedInvalid || len(bad) > 10 && strings.Contains(err.Error(), bad) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
