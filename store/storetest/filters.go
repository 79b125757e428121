package storetest

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

var promisedFilters = []promise{
	{"R-060 SQL and Filter.Match agree on every attribute under every operator", func(p *place) {
		c := newCrowd(p, 25, 6)
		pairs := 0
		for _, k := range []*kin{&c.users, &c.groups} {
			for _, text := range k.everyComparison() {
				if err := c.checkFilter(k, text, directory.ListQuery{StartIndex: 2, Limit: 100}); err != nil {
					p.Error(err)
				}
				pairs += len(k.records)
			}
		}
		if pairs < 10_000 {
			p.Errorf("only %d pairs of a resource and a filter", pairs)
		}
	}},
	{"D-30 SQL and Filter.Match agree on random filters", func(p *place) {
		c := newCrowd(p, 50, 8)
		pairs := 0
		rapid.Check(p.TB, func(rt *rapid.T) {
			k := rapid.SampledFrom([]*kin{&c.users, &c.users, &c.groups}).Draw(rt, "type")
			for range 5 {
				text := drawFilter(rt, k.paths, 3)
				q := directory.ListQuery{
					StartIndex: rapid.IntRange(1, 12).Draw(rt, "start"), Limit: rapid.IntRange(0, 20).Draw(rt, "limit"),
				}
				if err := c.checkFilter(k, text, q); err != nil {
					rt.Fatal(err)
				}
				pairs += len(k.records)
			}
		})
		if pairs < 10_000 {
			p.Errorf("only %d pairs of a resource and a filter", pairs)
		}
	}},
	{"a constant reads nothing, or everything by the counters", func(p *place) {
		users := []string{p.addUser("ada").ID, p.addUser("bob").ID}
		for _, c := range []struct {
			root scim.Node
			want []string
		}{
			{&scim.And{}, users},
			{&scim.Or{}, nil},
			{&scim.Not{Term: &scim.And{}}, nil},
			{&scim.Not{Term: &scim.Or{}}, users},
			{&scim.And{Terms: []scim.Node{&scim.And{}, &scim.Or{}}}, nil},
			{&scim.Or{Terms: []scim.Node{&scim.And{}, &scim.Or{}}}, users},
			{&scim.And{Terms: []scim.Node{&scim.And{}, p.node(`userName eq "bob"`)}}, users[1:]},
			{&scim.And{Terms: []scim.Node{&scim.Or{}, p.node(`title pr`)}}, nil},
			{&scim.Or{Terms: []scim.Node{&scim.Or{}, p.node(`userName eq "bob"`)}}, users[1:]},
			{&scim.Or{Terms: []scim.Node{&scim.And{}, p.node(`title pr`)}}, users},
			{p.node(`meta.resourceType eq "Other"`), nil},
			{p.node(`meta.resourceType eq "User" and userName eq "bob"`), users[1:]},
		} {
			for _, scan := range []int{0, 1} { // no document is scanned
				page, err := p.store.Users(p.ctx(), directory.ListQuery{
					Root: p.root, Connection: p.conn, Type: scim.UserType(), Filter: &scim.Filter{Root: c.root},
					StartIndex: 1, Limit: 10, Scan: scan,
				})
				p.must(err)
				p.equal(userIDs(page.Users), c.want)
				p.equal(page.Total, len(c.want))
			}
		}
		emails := p.node(`emails[value pr]`).(*scim.ValuePath)
		for _, inner := range []struct {
			filter scim.Node
			want   int
		}{
			{&scim.Or{}, 0},
			{&scim.And{}, 2},
			{&scim.And{Terms: []scim.Node{&scim.Or{}, emails.Filter}}, 0},
			{&scim.Or{Terms: []scim.Node{&scim.Or{}, emails.Filter}}, 2},
		} {
			page, err := p.store.Users(p.ctx(), directory.ListQuery{
				Root: p.root, Connection: p.conn, Type: scim.UserType(), StartIndex: 1, Limit: 10,
				Filter: &scim.Filter{Root: &scim.ValuePath{Path: emails.Path, Filter: inner.filter}},
			})
			p.must(err)
			p.equal(page.Total, inner.want)
		}
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
			r, err := decode(scim.UserType(), scim.Profile{}, fmt.Sprintf(`{"schemas":[%q],"userName":%q,"externalId":%q,"displayName":""}`,
				scim.URNUser, long+suffix, long+suffix+suffix))
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

// node is the tree of a filter on users.
func (p *place) node(text string) scim.Node {
	p.Helper()
	f, err := scim.ParseFilter(text, scim.UserType(), scim.Profile{})
	p.must(err)
	return f.Root
}

// checkFilter holds a page of a filter's matches against Filter.Match.
func (c *crowd) checkFilter(k *kin, text string, q directory.ListQuery) error {
	f, err := scim.ParseFilter(text, k.typ, scim.Profile{})
	if err != nil {
		return fmt.Errorf("%s: %w", text, err)
	}
	want, err := k.matches(f, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", text, err)
	}
	q.Root, q.Connection, q.Type, q.Filter = c.root, c.conn, k.typ, f
	if err := c.checkPage(k, q, want); err != nil {
		return fmt.Errorf("%s: %w", text, err)
	}
	return nil
}

// everyComparison compares each path to some of its literals by each of its operators.
func (k *kin) everyComparison() (filters []string) {
	for i, p := range k.paths {
		for _, op := range operators(p.typ) {
			if op == "pr" {
				filters = append(filters, p.name+" pr")
				continue
			}
			if p.typ == scim.TypeComplex {
				continue
			}
			for n := range 2 {
				literal := rapid.Custom(func(rt *rapid.T) string { return drawLiteral(rt, p) }).Example(10*i + n)
				filters = append(filters, p.name+" "+op+" "+literal)
			}
		}
	}
	return filters
}
