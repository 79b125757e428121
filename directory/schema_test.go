package directory_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

const acme = "urn:ietf:params:scim:schemas:extension:acme:2.0:User"

// acmeSchema is an extension with these attributes.
func acmeSchema(attributes string) string {
	return `{"id":"` + acme + `","name":"Acme","attributes":[` + attributes + `]}`
}

func declaration(t testing.TB, text string) *scim.Declaration {
	t.Helper()
	o, err := scim.ParseJSON([]byte(text), scim.Limits{})
	check(t, err)
	d, err := scim.ParseDeclaration(o)
	check(t, err)
	return d
}

// declare declares or updates a schema or type, and takes the client that the next request would get.
func (w *world) declare(text string) {
	w.t.Helper()
	doc := declaration(w.t, text)
	_, err := w.directory.Redeclare(w.ctx, operator, w.workspace, doc)
	var r *directory.Refusal
	if errors.As(err, &r) && r.Kind == directory.RefusedNotFound {
		_, err = w.directory.Declare(w.ctx, operator, w.workspace, doc)
	}
	check(w.t, err)
	w.refresh()
}

// refresh reads workspace and connection again, as the next request does.
func (w *world) refresh() {
	w.t.Helper()
	w.Client = w.freshClient(w.directory)
}

func (w *world) freshClient(d *directory.Directory) *directory.Client {
	w.t.Helper()
	workspace, err := d.Workspace(w.ctx, w.workspace.Key)
	check(w.t, err)
	connection, err := d.Connection(w.ctx, workspace, w.connection.ID)
	check(w.t, err)
	return d.ClientFor(workspace, connection, directory.Actor{Name: "token:t", RequestID: "r"})
}

func (w *world) settle() directory.Settlement {
	w.t.Helper()
	sum, err := w.directory.Settle(w.ctx, operator, w.workspace, nil)
	check(w.t, err)
	w.refresh()
	return sum
}

// render is what an answer shows of the record.
func (w *world) render(rec *scim.Record, attributes string) string {
	w.t.Helper()
	show, err := scim.ParseProjection(rec.Type, attributes, "")
	check(w.t, err)
	return string(scim.Renderer{Base: "https://x", Show: show}.Append(nil, rec))
}

// wantFound fails unless the filter finds the users with these names.
func (w *world) wantFound(filter string, want ...string) {
	w.t.Helper()
	found := []string{}
	for _, rec := range w.list(w.userType(), filter, 1, 1000).Records {
		r, err := rec.Type.Load(rec)
		check(w.t, err)
		found = append(found, r.Text("userName"))
	}
	slices.Sort(found)
	slices.Sort(want)
	if !slices.Equal(found, want) {
		w.t.Errorf("%s finds %v, want %v", filter, found, want)
	}
}

// ada is a user with values of every kind.
const ada = `{"userName":"ada","` + acme + `":{"role":"Admin","code":"aB","remote":true,"rate":1.50,"level":7,
	"hired":"2026-01-01T00:00:00Z","seal":"YQ==","site":"https://x/Y","desk":{"value":"D1","floor":3},"tags":["a","B"],
	"levels":[1,20],"phones":[{"value":"1","type":"work","extension":7},{"value":"2","type":"home","extension":9}],
	"badge":"X-1","pin":"1234","vault":"gold","born":"London"}}`

const everyKind = `{"name":"role","indexed":true},{"name":"code","caseExact":true,"indexed":true},{"name":"remote","type":"boolean"},
	{"name":"rate","type":"decimal","indexed":true},{"name":"level","type":"integer","indexed":true},
	{"name":"hired","type":"dateTime","indexed":true},{"name":"seal","type":"binary"},
	{"name":"site","type":"reference","referenceTypes":["external"]},
	{"name":"desk","type":"complex","subAttributes":[{"name":"value","indexed":true},{"name":"floor","type":"integer"}]},
	{"name":"tags","multiValued":true,"indexed":true},{"name":"levels","type":"integer","multiValued":true,"indexed":true},
	{"name":"phones","type":"complex","multiValued":true,"subAttributes":[{"name":"value","indexed":true},
		{"name":"type"},{"name":"extension","type":"integer","indexed":true}]},
	{"name":"badge","uniqueness":"server"},{"name":"pin","mutability":"writeOnly"},{"name":"vault","returned":"never"},
	{"name":"notes","returned":"request"},{"name":"born","mutability":"immutable"}`

