package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// traffic is the steady work of an identity provider: some lanes, each of which sends one request after the other, at its
// pace, to one replica after the other. A request is sent again after 429, 503 and a lost connection, and after nothing
// else. Whatever was acknowledged is remembered.
type traffic struct {
	f      *fleet
	ctx    context.Context
	client *http.Client
	lanes  []*lane
	idle   *lane // users and a group that no lane changes; may be nil
	wg     sync.WaitGroup
	next   atomic.Int64 // of the replicas

	mu         sync.Mutex
	seen       map[string]int // answers by status, and what else happened
	lastFault  time.Time      // when the last attempt ended in vain
	violations []string
}

// lane is one client.
type lane struct {
	*traffic
	no    int
	group string
	users []*account
	done  atomic.Int64 // requests that were acknowledged
	clean atomic.Int64 // of them in a row, at the first attempt
}

// account is what was acknowledged of a user.
type account struct {
	name, id, title        string
	inactive, gone, member bool
}

const (
	laneCount = 6
	lanePace  = 60 * time.Millisecond
	// attemptTime is how long an attempt may take, and requestTime how long the identity provider goes on.
	attemptTime = 30 * time.Second
	requestTime = 90 * time.Second
)

// startTraffic starts the lanes. end, which must be called, waits until each has finished what it was at.
func (f *fleet) startTraffic() (l *traffic, end func()) {
	f.Helper()
	stop := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	l = &traffic{
		f: f, ctx: ctx, seen: map[string]int{},
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: laneCount}, Timeout: attemptTime},
	}
	end = sync.OnceFunc(func() {
		close(stop)
		time.AfterFunc(requestTime, cancel)
		l.wg.Wait()
		cancel()
		l.client.CloseIdleConnections()
	})
	f.Cleanup(func() { cancel(); end() })
	for i := range laneCount {
		a := &lane{traffic: l, no: i}
		l.lanes = append(l.lanes, a)
		l.wg.Go(func() { a.run(stop) })
	}
	return l, end
}

func (a *lane) run(stop <-chan struct{}) {
	pace := time.NewTicker(lanePace)
	defer pace.Stop()
	a.makeGroup()
	for n := 0; ; n++ {
		p := &account{name: fmt.Sprintf("l%d-n%d@example.com", a.no, n)}
		for _, step := range a.steps(p, n) {
			select {
			case <-stop:
				return
			case <-pace.C:
			}
			if a.ctx.Err() != nil {
				return
			}
			step()
		}
	}
}

// steps are what an identity provider does about one person.
func (a *lane) steps(p *account, n int) []func() {
	steps := []func(){
		func() { a.find(p, 0) },
		func() { a.create(p) },
		func() { a.read(p) }, // another replica has it
		func() { a.retitle(p, fmt.Sprint("t", n)) },
		func() { a.join(p) },
	}
	switch n % 4 {
	case 1:
		steps = append(steps, func() { a.deactivate(p) })
	case 2:
		steps = append(steps, func() { a.leave(p) })
	case 3:
		steps = append(steps, func() { a.remove(p) }, func() { a.find(p, 0) })
	}
	return steps
}

