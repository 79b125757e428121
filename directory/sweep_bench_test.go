package directory_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

// BenchmarkSweep ends 100,000 sessions of which each is somebody's whom the login has made: how long that takes, and how
// long one who signs in meanwhile waits at most.
func BenchmarkSweep(b *testing.B) {
	for _, closing := range []bool{false, true} {
		b.Run(fmt.Sprintf("ephemeral=%v", closing), func(b *testing.B) {
			n := 100_000
			if closing {
				n = 5_000
			}
			for range b.N {
				sweepSessions(b, n, closing)
			}
		})
	}
}

func sweepSessions(b *testing.B, n int, closing bool) {
	b.StopTimer()
	w := signInWorld(b, directory.MethodJIT, directory.SignIn{})
	states := make([]string, 2000)
	w.fill(n, closing)
	w.clock.add(time.Hour)
	for i := range states {
		states[i] = w.begin("")
	}
	var done atomic.Bool
	worst := make(chan time.Duration)
	go func() {
		longest := time.Duration(0)
		for _, state := range states {
			if done.Load() {
				break
			}
			began := time.Now()
			if _, err := w.finish(state, identity("ada", "")); err != nil {
				b.Error(err)
			}
			longest = max(longest, time.Since(began))
		}
		worst <- longest
	}()
	b.StartTimer()
	w.sweep()
	for !closing {
		n, err := w.store.PruneExpired(w.ctx, w.workspace.Root, w.clock.Now(), w.clock.Now())
		check(b, err)
		if n == 0 {
			break
		}
	}
	b.StopTimer()
	done.Store(true)
	b.ReportMetric(float64((<-worst).Microseconds())/1000, "worst-login-ms")
	if people := w.subjects() % 1000; people > 1 {
		b.Errorf("%d people are left", people)
	}
}

// fill stores sessions that end within the hour, of people who have one each.
func (w *world) fill(n int, closing bool) {
	w.t.Helper()
	root, now := w.workspace.Root, w.clock.Now()
	for at := 0; at < n; at += 500 {
		c := &directory.Change{Root: root}
		for i := at; i < min(at+500, n); i++ {
			id := fmt.Sprintf("s%08d", i)
			s := directory.Session{
				Root: root, ID: id, Hash: directory.IdentityKey("x", id), Subject: id, Workspace: root, Home: root, Connection: w.connection.ID,
				State: directory.SessionLive, Closing: closing, Created: now, Seen: now, Idle: time.Hour, Expires: now.Add(time.Hour),
				Ends: now.Add(time.Hour), Version: 1,
			}
			c.Sessions = append(c.Sessions, directory.Edit[directory.Session]{After: &s})
			if closing {
				c.Subjects = append(c.Subjects, directory.Edit[directory.Subject]{After: &directory.Subject{Root: root, ID: id, Created: now, Version: 1}})
				c.Memberships = append(c.Memberships, directory.Edit[directory.Membership]{After: &directory.Membership{
					Root: root, Workspace: root, Subject: id, Connection: w.connection.ID, Role: "member", Status: directory.StatusActive,
					Created: now, Modified: now, DeleteAfter: now.Add(24 * time.Hour), Version: 1,
				}})
			}
		}
		check(w.t, w.store.Commit(w.ctx, c))
	}
}