// A schema that is declared beside a running directory works in the next request: create, filter, sort, patch, replace.
func TestSchema_WorksAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "generic")
	w.user(`{"userName":"bob"}`)
	w.declare(acmeSchema(everyKind))
	if stamp := w.userType().Stamp; stamp == 0 || w.groupType() != scim.GroupType() {
		t.Fatal("the types are not those that are declared")
	}
	rec := w.user(ada)
	// Filters: before the index is complete by documents, then by index.
	for _, settled := range []bool{false, true} {
		if settled {
			w.settle()
		}
		for _, filter := range []string{
			`role eq "ADMIN"`, `role sw "adm"`, `code eq "aB"`, `remote eq true`, `rate eq 1.5`, `level gt 6`, `hired lt "2026-02-01T00:00:00Z"`,
			`seal eq "YQ=="`, `site ew "/Y"`, `desk eq "d1"`, `desk.floor eq 3`, `tags eq "b"`, `levels ge 20`,
			`phones[type eq "work" and extension eq 7]`, `phones[value eq "2"]`, `badge eq "x-1"`,
		} {
			w.wantFound(acme+":"+filter, "ada")
		}
		for _, filter := range []string{`code eq "ab"`, `level gt 7`, `phones[type eq "work" and extension eq 9]`, `role eq "viewer"`} {
			w.wantFound(acme + ":" + filter)
		}
	}
	if got := w.render(w.get(w.userType(), rec.ID), ""); strings.Contains(got, "gold") || strings.Contains(got, "1234") || !strings.Contains(got, `"rate":1.50`) {
		t.Errorf("R-042 shown: %s", got)
	}

	w.user(`{"userName":"cy","` + acme + `":{"role":"viewer","level":3}}`)
	for sortBy, want := range map[string][]string{
		"level": {"cy", "ada", "bob"}, "role": {"ada", "cy", "bob"}, "levels": {"ada", "bob", "cy"},
	} {
		s, err := scim.ParseSort(w.userType(), acme+":"+sortBy, "", w.Profile)
		check(t, err)
		page, err := w.List(w.ctx, w.userType(), scim.Query{Sort: s, StartIndex: 1, Count: 10, Show: w.all(w.userType())})
		check(t, err)
		var names []string
		for _, rec := range page.Records {
			r, err := rec.Type.Load(rec)
			check(t, err)
			names = append(names, r.Text("userName"))
		}
		equal(t, "R-081 sorted by "+sortBy, names, want)
	}

	patched, err := w.patch(w.userType(), rec.ID, `[{"op":"replace","path":"`+acme+`:role","value":"viewer"},{"op":"add","path":"`+acme+`:levels","value":[30]}]`)
	check(t, err)
	if got := w.render(patched, ""); !strings.Contains(got, `"role":"viewer"`) || !strings.Contains(got, `"levels":[1,20,30]`) {
		t.Errorf("patched: %s", got)
	}
	w.wantFound(acme + `:role eq "admin"`)
	w.wantFound(acme+`:levels eq 30`, "ada")
	_, err = w.put(w.userType(), rec.ID, `{"userName":"ada","`+acme+`":{"role":"boss"}}`)
	check(t, err)
	w.wantFound(acme + `:levels pr`)
	w.wantFound(acme+`:born eq "london"`, "ada") // D-10, R-102
	_, err = w.put(w.userType(), rec.ID, `{"userName":"ada","`+acme+`":{"born":"Paris"}}`)
	wantKind(t, err, scim.KindImmutable, "born")
}

// M8: a core attribute, and the accounts of the CleverTap seed.
func TestSchema_M8_AddsToTheCoreSchema(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "generic")
	w.declare(`{"id":"` + scim.URNUser + `","attributes":[{"name":"role","indexed":true},{"name":"accounts","multiValued":true}]}`)
	_, err := w.directory.CreateRole(w.ctx, operator, w.workspace, directory.Role{Name: "Admin"})
	check(t, err)
	w.skip()
	const account = `{\"accountId\":\"ACC123\",\"roles\":[\"Admin\"]}`
	rec := w.user(`{"userName":"ada","role":"Admin","accounts":["` + account + `"]}`)
	if got := w.render(rec, ""); !strings.Contains(got, `"role":"Admin","accounts":["`+account+`"]`) {
		t.Errorf("C3 the text is not as sent: %s", got)
	}
	w.wantFound(`role eq "admin" and userName sw "a"`, "ada")
	w.wantFound(scim.URNUser+`:role eq "admin"`, "ada")
	w.settle()
	w.wantFound(`role eq "admin"`, "ada")
}

