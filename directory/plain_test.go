package directory_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/directory/internal/plain"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scim"
)

var plainTree = plain.Tree{Workspaces: []string{"ACC123", "EU", "FR", "US"}, Default: "member"}

// plainRules are the same rules twice: for the connection, and for the oracle.
var plainRules = []plain.Rule{
	{Group: "Editors", Role: "Editor", Teams: []string{"Writers"}},
	{Group: "Members", Role: "member"},
	{Group: "Europe", To: []string{"EU", "FR"}, Teams: []string{"Local"}},
	{Group: "Abroad", To: []string{"US"}, Role: "Editor"},
}

func plainSettings() directory.ConnectionSettings {
	var rules []mapping.GroupRule
	for i, r := range plainRules {
		rules = append(rules, mapping.GroupRule{Group: r.Group, Priority: i, Role: r.Role, Teams: r.Teams, Accounts: r.To})
	}
	return directory.ConnectionSettings{Mapping: mapping.Rules{Groups: rules}}
}

// plainWorlds is how many sequences are played outside of a soak, which plays all.
const plainWorlds = 40

// sides are the directory and the oracle, to which the same things happen.
type sides struct {
	*world
	rt     *rapid.T
	plain  *plain.World
	users  map[string]string // ids by userName
	groups map[string]string // ids by displayName
}

