package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"pgregory.net/rapid"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

var promisedSorts = []promise{
	{"R-080 R-081 R-082 every attribute sorts as Sort.Compare says, both ways, by index and by cursor (C-07)", func(p *place) {
		c := newCrowd(p, 16, 6)
		for _, k := range []*kin{&c.users, &c.groups} {
			for i, s := range k.everySort() {
				q := c.query(k, nil, s)
				if err := c.checkSort(k, q, 3+i%9); err != nil {
					p.Error(err)
				}
			}
		}
	}},
	{"R-081 C-07 random sorts of random filters are exact", func(p *place) {
		c := newCrowd(p, 60, 10)
		rapid.Check(p.TB, func(rt *rapid.T) {
			k := rapid.SampledFrom([]*kin{&c.users, &c.users, &c.groups}).Draw(rt, "type")
			s := rapid.SampledFrom(append(k.everySort(), nil)).Draw(rt, "sort")
			text := drawFilter(rt, k.paths, 2)
			f, err := scim.ParseFilter(text, k.typ, scim.Profile{})
			if err != nil {
				rt.Fatalf("%s: %v", text, err)
			}
			if err := c.checkSort(k, c.query(k, f, s), rapid.IntRange(1, 20).Draw(rt, "count")); err != nil {
				rt.Fatal(err)
			}
		})
	}},
	{"R-081 a type without the attribute is one without a value", func(p *place) {
		users := []string{p.addUser("ada").ID, p.addUser("bob").ID}
		sorts, err := scim.ParseSorts([]*scim.ResourceType{scim.UserType(), scim.GroupType()}, "members.value", "", scim.Profile{})
		p.must(err)
		for _, c := range []struct {
			after      *scim.Position
			descending bool
			want       []string
		}{
			{nil, false, users},
			{nil, true, users},
			{&scim.Position{Key: "x", Seq: 1 << 60}, false, users},
			{&scim.Position{Key: "x"}, true, nil},
			{&scim.Position{Missing: true, Seq: 1 << 60}, false, nil},
			{&scim.Position{Missing: true, Seq: -5}, true, users},
		} {
			s := *sorts[0]
			s.Descending = c.descending
			page, err := p.store.Users(p.ctx(), directory.ListQuery{
				Root: p.root, Connection: p.conn, Type: scim.UserType(), Sort: &s, After: c.after, StartIndex: 1, Limit: 10,
			})
			p.must(err)
			p.equal(userIDs(page.Users), c.want)
			p.equal([]any{page.Total, page.More}, []any{2, false})
		}
	}},
	{"a place that no resource has is a place", func(p *place) {
		for _, name := range []string{"b", "d", "f"} {
			p.insertUser(p.userOf(fmt.Sprintf(`{"userName":%q,"title":%[1]q,"externalId":%[1]q,"name":{"familyName":%[1]q}}`, name)))
		}
		for _, by := range []string{"userName", "title", "externalId", "name.familyName"} {
			for at, want := range map[string]string{"a": "bdf", "b0": "df", "d~": "f", "g": ""} {
				p.equal(p.namesAfter(by, "", scim.Position{Key: at, Seq: 1 << 60}), want)
			}
			for at, want := range map[string]string{"a": "", "b0": "b", "e": "db", "g": "fdb"} {
				p.equal(p.namesAfter(by, "descending", scim.Position{Key: at}), want)
			}
		}
		p.equal(p.namesAfter("meta.created", "", scim.Position{Key: "!"}), "bdf")
		p.equal(p.namesAfter("meta.created", "", scim.Position{Key: "no date"}), "")
		p.equal(p.namesAfter("active", "", scim.Position{Key: "no flag"}), "bdf")
		p.equal(p.namesAfter("active", "", scim.Position{Key: "zzz"}), "")
	}},
	{"D-30 a sort that no index serves is refused beyond the bound, not wrong; the others have no bound", func(p *place) {
		for i := range 20 {
			p.insertUser(p.userOf(fmt.Sprintf(`{"userName":"u%d","title":"t%d","name":{"familyName":"f%d"}}`, i, i%3, i%2)))
		}
		for by, wantErr := range map[string]error{
			"title": directory.ErrTooMany, "emails": directory.ErrTooMany, "groups": directory.ErrTooMany,
			"userName": nil, "id": nil, "externalId": nil, "meta.created": nil, "meta.lastModified": nil, "active": nil,
			"name.familyName": nil, "displayName": nil,
		} {
			s, err := scim.ParseSort(scim.UserType(), by, "", scim.Profile{})
			p.must(err)
			_, err = p.tryList(directory.ListQuery{StartIndex: 1, Limit: 5, Sort: s, Scan: 19}, "")
			if !errors.Is(err, wantErr) {
				p.Errorf("%s: %v, want %v", by, err, wantErr)
			}
			p.equal(p.list(directory.ListQuery{StartIndex: 1, Limit: 5, Sort: s, Scan: 10}, `name.familyName eq "f1"`).Total, 10)
		}
	}},
	{"R-084 R-088 a limit of 0 asks for the total, a start behind the end for none, in any order", func(p *place) {
		p.addUser("ada")
		for _, by := range []string{"userName", "title", "externalId", "name.familyName", "meta.created"} {
			s, err := scim.ParseSort(scim.UserType(), by, "descending", scim.Profile{})
			p.must(err)
			for _, q := range []directory.ListQuery{{StartIndex: 1}, {StartIndex: 2, Limit: 10}, {StartIndex: 2_000_000_000, Limit: 10}} {
				q.Sort = s
				page := p.list(q, "")
				p.equal([]any{page.Total, len(page.Users), page.More}, []any{1, 0, false})
			}
		}
	}},
}

// everySort sorts by each path that can be sorted by, both ways.
func (k *kin) everySort() (sorts []*scim.Sort) {
	for _, p := range k.paths {
		for _, order := range []string{"ascending", "descending"} {
			if s, err := scim.ParseSort(k.typ, p.name, order, scim.Profile{}); err == nil { // no complex attribute as a whole
				sorts = append(sorts, s)
			}
		}
	}
	return sorts
}

// checkSort reads a list by cursor and at some places by index.
func (c *crowd) checkSort(k *kin, q directory.ListQuery, count int) error {
	what := fmt.Sprintf("%v", q.Filter)
	if q.Sort != nil {
		what += fmt.Sprintf(" by %s, descending: %t", q.Sort.Path, q.Sort.Descending)
	}
	want, err := k.matches(q.Filter, q.Sort)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	q.Limit = count
	for _, q.Scan = range []int{0, 1} { // 1: without reading documents, which not all lists can do (D-30)
		err := c.checkList(k, q, want)
		if err != nil && (q.Scan == 0 || !errors.Is(err, directory.ErrTooMany)) {
			return fmt.Errorf("%s, scan %d: %w", what, q.Scan, err)
		}
	}
	return nil
}

func (c *crowd) checkList(k *kin, q directory.ListQuery, want []*scim.Record) error {
	if err := c.checkWalk(k, q, want); err != nil {
		return err
	}
	for range 3 {
		q.StartIndex = 1 + rand.IntN(len(want)+2)
		if err := c.checkPage(k, q, want); err != nil {
			return err
		}
	}
	return nil
}

// namesAfter are the userNames behind a place of the sorted list.
func (p *place) namesAfter(by, order string, after scim.Position) (names string) {
	p.Helper()
	s, err := scim.ParseSort(scim.UserType(), by, order, scim.Profile{})
	p.must(err)
	for _, u := range p.list(directory.ListQuery{Sort: s, After: &after, Limit: 10}, "").Users {
		names += u.UserName
	}
	return names
}
