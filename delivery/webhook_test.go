package delivery

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/usher-scim/usher/directory"
)

func ids(from, to int) []string {
	all := []string{}
	for i := from; i <= to; i++ {
		all = append(all, fmt.Sprintf("e%d", i))
	}
	return all
}

func (r *receiver) want(ids []string) {
	r.t.Helper()
	if diff := cmp.Diff(ids, r.received()); diff != "" {
		r.t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func TestWebhook_SignedAndInOrder(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	h := w.webhook(r.url)
	r.secret = h.Secret
	w.emit(3)
	w.round()
	var body map[string]any
	check(t, json.Unmarshal(r.bodies[0], &body))
	want := map[string]any{
		"id": "e1", "type": "member.joined", "time": "2030-01-02T03:04:05Z", "position": float64(h.Position + 1),
		"workspace": "ACC123", "workspace_id": w.workspace.ID, "connection": "c1", "subject": "s1",
		"data": map[string]any{"role": "member"},
	}
	if diff := cmp.Diff(want, body); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
	r.want(ids(1, 3))
	w.round()
	r.want(ids(1, 0)) // nothing comes twice
	if now := w.read(h); now.Position != h.Position+3 || !now.NextAt.IsZero() {
		t.Errorf("position %d, next at %s; want %d and the claim released", now.Position, now.NextAt, h.Position+3)
	}
}

// A thousand events cost two writes: the claim and the position.
func TestWebhook_PositionIsWrittenInBatches(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	h := w.webhook(r.url)
	const n = 5*pageSize + 1
	w.emit(n)
	w.round()
	r.want(ids(1, n))
	if now := w.read(h); now.Position != h.Position+n || now.Version != h.Version+2 {
		t.Errorf("position %d in version %d, want %d in %d", now.Position, now.Version, h.Position+n, h.Version+2)
	}
}

// A crash repeats a second at most: so often the position is written, and the claim with it.
func TestWebhook_ACrashRepeatsASecond(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	died, release := make(chan struct{}), make(chan struct{})
	var crashed atomic.Bool
	h := w.webhook(receive(t, func(res http.ResponseWriter, req *http.Request) {
		r.handle(res, req)
		switch req.Header.Get(headerID) {
		case "e2", "e3", "e4":
			w.clock.add(600 * time.Millisecond)
		case "e6":
			if !crashed.Swap(true) {
				close(died)
				<-release
			}
		}
	}))
	w.emit(7)
	first := w.dispatcher()
	first.look(t.Context())
	<-died // e6 was taken, and nobody will know
	r.want(ids(1, 6))
	if got := w.read(h).Position - h.Position; got != 3 {
		t.Errorf("%d events are recorded at the time of the crash, want 3", got)
	}
	w.clock.add(claimFor - 2*time.Second)
	w.round()
	r.want(ids(1, 0)) // somebody may still be at work
	w.clock.add(2 * time.Second)
	w.round()
	r.want(ids(4, 7))
	close(release) // the dead one comes back, and finds that the webhook is not its own any more
	first.senders.Wait()
	r.want(ids(1, 0))
	if got := w.read(h).Position - h.Position; got != 7 {
		t.Errorf("%d events are recorded at the end, want 7", got)
	}
}

func TestWebhook_TriesAgainAndRecovers(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t, 200, 500, 302, 503)
	h := w.webhook(r.url)
	w.emit(3)
	least := firstPause
	for i, row := range []struct {
		got     []string
		failure string
	}{
		{ids(1, 2), "the receiver answered 500 Internal Server Error"},
		{ids(2, 2), "the receiver answered 302 Found"},
		{ids(2, 2), "the receiver answered 503 Service Unavailable"},
	} {
		w.round()
		r.want(row.got)
		now := w.read(h)
		if now.Failures != i+1 || now.Failure != row.failure || now.Position != h.Position+1 {
			t.Errorf("after failure %d: %+v", i+1, now)
		}
		pause := now.NextAt.Sub(w.clock.Now())
		if pause < least || pause > least+least/4 {
			t.Errorf("pause %d is %s, want %s and up to a quarter more", i+1, pause, least)
		}
		least *= 2
		w.clock.set(now.NextAt.Add(-time.Millisecond))
		w.round()
		r.want(ids(1, 0)) // not yet
		w.clock.set(now.NextAt)
	}
	w.round()
	r.want(ids(2, 3))
	if now := w.read(h); now.Failures != 0 || now.Failure != "" || now.Position != h.Position+3 || !now.NextAt.IsZero() {
		t.Errorf("recovered: %+v", now)
	}
}

// disabled counts the audit entries of disabled webhooks.
func (w *world) disabled() (n int) {
	w.t.Helper()
	entries, err := w.directory.AuditLog(w.t.Context(), w.workspace, 0, 0)
	check(w.t, err)
	for _, e := range entries {
		if e.Action == directory.ActionWebhookDisable && e.Actor == "system" {
			n++
		}
	}
	return n
}

func TestWebhook_GoneIsDisabledAtOnce(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t, 200, 410)
	h := w.webhook(r.url)
	w.emit(3)
	w.round()
	r.want(ids(1, 2))
	if now := w.read(h); now.Disabled.IsZero() || now.Failure != "the receiver answered 410 Gone" || w.disabled() != 1 {
		t.Errorf("%+v with %d audit entries", now, w.disabled())
	}
	w.clock.add(24 * time.Hour)
	w.round()
	r.want(ids(1, 0))
	_, err := w.directory.EnableWebhook(t.Context(), operator, w.workspace, h.ID)
	check(t, err)
	w.round()
	r.want(ids(2, 3)) // it goes on where it stopped
}

