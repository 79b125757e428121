package storetest

import (
	"fmt"
	"slices"

	"github.com/usher-scim/usher/directory"
)

// promisedTree are the promises about what a root holds besides people: workspaces, roles, teams, and the number that
// plans rest on.
var promisedTree = []promise{
	{"a tree is listed by id, with parents and settings, and only its own", func(p *place) {
		newPlace(p.TB, p.store)
		settings := directory.WorkspaceSettings{
			Provisioning: directory.ProvisioningUnentitled, FirstStatus: directory.StatusInvited, KnownTeams: true,
			TimeZone: "Europe/London", Language: "en", Origin: "usher.yaml",
		}
		root, err := p.store.Workspace(p.ctx(), p.root, p.root)
		p.must(err)
		want := []directory.Workspace{root}
		for i := range 3 {
			w := p.newWorkspace(fmt.Sprint("child", i), p.root)
			w.Settings = settings
			p.must(p.change(func(c *directory.Change) { c.Workspaces = []directory.Edit[directory.Workspace]{edit(nil, &w)} }))
			want = append(want, w)
		}
		moved := want[1]
		moved.Parent, moved.Settings, moved.Version = want[2].ID, directory.WorkspaceSettings{}, 2
		p.must(p.change(func(c *directory.Change) {
			c.Workspaces = []directory.Edit[directory.Workspace]{edit(&want[1], &moved)}
		}))
		want[1] = moved
		slices.SortFunc(want, func(a, b directory.Workspace) int {
			if a.ID < b.ID {
				return -1
			}
			return 1
		})
		got, err := p.store.Tree(p.ctx(), p.root)
		p.must(err)
		p.equal(got, want)
		got, err = p.store.Tree(p.ctx(), "nowhere")
		p.must(err)
		p.equal(got, []directory.Workspace{})
	}},
	{"a change that rests on a configuration that has moved on is a conflict, and writes nothing", func(p *place) {
		commit := func(config int64, raise bool) error {
			return p.change(func(c *directory.Change) {
				c.Config, c.Reconfigures = config, raise
				c.Events = []directory.Event{p.event("x", "s")}
			})
		}
		now := func() int64 {
			w, err := p.store.Workspace(p.ctx(), p.root, p.root)
			p.must(err)
			return w.Config
		}
		p.equal(now(), int64(1))
		p.must(commit(1, false))
		p.equal(now(), int64(1))
		p.must(commit(1, true))
		p.wantErr(commit(1, false), directory.ErrConflict)
		p.wantErr(commit(1, true), directory.ErrConflict)
		p.must(commit(0, true))
		p.equal(now(), int64(3))
		won := p.race(8, func(int) error { return commit(3, true) })
		p.equal([]any{won, now()}, []any{1, int64(4)})
		events, err := p.store.Events(p.ctx(), p.root, 0, 0)
		p.must(err)
		p.equal(len(events), 4)
		p.wantErr(p.store.Commit(p.ctx(), &directory.Change{Root: "nowhere", Config: 1}), directory.ErrConflict)
	}},
	{"a root that is made in a change that reconfigures begins at 1, and its children have no number", func(p *place) {
		root, child := p.newWorkspace("root2", ""), p.newWorkspace("child", "")
		root.Root, child.Root, child.Parent = root.ID, root.ID, root.ID
		p.must(p.store.Commit(p.ctx(), &directory.Change{
			Root: root.ID, Reconfigures: true,
			Workspaces: []directory.Edit[directory.Workspace]{edit(nil, &root), edit(nil, &child)},
		}))
		for id, want := range map[string]int64{root.ID: 1, child.ID: 0} {
			w, err := p.store.Workspace(p.ctx(), root.ID, id)
			p.must(err)
			p.equal(w.Config, want)
		}
	}},
	{"roles of one workspace or of the whole root; teams, and which there are", func(p *place) {
		var roles []directory.Role
		for _, workspace := range []string{"w1", "w2"} {
			for _, name := range []string{"admin", "member"} {
				roles = append(roles, directory.Role{Root: p.root, Workspace: workspace, Name: name, Version: 1})
			}
		}
		teams := []directory.Team{
			{Root: p.root, Workspace: "w1", Name: "Ops", Created: start, Version: 1},
			{Root: p.root, Workspace: "w1", Name: "ops", Created: start, Version: 1},
			{Root: p.root, Workspace: "w2", Name: "Sales", Created: start, Version: 1},
		}
		p.must(p.change(func(c *directory.Change) {
			for i := range roles {
				c.Roles = append(c.Roles, edit(nil, &roles[i]))
			}
			for i := range teams {
				c.Teams = append(c.Teams, edit(nil, &teams[i]))
			}
		}))
		got, err := p.store.Roles(p.ctx(), p.root, "w2")
		p.must(err)
		p.equal(got, roles[2:])
		got, err = p.store.Roles(p.ctx(), p.root, "")
		p.must(err)
		p.equal(got, roles)
		list, err := p.store.Teams(p.ctx(), p.root, "w1")
		p.must(err)
		p.equal(list, teams[:2])
		has, err := p.store.HasTeams(p.ctx(), p.root, "w1", []string{"ops", "OPS", "Sales"})
		p.must(err)
		p.equal(has, map[string]bool{"ops": true})
		has, err = p.store.HasTeams(p.ctx(), "nowhere", "w1", []string{"ops"})
		p.must(err)
		p.equal(has, map[string]bool{})
	}},
	{"a secret without a value is dropped", func(p *place) {
		for _, sealed := range [][]byte{[]byte("x"), {}, nil} {
			p.must(p.change(func(c *directory.Change) { c.Secrets = []directory.Secret{{Root: p.root, Name: "n", Sealed: sealed}} }))
		}
		_, err := p.store.Secret(p.ctx(), p.root, "n")
		p.wantErr(err, directory.ErrNotFound)
	}},
	{"a deleted child takes its own with it, and leaves the root's and its sibling's", func(p *place) {
		child, sibling := p.inhabited("child"), p.inhabited("sibling")
		before := p.inventory(p.root, sibling)
		p.must(p.store.DeleteWorkspace(p.ctx(), p.root, child, &directory.Change{Root: p.root, Reconfigures: true}))
		p.equal(p.inventory(child), map[string]int{})
		p.equal(p.inventory(p.root, sibling), before)
		_, err := p.store.Workspace(p.ctx(), p.root, child)
		p.wantErr(err, directory.ErrNotFound)
		subjects, err := p.store.Subject(p.ctx(), p.root, "s-"+child)
		p.must(err)
		p.equal(subjects.Name, "child")
	}},
	{"a deleted root takes its children, and all that is kept of them", func(p *place) {
		other := newPlace(p.TB, p.store)
		theirs := other.inhabited("theirs")
		before := other.inventory(other.root, theirs)
		child := p.inhabited("child")
		p.must(p.store.KeepIdempotent(p.ctx(), p.root, "o", "k", directory.Answer{Created: start}))
		p.must(p.store.PutLicence(p.ctx(), p.root, start, []directory.LicenceCount{{Workspace: child, Active: 1}}))
		p.must(p.change(func(c *directory.Change) {
			c.Segments = []directory.Segment{{Root: p.root, No: 1}}
			c.Requests = p.requests(3)
			c.Domains = []directory.Edit[directory.Domain]{edit(nil, &directory.Domain{Root: p.root, Name: p.root, Verified: start, Version: 1})}
			c.APIKeys = []directory.Edit[directory.APIKey]{edit(nil, &directory.APIKey{Root: p.root, ID: "whole", Hash: hash("whole"), Version: 1})}
		}))
		p.must(p.store.DeleteWorkspace(p.ctx(), p.root, p.root, nil))
		p.equal(p.inventory(p.root, child), map[string]int{})
		p.equal(other.inventory(other.root, theirs), before)
		_, err := p.store.Idempotent(p.ctx(), p.root, "o", "k")
		p.wantErr(err, directory.ErrNotFound)
		_, err = p.store.DomainOwner(p.ctx(), p.root)
		p.wantErr(err, directory.ErrNotFound)
		days, err := p.store.Licence(p.ctx(), p.root, start, start)
		p.must(err)
		segments, err := p.store.Segments(p.ctx(), p.root, 0, 0)
		p.must(err)
		requests, err := p.store.Requests(p.ctx(), directory.RequestQuery{Root: p.root})
		p.must(err)
		tree, err := p.store.Tree(p.ctx(), p.root)
		p.must(err)
		p.equal([]int{len(days), len(segments), len(requests), len(tree)}, []int{0, 0, 0, 0})
	}},
}