// Random sequences of what an identity provider and an admin do come to the memberships of the oracle, the events
// replayed into an empty map give the same, and the audit chain verifies.
func TestProperty_Soak_MembershipsAreWhatThePlainRulesSay(t *testing.T) {
	t.Parallel()
	worlds := 0
	rapid.Check(t, func(rt *rapid.T) {
		if worlds++; worlds > plainWorlds && os.Getenv("USHER_SOAK") == "" {
			return
		}
		s := &sides{
			world: newTree(t, plainSettings()), rt: rt, plain: plain.New(plainTree, plainRules),
			users: map[string]string{}, groups: map[string]string{},
		}
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			s.step()
		}
		want := s.plain.Lines()
		if got := s.lines(); !slices.Equal(got, want) {
			rt.Fatalf("memberships are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if got := s.replayed(); !slices.Equal(got, want) {
			rt.Fatalf("the events come to\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		s.verify()
	})
}

var plainNames = []string{"ann", "bob", "cid"}

func (s *sides) step() {
	name := rapid.SampledFrom(plainNames).Draw(s.rt, "name")
	group := rapid.SampledFrom([]string{"Editors", "Members", "Europe", "Abroad", "Others"}).Draw(s.rt, "group")
	steps := map[string]func(){
		"put": func() { s.put(name) }, "again": func() { s.again(name) }, "delete": func() { s.delete(name) },
		"join": func() { s.join(group, name) }, "part": func() { s.part(group, name) }, "drop": func() { s.drop(group) },
		"role": func() { s.roleByHand(name) }, "remove": func() { s.removeByHand(name) },
	}
	steps[rapid.SampledFrom([]string{"put", "put", "again", "delete", "join", "join", "part", "drop", "role", "remove"}).Draw(s.rt, "step")]()
}

func (s *sides) check(err error) {
	if err != nil {
		s.rt.Fatal(err)
	}
}

// put creates or replaces a user with a drawn document.
func (s *sides) put(name string) {
	u := plain.User{Inactive: rapid.IntRange(0, 3).Draw(s.rt, "inactive") == 0}
	u.Role = rapid.SampledFrom([]string{"", "", "Editor", "member"}).Draw(s.rt, "role")
	if rapid.Bool().Draw(s.rt, "has accounts") {
		for _, to := range rapid.SliceOfNDistinct(rapid.SampledFrom(plainTree.Workspaces), 1, 3, rapid.ID[string]).Draw(s.rt, "accounts") {
			u.Accounts = append(u.Accounts, plain.Account{
				To: to, Role: rapid.SampledFrom([]string{"", "Editor", "member"}).Draw(s.rt, "account role"),
				Teams:    rapid.SampledFrom([][]string{nil, {"Sales"}, {"Sales", "Growth"}}).Draw(s.rt, "teams"),
				Inactive: rapid.IntRange(0, 3).Draw(s.rt, "account inactive") == 0,
			})
		}
	}
	old, known := s.plain.Users[name]
	r := s.decode(s.userType(), document(name, u))
	if !known {
		rec, err := s.Create(s.ctx, r, scim.Write{})
		s.check(err)
		s.users[name], u.Subject = rec.ID, s.subject(rec.ID)
		s.plain.Users[name] = &u
		s.plain.Sync(name)
		return
	}
	u.Subject = old.Subject
	_, err := s.Replace(s.ctx, s.users[name], r, scim.Write{})
	s.check(err)
	s.plain.Users[name] = &u
	s.plain.Sync(name)
}

// document is the SCIM document of a plain user.
func document(name string, u plain.User) string {
	doc := map[string]any{"userName": name, "externalId": "ext-" + name, "active": !u.Inactive}
	if u.Role != "" {
		doc["role"] = u.Role
	}
	var accounts []string
	for _, a := range u.Accounts {
		entry := map[string]any{"accountId": a.To}
		if a.Role != "" {
			entry["roles"] = a.Role
		}
		if a.Teams != nil {
			entry["teams"] = a.Teams
		}
		if a.Inactive {
			entry["status"] = "Inactive"
		}
		text, _ := json.Marshal(entry)
		accounts = append(accounts, string(text))
	}
	if accounts != nil {
		doc["accounts"] = accounts
	}
	text, _ := json.Marshal(doc)
	return string(text)
}

// again sends the document that is there once more: nothing must happen but what an admin's change calls for.
func (s *sides) again(name string) {
	u, known := s.plain.Users[name]
	if !known {
		return
	}
	_, err := s.Replace(s.ctx, s.users[name], s.decode(s.userType(), document(name, *u)), scim.Write{})
	s.check(err)
	s.plain.Sync(name)
	s.skip()
	_, err = s.Replace(s.ctx, s.users[name], s.decode(s.userType(), document(name, *u)), scim.Write{})
	s.check(err)
	if lines := s.happened(); len(lines) > 0 {
		s.rt.Fatalf("the same update once more is a change: %q", lines)
	}
}

func (s *sides) delete(name string) {
	if _, known := s.plain.Users[name]; !known {
		return
	}
	s.check(s.Delete(s.ctx, s.userType(), s.users[name], scim.Write{}))
	s.plain.Leave(name)
}

func (s *sides) join(group, name string) {
	if _, known := s.plain.Users[name]; !known || slices.Contains(s.plain.Groups[group], name) {
		return
	}
	if s.groups[group] == "" {
		rec, err := s.Create(s.ctx, s.decode(s.groupType(), `{"displayName":"`+group+`"}`), scim.Write{})
		s.check(err)
		s.groups[group] = rec.ID
	}
	p := parsePatch(s.t, s.Client, s.groupType(), `[{"op":"add","path":"members","value":[{"value":"`+s.users[name]+`"}]}]`)
	_, err := s.Patch(s.ctx, s.groups[group], p, scim.Write{})
	s.check(err)
	s.plain.Groups[group] = append(s.plain.Groups[group], name)
	s.plain.SyncFor(group, name)
}

func (s *sides) part(group, name string) {
	if !slices.Contains(s.plain.Groups[group], name) {
		return
	}
	p := parsePatch(s.t, s.Client, s.groupType(), `[{"op":"remove","path":"members[value eq \"`+s.users[name]+`\"]"}]`)
	_, err := s.Patch(s.ctx, s.groups[group], p, scim.Write{})
	s.check(err)
	s.plain.Groups[group] = slices.DeleteFunc(slices.Clone(s.plain.Groups[group]), func(n string) bool { return n == name })
	s.plain.SyncFor(group, name)
}

func (s *sides) drop(group string) {
	if s.groups[group] == "" {
		return
	}
	s.check(s.Delete(s.ctx, s.groupType(), s.groups[group], scim.Write{}))
	names := s.plain.Groups[group]
	delete(s.groups, group)
	delete(s.plain.Groups, group)
	for _, name := range names {
		s.plain.SyncFor(group, name)
	}
}

// roleByHand is an admin's change in the connection's own workspace.
func (s *sides) roleByHand(name string) {
	m := s.home(name)
	if m == nil {
		return
	}
	_, _, err := s.directory.ChangeMember(s.ctx, operator, s.workspace, s.plain.Users[name].Subject, directory.MemberChange{Role: new("Viewer")})
	s.check(err)
	if m.Role != "Viewer" {
		m.Role, m.GaveRole = "Viewer", false
	}
}

func (s *sides) removeByHand(name string) {
	if s.home(name) == nil {
		return
	}
	subject := s.plain.Users[name].Subject
	_, err := s.directory.RemoveMember(s.ctx, operator, s.workspace, subject)
	s.check(err)
	delete(s.plain.Members, [2]string{"ACC123", subject})
}

func (s *sides) home(name string) *plain.Member {
	u, known := s.plain.Users[name]
	if !known {
		return nil
	}
	return s.plain.Members[[2]string{"ACC123", u.Subject}]
}

// lines are the directory's memberships as the oracle prints its own.
func (s *sides) lines() []string {
	lines := []string{}
	for _, key := range plainTree.Workspaces {
		ws, err := s.directory.Workspace(s.ctx, key)
		s.check(err)
		all, err := s.store.Memberships(s.ctx, ws.Root, ws.ID, "", 0)
		s.check(err)
		for _, m := range all {
			lines = append(lines, plain.Line(key, m.Subject, m.Role, m.Teams, string(m.Status)))
		}
	}
	slices.Sort(lines)
	return lines
}

// replayed are the memberships that a reader of the feed knows of.
func (s *sides) replayed() []string {
	keys := map[string]string{}
	for _, key := range plainTree.Workspaces {
		ws, err := s.directory.Workspace(s.ctx, key)
		s.check(err)
		keys[ws.ID] = key
	}
	members := map[string]string{}
	events, err := s.directory.EventLog(s.ctx, s.workspace, 0, 0)
	s.check(err)
	for _, e := range events {
		var data struct {
			Role, Status string
			Teams        []string
		}
		s.check(json.Unmarshal(e.Data, &data))
		at := keys[e.Workspace] + " " + e.Subject
		switch {
		case !strings.HasPrefix(e.Type, "member."):
		case e.Type == directory.EventMemberLeft:
			delete(members, at)
		case data.Status != "":
			members[at] = plain.Line(keys[e.Workspace], e.Subject, data.Role, data.Teams, data.Status)
		}
	}
	lines := []string{}
	for _, line := range members {
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

// verify seals and verifies the audit log.
func (s *sides) verify() {
	s.check(s.directory.SealAudit(s.ctx))
	v, err := s.directory.VerifyAudit(s.ctx, s.workspace, nil)
	s.check(err)
	if v.Fault != nil {
		s.rt.Fatalf("the audit chain does not verify: %v", v.Fault)
	}
}
