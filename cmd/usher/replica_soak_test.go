package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/postgres/postgrestest"
)

// TestReplicas_SoakFaults is the long form: every fault, with a standby that becomes the primary at the end.
func TestReplicas_SoakFaults(t *testing.T) {
	t.Parallel()
	if os.Getenv("USHER_SOAK") == "" {
		t.Skip("takes minutes; USHER_SOAK=1 runs it")
	}
	primary, err := postgrestest.StartNetwork("max_connections=80")
	stopAfter(t, primary, err)
	standby, err := primary.Standby("max_connections=80")
	stopAfter(t, standby, err)
	f := newFleet(t, primary, 3, primary.Addr(), standby.Addr())
	crowd := f.crowd(600)
	l, end := f.startTraffic()
	l.idle = crowd
	l.progress(t, 20, 20*time.Second)
	t.Logf("at the beginning:%s", inWords(l.takeSeen()))

	f.killOne(l)
	f.killSender(l)
	f.killWorker(l)
	f.restart(l, primary, 5*time.Second)
	f.shutAndStart(l, primary)
	f.slowWires(l, 15*time.Second)
	f.silentWires(l)
	f.frozen(l, primary)
	f.connectionsTaken(l, primary, 6*time.Second)
	f.tableLocked(l, primary, 8*time.Second)
	f.failOver(l, primary, standby)
	l.progress(t, 20, 20*time.Second)
	end()
	f.verify(l)
}

// crowd makes so many users in one group, whose changes are work for the background.
func (f *fleet) crowd(n int) *lane {
	f.Helper()
	c := crash{T: f.T, token: f.token}
	r := f.alive()[0]
	var l lane
	var ids []string
	for i, op := range c.must(&r.process, http.MethodPost, "/Bulk", bulkOfUsers("crowd")).Operations {
		id := op.Location[strings.LastIndexByte(op.Location, '/')+1:]
		l.users = append(l.users, &account{name: fmt.Sprint("crowd-", i), id: id, member: i < n})
		if i < n {
			ids = append(ids, id)
		}
	}
	l.group = c.must(&r.process, http.MethodPost, "/Groups", groupWith(ids)).ID
	return &l
}

// killSender kills the replica that has claimed the webhook: it is killed while the receiver keeps it waiting.
func (f *fleet) killSender(l *traffic) {
	f.Helper()
	f.fault(l, "replica killed that sends events", func() time.Time {
		letGo := f.receiver.stop()
		defer letGo()
		var sending *http.Request
		select {
		case sending = <-f.receiver.waits():
		case <-time.After(takeOver): // the last replica that was killed may have had it
			f.Fatal("no event was sent")
		}
		var killed time.Time
		for _, r := range f.alive() {
			killed = time.Now()
			f.kill9(r)
			f.add()
			if sending.Context().Err() != nil {
				break // it was this one
			}
		}
		letGo()
		awaitSo(f.T, takeOver+5*time.Second, func() bool { return f.receiver.lastTaken().After(killed) },
			func() string { return "nobody has taken over" })
		took := f.receiver.lastTaken().Sub(killed)
		if took > takeOver {
			f.Errorf("events were sent again after %s", took)
		}
		f.Logf("the next event came %s after the kill", took.Round(10*time.Millisecond))
		return killed
	})
}

// killWorker kills the replica that works on a job in the background.
func (f *fleet) killWorker(l *traffic) {
	f.Helper()
	f.fault(l, "replica killed that works on a job", func() time.Time {
		r := f.alive()[0]
		c := crash{T: f.T, token: f.token}
		c.must(&r.process, http.MethodPatch, "/Groups/"+l.idle.group, patch("replace", "displayName", `"Auditors"`))
		var job directory.Job
		awaitSo(f.T, 20*time.Second, func() bool {
			job = f.lastJob()
			return job.Done > 0
		}, func() string { return fmt.Sprintf("the job does not begin: %+v", job) })
		killed, done := time.Now(), job.Done
		f.kill9(r)
		f.add()
		awaitSo(f.T, takeOver+10*time.Second, func() bool { job = f.lastJob(); return job.Done > done+25 },
			func() string { return fmt.Sprintf("nobody has taken over: %+v", job) })
		took := time.Since(killed)
		if took > takeOver {
			f.Errorf("the job went on after %s", took)
		}
		f.Logf("the job of %d people went on from %d %s after the kill", job.Total, done, took.Round(10*time.Millisecond))
		awaitSo(f.T, takeOver, func() bool { return !f.lastJob().Finished.IsZero() }, func() string { return "the job does not end" })
		return killed
	})
}