func TestWebhook_FiveDaysOfFailureDisable(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t, slices.Repeat([]int{500}, 1000)...)
	h := w.webhook(r.url)
	w.emit(1)
	start, attempts := w.clock.Now(), 0
	now := h.Webhook
	for ; now.Disabled.IsZero(); attempts++ {
		w.round()
		if now = w.read(h); now.Disabled.IsZero() {
			if pause := now.NextAt.Sub(w.clock.Now()); pause > lastPause+lastPause/4 {
				t.Fatalf("attempt %d is followed by %s", attempts+1, pause)
			}
			w.clock.set(now.NextAt)
		}
	}
	took := now.Disabled.Sub(start)
	if took < patience || took > patience*3/2 || attempts != len(r.received()) || attempts > 50 {
		t.Errorf("disabled after %s and %d attempts", took, attempts)
	}
	if w.disabled() != 1 {
		t.Errorf("%d audit entries", w.disabled())
	}
}

// An endpoint that hangs keeps nobody else waiting; when the process stops, that is no failure of the endpoint.
func TestRun_EndpointsDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hangs := make(chan struct{})
	slow := w.webhook(receive(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or the server does not notice that the caller has left
		hangs <- struct{}{}
		<-r.Context().Done()
	}))
	took := make(chan string, 100)
	fast := w.webhook(receive(t, func(_ http.ResponseWriter, r *http.Request) { took <- r.Header.Get(headerID) }))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- Run(ctx, w.config()) }()
	w.emit(50)
	<-hangs
	for _, want := range ids(1, 50) {
		if got := <-took; got != want {
			t.Fatalf("the fast one got %s, want %s", got, want)
		}
	}
	stop()
	check(t, <-done)
	if now := w.read(slow); now.Failures != 0 || now.Position != slow.Position || !now.NextAt.IsZero() {
		t.Errorf("the slow one after the stop: %+v", now)
	}
	if now := w.read(fast); now.Position < fast.Position+49 { // the answer to the last one may not have been seen
		t.Errorf("the fast one is recorded up to %d of %d", now.Position, fast.Position+50)
	}
}

// What this process commits is sent at once, not when the next look is due.
func TestRun_WakesOnCommit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	took := make(chan string, 10)
	w.webhook(receive(t, func(_ http.ResponseWriter, r *http.Request) { took <- r.Header.Get(headerID) }))
	d := w.dispatcher()
	d.every = time.Hour
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		d.run(ctx)
		close(done)
	}()
	w.emit(1)
	w.createGroup("Sales") // sends e1 as well
	if first := <-took; first != "e1" {
		t.Errorf("the first is %s", first)
	}
	<-took
	w.createGroup("Support")
	<-took
	stop()
	<-done
}

func TestWebhook_DeletedWhileItIsSentTo(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	var h directory.IssuedWebhook
	h = w.webhook(receive(t, func(res http.ResponseWriter, req *http.Request) {
		r.handle(res, req)
		if req.Header.Get(headerID) == "e2" {
			check(t, w.directory.DeleteWebhook(t.Context(), operator, w.workspace, h.ID))
			w.clock.add(recordEvery)
		}
	}))
	w.emit(9)
	w.round()
	r.want(ids(1, 2))
}

// The body of an answer is of no interest, and what is too long of it is not read.
func TestWebhook_AnswersAreNotRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.webhook(receive(t, func(res http.ResponseWriter, _ *http.Request) {
		_, _ = res.Write([]byte(strings.Repeat("thanks ", maxAnswer)))
	}))
	w.emit(3)
	w.round()
	if now := w.read(h); now.Position != h.Position+3 {
		t.Errorf("position %d, want %d", now.Position, h.Position+3)
	}
}

func TestWebhook_NetworksThatAreNotAllowed(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	h := w.webhook(r.url)
	w.emit(1)
	cfg := w.config()
	cfg.Client = nil
	cfg, err := cfg.withDefaults()
	check(t, err)
	d := newDispatcher(cfg)
	d.linger = 0
	d.look(t.Context())
	d.senders.Wait()
	r.want(ids(1, 0))
	if now := w.read(h); now.Failures != 1 || now.Failure != errForbidden.Error() {
		t.Errorf("%+v", now)
	}
}

func BenchmarkWebhook(b *testing.B) {
	w := newWorld(b)
	w.webhook(receive(b, func(res http.ResponseWriter, _ *http.Request) { res.WriteHeader(http.StatusNoContent) }))
	for left := b.N; left > 0; left -= 1000 {
		w.emit(min(left, 1000))
	}
	b.ResetTimer()
	w.round()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
