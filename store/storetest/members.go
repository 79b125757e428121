package storetest

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/usher-scim/usher/directory"
)

var promisedMembers = []promise{
	{"members keep the order in which they came, and are paged", func(p *place) {
		g := p.addGroup("g")
		var want []directory.Member
		for i := range 7 {
			m := member(g, p.addUser(fmt.Sprint("u", 9-i)))
			m.Display = "the display"
			want = append(want, m)
		}
		p.must(p.editMembers(directory.MembersEdit{Group: g.ID, Add: want[:3]}))
		p.must(p.editMembers(directory.MembersEdit{Group: g.ID, Add: want[3:]}))
		var got []directory.Member
		for after := ""; ; {
			page, err := p.store.Members(p.ctx(), p.root, g.ID, after, 3)
			p.must(err)
			got = append(got, page...)
			if len(page) < 3 {
				break
			}
			after = page[2].ID
		}
		p.equal(got, want)
		_, err := p.store.Members(p.ctx(), p.root, g.ID, "nobody", 3)
		p.wantErr(err, directory.ErrNotFound)
		_, err = p.store.Members(p.ctx(), p.root, "nobody", "", 3)
		p.wantErr(err, directory.ErrNotFound)
	}},
	{"D-29 a member more moves the group's version, count and time, and the user's count only", func(p *place) {
		g, u := p.addGroup("g"), p.addUser("ada")
		at := start.Add(time.Minute)
		p.must(p.editMembers(directory.MembersEdit{Group: g.ID, Add: []directory.Member{member(g, u)}, Modified: at}))
		g.Version, g.Members, g.Modified = 2, 1, at
		p.equal(p.group(g.ID), g)
		u.Groups = 1
		p.equal(p.user(u.ID), u)
		p.must(p.editMembers(directory.MembersEdit{Group: g.ID, Remove: []string{u.ID}, Modified: at}))
		g.Version, g.Members = 3, 0
		p.equal(p.group(g.ID), g)
		u.Groups = 0
		p.equal(p.user(u.ID), u)
	}},
	{"what must not be there, or must, is a conflict and changes nothing", func(p *place) {
		g, ada, bob := p.addGroup("g"), p.addUser("ada"), p.addUser("bob")
		add := directory.MembersEdit{Group: g.ID, Add: []directory.Member{member(g, ada)}}
		p.must(p.editMembers(add))
		for name, e := range map[string]directory.MembersEdit{
			"already a member":   {Group: g.ID, Add: []directory.Member{member(g, bob), member(g, ada)}},
			"not a member":       {Group: g.ID, Remove: []string{ada.ID, bob.ID}},
			"no such user":       {Group: g.ID, Add: []directory.Member{{ID: "nobody", Type: "User"}}},
			"no such group":      {Group: "nobody", Add: []directory.Member{member(g, bob)}},
			"no such subgroup":   {Group: g.ID, Add: []directory.Member{{ID: "nobody", Type: "Group"}}},
			"reset of no group":  {Group: "nobody", Reset: true},
			"reset to no member": {Group: g.ID, Reset: true, Add: []directory.Member{{ID: "nobody", Type: "User"}}},
		} {
			if err := p.editMembers(e); err == nil {
				p.Errorf("%s: no error", name)
			} else {
				p.wantErr(err, directory.ErrConflict)
			}
		}
		p.equal(p.memberIDs(g.ID), []string{ada.ID})
		p.equal([]any{p.group(g.ID).Version, p.user(bob.ID).Groups}, []any{int64(2), 0})
	}},
	{"a reset writes the difference, and nothing when there is none (M12)", func(p *place) {
		g, a, b, c := p.addGroup("g"), p.addUser("a"), p.addUser("b"), p.addUser("c")
		reset := func(users ...directory.User) {
			e := directory.MembersEdit{Group: g.ID, Reset: true}
			for _, u := range users {
				e.Add = append(e.Add, member(g, u))
			}
			was := p.group(g.ID).Version
			version, err := p.editedMembers(e)
			p.must(err)
			if now := p.group(g.ID).Version; now == was {
				p.equal(version, int64(0))
			} else {
				p.equal(version, now)
			}
		}
		reset(a, b)
		p.equal([]any{p.memberIDs(g.ID), p.group(g.ID).Version}, []any{[]string{a.ID, b.ID}, int64(2)})
		reset(b, a)
		p.equal([]any{p.memberIDs(g.ID), p.group(g.ID).Version}, []any{[]string{a.ID, b.ID}, int64(2)})
		reset(c, b)
		p.equal([]any{p.memberIDs(g.ID), p.group(g.ID).Version}, []any{[]string{b.ID, c.ID}, int64(3)})
		reset()
		p.equal([]any{p.memberIDs(g.ID), p.group(g.ID).Version}, []any{[]string(nil), int64(4)})
		p.equal([]int{p.user(a.ID).Groups, p.user(b.ID).Groups, p.user(c.ID).Groups}, []int{0, 0, 0})
	}},
	{"a version moves once in a change of group and members", func(p *place) {
		u := p.addUser("ada")
		g, keys := p.groupOf(`{"displayName":"g"}`)
		p.must(p.change(func(c *directory.Change) {
			c.Groups = []directory.GroupEdit{{Edit: edit(nil, &g), AfterKeys: keys}}
			c.Members = []directory.MembersEdit{{Group: g.ID, Add: []directory.Member{member(g, u)}, Modified: start}}
		}))
		got := p.group(g.ID)
		p.equal([]any{got.Version, got.Members}, []any{int64(1), 1})
		after, _ := p.renamed(got, "h")
		members := []directory.MembersEdit{{Group: g.ID, Remove: []string{u.ID}, Modified: start}}
		p.must(p.change(func(c *directory.Change) {
			c.Groups = []directory.GroupEdit{{Edit: edit(&got, &after)}}
			c.Members = members
		}))
		p.equal([]int64{p.group(g.ID).Version, members[0].Version}, []int64{2, 2})
	}},
	{"has tells of the asked ids only", func(p *place) {
		g := p.addGroup("g")
		want, ids := map[string]bool{}, []string{"nobody", p.addUser("outside").ID}
		e := directory.MembersEdit{Group: g.ID}
		for i := range 120 {
			u := p.addUser(fmt.Sprint("u", i))
			e.Add, want[u.ID], ids = append(e.Add, member(g, u)), true, append(ids, u.ID)
		}
		p.must(p.editMembers(e))
		got, err := p.store.HasMembers(p.ctx(), p.root, g.ID, ids)
		p.must(err)
		p.equal(got, want)
	}},
	{"R-037 groups of a user come in the order of their creation, the direct ones first", func(p *place) {
		one, two, three, four, u := p.addGroup("one"), p.addGroup("two"), p.addGroup("three"), p.addGroup("four"), p.addUser("ada")
		for _, g := range []directory.Group{three, two} {
			p.must(p.editMembers(directory.MembersEdit{Group: g.ID, Add: []directory.Member{member(g, u)}}))
		}
		p.nest(four, two) // what holds a direct group
		p.nest(one, four) // and what holds that
		p.nest(one, three)
		p.nest(three, two) // direct and indirect: direct
		p.equal(p.groupsOf(u.ID, "nobody", two.ID, one.ID, u.ID), map[string][]string{
			u.ID: {"two", "three", "(one)", "(four)"}, two.ID: {"three", "four", "(one)"},
		})
		groups, err := p.store.GroupsOf(p.ctx(), "other", []string{u.ID})
		p.must(err)
		p.equal(groups, map[string][]directory.GroupOf{})
		p.must(p.editGroup(p.group(four.ID), nil, false))
		p.equal(p.groupsOf(u.ID), map[string][]string{u.ID: {"two", "three", "(one)"}})
	}},
	{"groups that hold each other end, and none is in itself", func(p *place) {
		one, two, three, u := p.addGroup("one"), p.addGroup("two"), p.addGroup("three"), p.addUser("ada")
		p.nest(one, two)
		p.nest(two, three)
		p.nest(three, one)
		p.must(p.editMembers(directory.MembersEdit{Group: two.ID, Add: []directory.Member{member(two, u)}}))
		p.equal(p.groupsOf(u.ID, one.ID, two.ID), map[string][]string{
			u.ID: {"two", "(one)", "(three)"}, one.ID: {"three", "(two)"}, two.ID: {"one", "(three)"},
		})
		for _, g := range []directory.Group{one, two, three} {
			p.equal(userIDs(p.find(fmt.Sprintf(`groups.value eq %q`, g.ID)).Users), []string{u.ID})
		}
	}},
	{"a chain of a hundred groups is walked to its end", func(p *place) {
		u := p.addUser("ada")
		below := p.addGroup("g0")
		p.must(p.editMembers(directory.MembersEdit{Group: below.ID, Add: []directory.Member{member(below, u)}}))
		want := []string{"g0"}
		var top directory.Group
		for i := 1; i <= 100; i++ {
			top = p.addGroup(fmt.Sprint("g", i))
			p.nest(top, below)
			want, below = append(want, fmt.Sprintf("(g%d)", i)), top
		}
		p.equal(p.groupsOf(u.ID), map[string][]string{u.ID: want})
		p.equal(p.find(fmt.Sprintf(`groups.value eq %q`, top.ID)).Total, 1)
	}},
	{"groups of many are read at once", func(p *place) {
		all, even := p.addGroup("all"), p.addGroup("even")
		everybody, some := directory.MembersEdit{Group: all.ID}, directory.MembersEdit{Group: even.ID}
		var ids []string
		want := map[string][]string{}
		for i := range 230 {
			u := p.addUser(fmt.Sprint("u", i))
			everybody.Add = append(everybody.Add, member(all, u))
			ids, want[u.ID] = append(ids, u.ID), []string{"all"}
			if i%2 == 0 {
				some.Add = append(some.Add, member(even, u))
				want[u.ID] = []string{"all", "even"}
			}
		}
		p.must(p.editMembers(some))
		p.must(p.editMembers(everybody))
		p.equal(p.groupsOf(append(ids, ids...)...), want)
	}},
	{"a user that is deleted leaves its groups, whose versions rise", func(p *place) {
		one, two, bob := p.addGroup("one"), p.addGroup("two"), p.addUser("bob")
		ada, keys := p.newUser("ada")
		ada = p.insertUser(ada, keys)
		for _, g := range []directory.Group{one, two} {
			p.must(p.editMembers(directory.MembersEdit{Group: g.ID, Add: []directory.Member{member(g, ada), member(g, bob)}}))
		}
		p.must(p.change(func(c *directory.Change) {
			c.Users = []directory.UserEdit{{Edit: edit(&ada, nil), BeforeKeys: keys}}
		}))
		for _, g := range []directory.Group{one, two} {
			got := p.group(g.ID)
			p.equal([]any{p.memberIDs(g.ID), got.Members, got.Version}, []any{[]string{bob.ID}, 1, int64(3)})
		}
		p.equal(p.user(bob.ID).Groups, 2)
	}},
	{"a group that is deleted leaves its parents", func(p *place) {
		parent, child := p.addGroup("parent"), p.addGroup("child")
		p.must(p.editMembers(directory.MembersEdit{Group: parent.ID, Add: []directory.Member{{ID: child.ID, Type: "Group"}}}))
		p.must(p.editGroup(child, nil, false))
		got := p.group(parent.ID)
		p.equal([]any{p.memberIDs(parent.ID), got.Members, got.Version}, []any{[]string(nil), 0, int64(3)})
	}},
	{"random edits agree with a plain list", func(p *place) {
		rapid.Check(p.TB, func(rt *rapid.T) { p.randomMembers(rt) })
	}},
}