func (f *fleet) lastJob() (last directory.Job) {
	f.Helper()
	f.check(f.app.with(false, func(on *folder) error {
		jobs, err := on.Jobs(f.app.ctx, f.workspace, 1)
		if len(jobs) > 0 {
			last = jobs[0]
		}
		return err
	}))
	return last
}

// shutAndStart restarts the server in order.
func (f *fleet) shutAndStart(l *traffic, server *postgrestest.Server) {
	f.Helper()
	f.fault(l, "server shut down and started", func() time.Time {
		f.check(server.Shut())
		f.check(server.Resume())
		return time.Now()
	})
}

// silentWires makes all open connections of one replica silent for good. What is opened later is well, so that the end
// of the fault is its beginning.
func (f *fleet) silentWires(l *traffic) {
	f.Helper()
	f.fault(l, "connections of one replica silent", func() time.Time {
		now := time.Now()
		for _, w := range f.alive()[0].wires {
			for _, stream := range []string{"upstream", "downstream"} {
				w.add("silence", stream, fmt.Sprintf(`{"before":%d}`, now.Add(50*time.Millisecond).UnixMilli()))
			}
		}
		l.progress(f.T, 5, 60*time.Second)
		return now
	})
}

// frozen stops all processes of the server, and lets them go on.
func (f *fleet) frozen(l *traffic, server *postgrestest.Server) {
	f.Helper()
	f.fault(l, "server frozen", func() time.Time {
		f.check(server.Signal(syscall.SIGSTOP))
		time.Sleep(12 * time.Second)
		f.awaitReady(http.StatusServiceUnavailable, 5*time.Second)
		f.check(server.Signal(syscall.SIGCONT))
		return time.Now()
	})
}

// connectionsTaken takes all connections that the server has, those of the replicas as well, for a while.
func (f *fleet) connectionsTaken(l *traffic, server *postgrestest.Server, d time.Duration) {
	f.Helper()
	f.fault(l, "no connections left", func() time.Time {
		admin := f.open(server)
		admin.SetMaxOpenConns(1)
		var taken []*sql.Conn
		left := 0
		awaitSo(f.T, 20*time.Second, func() bool {
			f.check(admin.QueryRow(`SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'usher'`).Scan(&left))
			taken = append(taken, f.takeConnections(server)...)
			return left == 0
		}, func() string { return fmt.Sprintf("%d taken, and the replicas have %d", len(taken), left) })
		f.awaitReady(http.StatusServiceUnavailable, 3*time.Second)
		time.Sleep(d)
		for _, c := range taken {
			_ = c.Close()
		}
		return time.Now()
	})
}

// takeConnections takes connections until there is none.
func (f *fleet) takeConnections(server *postgrestest.Server) (taken []*sql.Conn) {
	db := f.open(server)
	db.SetMaxIdleConns(0)
	for {
		c, err := db.Conn(context.Background())
		if err != nil {
			return taken
		}
		taken = append(taken, c)
	}
}

// open opens the database as somebody else than a replica.
func (f *fleet) open(server *postgrestest.Server) *sql.DB {
	f.Helper()
	db, err := sql.Open("pgx", server.URL("postgres"))
	f.check(err)
	f.Cleanup(func() { _ = db.Close() })
	return db
}

// tableLocked locks the table of users and groups against everybody.
func (f *fleet) tableLocked(l *traffic, server *postgrestest.Server, d time.Duration) {
	f.Helper()
	f.fault(l, "table locked", func() time.Time {
		tx, err := f.open(server).Begin()
		f.check(err)
		_, err = tx.Exec(`LOCK TABLE resource IN ACCESS EXCLUSIVE MODE`)
		f.check(err)
		time.Sleep(d)
		f.check(tx.Rollback())
		return time.Now()
	})
}

// failOver crashes the primary and makes the standby the primary.
func (f *fleet) failOver(l *traffic, primary, standby *postgrestest.Server) {
	f.Helper()
	f.fault(l, "failed over to the standby", func() time.Time {
		f.check(primary.Halt())
		time.Sleep(3 * time.Second) // nobody notices sooner
		f.awaitReady(http.StatusServiceUnavailable, 3*time.Second)
		f.check(standby.Promote())
		f.app.Database = standby.URL("postgres")
		return time.Now()
	})
}
