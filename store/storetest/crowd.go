package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// crowd is a connection with random users in random groups, which hold each other, and what is known of each: what
// Filter.Match and Sort.Compare say about these records is what a list has to be.
type crowd struct {
	*place
	users, groups kin
}

// kin are the resources of one type, in the order of their creation.
type kin struct {
	typ     *scim.ResourceType
	paths   []path
	records []*scim.Record
	list    func(directory.ListQuery) (answer, error)
}

// answer is a page of users or groups.
type answer struct {
	total int
	ids   []string
	more  bool
}

func newCrowd(p *place, users, groups int) *crowd {
	p.Helper()
	c := &crowd{place: p}
	c.users = kin{typ: widerUser(), list: func(q directory.ListQuery) (answer, error) {
		page, err := p.store.Users(p.ctx(), q)
		return answer{page.Total, userIDs(page.Users), page.More}, err
	}}
	c.groups = kin{typ: scim.GroupType(), list: func(q directory.ListQuery) (answer, error) {
		page, err := p.store.Groups(p.ctx(), q)
		return answer{page.Total, groupRowIDs(page.Groups), page.More}, err
	}}
	seed := rand.IntN(1 << 30)
	p.Logf("the crowd is drawn from seed %d on", seed)
	for ; len(c.users.records) < users; seed++ {
		c.addDrawnUser(seed)
	}
	for ; len(c.groups.records) < groups; seed++ {
		c.addDrawnGroup(seed)
	}
	c.join()
	c.users.paths = append(pathsOf(c.users.typ), rowPaths("groups", c.groups.ids(), `"direct"`, `"Indirect"`, `"x"`)...)
	c.groups.paths = append(pathsOf(c.groups.typ), rowPaths("members", c.memberIDs(), `"User"`, `"group"`, `"x"`)...)
	return c
}

// drawn is the resource of a seed; nil for the few that the type refuses.
func drawn(typ *scim.ResourceType, seed int) *scim.Resource {
	return rapid.Custom(func(rt *rapid.T) *scim.Resource {
		if r, ok := drawResource(rt, typ); ok {
			return r
		}
		return nil
	}).Example(seed)
}

func (c *crowd) addDrawnUser(seed int) {
	c.Helper()
	r := drawn(c.users.typ, seed)
	if r == nil {
		return
	}
	u, keys := c.asUser(r)
	u.Created = rapid.Custom(drawTime).Example(seed)
	u.Modified = u.Created.Add(time.Duration(seed%5) * time.Second)
	if c.commitUser(&u, keys) != nil {
		return // a name drawn twice
	}
	c.users.records = append(c.users.records, &scim.Record{
		Type: c.users.typ, ID: u.ID, ExternalID: u.ExternalID, Version: 1, Created: u.Created, LastModified: u.Modified,
		Seq: u.Seq, Body: u.Body, HasGroups: true,
	})
}

func (c *crowd) addDrawnGroup(seed int) {
	c.Helper()
	r := drawn(c.groups.typ, seed)
	if r == nil {
		return
	}
	g, keys := c.asGroup(r)
	if c.change(func(ch *directory.Change) { ch.Groups = []directory.GroupEdit{{Edit: edit(nil, &g), AfterKeys: keys}} }) != nil {
		return
	}
	c.groups.records = append(c.groups.records, &scim.Record{
		Type: c.groups.typ, ID: g.ID, ExternalID: g.ExternalID, Version: 1, Created: g.Created, LastModified: g.Modified,
		Seq: g.Seq, Body: g.Body, HasMembers: true,
	})
}

// join puts users and groups into groups, in cycles too, and tells the records.
func (c *crowd) join() {
	c.Helper()
	for i, g := range c.groups.records {
		e := directory.MembersEdit{Group: g.ID, Modified: g.LastModified.Add(time.Duration(i%3) * time.Second)}
		for k, u := range c.users.records {
			if (k*7+i*3)%5 == 0 {
				e.Add = append(e.Add, directory.Member{ID: u.ID, Type: "User", Display: texts[k%len(texts)]})
			}
		}
		for k, other := range c.groups.records {
			if k != i && (k*5+i)%7 == 0 {
				e.Add = append(e.Add, directory.Member{ID: other.ID, Type: "Group"})
			}
		}
		if len(e.Add) == 0 {
			continue
		}
		c.must(c.editMembers(e))
		g.LastModified = e.Modified
		for _, m := range e.Add {
			g.Members = append(g.Members, scim.MemberRef{Value: m.ID, Type: m.Type, Display: m.Display})
		}
	}
	for _, u := range c.users.records {
		u.Groups = c.groupsAround(u.ID)
	}
}

