package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/usher-scim/usher/store/postgres/postgrestest"
	"github.com/usher-scim/usher/store/storetest"
)

// TestReplicas_Faults lets three replicas on one PostgreSQL work through faults, under steady traffic: a replica is killed,
// the server crashes, the network is slow and drops. The long form is TestReplicas_SoakFaults.
func TestReplicas_Faults(t *testing.T) {
	t.Parallel()
	server, err := postgrestest.StartNetwork()
	stopAfter(t, server, err)
	f := newFleet(t, server, 3, server.Addr())
	l, end := f.startTraffic()
	l.progress(t, 5, 10*time.Second)
	t.Logf("at the beginning:%s", inWords(l.takeSeen()))

	f.killOne(l)
	f.restart(l, server, 4*time.Second)
	f.slowWires(l, 5*time.Second)
	end()
	f.verify(l)
}

// TestReplicas_FaultsFetched has the faults on the newer PostgreSQL that tools/prereq.sh has fetched.
func TestReplicas_FaultsFetched(t *testing.T) {
	t.Parallel()
	storetest.SkipUnderRace(t)
	postgrestest.TestFetched(t, "-test.run", "^TestReplicas_(Faults|OneService)$")
}

// stopAfter stops a server when the test ends, also one that has started in part.
func stopAfter(t *testing.T, s *postgrestest.Server, err error) {
	t.Helper()
	if s != nil {
		t.Cleanup(func() {
			if err := s.Stop(); err != nil {
				t.Error(err)
			}
		})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// fault lets something go wrong, and looks how the clients fare after its end.
func (f *fleet) fault(l *traffic, name string, happen func() (end time.Time)) {
	f.Helper()
	began := time.Now()
	end := happen()
	took := l.recovered(f.T, end)
	f.Logf("%s for %s: recovered after %s;%s", name, end.Sub(began).Round(10*time.Millisecond), took.Round(10*time.Millisecond), inWords(l.takeSeen()))
	f.awaitReady(http.StatusOK, recoveryTime)
}

// killOne kills a replica, and starts another one in its place.
func (f *fleet) killOne(l *traffic) {
	f.Helper()
	f.fault(l, "replica killed", func() time.Time {
		end := time.Now()
		f.kill9(f.alive()[0])
		f.add()
		return end
	})
}

// restart crashes the server of the database, and starts it again after a while.
func (f *fleet) restart(l *traffic, server *postgrestest.Server, after time.Duration) {
	f.Helper()
	f.fault(l, "server crashed and restarted", func() time.Time {
		f.check(server.Halt())
		down := time.Now()
		f.awaitReady(http.StatusServiceUnavailable, 3*time.Second)
		time.Sleep(time.Until(down.Add(after)))
		f.awaitReady(http.StatusServiceUnavailable, time.Second)
		f.check(server.Resume())
		return time.Now()
	})
}

// slowWires makes each answer of the database come 200 ms later, and cuts one connection in twenty pieces of data.
func (f *fleet) slowWires(l *traffic, d time.Duration) {
	f.Helper()
	f.fault(l, "200 ms and 5 % drops", func() time.Time {
		for _, r := range f.alive() {
			r.wires[0].add("latency", "downstream", `{"latency":200}`)
			r.wires[0].add("drops", "downstream", `{"percent":5}`)
		}
		time.Sleep(d)
		for _, r := range f.alive() {
			r.wires[0].heal()
		}
		return time.Now()
	})
}
