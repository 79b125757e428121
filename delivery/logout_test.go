package delivery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

// listener is an app that is told of logouts. It answers with the statuses one after the other, then with 200.
type listener struct {
	t   testing.TB
	url string

	mu       sync.Mutex
	statuses []int
	got      []string // tokens
	at       func(r *http.Request, token string)
}

func newListener(t testing.TB, statuses ...int) *listener {
	t.Helper()
	l := &listener{t: t, statuses: statuses}
	l.url = receive(t, l.handle)
	return l
}

func (l *listener) handle(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		l.t.Error(err)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || len(form) != 1 {
		l.t.Errorf("%s %s: %q, %v", r.Method, r.Header.Get("Content-Type"), body, err)
	}
	token := form.Get("logout_token")
	l.mu.Lock()
	defer l.mu.Unlock()
	l.got = append(l.got, token)
	if l.at != nil {
		l.at(r, token)
	}
	status := http.StatusOK
	if len(l.statuses) > 0 {
		status, l.statuses = l.statuses[0], l.statuses[1:]
	}
	w.WriteHeader(status)
}

// want compares the sessions of which the app was told since the last call.
func (l *listener) want(sessions ...string) {
	l.t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	got := []string{}
	for _, token := range l.got {
		got = append(got, strings.TrimPrefix(token, "token of "))
	}
	l.got = nil
	want(l.t, "sessions", got, append([]string{}, sessions...))
}

// app makes an app that wants to be told of logouts.
func (w *world) app(address string) directory.App {
	w.t.Helper()
	a, err := w.directory.CreateApp(w.t.Context(), operator, directory.NewApp{
		Root: w.workspace.Root, Name: "Board", RedirectURIs: []string{"https://app.example.com/cb"}, BackchannelLogoutURI: address,
	})
	check(w.t, err)
	return a.App
}

// ended commits that sessions s<from>…s<to> of an app have ended.
func (w *world) ended(a directory.App, from, to int) {
	w.t.Helper()
	change := &directory.Change{Root: w.workspace.Root}
	for i := from; i <= to; i++ {
		w.events++
		session := fmt.Sprintf("s%d", i)
		change.Messages = append(change.Messages, directory.Edit[directory.Message]{After: &directory.Message{
			Root: w.workspace.Root, ID: fmt.Sprintf("l%06d", w.events), Kind: directory.MessageLogout, To: a.ID, Session: session,
			Subject: "p1", Created: w.clock.Now(), NextAt: w.clock.Now(), Version: 1,
		}})
	}
	check(w.t, w.store.Commit(w.t.Context(), change))
}

func (w *world) logouts() *logouts {
	cfg := w.config()
	cfg.LogoutToken = func(_ context.Context, m directory.Message) (string, error) {
		if m.Root != w.workspace.Root {
			return "", fmt.Errorf("root %q", m.Root)
		}
		return "token of " + m.Session, nil
	}
	return newLogouts(cfg)
}

// tell is what a process does at one look.
func (w *world) tell() {
	w.t.Helper()
	l := w.logouts()
	l.look(w.t.Context())
	l.apps.Wait()
}

func (w *world) untold(a directory.App) int { return len(w.waiting(directory.MessageLogout, a.ID)) }

func TestLogout_InOrderForEachApp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, other := newListener(t), newListener(t)
	first, second := w.app(one.url), w.app(other.url)
	w.ended(first, 1, logoutPage+5)
	w.ended(second, 1, 1)
	w.tell()
	all := []string{}
	for i := 1; i <= logoutPage+5; i++ {
		all = append(all, fmt.Sprintf("s%d", i))
	}
	one.want(all...)
	other.want("s1")
	want(t, "left", w.untold(first)+w.untold(second), 0)
	w.tell()
	one.want()
}

func TestLogout_IsTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, status := range []int{400, 410, 302, 503} {
		l := newListener(t, http.StatusNoContent, status)
		a := w.app(l.url)
		w.ended(a, 1, 3)
		w.tell()
		l.want("s1", "s2")
		left := w.waiting(directory.MessageLogout, a.ID)
		if len(left) != 2 || left[0].Failures != 1 || left[0].Failure != fmt.Sprintf("the app answered %d %s", status, http.StatusText(status)) {
			t.Errorf("%d: %+v", status, left)
		}
		w.tell()
		l.want() // the third waits for the second, and that for its time
		w.clock.add(firstRetry * 5 / 4)
		w.tell()
		l.want("s2", "s3")
	}
}

func TestLogout_OfAnAppThatIsDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	up := newListener(t)
	dead, alive := w.app("http://127.0.0.1:1/"), w.app(up.url)
	w.ended(dead, 1, 3)
	w.ended(alive, 1, 1)
	w.tell()
	up.want("s1") // waits for nobody
	w.clock.add(logoutPatience - time.Second)
	w.tell()
	want(t, "left", w.untold(dead), 3)
	w.clock.add(2 * lastRetry)
	for range 3 { // each has its last try
		w.tell()
	}
	want(t, "left", w.untold(dead), 0)
}

