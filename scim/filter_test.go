package scim

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// genNode draws a filter tree in canonical form. Inside of brackets the names are sub-attributes of emails.
func genNode(depth int, inside bool) *rapid.Generator[Node] {
	return rapid.Custom(func(t *rapid.T) Node {
		kind := rapid.IntRange(0, 4).Draw(t, "kind")
		switch {
		case depth == 0 || kind == 0 || kind == 4 && inside:
			return genCompare(inside).Draw(t, "compare")
		case kind == 1:
			return &And{Terms: rapid.SliceOfN(genNode(depth-1, inside), 2, 3).Draw(t, "and")}
		case kind == 2:
			return &Or{Terms: rapid.SliceOfN(genNode(depth-1, inside), 2, 3).Draw(t, "or")}
		case kind == 3:
			return &Not{Term: genNode(depth-1, inside).Draw(t, "not")}
		}
		return &ValuePath{Path: AttrPath{Name: "emails"}, Filter: genNode(depth-1, true).Draw(t, "value path")}
	})
}

func genCompare(inside bool) *rapid.Generator[Node] {
	paths := []AttrPath{
		{Name: "userName"},
		{Name: "name", SubName: "familyName"},
		{Name: "title"},
		{Name: "nickName"},
		{URN: URNEnterpriseUser, Name: "manager", SubName: "value"},
		{URN: URNUser, Name: "emails", SubName: "value"},
	}
	flag := AttrPath{Name: "active"}
	if inside {
		paths, flag = []AttrPath{{Name: "value"}, {Name: "type"}, {Name: "display"}}, AttrPath{Name: "primary"}
	}
	return rapid.Custom(func(t *rapid.T) Node {
		if rapid.Bool().Draw(t, "boolean") {
			return &Compare{Path: flag, Op: rapid.SampledFrom([]Operator{Equal, NotEqual}).Draw(t, "op"), Literal: rapid.Bool().Draw(t, "literal")}
		}
		c := &Compare{Path: rapid.SampledFrom(paths).Draw(t, "path"), Op: Operator(rapid.IntRange(0, int(Present)).Draw(t, "op"))}
		if c.Op != Present {
			c.Literal = strings.ReplaceAll(rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"work", "a", "A", ""})).Draw(t, "literal"), "\x00", "")
		}
		return c
	})
}

// bare takes positions and bindings off a tree, so that trees can be compared.
func bare(n Node) Node {
	path := func(p AttrPath) AttrPath { return AttrPath{URN: p.URN, Name: p.Name, SubName: p.SubName} }
	all := func(terms []Node) []Node {
		out := make([]Node, len(terms))
		for i, t := range terms {
			out[i] = bare(t)
		}
		return out
	}
	switch n := n.(type) {
	case *And:
		return &And{Terms: all(n.Terms)}
	case *Or:
		return &Or{Terms: all(n.Terms)}
	case *Not:
		return &Not{Term: bare(n.Term)}
	case *ValuePath:
		return &ValuePath{Path: path(n.Path), Filter: bare(n.Filter)}
	case *Compare:
		return &Compare{Path: path(n.Path), Op: n.Op, Literal: n.Literal}
	}
	return nil
}

func TestFilter_PrintThenParseGivesTheSameTree(t *testing.T) {
	t.Parallel()
	p := profile(t, "rfc")
	rapid.Check(t, func(t *rapid.T) {
		n := genNode(3, false).Draw(t, "filter")
		f, err := ParseFilter(Print(n), UserType(), p)
		if err != nil {
			t.Fatalf("%s: %v", Print(n), err)
		}
		if got := bare(f.Root); !reflect.DeepEqual(got, bare(n)) {
			t.Fatalf("%s was read as %s", Print(n), Print(got))
		}
	})
}

// genUser draws a resource as it is sent, small enough for filters to hit.
func genUser(t *rapid.T) *Object {
	word := rapid.SampledFrom([]string{"work", "a", "A", "ab", ""})
	doc := &Object{}
	for _, name := range []string{"userName", "title", "nickName"} {
		if rapid.Bool().Draw(t, name) {
			doc.Set(name, word.Draw(t, name+" value"))
		}
	}
	if rapid.Bool().Draw(t, "has active") {
		doc.Set("active", rapid.Bool().Draw(t, "active"))
	}
	var emails Array
	for range rapid.IntRange(0, 3).Draw(t, "emails") {
		e := &Object{}
		e.Set("value", word.Draw(t, "value"))
		e.Set("type", word.Draw(t, "type"))
		e.Set("primary", rapid.Bool().Draw(t, "primary"))
		emails = append(emails, e)
	}
	doc.Set("emails", emails)
	return doc
}

