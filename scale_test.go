package usher_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/mapping"
)

// These tests change much at once while others send ordinary requests over HTTP. The short form asserts what comes of
// it; the long one, with USHER_SOAK=1, that nobody waited long. How long that is on this machine, at this time, the same
// requests tell when nothing else is going on.

func soak() bool { return os.Getenv("USHER_SOAK") != "" }

const (
	// patience is how long an ordinary request may take while a job runs.
	patience = 100 * time.Millisecond
	// controlTime is for how long the requests are measured with no job.
	controlTime = 15 * time.Second
)

// size is the short form's or the long one's.
func size(short, long int) int {
	if soak() {
		return long
	}
	return short
}

// bystanders are clients that go on reading, changing and making users.
type bystanders struct {
	b      *bundle
	url    string
	client *http.Client
	name   string
	ids    []string
	stop   chan struct{}
	group  sync.WaitGroup

	mu    sync.Mutex
	took  latencies
	late  []span // requests that took longer than patience
	wrong []string
}

const bystanderClients = 4

// watch starts them with users of their own, and others that they change too. The returned function stops them, and
// fails the test when any was refused, or waited longer than the control allows.
func (b *bundle) watch(t *testing.T, control latencies, others ...string) (done func(what string) latencies) {
	t.Helper()
	server := httptest.NewServer(b.server)
	t.Cleanup(server.Close)
	s := &bystanders{b: b, url: server.URL, stop: make(chan struct{}), took: latencies{}}
	s.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: bystanderClients}}
	b.watched++
	s.name = fmt.Sprint("bystander", b.watched)
	s.ids = append(b.crowd(t, s.name+"-", 50), others...)
	stalls := watchDisk(t)
	for i := range bystanderClients {
		s.group.Go(func() { s.run(i) })
	}
	return func(what string) latencies {
		t.Helper()
		close(s.stop)
		s.group.Wait()
		t.Logf("%s: requests of others meanwhile: %s", what, s.took)
		if len(s.wrong) > 0 || len(s.took) == 0 {
			t.Errorf("%s: of the requests of others %d failed: %.300q", what, len(s.wrong), s.wrong)
		}
		stalled := stalls()
		t.Logf("%s: %d requests took longer than %s; the disk stood still %d times", what, len(s.late), patience, len(stalled))
		for _, r := range s.late {
			took, most := r.without(stalled), control.allow()
			if soak() && control != nil && took > most {
				t.Errorf("%s: a request of others took %s, %s without what the disk stood still, want at most %s", what, r.took, took, most)
			}
		}
		return s.took
	}
}

// control measures the bystanders alone; in the short form, which asserts no times, nothing.
func (b *bundle) control(t *testing.T) latencies {
	t.Helper()
	if !soak() {
		return nil
	}
	done := b.watch(t, nil)
	time.Sleep(controlTime)
	return done("nothing")
}

// latencies are how long requests took, by method.
type latencies map[string][]time.Duration

// allow is how long a request may take: the tenth of a second, or twice as long as the machine needs by itself when that
// is more.
func (l latencies) allow() time.Duration { return max(patience, 2*l.slowest()) }

func (l latencies) slowest() (most time.Duration) {
	for _, took := range l {
		most = max(most, slices.Max(took))
	}
	return most
}

func (l latencies) String() string {
	var text strings.Builder
	for _, method := range slices.Sorted(maps.Keys(l)) {
		took := slices.Sorted(slices.Values(l[method]))
		at := func(share float64) time.Duration {
			return took[int(share*float64(len(took)-1))].Round(100 * time.Microsecond)
		}
		fmt.Fprintf(&text, "%s %d (p50 %s, p99 %s, p99.9 %s, max %s) ", method, len(took), at(0.5), at(0.99), at(0.999), at(1))
	}
	return text.String()
}

func (s *bystanders) run(client int) {
	for n := 0; ; n++ {
		path := "/Users/" + s.ids[(n*bystanderClients+client)%len(s.ids)]
		s.send(http.MethodGet, path, "", http.StatusOK)
		s.send(http.MethodPatch, path, patchOf(fmt.Sprintf(`{"op":"replace","path":"title","value":"T%d"}`, n)), http.StatusOK)
		s.send(http.MethodPost, "/Users", strings.Replace(newUser, "ada", fmt.Sprintf("%s-%d-%d", s.name, client, n), 1), http.StatusCreated)
		select { // after one round at least, however short the job was
		case <-s.stop:
			return
		default:
		}
	}
}