// A server beside which a command declares something refuses one write, and not every write until its memory of the
// credential is over.
func TestSchema_StaleServerKnowsAtTheNextRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "generic")
	w.declare(acmeSchema(`{"name":"role"}`))
	token := w.token(w.connection).Text
	create := func(name string) error {
		c, err := w.authenticate("Bearer "+token, w.connection.ID)
		check(t, err)
		_, err = c.Create(w.ctx, decode(t, c, c.Types[0], `{"userName":"`+name+`"}`), scim.Write{})
		return err
	}
	check(t, create("ada"))
	_, err := w.open(w.key).Redeclare(w.ctx, operator, w.workspace, declaration(t, acmeSchema(`{"name":"team"}`)))
	check(t, err)
	wantKind(t, create("bob"), scim.KindBusy)
	check(t, create("bob"))
}

// A second process that has not heard of a change yet must not write by the old declarations: it would bring back what
// is gone, or drop what it does not know.
func TestSchema_StaleClientWritesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "generic")
	before := w.Client // knows no declaration
	w.declare(acmeSchema(`{"name":"role"}`))
	rec := w.user(`{"userName":"ada","` + acme + `":{"role":"admin"}}`)
	patch := func(c *directory.Client) error {
		_, err := c.Patch(w.ctx, rec.ID, parsePatch(t, c, c.Types[0], `[{"op":"replace","path":"title","value":"x"}]`), scim.Write{})
		return err
	}
	wantKind(t, patch(before), scim.KindBusy)
	old := w.Client // knows role
	w.declare(acmeSchema(`{"name":"role","returned":"never"}`))
	wantKind(t, patch(old), scim.KindBusy)
	check(t, patch(w.Client))
	w.wantFound(`title eq "x"`, "ada")
	r, err := w.userType().Load(w.get(w.userType(), rec.ID))
	check(t, err)
	equal(t, "role", r.Text(acme+":role"), "admin")
}

// What is now never returned is not shown from the moment of the change, before anything stored was touched.
func TestSchema_NeverIsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "generic")
	w.declare(acmeSchema(`{"name":"salary","type":"integer","indexed":true},{"name":"role"}`))
	w.settle()
	rec := w.user(`{"userName":"ada","` + acme + `":{"salary":90000,"role":"admin"}}`)
	w.declare(acmeSchema(`{"name":"salary","type":"integer","returned":"never"},{"name":"role"}`))
	for range 2 {
		page := w.list(w.userType(), "", 1, 10)
		for _, got := range []string{w.render(w.get(w.userType(), rec.ID), ""), w.render(page.Records[0], acme+":salary")} {
			if strings.Contains(got, "90000") {
				t.Errorf("shown: %s", got)
			}
		}
		if _, err := scim.ParseFilter(acme+`:salary gt 1`, w.userType(), w.Profile); err == nil {
			t.Error("R-078 a filter would tell it")
		}
		w.settle()
	}
	w.declare(acmeSchema(`{"name":"salary","type":"integer","indexed":true},{"name":"role"}`))
	w.settle()
	w.wantFound(acme+`:salary eq 90000`, "ada") // it was kept
}

// A change of the type converts what the new type can take, drops the rest and says how much that was.
func TestSchema_TypeChangeConvertsData(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "generic")
	w.declare(acmeSchema(`{"name":"level","indexed":true},{"name":"role","indexed":true}`))
	w.settle()
	for i, level := range []string{`"1"`, `"20"`, `"high"`} {
		w.user(fmt.Sprintf(`{"userName":"u%d","%s":{"level":%s,"role":"r"}}`, i, acme, level))
	}
	w.user(`{"userName":"none"}`)
	w.skip()
	w.declare(acmeSchema(`{"name":"level","type":"integer","indexed":true},{"name":"role","indexed":true}`))
	equal(t, "settlement", w.settle(), directory.Settlement{Documents: 4, Changed: 3, Lost: 1})
	w.wantFound(acme+`:level gt 1`, "u1")
	w.wantFound(acme+`:level pr`, "u0", "u1")
	w.wantFound(acme+`:role eq "r"`, "u0", "u1", "u2")
	w.wantFound(`meta.lastModified pr and `+acme+`:level pr`, "u0", "u1")
	w.wantHappened(
		`schema.update `+acme+` by cli:test: {"name":"Acme"}`,
		`schema.apply `+w.connection.ID+` by cli:test: {"name":"generic-1","resource_type":"User","documents":4,"changed":3,"lost_values":1}`,
		`> member.updated <subject of u0>: {"user":"<u0>","user_name":"u0","changed":["`+acme+`:level"]}`,
		`> member.updated <subject of u1>: {"user":"<u1>","user_name":"u1","changed":["`+acme+`:level"]}`,
		`> member.updated <subject of u2>: {"user":"<u2>","user_name":"u2","changed":["`+acme+`:level"]}`,
	)
	for _, rec := range w.list(w.userType(), "", 1, 10).Records {
		want := int64(2)
		if w.names.Replace(rec.ID) == "<none>" {
			want = 1 // restamped, not changed
		}
		if rec.Version != want || rec.Stamp != w.userType().Stamp {
			t.Errorf("%s has version %d, want %d", w.names.Replace(rec.ID), rec.Version, want)
		}
	}
	equal(t, "M12 settled again", w.settle(), directory.Settlement{})
	w.declare(acmeSchema(`{"name":"level","type":"integer","indexed":true},{"name":"role","indexed":true}`))
	w.wantHappened()
}