// R-063, D-32: `ne` is the negation of `eq`; R-067: De Morgan's laws hold.
func TestFilter_LawsOfNegation(t *testing.T) {
	t.Parallel()
	p := profile(t, "rfc")
	rapid.Check(t, func(t *rapid.T) {
		doc := genUser(t)
		holds := func(n Node) bool {
			f, err := ParseFilter(Print(n), UserType(), p)
			if err != nil {
				t.Fatalf("%s: %v", Print(n), err)
			}
			return f.MatchObject(doc)
		}
		a, b := genNode(2, false).Draw(t, "a"), genNode(2, false).Draw(t, "b")
		if holds(&Not{Term: &And{Terms: []Node{a, b}}}) != holds(&Or{Terms: []Node{&Not{Term: a}, &Not{Term: b}}}) {
			t.Fatalf("not (%s and %s)", Print(a), Print(b))
		}
		c := bare(genCompare(false).Draw(t, "compare")).(*Compare)
		if c.Op == Present {
			return
		}
		c.Op = Equal
		ne := *c
		ne.Op = NotEqual
		if holds(&ne) == holds(c) {
			t.Fatalf("%s and %s", Print(c), Print(&ne))
		}
	})
}

// Where the keys of a resource can answer, they answer as Match does.
func TestFilter_KeyAgreesWithMatch(t *testing.T) {
	t.Parallel()
	p, typ := profile(t, "rfc"), everyIndexed(UserType())
	rapid.Check(t, func(t *rapid.T) {
		doc := genUser(t)
		doc.Set("userName", "Someone")
		doc.Set("active", true)
		r := &Resource{Type: typ, Attributes: doc}
		n := genCompare(false).Draw(t, "compare")
		f, err := ParseFilter(Print(n), typ, p)
		if err != nil {
			t.Fatal(err)
		}
		c, isCompare := f.Root.(*Compare)
		if !isCompare {
			return
		}
		attr, value, ok := c.Key()
		if !ok {
			return
		}
		if got := keysMatch(r.Keys(), c.Op, attr, value); got != f.MatchObject(doc) {
			t.Fatalf("%s on %s: keys say %v", Print(n), r.Body(), got)
		}
	})
}

// keysMatch answers from the side table.
func keysMatch(keys []Key, op Operator, attr, value string) bool {
	found := false
	for _, k := range keys {
		if k.Attr != attr {
			continue
		}
		switch op {
		case Present:
			found = found || k.Value != ""
		case Equal, NotEqual:
			found = found || k.Value == value
		case StartsWith:
			found = found || strings.HasPrefix(k.Value, value)
		default:
			found = found || op.holds(strings.Compare(k.Value, value))
		}
	}
	return found != (op == NotEqual)
}

func TestFilter_Key(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", MaxKey)
	for _, row := range []struct {
		src, attr, value string
		ok               bool
	}{
		{`userName eq "BOB"`, "username", "bob", true},
		{`userName pr`, "username", "", true},
		{`userName sw "Bo"`, "username", "bo", true},
		{`userName sw "` + long + `"`, "username", long, false},
		{`userName co "Bo"`, "username", "bo", false},
		{`emails eq "A@x"`, "emails.value", "a@x", true},
		{`emails.type eq "Work"`, "emails.type", "work", true},
		{`active ne false`, "active", "false", true},
		{`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq "M"`, "enterprise:2.0:user:manager.value", "M", true},
		{`emails pr`, "", "", false},
		{`id eq "1"`, "", "", false},
		{`externalId eq "1"`, "", "", false},
		{`meta.created gt "2020-01-01T00:00:00Z"`, "", "", false},
		{`groups eq "g"`, "", "", false},
		{`groups[value eq "g"]`, "", "", false},
		{`emails[type eq "Work"]`, "emails.type", "work", true},
		{`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager[value eq "M"]`, "enterprise:2.0:user:manager.value", "M", true},
	} {
		f, err := ParseFilter(row.src, UserType(), profile(t, "rfc"))
		if err != nil {
			t.Fatal(err)
		}
		n := f.Root
		if vp, ok := n.(*ValuePath); ok {
			n = vp.Filter
		}
		attr, value, ok := n.(*Compare).Key()
		if attr != row.attr || value != row.value || ok != row.ok {
			t.Errorf("%.60s: got %q %.20q %v", row.src, attr, value, ok)
		}
	}
}

func TestFilter_Limits(t *testing.T) {
	t.Parallel()
	p := profile(t, "generic")
	deep := func(n int) string {
		return strings.Repeat("(", n) + "userName pr" + strings.Repeat(")", n)
	}
	wide := func(n int) string {
		return strings.Repeat("title pr or ", n-1) + "title pr"
	}
	for name, row := range map[string]struct {
		src  string
		kind Kind
	}{
		"31 levels":       {deep(31), ""},
		"32 levels":       {deep(32), KindFilterTooComplex},
		"a million":       {deep(1_000_000), KindFilterTooComplex},
		"not of not":      {strings.Repeat("not (", 40) + "title pr" + strings.Repeat(")", 40), KindFilterTooComplex},
		"200 conditions":  {wide(200), ""},
		"201 conditions":  {wide(201), KindFilterTooComplex},
		"one megabyte":    {`userName eq "` + strings.Repeat("x", 1<<20) + `"`, KindFilterTooComplex},
		"8 KiB":           {`userName eq "` + strings.Repeat("x", maxFilterBytes-14) + `"`, ""},
		"not UTF-8":       {"userName eq \"\xff\"", KindBadFilter},
		"control":         {"userName eq \"\x01\"", KindBadFilter},
		"brackets, deep":  {"emails[" + deep(32) + "]", KindFilterTooComplex},
		"a name too long": {strings.Repeat("x", 8000) + " pr", KindUnknownInFilter},
	} {
		start := time.Now()
		_, err := ParseFilter(row.src, UserType(), p)
		if took := time.Since(start); took > time.Second {
			t.Errorf("%s: took %v", name, took)
		}
		e, _ := err.(*Error)
		if (e == nil) != (row.kind == "") || e != nil && e.Kind != row.kind {
			t.Errorf("%s: got %v, want kind %q", name, err, row.kind)
		}
	}
}