func (s *bystanders) send(method, path, body string, want int) {
	r, err := http.NewRequest(method, s.url+"/scim/"+s.b.connection.ID+"/v2"+path, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.b.token)
	start := time.Now()
	answer, err := s.client.Do(r)
	if err == nil {
		_, err = io.Copy(io.Discard, answer.Body) // so that the connection is used again
		answer.Body.Close()
	}
	took := time.Since(start)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.took[method] = append(s.took[method], took)
	if took > patience {
		s.late = append(s.late, span{start, took})
	}
	if err != nil {
		s.wrong = append(s.wrong, err.Error())
		return
	}
	if answer.StatusCode != want {
		s.wrong = append(s.wrong, method+" "+answer.Status)
	}
}

// span is when something was going on.
type span struct {
	start time.Time
	took  time.Duration
}

// without is how long it took but for what the others, which do not overlap, have of it.
func (s span) without(others []span) time.Duration {
	left := s.took
	for _, o := range others {
		from, to := max(0, o.start.Sub(s.start)), min(s.took, o.start.Add(o.took).Sub(s.start))
		left -= max(0, to-from)
	}
	return left
}

// stall is how long the sync of one page takes when something else keeps the disk: most take a millisecond or two.
const stall = 20 * time.Millisecond

// watchDisk syncs one page of a file again and again. The returned function ends that, and tells when the disk stood
// still: on a machine that does other things too that is no fault of a job. In the short form it does nothing.
func watchDisk(t *testing.T) (stalls func() []span) {
	t.Helper()
	if !soak() {
		return func() []span { return nil }
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "page"))
	must(t, err)
	var list []span
	var running sync.WaitGroup
	stop := make(chan struct{})
	running.Go(func() {
		defer f.Close()
		for page := make([]byte, 4096); ; {
			start := time.Now()
			_, err := f.WriteAt(page, 0)
			if err = errors.Join(err, f.Sync()); err != nil {
				t.Error(err)
			}
			if took := time.Since(start); took > stall {
				list = append(list, span{start, took})
			}
			select {
			case <-time.After(2 * time.Millisecond):
			case <-stop:
				return
			}
		}
	})
	return func() []span {
		close(stop)
		running.Wait()
		return list
	}
}

// crowd makes users and returns their ids.
func (b *bundle) crowd(t *testing.T, name string, n int) (ids []string) {
	t.Helper()
	for len(ids) < n {
		operations := make([]string, min(1000, n-len(ids)))
		for i := range operations {
			operations[i] = fmt.Sprintf(`{"method":"POST","path":"/Users","bulkId":"b%d","data":%s}`, i,
				strings.Replace(newUser, "ada", fmt.Sprint(name, len(ids)+i), 1))
		}
		for _, op := range b.send(t, http.MethodPost, "/Bulk", bulkOf(true, operations...), http.StatusOK).Operations {
			ids = append(ids, op.Location[strings.LastIndexByte(op.Location, '/')+1:])
		}
	}
	return ids
}