// A change of caseExact while many write: afterwards the index says what the documents say.
func TestSchema_ReindexBesideWriters(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "generic")
	role := func(exact bool) string {
		return acmeSchema(fmt.Sprintf(`{"name":"role","caseExact":%t,"indexed":true},{"name":"tags","multiValued":true,"caseExact":%t,"indexed":true}`, exact, exact))
	}
	w.declare(role(false))
	w.settle()
	const users = 250
	ids := make([]string, users)
	for i := range ids {
		ids[i] = w.user(fmt.Sprintf(`{"userName":"u%d","%s":{"role":"Role%d","tags":["T%d","x"]}}`, i, acme, i%10, i%10)).ID
	}
	ctx, stop := context.WithCancel(w.ctx)
	defer stop()
	var writers sync.WaitGroup
	for n := range 4 {
		writers.Go(func() {
			for i := n; ctx.Err() == nil; i += 4 {
				c := w.freshClient(w.directory)
				o, err := scim.ParseJSON(fmt.Appendf(nil, `{"schemas":[%q],"Operations":[{"op":"replace","path":"%s:role","value":"rOLE%d"}]}`, scim.URNPatchOp, acme, i%10), scim.Limits{})
				if err != nil {
					t.Error(err)
					return
				}
				p, err := scim.ParsePatch(o, c.Types[0], c.Profile)
				if err == nil {
					_, err = c.Patch(w.ctx, ids[i%users], p, scim.Write{})
				}
				var e *scim.Error
				if err != nil && (!errors.As(err, &e) || e.Kind != scim.KindBusy) {
					t.Error(err)
					return
				}
			}
		})
	}
	other := w.open(w.key) // a server that looks for what is left, at the worst moment
	for i := range 4 {
		_, err := w.directory.Redeclare(w.ctx, operator, w.workspace, declaration(t, role(i%2 == 0)))
		check(t, err)
		writers.Go(func() {
			if _, err := other.Settle(w.ctx, operator, w.workspace, nil); err != nil {
				t.Error(err)
			}
		})
		_, err = w.directory.Settle(w.ctx, operator, w.workspace, nil)
		check(t, err)
	}
	stop()
	writers.Wait()
	w.refresh()
	if w.userType().Extensions[1].Schema.Attribute("role").Building {
		t.Fatal("not settled")
	}
	w.wantIndexed(acme+`:role`, false)
	w.wantIndexed(acme+`:tags`, false)
}

// wantIndexed holds what the index finds to what the documents say, for every value that occurs and its other cases.
func (w *world) wantIndexed(path string, numbers bool) {
	w.t.Helper()
	all := w.list(w.userType(), "", 1, 1000).Records
	values := map[string]bool{"": true}
	for _, rec := range all {
		r, err := rec.Type.Load(rec)
		check(w.t, err)
		text := r.Text(path)
		values[text], values[strings.ToLower(text)], values[strings.ToUpper(text)] = true, true, true
	}
	for value := range values {
		filter := path + " eq " + string(scim.AppendJSON(nil, value))
		if numbers && value == "" {
			continue
		}
		if numbers {
			filter = path + " eq " + value
		}
		f, err := scim.ParseFilter(filter, w.userType(), w.Profile)
		check(w.t, err)
		want := 0
		for _, rec := range all {
			rec.HasGroups = true
			ok, err := f.Match(rec)
			check(w.t, err)
			if ok {
				want++
			}
		}
		if got := w.list(w.userType(), filter, 1, 1000).Total; got != want {
			w.t.Errorf("%s finds %d, the documents say %d", filter, got, want)
		}
	}
}