// groupsAround walks up from a user as a reader of RFC 7643 §4.1.2 would: the direct groups, then all others above.
func (c *crowd) groupsAround(id string) (refs []scim.GroupRef) {
	direct := c.holding(id)
	in := slices.Clone(direct)
	for i := 0; i < len(in); i++ { // in grows
		for _, g := range c.holding(in[i].ID) {
			if !slices.Contains(in, g) {
				in = append(in, g)
			}
		}
	}
	for _, typ := range []string{"direct", "indirect"} {
		for _, g := range c.groups.records {
			if slices.Contains(in, g) && slices.Contains(direct, g) == (typ == "direct") {
				r, err := g.Type.Load(g)
				c.must(err)
				refs = append(refs, scim.GroupRef{Value: g.ID, Display: r.Text("displayName"), Type: typ})
			}
		}
	}
	return refs
}

// holding are the groups that have the id as a member.
func (c *crowd) holding(id string) (groups []*scim.Record) {
	for _, g := range c.groups.records {
		if slices.ContainsFunc(g.Members, func(m scim.MemberRef) bool { return m.Value == id }) {
			groups = append(groups, g)
		}
	}
	return groups
}

// memberIDs are some ids to compare members to.
func (c *crowd) memberIDs() []string { return append(c.users.ids()[:3], c.groups.ids()...) }

// ids begins with one that nobody has.
func (k *kin) ids() []string {
	ids := []string{"nobody"}
	for _, rec := range k.records {
		ids = append(ids, rec.ID)
	}
	return ids
}

// matches are the records that a filter (nil: none) matches, in the order of a sort (nil: of creation).
func (k *kin) matches(f *scim.Filter, s *scim.Sort) (records []*scim.Record, err error) {
	for _, rec := range k.records {
		ok := f == nil
		if !ok {
			if ok, err = f.Match(rec); err != nil {
				return nil, err
			}
		}
		if ok {
			records = append(records, rec)
		}
	}
	slices.SortFunc(records, func(a, b *scim.Record) int {
		x, errX := s.Position(a)
		y, errY := s.Position(b)
		if errX != nil || errY != nil {
			err = fmt.Errorf("%w, %w", errX, errY)
		}
		return s.Compare(x, y)
	})
	return records, err
}

// query is a list request to the crowd.
func (c *crowd) query(k *kin, f *scim.Filter, s *scim.Sort) directory.ListQuery {
	return directory.ListQuery{Root: c.root, Connection: c.conn, Type: k.typ, Filter: f, Sort: s, StartIndex: 1}
}

// checkPage holds one page by startIndex against the list that it is of.
func (c *crowd) checkPage(k *kin, q directory.ListQuery, want []*scim.Record) error {
	got, err := k.list(q)
	if err != nil {
		return err
	}
	from := min(q.StartIndex-1, len(want))
	to := min(from+q.Limit, len(want))
	wanted := answer{len(want), recordIDs(want[from:to]), q.Limit > 0 && to < len(want)}
	if got.total != wanted.total || got.more != wanted.more || !slices.Equal(got.ids, wanted.ids) {
		return fmt.Errorf("start %d limit %d: %v\nwant %v", q.StartIndex, q.Limit, got, wanted)
	}
	return nil
}

// checkWalk reads the whole list by cursor.
func (c *crowd) checkWalk(k *kin, q directory.ListQuery, want []*scim.Record) error {
	byID := map[string]*scim.Record{}
	for _, rec := range k.records {
		byID[rec.ID] = rec
	}
	var ids []string
	for more := true; more; {
		got, err := k.list(q)
		if err != nil {
			return err
		}
		if got.total != len(want) || len(got.ids) > q.Limit || got.more && len(got.ids) == 0 {
			return fmt.Errorf("after %v: %v, want a total of %d and at most %d", q.After, got, len(want), q.Limit)
		}
		if ids = append(ids, got.ids...); len(ids) > len(want) {
			return fmt.Errorf("by cursor: %v without end\nwant %v", ids, recordIDs(want))
		}
		if more = got.more; more {
			after, err := q.Sort.Position(byID[got.ids[len(got.ids)-1]])
			if err != nil {
				return err
			}
			q.After = &after
		}
	}
	if !slices.Equal(ids, recordIDs(want)) {
		return fmt.Errorf("by cursor: %v\nwant %v", ids, recordIDs(want))
	}
	return nil
}

func recordIDs(records []*scim.Record) []string {
	ids := []string{}
	for _, rec := range records {
		ids = append(ids, rec.ID)
	}
	return ids
}

func groupRowIDs(groups []directory.Group) []string {
	ids := []string{}
	for _, g := range groups {
		ids = append(ids, g.ID)
	}
	return ids
}