// background runs the server's background work until the returned function is called.
func (b *bundle) background(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.server.Run(ctx) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// restart is another server on the same store, as after a crash.
func (b *bundle) restart(t *testing.T) *bundle {
	t.Helper()
	again := *b
	var err error
	again.server, err = usher.New(usher.Config{
		Store: b.store, Key: b.key, Now: b.now, RateLimit: usher.RateLimit{PerSecond: -1}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return &again
}

// pollTime is how often a test looks: seldom beside what is measured.
var pollTime = time.Duration(size(10, 100)) * time.Millisecond

// until polls what happens in the background.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for start := time.Now(); !is(); {
		if time.Since(start) > 10*time.Minute {
			t.Fatalf("%s: not after ten minutes", what)
		}
		select {
		case <-time.After(pollTime):
		case <-t.Context().Done():
			t.FailNow()
		}
	}
}

func TestScale_SoakManyMembersAreAddedAndTakenAway(t *testing.T) {
	t.Parallel()
	b := unlimited(t)
	n := size(2_500, 20_000)
	group := "/Groups/" + b.send(t, http.MethodPost, "/Groups", groupOf("Everybody"), http.StatusCreated).ID
	ids := b.crowd(t, "member", n)
	members := groupOf("Everybody", ids...)
	control := b.control(t)
	list := members[strings.Index(members, `"members":`)+len(`"members":`) : len(members)-1]
	for _, step := range []struct {
		name, method, body string
		want, status       int
	}{
		{"PATCH adds", http.MethodPatch, patchOf(`{"op":"add","path":"members","value":` + list + `}`), n, http.StatusNoContent},
		{"PATCH adds the same", http.MethodPatch, patchOf(`{"op":"add","path":"members","value":` + list + `}`), n, http.StatusNoContent},
		{"PATCH removes", http.MethodPatch, patchOf(`{"op":"remove","path":"members","value":` + list + `}`), 0, http.StatusNoContent},
		{"PUT replaces", http.MethodPut, members, n, http.StatusOK},
		{"PUT of a half", http.MethodPut, groupOf("Everybody", ids[:n/2]...), n / 2, http.StatusOK},
		{"PATCH removes all", http.MethodPatch, patchOf(`{"op":"remove","path":"members"}`), 0, http.StatusNoContent},
	} {
		done := b.watch(t, control)
		start := time.Now()
		got := b.send(t, step.method, group, step.body, step.status)
		t.Logf("%s: %s", step.name, time.Since(start).Round(time.Millisecond))
		done(step.name)
		if got := b.send(t, http.MethodGet, group, "", http.StatusOK); len(got.Members) != step.want {
			t.Errorf("%s: %d members, want %d", step.name, len(got.Members), step.want)
		}
		if step.status == http.StatusOK && len(got.Members) != step.want {
			t.Errorf("%s: %d members in the answer, want %d", step.name, len(got.Members), step.want)
		}
	}
}

func TestScale_SoakARoleRuleOfALargeGroup(t *testing.T) {
	t.Parallel()
	b := unlimited(t)
	n := size(1_500, 50_000)
	ids := b.crowd(t, "member", n)
	group := "/Groups/" + b.send(t, http.MethodPost, "/Groups", groupOf("Many", ids...), http.StatusCreated).ID
	w, dir := b.workspace(t), b.server.Directory()
	_, err := dir.CreateRole(t.Context(), operator, w, directory.Role{Name: "Editor"})
	must(t, err)
	settings := b.connection.Settings
	settings.Mapping.Groups = []mapping.GroupRule{{Group: "many", Role: "Editor"}}
	some := spread(ids, 50)
	control := b.control(t)
	done := b.watch(t, control, some...)
	start := time.Now()
	_, err = dir.UpdateConnection(t.Context(), operator, b.connection, directory.ConnectionChange{Settings: &settings})
	must(t, err)
	stop := b.background(t)
	until(t, "a part of the job", func() bool { return b.jobs(t)[0].Done > n/5 })
	stop()
	half := b.jobs(t)[0]
	if !half.Finished.IsZero() || half.Total != n {
		t.Errorf("the job is at %d of %d, want it to be cut short", half.Done, half.Total)
	}
	b.ahead.Store(int64(time.Minute)) // its lease has ended
	again := b.restart(t)
	stop = again.background(t)
	until(t, "the job after a restart", func() bool { return !b.jobs(t)[0].Finished.IsZero() })
	t.Logf("a role for %d people: %s", n, time.Since(start).Round(time.Millisecond))
	done("a role rule")
	b.wantRole(t, "Editor", n)

	done = again.watch(t, control, some...)
	start = time.Now()
	b.send(t, http.MethodDelete, group, "", http.StatusNoContent)
	t.Logf("DELETE of the group: %s", time.Since(start).Round(time.Millisecond))
	until(t, "the end of the roles", func() bool {
		return !slices.ContainsFunc(b.jobs(t), func(j directory.Job) bool { return j.Finished.IsZero() })
	})
	t.Logf("back to the default role: %s", time.Since(start).Round(time.Millisecond))
	done("the end of a role rule")
	b.wantRole(t, "Editor", 0)
	stop()
}

// spread picks n of the ids, from all over the list.
func spread(ids []string, n int) (some []string) {
	for i := range n {
		some = append(some, ids[i*len(ids)/n])
	}
	return some
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// jobs are the newest first.
func (b *bundle) jobs(t *testing.T) []directory.Job {
	t.Helper()
	all, err := b.server.Directory().Jobs(t.Context(), b.workspace(t), 1000)
	must(t, err)
	return all
}

func (b *bundle) wantRole(t *testing.T, role string, want int) {
	t.Helper()
	n := 0
	f := directory.PeopleFilter{Role: role, Limit: 1000}
	for {
		people, err := b.server.Directory().People(t.Context(), b.workspace(t), f)
		must(t, err)
		n += len(people)
		if len(people) < f.Limit {
			break
		}
		f.After = people[len(people)-1].Subject
	}
	if n != want {
		t.Errorf("%d people are %s, want %d", n, role, want)
	}
}
