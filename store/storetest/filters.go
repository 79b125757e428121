package storetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

var promisedFilters = []promise{
	{"D-30 SQL and Filter.Match agree on random users and filters", func(p *place) {
		rapid.Check(p.TB, func(rt *rapid.T) { p.randomUserFilters(rt) })
	}},
	{"D-30 SQL and Filter.Match agree on random groups and filters", func(p *place) {
		rapid.Check(p.TB, func(rt *rapid.T) { p.randomGroupFilters(rt) })
	}},
	{"what clients send", func(p *place) {
		for _, body := range []string{
			`{"userName":"Ada","externalId":"A","name":{"familyName":"Lovelace"},"emails":[{"value":"ada@example.com","type":"work"},{"value":"ada@home.example","type":"home"}]}`,
			`{"userName":"bob","externalId":"a","active":false,"emails":[{"value":"bob@example.com","type":"home"}]}`,
			`{"userName":"%_\\","name":{"familyName":"Lovelace-King"}}`,
		} {
			p.insertUser(p.userOf(body))
		}
		for filter, want := range map[string]string{
			`userName eq "ADA"`:        "Ada",
			`externalId eq "a"`:        "bob",
			`externalId ne "a"`:        "Ada,%_\\", // D-32
			`externalId eq ""`:         "",
			`externalId pr`:            "Ada,bob",
			`externalId lt "b"`:        "Ada,bob",
			`userName sw "a"`:          "Ada",
			`userName co "%"`:          "%_\\",
			`userName ew "\\"`:         "%_\\",
			`userName co ""`:           "Ada,bob,%_\\",
			`userName pr`:              "Ada,bob,%_\\",
			`active eq false`:          "bob",
			`active eq true`:           "Ada,%_\\",
			`name.familyName pr`:       "Ada,%_\\",
			`not (name.familyName pr)`: "bob",
			`emails[type eq "work" and value eq "ada@home.example"]`:                     "",
			`emails[type eq "home" and value sw "ada@"]`:                                 "Ada",
			`emails.type eq "work" and emails.value eq "ada@home.example"`:               "Ada",
			`emails[value sw "ada@h" and value lt "ada@f"]`:                              "", // R-069 once more, by index
			`emails[value sw "a" and value lt "ada@f"]`:                                  "Ada",
			`emails[value eq "bob@example.com" or value eq "x"]`:                         "bob",
			`userName eq "ada" or emails.value eq "bob@example.com"`:                     "Ada,bob",
			`userName eq "a" or userName eq "bob" and active eq false`:                   "bob",
			`emails.value ne "bob@example.com"`:                                          "Ada,%_\\",
			`meta.resourceType eq "User"`:                                                "Ada,bob,%_\\",
			`meta.resourceType eq "Group"`:                                               "",
			`meta.created ge "2026-03-01T13:00:00.123456789+01:00"`:                      "Ada,bob,%_\\",
			`meta.created lt "2026-03-01T12:00:00.123456789Z"`:                           "",
			`meta.lastModified gt "0001-01-01T00:00:00Z"`:                                "Ada,bob,%_\\",
			`meta.lastModified lt "9999-12-31T23:59:59Z"`:                                "Ada,bob,%_\\",
			`schemas eq "urn:ietf:params:scim:schemas:core:2.0:User"`:                    "Ada,bob,%_\\",
			`urn:ietf:params:scim:schemas:core:2.0:User:name.familyName sw "love"`:       "Ada,%_\\",
			`name.familyName sw "lovelace" and not (name.familyName eq "lovelace")`:      "%_\\",
			`emails[not (type eq "work")]`:                                               "Ada,bob",
			`(userName eq "ada" or userName eq "bob") and emails.value co "example.com"`: "Ada,bob",
		} {
			var names []string
			page := p.find(filter)
			for _, u := range page.Users {
				names = append(names, u.UserName)
			}
			if got := strings.Join(names, ","); got != want || page.Total != len(names) {
				p.Errorf("%s: %s (total %d), want %s", filter, got, page.Total, want)
			}
		}
	}},
	{"texts longer than a key, and empty ones, compare as Filter.Match does", func(p *place) {
		records := map[string]*scim.Record{}
		for i, suffix := range []string{"", "m", "n", "nn"} {
			doc, err := scim.ParseJSON(fmt.Appendf(nil, `{"schemas":[%q],"userName":%q,"externalId":%q,"displayName":""}`,
				scim.URNUser, long+suffix, long+suffix+suffix), scim.Limits{})
			p.must(err)
			r, err := scim.UserType().Decode(doc, scim.Profile{})
			p.must(err)
			u, keys := p.asUser(r)
			p.insertUser(u, keys)
			records[u.ID] = &scim.Record{Type: scim.UserType(), ID: u.ID, ExternalID: u.ExternalID, Version: int64(i), Body: u.Body}
		}
		filters := []string{`displayName pr`, `displayName eq ""`, `not (displayName pr)`, `displayName sw ""`}
		for _, suffix := range []string{"", "a", "m", "n", "nm", "nn", "z"} {
			for _, op := range []string{"eq", "ne", "lt", "le", "gt", "ge", "sw", "co", "ew"} {
				filters = append(filters, fmt.Sprintf("userName %s %q", op, long+suffix), fmt.Sprintf("externalId %s %q", op, long+suffix))
			}
		}
		for _, text := range filters {
			f, err := scim.ParseFilter(text, scim.UserType(), scim.Profile{})
			p.must(err)
			want := 0
			for _, rec := range records {
				if ok, err := f.Match(rec); err != nil {
					p.Fatal(err)
				} else if ok {
					want++
				}
			}
			if got := p.find(text).Total; got != want {
				p.Errorf("%s: %d, want %d", text, got, want)
			}
		}
	}},
	{"members and groups by their rows", func(p *place) {
		one, two, ada, bob := p.addGroup("one"), p.addGroup("two"), p.addUser("ada"), p.addUser("bob")
		p.must(p.editMembers(directory.MembersEdit{Group: one.ID, Add: []directory.Member{member(one, ada)}}))
		p.equal(userIDs(p.find(fmt.Sprintf(`groups.value eq %q`, one.ID)).Users), []string{ada.ID})
		p.equal(userIDs(p.find(fmt.Sprintf(`groups[value eq %q]`, one.ID)).Users), []string{ada.ID})
		p.equal(userIDs(p.find(`groups.display eq "ONE"`).Users), []string{ada.ID})
		p.equal(userIDs(p.find(`not (groups pr)`).Users), []string{bob.ID})
		for filter, want := range map[string][]string{
			fmt.Sprintf(`members.value eq %q`, ada.ID):                          {one.ID},
			fmt.Sprintf(`members eq %q`, ada.ID):                                {one.ID}, // T-059
			fmt.Sprintf(`members[value eq %q]`, ada.ID):                         {one.ID},
			fmt.Sprintf(`displayName eq "ONE" and members.value eq %q`, bob.ID): nil,
			fmt.Sprintf(`members.value ne %q`, ada.ID):                          {two.ID},
			fmt.Sprintf(`members[type eq "User" and value eq %q]`, ada.ID):      {one.ID},
			`members pr`: {one.ID}, `displayName sw "t"`: {two.ID}, `displayName eq "TWO"`: {two.ID},
		} {
			f, err := scim.ParseFilter(filter, scim.GroupType(), scim.Profile{})
			p.must(err)
			page, err := p.store.Groups(p.ctx(), directory.ListQuery{
				Root: p.root, Connection: p.conn, Type: scim.GroupType(), Filter: f, StartIndex: 1, Limit: 10,
			})
			p.must(err)
			var got []string
			for _, g := range page.Groups {
				got = append(got, g.ID)
			}
			if !slices.Equal(got, want) || page.Total != len(want) {
				p.Errorf("%s: %v (total %d), want %v", filter, got, page.Total, want)
			}
		}
	}},
}

