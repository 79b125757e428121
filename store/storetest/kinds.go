package storetest

import (
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/mapping"
)

// kind is one kind of row: how it goes into a change, and how all of the place's are read.
type kind[T any] struct {
	row   T // with version 1
	after T // the same row, changed, with version 2
	put   func(*directory.Change, directory.Edit[T])
	read  func() ([]T, error)
}

// rows promises of a kind that its rows come back whole and rest on their versions, and that other roots have none.
func rows[T any](name string, of func(p *place) kind[T]) promise {
	return promise{name + " come back whole, rest on their version, and are of their root only", func(p *place) {
		k := of(p)
		commit := func(before, after *T) error {
			return p.change(func(c *directory.Change) { k.put(c, edit(before, after)) })
		}
		want := func(rows ...T) {
			p.Helper()
			got, err := k.read()
			p.must(err)
			p.equal(got, rows)
		}
		want()
		p.must(commit(nil, &k.row))
		want(k.row)
		p.wantErr(commit(nil, &k.row), directory.ErrConflict)
		p.must(commit(&k.row, &k.after))
		want(k.after)
		p.wantErr(commit(&k.row, &k.after), directory.ErrConflict)
		p.wantErr(commit(&k.row, nil), directory.ErrConflict)
		want(k.after)
		other := newPlace(p.TB, p.store)
		p.wantErr(other.change(func(c *directory.Change) { k.put(c, edit(&k.after, nil)) }), directory.ErrConflict)
		want(k.after)
		p.must(commit(&k.after, nil))
		want()
		p.wantErr(commit(&k.after, nil), directory.ErrConflict)
	}}
}