// A document that is written between the change and its settling is not settled again: the write itself must leave all
// of its keys and claims, also of the attributes that it did not touch.
func TestSchema_WriteBeforeSettling(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "generic")
	w.declare(acmeSchema(`{"name":"role","indexed":true},{"name":"badge"}`))
	w.settle()
	rec := w.user(`{"userName":"ada","` + acme + `":{"role":"Admin","badge":"X-1"}}`)
	w.declare(acmeSchema(`{"name":"role","caseExact":true,"indexed":true},{"name":"badge","uniqueness":"server"}`))
	_, err := w.patch(w.userType(), rec.ID, `[{"op":"replace","path":"title","value":"x"}]`)
	check(t, err)
	equal(t, "settlement", w.settle(), directory.Settlement{})
	w.wantFound(acme+`:role eq "Admin"`, "ada")
	w.wantFound(acme + `:role eq "admin"`)
	_, err = w.create(badged("bob", "X-1"))
	wantKind(t, err, scim.KindTaken, "X-1")
}

// A command that was killed in the middle leaves nothing wrong, and the next server finishes.
func TestSchema_CrashWhileSettling(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "generic")
	w.declare(acmeSchema(`{"name":"level","indexed":true}`))
	w.settle()
	for i := range 250 {
		w.user(fmt.Sprintf(`{"userName":"u%d","%s":{"level":"%d"}}`, i, acme, i%50))
	}
	w.declare(acmeSchema(`{"name":"level","type":"integer","indexed":true}`))
	ctx, kill := context.WithCancel(w.ctx)
	_, err := w.directory.Settle(ctx, operator, w.workspace, func(_ directory.Connection, done, total int) {
		if done >= 100 {
			kill()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("not cut short: %v", err)
	}
	left, err := w.directory.Unsettled(w.ctx, w.workspace)
	check(t, err)
	equal(t, "unsettled", len(left), 1)
	w.refresh()
	w.wantIndexed(acme+`:level`, true) // by documents, half of them in the old form

	other := w.open(w.key)
	ctx, stop := context.WithCancel(w.ctx)
	done := make(chan error, 1)
	go func() { done <- other.Run(ctx) }()
	for deadline := time.Now().Add(time.Minute); len(left) > 0 && time.Now().Before(deadline); {
		left, err = other.Unsettled(w.ctx, w.workspace)
		check(t, err)
	}
	stop()
	check(t, <-done)
	w.refresh()
	if w.userType().Extensions[1].Schema.Attribute("level").Building {
		t.Fatal("the first process does not see that it is settled")
	}
	w.wantIndexed(acme+`:level`, true)
}

// A group's declared attributes are rewritten beside its members, whose changes move its version.
func TestSchema_GroupsBesideMemberChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "generic")
	const team = "urn:x:team"
	declare := func(kind string) {
		w.declare(`{"id":"` + team + `","name":"Team","resourceType":"Group","attributes":[{"name":"cost","type":"` + kind + `","indexed":true}]}`)
	}
	declare("string")
	w.settle()
	if w.userType() != scim.UserType() {
		t.Error("a schema of groups has changed the User type")
	}
	u := w.user(`{"userName":"ada"}`)
	g := w.group(`{"displayName":"G","` + team + `":{"cost":"42"},"members":[{"value":"` + u.ID + `"}]}`)
	before := w.Client
	declare("integer")
	add := `[{"op":"remove","path":"members","value":[{"value":"` + u.ID + `"}]}]`
	_, err := before.Patch(w.ctx, g.ID, parsePatch(t, before, before.Types[1], add), scim.Write{})
	wantKind(t, err, scim.KindBusy)
	_, err = w.patch(w.groupType(), g.ID, add)
	check(t, err)
	equal(t, "settlement", w.settle(), directory.Settlement{Documents: 1, Changed: 1})
	found := w.list(w.groupType(), team+`:cost gt 41`, 1, 10)
	equal(t, "found", found.Total, 1)
	equal(t, "version", found.Records[0].Version, int64(3))
	patched, err := w.patch(w.groupType(), g.ID, `[{"op":"replace","path":"`+team+`:cost","value":7}]`)
	check(t, err)
	if got := w.render(patched, ""); !strings.Contains(got, `"cost":7`) {
		t.Error(got)
	}
	equal(t, "found", w.list(w.groupType(), team+`:cost gt 41`, 1, 10).Total, 0)
}
