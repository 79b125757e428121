package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// faultAnswer is what the tests of faults look at in an answer of any kind.
type faultAnswer struct {
	ID           string
	TotalResults int
	Members      []struct{ Value string }
	Resources    []struct{ ID string }
	NextCursor   string
	Operations   []struct{ Status, Location string }
}

// try sends a request to a process that may go away under it.
func (c *crash) try(p *process, method, path, body string) (status int, got faultAnswer, err error) {
	req, err := http.NewRequestWithContext(c.Context(), method, p.base+path, strings.NewReader(body))
	if err != nil {
		return 0, got, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, got, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil || len(data) == 0 {
		return res.StatusCode, got, err
	}
	return res.StatusCode, got, json.Unmarshal(data, &got)
}

// must is try for what is to succeed.
func (c *crash) must(p *process, method, path, body string) faultAnswer {
	c.Helper()
	status, got, err := c.try(p, method, path, body)
	if err != nil || status/100 != 2 {
		c.Fatalf("%s %s: %d %+v %v", method, path, status, got, err)
	}
	return got
}

// bulkOfUsers creates 1,000 users whose names begin with that.
func bulkOfUsers(prefix string) string {
	var b strings.Builder
	b.WriteString(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[`)
	for i := range 1000 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"method":"POST","path":"/Users","bulkId":"b%d","data":{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"%s-%d"}}`, i, prefix, i)
	}
	b.WriteString(`]}`)
	return b.String()
}

// bulkKills is how often the server is killed in the middle of a bulk request in the long form; in the short one once.
const bulkKills = 10

// TestFault_SoakKillNineInMidBulk kills the server in the middle of 1,000 creates in one request. Nothing of it was
// acknowledged; afterwards the file is whole, and so is each user that is there. Sent again, the request completes it.
func TestFault_SoakKillNineInMidBulk(t *testing.T) {
	t.Parallel()
	rounds := 1
	if os.Getenv("USHER_SOAK") != "" {
		rounds = bulkKills
	}
	c := newCrash(t)
	for round := range rounds {
		p := c.start()
		body := bulkOfUsers(fmt.Sprint("r", round))
		killed := make(chan struct{})
		go func() {
			defer close(killed)
			c.killAfter(p, round*1000+1+rand.IntN(400))
		}()
		if status, got, err := c.try(p, http.MethodPost, "/Bulk", body); err == nil {
			t.Errorf("the request was answered before the kill: %d, %d results", status, len(got.Operations))
		}
		<-killed
		p.kill()
		c.verifyRows()
		c.check(c.app.with(false, func(f *folder) error { return f.store.Check(c.app.ctx) }))
		left := c.stored - round*1000
		t.Logf("round %d: %d of 1,000 users were stored", round, left)

		p = c.start()
		there := 0
		for _, op := range c.must(p, http.MethodPost, "/Bulk", body).Operations {
			if op.Status == "409" {
				there++
			}
		}
		if total := c.must(p, http.MethodGet, "/Users?count=0", "").TotalResults; there != left || total != (round+1)*1000 {
			t.Errorf("sent again: %d were there of %d, now there are %d", there, left, total)
		}
		p.kill()
		c.verifyRows()
	}
}

// killAfter kills the server when it says that there are so many users.
func (c *crash) killAfter(p *process, users int) {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		_, got, err := c.try(p, http.MethodGet, "/Users?count=0", "")
		if err != nil || got.TotalResults >= users {
			break
		}
	}
	_ = p.cmd.Process.Kill()
}

// The long form of the large PUT, and what it may take.
const (
	soakMembers = 100_000
	soakTime    = 60 * time.Second // Okta's patience (T-018)
	soakMemory  = 300_000          // kB
)

// TestFault_T118_SoakManyMembersInOnePut replaces the members of a group by a very long list, again and again.
func TestFault_T118_SoakManyMembersInOnePut(t *testing.T) {
	t.Parallel()
	n, soak := 5_000, os.Getenv("USHER_SOAK") != ""
	if soak {
		n = soakMembers
	}
	c := newCrash(t)
	p := c.start()
	var ids []string
	for i := range n / 1000 {
		for _, op := range c.must(p, http.MethodPost, "/Bulk", bulkOfUsers(fmt.Sprint("b", i))).Operations {
			ids = append(ids, op.Location[strings.LastIndexByte(op.Location, '/')+1:])
		}
	}
	before := peakMemory(t, p)
	group := "/Groups/" + c.must(p, http.MethodPost, "/Groups", groupWith(nil)).ID
	for _, members := range [][]string{ids, ids[:n/2], ids, ids[n/2:], nil, ids} {
		start := time.Now()
		got := c.must(p, http.MethodPut, group, groupWith(members))
		took := time.Since(start)
		t.Logf("PUT of %d members: %s, peak of memory so far %d kB", len(members), took.Round(time.Millisecond), peakMemory(t, p))
		if len(got.Members) != len(members) {
			t.Errorf("%d members in the answer, want %d", len(got.Members), len(members))
		}
		if soak && took > soakTime {
			t.Errorf("took %s", took)
		}
	}
	if got := c.must(p, http.MethodGet, group, ""); len(got.Members) != n || got.Members[n-1].Value == "" {
		t.Errorf("%d members, want %d", len(got.Members), n)
	}
	if peak := peakMemory(t, p); soak && peak > soakMemory {
		t.Errorf("the server took %d kB at its peak, %d kB before", peak, before)
	}
	p.kill()
	c.verifyRows()
}

func groupWith(members []string) string {
	var b strings.Builder
	b.WriteString(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Everybody","members":[`)
	for i, id := range members {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"value":"` + id + `"}`)
	}
	b.WriteString(`]}`)
	return b.String()
}

// peakMemory is the most that the process had in memory at any time, in kB; 0 where the system does not say.
func peakMemory(t *testing.T, p *process) (kB int) {
	t.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if _, err := fmt.Sscanf(lines.Text(), "VmHWM: %d kB", &kB); err == nil {
			return kB
		}
	}
	t.Fatal("no VmHWM")
	return 0
}