var promisedKinds = []promise{
	rows("roles", func(p *place) kind[directory.Role] {
		r := directory.Role{Root: p.root, Workspace: p.root, Name: "admin", Description: "may all", Permissions: []string{"a", "b"}, Version: 1}
		after := r
		after.Description, after.Permissions, after.Version = "may less", []string{"a"}, 2
		return kind[directory.Role]{
			row: r, after: after,
			put:  func(c *directory.Change, e directory.Edit[directory.Role]) { c.Roles = append(c.Roles, e) },
			read: func() ([]directory.Role, error) { return p.store.Roles(p.ctx(), p.root, p.root) },
		}
	}),
	rows("teams", func(p *place) kind[directory.Team] {
		t := directory.Team{Root: p.root, Workspace: p.root, Name: "Ops", Description: "on call", Created: start, Version: 1}
		after := t
		after.Description, after.Version = "asleep", 2
		return kind[directory.Team]{
			row: t, after: after,
			put:  func(c *directory.Change, e directory.Edit[directory.Team]) { c.Teams = append(c.Teams, e) },
			read: func() ([]directory.Team, error) { return p.store.Teams(p.ctx(), p.root, p.root) },
		}
	}),
	rows("connections", func(p *place) kind[directory.Connection] {
		p.must(p.store.DeleteConnection(p.ctx(), p.root, p.conn, nil))
		r := directory.Connection{
			Root: p.root, ID: newID(), Workspace: p.root, Name: "entra", Profile: "entra", State: directory.StateEnabled,
			Schemas: []string{}, Origin: "usher.yaml", Created: start, Version: 1,
			Settings: directory.ConnectionSettings{
				Mapping: mapping.Rules{Groups: []mapping.GroupRule{{Group: "Admins", Role: "admin", Teams: []string{"Ops"}}}},
				Roles:   []string{}, HardDelete: true, Brake: &directory.Brake{Members: 5, Percent: 3},
			},
		}
		after := r
		after.Origin, after.Settings, after.Version = "", directory.ConnectionSettings{NoCreate: true, Roles: []string{"member"}}, 2
		return kind[directory.Connection]{
			row: r, after: after,
			put: func(c *directory.Change, e directory.Edit[directory.Connection]) {
				c.Connections = append(c.Connections, e)
			},
			read: func() ([]directory.Connection, error) { return p.store.Connections(p.ctx(), p.root, p.root) },
		}
	}),
	rows("subjects", func(p *place) kind[directory.Subject] {
		s := p.subject("s1", "Ada", "Ada@Example.com")
		after := s
		after.Name, after.Email, after.Profile, after.Modified, after.Version = "Ada L", "", []byte(`{"name":"Ada L"}`), start.Add(time.Hour), 2
		return kind[directory.Subject]{
			row: s, after: after,
			put: func(c *directory.Change, e directory.Edit[directory.Subject]) { c.Subjects = append(c.Subjects, e) },
			read: func() ([]directory.Subject, error) {
				return found(p.store.Subject(p.ctx(), p.root, s.ID))
			},
		}
	}),
	rows("memberships", func(p *place) kind[directory.Membership] {
		m := directory.Membership{
			Root: p.root, Workspace: p.root, Subject: "s1", Connection: p.conn, Role: "admin", RoleSource: directory.SourceSCIM,
			Teams: []string{"a", `b "c", d`}, TeamsSource: directory.SourceSCIM, Status: directory.StatusInvited,
			StatusSource: directory.SourceManual, Blocked: true, Joined: start.Add(time.Minute), DeleteAfter: start.Add(time.Hour),
			Created: start, Modified: start.Add(time.Second), Version: 1,
		}
		after := directory.Membership{
			Root: p.root, Workspace: p.root, Subject: "s1", Role: "member", Status: directory.StatusActive, Created: start,
			Modified: start.Add(time.Hour), Version: 2,
		}
		return kind[directory.Membership]{
			row: m, after: after,
			put: func(c *directory.Change, e directory.Edit[directory.Membership]) {
				c.Memberships = append(c.Memberships, e)
			},
			read: func() ([]directory.Membership, error) { return p.store.MembershipsOf(p.ctx(), p.root, "s1") },
		}
	}),
	rows("API keys", func(p *place) kind[directory.APIKey] {
		k := directory.APIKey{
			Root: p.root, ID: newID(), Workspace: "w", Name: "ci", Hash: hash("key"), Scopes: []string{"members.read", "*"},
			Created: start, Expires: start.Add(time.Hour), Version: 1,
		}
		after := k
		after.Revoked, after.Scopes, after.Name, after.Version = start.Add(time.Minute), []string{"keys.write"}, "old", 2
		return kind[directory.APIKey]{
			row: k, after: after,
			put:  func(c *directory.Change, e directory.Edit[directory.APIKey]) { c.APIKeys = append(c.APIKeys, e) },
			read: func() ([]directory.APIKey, error) { return p.store.APIKeys(p.ctx(), p.root) },
		}
	}),
	rows("domains", func(p *place) kind[directory.Domain] {
		d := directory.Domain{Root: p.root, Name: p.root + ".example", Challenge: "usher=1", Created: start, Version: 1}
		after := d
		after.Verified, after.Checked, after.Failure, after.Version = start.Add(time.Hour), start.Add(time.Hour), "slow", 2
		return kind[directory.Domain]{
			row: d, after: after,
			put:  func(c *directory.Change, e directory.Edit[directory.Domain]) { c.Domains = append(c.Domains, e) },
			read: func() ([]directory.Domain, error) { return p.store.Domains(p.ctx(), p.root) },
		}
	}),
	rows("webhooks", func(p *place) kind[directory.Webhook] {
		h := directory.Webhook{
			Root: p.root, ID: newID(), Workspace: "w", URL: "https://app.example/hook", Types: []string{"member.joined"}, Position: 7,
			Created: start, Version: 1,
		}
		after := directory.Webhook{
			Root: p.root, ID: h.ID, URL: "https://app.example/other", Position: 8, Failures: 2, Failure: "500",
			NextAt: start.Add(time.Minute), Disabled: start.Add(time.Hour), Created: start, Version: 2,
		}
		return kind[directory.Webhook]{
			row: h, after: after,
			put:  func(c *directory.Change, e directory.Edit[directory.Webhook]) { c.Webhooks = append(c.Webhooks, e) },
			read: func() ([]directory.Webhook, error) { return p.store.Webhooks(p.ctx(), p.root) },
		}
	}),
	rows("jobs", func(p *place) kind[directory.Job] {
		j := p.job(1)
		after := j
		after.State, after.Done, after.Failure, after.LeaseOwner, after.LeaseUntil, after.Finished, after.Version =
			[]byte(`{"at":2}`), 2, "stuck", "me", start.Add(time.Hour), start.Add(2*time.Hour), 2
		return kind[directory.Job]{
			row: j, after: after,
			put:  func(c *directory.Change, e directory.Edit[directory.Job]) { c.Jobs = append(c.Jobs, e) },
			read: func() ([]directory.Job, error) { return p.store.Jobs(p.ctx(), p.root, false, 0) },
		}
	}),
}

func (p *place) subject(id, name, email string) directory.Subject {
	return directory.Subject{
		Root: p.root, ID: id, Name: name, Email: email, Profile: []byte(`{"name":"` + name + `"}`), Created: start, Modified: start, Version: 1,
	}
}

// job is an open one; i gives its age.
func (p *place) job(i int) directory.Job {
	return directory.Job{
		Root: p.root, ID: newID(), Kind: "rules", Workspace: p.root, Connection: p.conn, Target: "g", State: []byte(`{"at":1}`), Done: 1,
		Total: 3, Created: start.Add(time.Duration(i) * time.Second), Version: 1,
	}
}

// found is a list of what a look-up found: one, or none.
func found[T any](v T, err error) ([]T, error) {
	if err == directory.ErrNotFound {
		return nil, nil
	}
	return []T{v}, err
}