// newWorkspace is a new one of the place's root.
func (p *place) newWorkspace(name, parent string) directory.Workspace {
	id := newID()
	return directory.Workspace{
		Root: p.root, ID: id, Key: name + "-" + id, Name: name, Parent: parent, DefaultRole: "member", Created: start, Version: 1,
	}
}

// inhabited makes a child workspace with one of everything, and returns its id.
func (p *place) inhabited(name string) string {
	p.Helper()
	w := p.newWorkspace(name, p.root)
	conn := directory.Connection{Root: p.root, ID: newID(), Workspace: w.ID, Name: "okta", State: directory.StateEnabled, Created: start, Version: 1}
	sub := p.subject("s-"+w.ID, name, name+"@example.com")
	m := directory.Membership{Root: p.root, Workspace: w.ID, Subject: sub.ID, Connection: conn.ID, Status: directory.StatusActive, Version: 1}
	j := p.job(0)
	j.Workspace = w.ID
	p.must(p.change(func(c *directory.Change) {
		c.Workspaces = []directory.Edit[directory.Workspace]{edit(nil, &w)}
		c.Roles = []directory.Edit[directory.Role]{edit(nil, &directory.Role{Root: p.root, Workspace: w.ID, Name: "r", Version: 1})}
		c.Teams = []directory.Edit[directory.Team]{edit(nil, &directory.Team{Root: p.root, Workspace: w.ID, Name: "t", Version: 1})}
		c.Connections = []directory.Edit[directory.Connection]{edit(nil, &conn)}
		c.Subjects = []directory.Edit[directory.Subject]{edit(nil, &sub)}
		c.Memberships = []directory.Edit[directory.Membership]{edit(nil, &m)}
		c.Removals = []directory.Edit[directory.Removal]{edit(nil, &directory.Removal{Membership: m, Removed: start})}
		c.APIKeys = []directory.Edit[directory.APIKey]{edit(nil, &directory.APIKey{Root: p.root, ID: newID(), Workspace: w.ID, Hash: hash(w.ID), Version: 1})}
		c.Webhooks = []directory.Edit[directory.Webhook]{edit(nil, &directory.Webhook{Root: p.root, ID: newID(), Workspace: w.ID, Version: 1})}
		c.Jobs = []directory.Edit[directory.Job]{edit(nil, &j)}
	}))
	in := *p
	in.conn = conn.ID
	in.addUser("ada")
	return w.ID
}