func TestLogout_NobodyIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := newListener(t)
	gone, silent := w.app(l.url), w.app("")
	w.ended(gone, 1, 2)
	w.ended(silent, 1, 2)
	check(t, w.directory.DeleteApp(t.Context(), operator, gone))
	w.tell()
	l.want()
	want(t, "left", w.untold(gone)+w.untold(silent), 0)
}

func TestLogout_NetworksThatAreNotAllowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := newListener(t)
	a := w.app(l.url)
	w.ended(a, 1, 1)
	outbox := w.logouts()
	outbox.Client = NewClient(ClientConfig{})
	outbox.look(t.Context())
	outbox.apps.Wait()
	l.want()
	want(t, "failure", w.waiting(directory.MessageLogout, a.ID)[0].Failure, errForbidden.Error())
}

func TestLogout_WithoutAToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := newListener(t)
	a := w.app(l.url)
	w.ended(a, 1, 1)
	outbox := w.logouts()
	outbox.LogoutToken = func(context.Context, directory.Message) (string, error) {
		return "", errors.New("no key")
	}
	outbox.look(t.Context())
	outbox.apps.Wait()
	l.want()
	w.clock.add(firstRetry * 5 / 4)
	w.tell()
	l.want("s1")
}

func TestLogout_ReplicasTellOnceAndInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := newListener(t)
	a := w.app(l.url)
	w.ended(a, 1, 30)
	var replicas sync.WaitGroup
	for range 4 {
		replicas.Go(func() {
			for range 5 {
				w.tell()
			}
		})
	}
	replicas.Wait()
	all := []string{}
	for i := 1; i <= 30; i++ {
		all = append(all, fmt.Sprintf("s%d", i))
	}
	l.want(all...)
	want(t, "left", w.untold(a), 0)
}

// A process dies after the app was told and before that is recorded: it is told of that session again, and of no other.
func TestLogout_RestartInTheMiddle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := newListener(t)
	a := w.app(l.url)
	w.ended(a, 1, 4)
	m := w.waiting(directory.MessageLogout, a.ID)
	dead := w.logouts()
	claimed, err := dead.Directory.ClaimMessage(t.Context(), m[0], dead.claim())
	check(t, err)
	claimed, err = dead.tellPage(t.Context(), claimed, m[1:3])
	check(t, err)
	if failure, err := dead.post(t.Context(), claimed); failure != "" || err != nil {
		t.Fatal(failure, err)
	}
	l.want("s1", "s2", "s3")
	w.tell()
	l.want() // it may live
	w.clock.add(claimFor)
	w.tell()
	l.want("s3", "s4")
}

func TestLogout_StopsInTheMiddle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := newListener(t)
	a := w.app(l.url)
	w.ended(a, 1, 3)
	ctx, stop := context.WithCancel(t.Context())
	l.at = func(r *http.Request, token string) {
		if token == "token of s2" {
			stop()
			<-r.Context().Done()
		}
	}
	outbox := w.logouts()
	outbox.look(ctx)
	outbox.apps.Wait()
	l.want("s1", "s2")
	l.at = nil
	w.tell() // at once: nothing is claimed any more
	l.want("s2", "s3")
}

// Run tells an app soon after a session has ended, and of what other processes have committed.
func TestRun_TellsAppsAndAdmins(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t), newInbox(t, false)
	w.admin("ada@example.com")
	told := make(chan string, 1)
	l := newListener(t)
	l.at = func(_ *http.Request, token string) { told <- token }
	cfg := w.config()
	cfg.Mailer, cfg.LogoutToken = b.mailer(), w.logouts().LogoutToken
	mailed := make(chan string, 1)
	b.refuse(func(step, to string) error {
		if step == "sent" {
			mailed <- to
		}
		return nil
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- Run(ctx, cfg) }()
	a := w.app(l.url)
	w.ended(a, 1, 1)
	want(t, "app", <-told, "token of s1")
	_, err := w.directory.UpdateWorkspace(t.Context(), operator, w.workspace, directory.WorkspaceChange{
		Settings: &directory.WorkspaceSettings{Method: directory.MethodJIT},
	})
	check(t, err)
	want(t, "admin", <-mailed, "ada@example.com")
	stop()
	check(t, <-ended)
}

func BenchmarkLogout(b *testing.B) {
	w := newWorld(b)
	a := w.app(receive(b, func(http.ResponseWriter, *http.Request) {}))
	w.ended(a, 1, b.N)
	b.ResetTimer()
	w.tell()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "logouts/s")
}

// A backlog of an app that is down is looked through again and again.
func BenchmarkLogout_Look(b *testing.B) {
	w := newWorld(b)
	a := w.app("http://127.0.0.1:1/")
	for from := 1; from < 100_000; from += 1000 {
		w.ended(a, from, from+999)
	}
	w.tell()
	for b.Loop() {
		_, err := w.directory.DueMessages(b.Context(), directory.MessageLogout, maxApps)
		check(b, err)
	}
}