// R-074, T-108: the detail says what was found, where, and what is allowed.
func TestFilter_ErrorsAreReadable(t *testing.T) {
	t.Parallel()
	for src, wants := range map[string][]string{
		`userName regex "x"`:         {`byte 9`, `"regex"`, "eq, ne, co"},
		`prefferedLanguage eq "de"`:  {`"prefferedLanguage"`, "preferredLanguage"},
		`emails.kind eq "x"`:         {`"emails.kind"`, "display"},
		`name eq "x"`:                {"givenName"},
		`userName eq "x`:             {"closing quote"},
		`active gt true`:             {`"active gt"`, "eq, ne, pr"},
		`meta.created gt "tomorrow"`: {"2008-01-23T04:56:22Z"},
		`userName eq`:                {"the end"},
	} {
		_, err := ParseFilter(src, UserType(), profile(t, "rfc"))
		if err == nil {
			t.Errorf("%s was taken", src)
			continue
		}
		for _, want := range wants {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q lacks %q", src, err, want)
			}
		}
	}
}

func TestFilter_MatchRecord(t *testing.T) {
	t.Parallel()
	rec := &Record{Type: UserType(), ID: "u1", ExternalID: "e", Body: []byte(`{"userName":"bob"}`), Created: time.Unix(0, 0)}
	match := func(src string) (bool, error) {
		f, err := ParseFilter(src, rec.Type, profile(t, "rfc"))
		if err != nil {
			t.Fatal(err)
		}
		return f.Match(rec)
	}
	if ok, err := match(`userName eq "BOB" and id eq "u1" and externalId eq "e" and meta.created lt "1970-01-02T00:00:00Z"`); !ok || err != nil {
		t.Errorf("got %v, %v", ok, err)
	}
	for _, src := range []string{`groups eq "g"`, `not (title pr or groups[value eq "g"])`, `title pr and groups pr`} {
		if _, err := match(src); err == nil {
			t.Errorf("%s was judged without the groups", src)
		}
	}
	rec.HasGroups, rec.Groups = true, []GroupRef{{Value: "g", Display: "Sales"}}
	if ok, err := match(`groups eq "g" and groups.display eq "sales"`); !ok || err != nil {
		t.Errorf("got %v, %v", ok, err)
	}
	rec.Body = []byte(`{`)
	if _, err := match(`userName pr`); err == nil {
		t.Error("a broken body was judged")
	}
}

func TestMatchMember(t *testing.T) {
	t.Parallel()
	m := MemberRef{Value: "u1", Type: "User", Display: "Kim"}
	for src, want := range map[string]bool{
		`members[value eq "u1"]`:                       true,
		`members[value eq "U1"]`:                       false,
		`members[display eq "KIM" and type eq "user"]`: true,
		`members[type eq "Group" or not (value pr)]`:   false,
	} {
		p, err := ParsePath(src, GroupType(), profile(t, "rfc"))
		if err != nil {
			t.Fatal(err)
		}
		if got := MatchMember(p.Filter, m); got != want {
			t.Errorf("%s: got %v", src, got)
		}
	}
}

func FuzzParseFilter(f *testing.F) {
	for _, v := range filterVectors(f) {
		f.Add(v.src, v.profiles[0] != "rfc")
	}
	doc := parsed(f, `{"userName":"x","emails":[{"value":"a","type":"work"}],"meta":{"created":"2011-05-13T04:42:34Z"}}`)
	f.Fuzz(func(t *testing.T, src string, lenient bool) {
		p := profile(t, "rfc")
		if lenient {
			p = profile(t, "generic")
		}
		flt, err := ParseFilter(src, UserType(), p)
		if err != nil {
			if _, ok := err.(*Error); !ok {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		again, err := ParseFilter(Print(flt.Root), UserType(), p)
		if e, _ := err.(*Error); e != nil && e.Kind != KindFilterTooComplex { // escapes and "not" make it longer
			t.Fatalf("%q printed as %q: %v", src, Print(flt.Root), err)
		}
		if err == nil && flt.MatchObject(doc) != again.MatchObject(doc) {
			t.Fatalf("%q and %q differ", src, Print(flt.Root))
		}
	})
}

func BenchmarkParseFilter_UserNameEq(b *testing.B) {
	p := profile(b, "okta")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseFilter(`userName eq "test.user@okta.local"`, UserType(), p); err != nil {
			b.Fatal(err)
		}
	}
}