// inventory counts what stands in workspaces.
func (p *place) inventory(workspaces ...string) map[string]int {
	p.Helper()
	n := map[string]int{}
	add := func(kind string, found int, err error) {
		p.Helper()
		p.must(err)
		if found > 0 {
			n[kind] += found
		}
	}
	for _, w := range workspaces {
		roles, err := p.store.Roles(p.ctx(), p.root, w)
		add("roles", len(roles), err)
		teams, err := p.store.Teams(p.ctx(), p.root, w)
		add("teams", len(teams), err)
		members, err := p.store.Memberships(p.ctx(), p.root, w, "", 0)
		add("memberships", len(members), err)
		removals, err := p.store.Removals(p.ctx(), p.root, w, 0)
		add("removals", len(removals), err)
		connections, err := p.store.Connections(p.ctx(), p.root, w)
		add("connections", len(connections), err)
		for _, c := range connections {
			page, err := p.store.Users(p.ctx(), directory.ListQuery{Root: p.root, Connection: c.ID})
			add("users", page.Total, err)
		}
		keys, err := p.store.APIKeys(p.ctx(), p.root)
		add("keys", countIf(keys, func(k directory.APIKey) bool { return k.Workspace == w }), err)
		hooks, err := p.store.Webhooks(p.ctx(), p.root)
		add("webhooks", countIf(hooks, func(h directory.Webhook) bool { return h.Workspace == w }), err)
		jobs, err := p.store.Jobs(p.ctx(), p.root, false, 0)
		add("jobs", countIf(jobs, func(j directory.Job) bool { return j.Workspace == w }), err)
	}
	return n
}

func countIf[T any](list []T, is func(T) bool) (n int) {
	for _, v := range list {
		if is(v) {
			n++
		}
	}
	return n
}