func (a *lane) makeGroup() {
	name := fmt.Sprint("Lane ", a.no)
	got, ok := a.expect(http.MethodPost, "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"`+name+`"}`, 201, 409)
	if ok && got.status == 409 {
		got, _ = a.expect(http.MethodGet, `/Groups?filter=displayName+eq+%22`+strings.ReplaceAll(name, " ", "+")+`%22`, "", 200)
		if len(got.Resources) == 1 {
			got.ID = got.Resources[0].ID
		}
	}
	a.group = got.ID
}

func (a *lane) find(p *account, want int) (id string) {
	got, ok := a.expect(http.MethodGet, `/Users?filter=userName+eq+%22`+p.name+`%22`, "", 200)
	if !ok {
		return ""
	}
	if got.TotalResults != want || len(got.Resources) != want {
		a.violated("%s is there %d times, want %d", p.name, got.TotalResults, want)
		return ""
	}
	if want == 1 {
		id = got.Resources[0].ID
	}
	return id
}

// create creates a user. A 409 after an attempt whose outcome nobody knows means that it had been done.
func (a *lane) create(p *account) {
	got, ok := a.expect(http.MethodPost, "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"`+p.name+`","active":true}`, 201, 409)
	if !ok {
		return
	}
	p.id = got.ID
	if got.status == 409 {
		a.saw("create that was done before")
		p.id = a.find(p, 1)
	}
	a.users = append(a.users, p)
}

func (a *lane) read(p *account) {
	if got, ok := a.expect(http.MethodGet, "/Users/"+p.id, "", 200); ok && got.UserName != p.name {
		a.violated("%s is %q", p.name, got.UserName)
	}
}

func (a *lane) retitle(p *account, title string) {
	if _, ok := a.expect(http.MethodPatch, "/Users/"+p.id, patch("replace", "title", `"`+title+`"`), 200, 204); ok {
		p.title = title
	}
}

func (a *lane) deactivate(p *account) {
	if _, ok := a.expect(http.MethodPatch, "/Users/"+p.id, patch("replace", "active", "false"), 200, 204); ok {
		p.inactive = true
	}
}

func (a *lane) join(p *account) {
	if _, ok := a.expect(http.MethodPatch, "/Groups/"+a.group, patch("add", "members", `[{"value":"`+p.id+`"}]`), 200, 204); ok {
		p.member = true
	}
}

func (a *lane) leave(p *account) {
	if _, ok := a.expect(http.MethodPatch, "/Groups/"+a.group, patch("remove", `members[value eq \"`+p.id+`\"]`, "null"), 200, 204); ok {
		p.member = false
	}
}

func (a *lane) remove(p *account) {
	if _, ok := a.expect(http.MethodDelete, "/Users/"+p.id, "", 204, 404); ok {
		p.gone, p.member = true, false
	}
}

func patch(op, path, value string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"` + op + `","path":"` + path + `","value":` + value + `}]}`
}

// reply is what the lanes look at in an answer.
type reply struct {
	status       int
	ID, UserName string
	TotalResults int
	Resources    []struct{ ID string }
}

// expect sends a request until it is answered, and records any other answer than those that it may have. The last of
// several is one that comes only after an attempt whose outcome nobody knows: 409 to a create, 404 to a delete.
func (a *lane) expect(method, path, body string, want ...int) (got reply, ok bool) {
	got, text, doubt := a.send(method, path, body)
	for i, status := range want {
		if got.status == status && (i == 0 || status < 300 || doubt) {
			return got, true
		}
	}
	if a.ctx.Err() == nil {
		a.violated("%s %s (doubt: %v): %d %s", method, path, doubt, got.status, text)
	}
	return got, false
}

// send sends a request until it is answered by something else than 429, 503 and a lost connection.
func (a *lane) send(method, path, body string) (got reply, text []byte, doubt bool) {
	for end := time.Now().Add(requestTime); ; doubt = true {
		res, text, err := a.attempt(method, path, body)
		pause := 50 * time.Millisecond // the balancer takes the next one
		switch {
		case err == nil && res.StatusCode != http.StatusServiceUnavailable && res.StatusCode != http.StatusTooManyRequests:
			a.answered(res.StatusCode, doubt)
			got.status = res.StatusCode
			if len(text) > 0 && json.Unmarshal(text, &got) != nil {
				a.violated("%s %s: no JSON: %s", method, path, text)
			}
			return got, text, doubt
		case err != nil:
			a.failed("no answer")
		default:
			a.failed(strconv.Itoa(res.StatusCode))
			pause = a.retryAfter(res, text)
		}
		if a.ctx.Err() != nil || time.Now().After(end) {
			a.violated("%s %s: in vain for %s: %v", method, path, requestTime, err)
			return got, text, doubt
		}
		time.Sleep(pause)
	}
}

func (a *lane) attempt(method, path, body string) (*http.Response, []byte, error) {
	replicas := a.f.running()
	r := replicas[int(a.next.Add(1))%len(replicas)]
	req, err := http.NewRequestWithContext(a.ctx, method, r.base+path, strings.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+a.f.token)
	req.Header.Set("Content-Type", "application/scim+json")
	res, err := a.client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res, text, err
}

// retryAfter is how long to wait, which every refusal must say (T-019).
func (a *lane) retryAfter(res *http.Response, text []byte) time.Duration {
	seconds, err := strconv.Atoi(res.Header.Get("Retry-After"))
	if err != nil || seconds < 1 {
		a.violated("%d with Retry-After %q: %s", res.StatusCode, res.Header.Get("Retry-After"), text)
	}
	return time.Duration(max(1, min(seconds, 2))) * time.Second
}

func (a *lane) answered(status int, doubt bool) {
	a.saw(strconv.Itoa(status))
	a.done.Add(1)
	if !doubt {
		a.clean.Add(1)
	}
}

func (a *lane) failed(what string) {
	a.saw(what)
	a.clean.Store(0)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lastFault = time.Now()
}

func (l *traffic) saw(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen[what]++
}

func (l *traffic) violated(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.violations = append(l.violations, fmt.Sprintf(format, args...))
}

// takeSeen returns what has happened since it was asked for the last time.
func (l *traffic) takeSeen() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	seen := l.seen
	l.seen = map[string]int{}
	return seen
}

// all are the lanes whose users are there.
func (l *traffic) all() []*lane {
	if l.idle == nil {
		return l.lanes
	}
	return append(l.lanes[:len(l.lanes):len(l.lanes)], l.idle)
}

// report fails the test for each answer that was wrong.
func (l *traffic) report(t *testing.T) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, v := range l.violations {
		if i == 20 {
			t.Errorf("and %d more", len(l.violations)-i)
			break
		}
		t.Error(v)
	}
	l.violations = nil
}

// progress waits until each lane has done so many requests more.
func (l *traffic) progress(t *testing.T, more int64, within time.Duration) {
	t.Helper()
	goals := map[*lane]int64{}
	for _, a := range l.lanes {
		goals[a] = a.done.Load() + more
	}
	awaitSo(t, within, func() bool {
		for a, goal := range goals {
			if a.done.Load() < goal {
				return false
			}
		}
		return true
	}, func() string { return fmt.Sprintf("the load makes no progress; seen: %v", l.takeSeen()) })
}

// recoveryTime is how long after the end of a fault a request may still be refused or lost.
const recoveryTime = 10 * time.Second

// recovered waits until every lane goes on as if nothing had been, and returns how long after the end of the fault the
// last request failed.
func (l *traffic) recovered(t *testing.T, end time.Time) (took time.Duration) {
	t.Helper()
	for _, a := range l.lanes {
		a.clean.Store(0)
	}
	awaitSo(t, recoveryTime+10*time.Second, func() bool {
		for _, a := range l.lanes {
			if a.clean.Load() < 10 {
				return false
			}
		}
		return true
	}, func() string { return fmt.Sprintf("not recovered; seen: %v", l.takeSeen()) })
	l.mu.Lock()
	defer l.mu.Unlock()
	if took = l.lastFault.Sub(end); took > recoveryTime {
		t.Errorf("requests failed until %s after the end of the fault", took)
	}
	return max(took, 0)
}