// randomUserFilters stores random users, in random groups, and holds the answer to random filters against what
// Filter.Match says of each.
func (p *place) randomUserFilters(rt *rapid.T) {
	at := *p
	at.conn = p.connection(newID())
	typ := widerUser()
	var records []*scim.Record
	for range rapid.IntRange(1, 8).Draw(rt, "users") {
		r, ok := drawResource(rt, typ)
		if !ok {
			continue
		}
		u, keys := at.asUser(r)
		u.Created = drawTime(rt)
		u.Modified = u.Created.Add(time.Second)
		if err := at.change(func(c *directory.Change) {
			c.Users = []directory.UserEdit{{Edit: edit(nil, &u), AfterKeys: keys}}
		}); err != nil {
			continue // a name drawn twice
		}
		records = append(records, &scim.Record{
			Type: typ, ID: u.ID, ExternalID: u.ExternalID, Version: 1, Created: u.Created, LastModified: u.Modified,
			Body: u.Body, HasGroups: true,
		})
	}
	at.joinGroups(rt, records)
	paths := append(pathsOf(typ), rowPaths("groups", groupIDs(records))...)
	at.checkFilters(rt, typ, paths, records, func(q directory.ListQuery) (int, []string, error) {
		page, err := p.store.Users(p.ctx(), q)
		return page.Total, userIDs(page.Users), err
	})
}