// nest makes the one group a member of the other.
func (p *place) nest(in, g directory.Group) {
	p.Helper()
	p.must(p.editMembers(directory.MembersEdit{Group: in.ID, Add: []directory.Member{{ID: g.ID, Type: "Group"}}}))
}

// groupsOf lists the names of the groups of each id, indirect ones in parentheses.
func (p *place) groupsOf(ids ...string) map[string][]string {
	p.Helper()
	groups, err := p.store.GroupsOf(p.ctx(), p.root, ids)
	p.must(err)
	names := map[string][]string{}
	for id, list := range groups {
		for _, g := range list {
			name := g.DisplayName
			if !g.Direct {
				name = "(" + name + ")"
			}
			names[id] = append(names[id], name)
		}
	}
	return names
}

// randomMembers edits a new group at random and holds it against a slice.
func (p *place) randomMembers(rt *rapid.T) {
	g := p.addGroup(newID())
	var users []directory.User
	for range 6 {
		users = append(users, p.addUser(newID()))
	}
	var list []string
	version := int64(1)
	for range rapid.IntRange(1, 12).Draw(rt, "edits") {
		e := directory.MembersEdit{Group: g.ID, Reset: rapid.Bool().Draw(rt, "reset")}
		var kept []string
		for _, id := range list {
			if rapid.Bool().Draw(rt, "remove") {
				if !e.Reset {
					e.Remove = append(e.Remove, id)
				}
				continue
			}
			kept = append(kept, id)
		}
		changed := len(kept) != len(list)
		for _, u := range users {
			isMember := slices.Contains(list, u.ID)
			switch {
			case e.Reset && slices.Contains(kept, u.ID):
				e.Add = append(e.Add, member(g, u))
			case !isMember && rapid.Bool().Draw(rt, "add"):
				e.Add, kept, changed = append(e.Add, member(g, u)), append(kept, u.ID), true
			}
		}
		if changed {
			version++
		}
		list = kept
		if err := p.editMembers(e); err != nil {
			rt.Fatal(err)
		}
	}
	got := p.group(g.ID)
	if !slices.Equal(p.memberIDs(g.ID), list) || got.Members != len(list) || got.Version != version {
		rt.Fatalf("members %v (count %d, version %d), want %v, version %d", p.memberIDs(g.ID), got.Members, got.Version, list, version)
	}
	for _, u := range users {
		want := 0
		if slices.Contains(list, u.ID) {
			want = 1
		}
		if n := p.user(u.ID).Groups; n != want {
			rt.Fatalf("user counts %d groups, want %d", n, want)
		}
	}
}
