package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/usher-scim/usher/directory"
)

// verify holds what is stored against what was acknowledged: each user and each member once, one audit entry of the
// creation, events that lead to the same members and were all delivered, and an audit chain that is whole.
func (f *fleet) verify(l *traffic) {
	f.Helper()
	l.report(f.T)
	f.check(f.app.with(false, func(on *folder) error {
		users := f.storedUsers(on)
		people := f.acknowledged(l, users)
		f.verifyTotals(l, len(users))
		f.verifyAudit(on, users)
		f.verifyEvents(on, people)
		return f.verifyJobs(on)
	}))
	var out bytes.Buffer
	a := *f.app
	a.out = &out
	if err := (&auditVerifyCmd{workspaceScope: workspaceScope{Workspace: "ACC123"}}).Run(&a); err != nil {
		f.Errorf("the audit chain: %v\n%s", err, &out)
	}
}

// storedUsers are the users with a document, by name.
func (f *fleet) storedUsers(on *folder) map[string]directory.User {
	f.Helper()
	members, err := on.MembersOf(f.app.ctx, f.workspace, "")
	f.check(err)
	users := map[string]directory.User{}
	for _, m := range members {
		if m.User.ID == "" {
			continue
		}
		if _, twice := users[m.User.UserName]; twice {
			f.Errorf("%s is there twice", m.User.UserName)
		}
		users[m.User.UserName] = m.User
	}
	return users
}

// acknowledged compares the users with what the lanes know of them, and returns what they know by id.
func (f *fleet) acknowledged(l *traffic, users map[string]directory.User) map[string]*account {
	f.Helper()
	people := map[string]*account{}
	for _, a := range l.all() {
		for _, p := range a.users {
			people[p.id] = p
			u, there := users[p.name]
			switch {
			case there == p.gone:
				f.Errorf("%s: stored %v, removed %v", p.name, there, p.gone)
			case p.gone:
			case u.ID != p.id || u.Active == p.inactive:
				f.Errorf("%s was acknowledged with id %s, inactive %v; stored is %s, %v", p.name, p.id, p.inactive, u.ID, !u.Active)
			case p.title != "" && !bytes.Contains(u.Body, []byte(`"`+p.title+`"`)):
				f.Errorf("%s has the title %s; stored is %s", p.name, p.title, u.Body)
			}
		}
	}
	for name, u := range users {
		if people[u.ID] == nil {
			f.Errorf("%s is stored and was never acknowledged", name)
		}
	}
	return people
}

// verifyTotals asks each replica for the number of users and for the members of the groups.
func (f *fleet) verifyTotals(l *traffic, users int) {
	f.Helper()
	c := crash{T: f.T, token: f.token}
	for _, r := range f.alive() {
		got := c.must(&r.process, http.MethodGet, "/Users?count=0", "")
		if got.TotalResults != users {
			f.Errorf("%s counts %d users, and there are %d", r.name, got.TotalResults, users)
		}
	}
	replicas := f.alive()
	for i, a := range l.all() {
		got := c.must(&replicas[i%len(replicas)].process, http.MethodGet, "/Groups/"+a.group, "")
		var want, have []string
		for _, p := range a.users {
			if p.member {
				want = append(want, p.id)
			}
		}
		for _, m := range got.Members {
			have = append(have, m.Value)
		}
		slices.Sort(want)
		slices.Sort(have)
		if !slices.Equal(want, have) {
			f.Errorf("lane %d: %d members are stored, %d were acknowledged", i, len(have), len(want))
		}
	}
}

// verifyAudit looks for exactly one entry of the creation of each user that is there.
func (f *fleet) verifyAudit(on *folder, users map[string]directory.User) {
	f.Helper()
	entries, err := everything(func(after int64) ([]directory.AuditEntry, error) {
		return on.AuditLog(f.app.ctx, f.workspace, after, logPage)
	}, func(e directory.AuditEntry) int64 { return e.Seq })
	f.check(err)
	created := map[string]int{}
	for _, e := range entries {
		if e.Action == directory.ActionUserCreate {
			created[e.Target]++
		}
	}
	for name, u := range users {
		if created[u.ID] != 1 {
			f.Errorf("%s has %d audit entries of its creation", name, created[u.ID])
		}
	}
}

// verifyEvents replays the events, and waits until each was delivered.
func (f *fleet) verifyEvents(on *folder, people map[string]*account) {
	f.Helper()
	events, err := everything(func(after int64) ([]directory.Event, error) {
		return on.EventLog(f.app.ctx, f.workspace, after, logPage)
	}, func(e directory.Event) int64 { return e.Seq })
	f.check(err)
	replayed := replay(events)
	members, err := on.MembersOf(f.app.ctx, f.workspace, "")
	f.check(err)
	stored := map[string]directory.MemberStatus{}
	for _, m := range members {
		stored[m.Membership.Subject] = m.Membership.Status
	}
	for id, m := range stored {
		if replayed[id] != m {
			f.Errorf("subject %s is %s; the events say %q", id, m, replayed[id])
		}
	}
	for id, status := range replayed {
		if _, there := stored[id]; !there {
			f.Errorf("the events say that subject %s is %s; nothing is stored", id, status)
		}
	}
	f.verifyDelivery(events, people)
}

// replay is what an app makes of the events: who is a member, and in which state.
func replay(events []directory.Event) map[string]directory.MemberStatus {
	members := map[string]directory.MemberStatus{}
	for _, e := range events {
		var data struct{ Status directory.MemberStatus }
		if json.Unmarshal(e.Data, &data) != nil || e.Subject == "" {
			continue
		}
		switch e.Type {
		case directory.EventMemberLeft:
			delete(members, e.Subject)
		default:
			members[e.Subject] = data.Status
		}
	}
	return members
}

// takeOver bounds how long the work of a replica that died may rest.
const takeOver = 30 * time.Second

func (f *fleet) verifyDelivery(events []directory.Event, people map[string]*account) {
	f.Helper()
	var missing []string
	awaitSo(f.T, takeOver+10*time.Second, func() bool {
		taken, _ := f.receiver.deliveries()
		missing = missing[:0]
		for _, e := range events {
			if taken[e.ID] == 0 {
				missing = append(missing, e.Type+" "+e.ID)
			}
		}
		return len(missing) == 0
	}, func() string {
		return fmt.Sprintf("%d of %d events were not delivered: %v", len(missing), len(events), missing[:1])
	})
	taken, doubled := f.receiver.deliveries()
	if len(doubled) > 0 {
		f.Errorf("%d events came while another delivery was going on: two replicas had the claim: %v", len(doubled), doubled[0])
	}
	twice := 0
	for _, n := range taken {
		if n > 1 {
			twice++
		}
	}
	f.Logf("%d events of %d users; %d of them were delivered more than once", len(events), len(people), twice)
}

// verifyJobs looks whether all background jobs were finished, and none in vain.
func (f *fleet) verifyJobs(on *folder) error {
	f.Helper()
	jobs, err := on.Jobs(f.app.ctx, f.workspace, 1000)
	for _, j := range jobs {
		if j.Finished.IsZero() || j.Done != j.Total || j.Failure != "" {
			f.Errorf("%s job %s: %d of %d, finished %v, failure %q", j.Kind, j.ID, j.Done, j.Total, j.Finished, j.Failure)
		}
	}
	return err
}

// inWords is what the clients have seen, in order.
func inWords(seen map[string]int) string {
	text := ""
	for _, what := range slices.Sorted(maps.Keys(seen)) {
		text += fmt.Sprintf(" %s:%d", what, seen[what])
	}
	return text
}