// randomGroupFilters does the same with groups.
func (p *place) randomGroupFilters(rt *rapid.T) {
	at := *p
	at.conn = p.connection(newID())
	typ := scim.GroupType()
	users := []directory.User{at.addUser("ada"), at.addUser("bob")}
	var records []*scim.Record
	for range rapid.IntRange(1, 6).Draw(rt, "groups") {
		r, ok := drawResource(rt, typ)
		if !ok {
			continue
		}
		g, keys := at.asGroup(r)
		e := directory.MembersEdit{Group: g.ID, Modified: start}
		rec := &scim.Record{
			Type: typ, ID: g.ID, ExternalID: g.ExternalID, Version: 1, Created: start, LastModified: start, Body: g.Body,
			HasMembers: true,
		}
		for _, u := range users {
			if rapid.Bool().Draw(rt, "member") {
				m := member(g, u)
				m.Display = u.UserName
				e.Add = append(e.Add, m)
				rec.Members = append(rec.Members, scim.MemberRef{Value: m.ID, Type: m.Type, Display: m.Display})
			}
		}
		if err := at.change(func(c *directory.Change) {
			c.Groups = []directory.GroupEdit{{Edit: edit(nil, &g), AfterKeys: keys}}
			c.Members = []directory.MembersEdit{e}
		}); err != nil {
			continue
		}
		records = append(records, rec)
	}
	paths := append(pathsOf(typ), rowPaths("members", []string{users[0].ID, users[1].ID})...)
	at.checkFilters(rt, typ, paths, records, func(q directory.ListQuery) (int, []string, error) {
		page, err := p.store.Groups(p.ctx(), q)
		ids := []string{}
		for _, g := range page.Groups {
			ids = append(ids, g.ID)
		}
		return page.Total, ids, err
	})
}

// checkFilters holds list against Filter.Match.
func (p *place) checkFilters(rt *rapid.T, typ *scim.ResourceType, paths []path, records []*scim.Record,
	list func(directory.ListQuery) (int, []string, error),
) {
	for range 30 {
		text := drawFilter(rt, paths, 3)
		f, err := scim.ParseFilter(text, typ, scim.Profile{})
		if err != nil {
			rt.Fatalf("%s: %v", text, err)
		}
		want := []string{}
		for _, rec := range records {
			ok, err := f.Match(rec)
			if err != nil {
				rt.Fatal(err)
			}
			if ok {
				want = append(want, rec.ID)
			}
		}
		q := directory.ListQuery{
			Root: p.root, Connection: p.conn, Type: typ, Filter: f,
			StartIndex: rapid.IntRange(1, 4).Draw(rt, "start"), Limit: rapid.IntRange(0, 8).Draw(rt, "limit"),
		}
		total, ids, err := list(q)
		if err != nil {
			rt.Fatalf("%s: %v", text, err)
		}
		page := want[min(q.StartIndex-1, len(want)):min(q.StartIndex-1+q.Limit, len(want))]
		if total != len(want) || !slices.Equal(ids, page) {
			rt.Fatalf("%s\nstart %d limit %d: %d in all, %v\nwant %d, %v", text, q.StartIndex, q.Limit, total, ids, len(want), page)
		}
	}
}

// joinGroups makes two groups and puts the users into them at random.
func (p *place) joinGroups(rt *rapid.T, records []*scim.Record) {
	for _, name := range []string{"one", "Two"} {
		g := p.addGroup(name)
		e := directory.MembersEdit{Group: g.ID}
		for _, rec := range records {
			if rapid.Bool().Draw(rt, "in "+name) {
				e.Add = append(e.Add, directory.Member{ID: rec.ID, Type: "User"})
				rec.Groups = append(rec.Groups, scim.GroupRef{Value: g.ID, Display: name, Type: "direct"})
			}
		}
		if err := p.editMembers(e); err != nil {
			rt.Fatal(err)
		}
	}
}

func groupIDs(records []*scim.Record) []string {
	ids := []string{"nobody"}
	for _, rec := range records {
		for _, g := range rec.Groups {
			if !slices.Contains(ids, g.Value) {
				ids = append(ids, g.Value)
			}
		}
	}
	return ids
}
