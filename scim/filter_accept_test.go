package scim

import (
	"strings"
	"testing"
)

// operatorsOf says which operators each data type takes, by RFC 7644 table 3.
var operatorsOf = map[Type]string{
	TypeString:    "eq ne co sw ew gt ge lt le",
	TypeReference: "eq ne co sw ew gt ge lt le",
	TypeBoolean:   "eq ne",
	TypeBinary:    "eq ne",
	TypeInteger:   "eq ne gt ge lt le",
	TypeDecimal:   "eq ne gt ge lt le",
	TypeDateTime:  "eq ne gt ge lt le",
}

// claim is a comparison with its outcome for a resource that has the value.
type claim struct {
	test string // operator and literal
	want bool
}

// exampleOf is a value of each data type, as JSON, and what holds for it.
var exampleOf = map[Type]struct {
	value  string
	claims []claim
	wrong  string // literals that the type cannot have, by spaces
}{
	TypeString: {`"bravo"`, []claim{
		{`eq "bravo"`, true},
		{`eq "brav"`, false},
		{`ne "bravo"`, false},
		{`ne "x"`, true},
		{`eq "\u0062ravo"`, true},
		{`co "rav"`, true},
		{`co "x"`, false},
		{`sw "br"`, true},
		{`sw "ra"`, false},
		{`ew "vo"`, true},
		{`ew "av"`, false},
		{`gt "alpha"`, true},
		{`gt "bravo"`, false},
		{`ge "bravo"`, true},
		{`ge "c"`, false},
		{`lt "charlie"`, true},
		{`lt "bravo"`, false},
		{`le "bravo"`, true},
		{`le "a"`, false},
	}, `true 5`},
	TypeBoolean: {`true`, []claim{{`eq true`, true}, {`eq false`, false}, {`ne true`, false}, {`ne false`, true}}, `"bravo" 5`},
	TypeBinary: {`"YnJhdm8="`, []claim{
		{`eq "YnJhdm8="`, true}, {`eq "eA=="`, false}, {`ne "YnJhdm8="`, false}, {`ne "eA=="`, true},
	}, `true 5`},
	TypeInteger: {`-2`, []claim{
		{`eq -2`, true},
		{`eq 2`, false},
		{`ne -2`, false},
		{`ne 2`, true},
		{`gt -10`, true},
		{`gt -2`, false},
		{`ge -2`, true},
		{`ge -1`, false},
		{`lt 3`, true},
		{`lt -10`, false},
		{`le -2`, true},
		{`le -3`, false},
	}, `true "bravo"`},
	TypeDecimal: {`-2.5`, []claim{
		{`eq -2.50`, true},
		{`eq -25e-1`, true},
		{`eq 2.5`, false},
		{`ne -2.5`, false},
		{`ne 2`, true},
		{`gt -10`, true},
		{`gt -2`, false},
		{`ge -2.5`, true},
		{`ge -2.25`, false},
		{`lt -2`, true},
		{`lt -3`, false},
		{`le -2.5`, true},
		{`le -2.75`, false},
	}, `true "bravo"`},
	TypeDateTime: {`"2011-05-13T04:42:34.1234567Z"`, []claim{
		{`eq "2011-05-13T06:42:34.1234567+02:00"`, true},
		{`eq "2011-05-13T04:42:34.123456700Z"`, true},
		{`eq "2011-05-13T04:42:34Z"`, false},
		{`ne "2011-05-13T04:42:34.1234567Z"`, false},
		{`ne "2011-05-13T04:42:34Z"`, true},
		{`gt "2011-05-13T04:42:34.1234566Z"`, true},
		{`gt "2011-05-13T04:42:35Z"`, false},
		{`ge "2011-05-13T04:42:34.1234567Z"`, true},
		{`ge "2011-05-13T04:42:34.1234568Z"`, false},
		{`lt "2011-05-13T02:42:35-02:00"`, true},
		{`lt "2011-05-13T06:42:34+02:00"`, false},
		{`le "2011-05-13T04:42:34.1234567Z"`, true},
		{`le "2010-01-01T00:00:00Z"`, false},
	}, `true 5 "bravo"`},
}

// target is an attribute or a sub-attribute, as a filter names it.
type target struct {
	t      *ResourceType
	schema *Schema // nil for a common attribute
	attr   *Attribute
	sub    *Attribute
}

// targetsOf lists every attribute and sub-attribute of a type, the common ones included.
func targetsOf(t *ResourceType) (all []target) {
	add := func(s *Schema, attrs []*Attribute) {
		for _, a := range attrs {
			all = append(all, target{t, s, a, nil})
			for _, sub := range a.SubAttributes {
				all = append(all, target{t, s, a, sub})
			}
		}
	}
	add(nil, commonAttributes)
	for s := range t.schemas() {
		add(s, s.Attributes)
	}
	return all
}

// leaf is what is compared: of a complex attribute its "value" (D-32), or nil.
func (g target) leaf() *Attribute {
	switch {
	case g.sub != nil:
		return g.sub
	case g.attr.Type == TypeComplex:
		return g.attr.Sub("value")
	}
	return g.attr
}

// closed reports the attributes that no filter may use: the secret ones, and what follows from the answer.
func (g target) closed() bool {
	switch g.name() {
	case "password", "pin", "meta.location", "meta.version", "groups.$ref", "members.$ref":
		return true
	}
	return false
}

func (g target) name() string {
	if g.sub != nil {
		return g.attr.Name + "." + g.sub.Name
	}
	return g.attr.Name
}

// spellings are the names of the target that mean the same.
func (g target) spellings() []string {
	if g.schema == nil {
		return []string{g.name(), strings.ToUpper(g.name())}
	}
	full := g.schema.ID + ":" + g.name()
	if g.schema != g.t.Schema {
		return []string{full, strings.ToUpper(full)}
	}
	return []string{g.name(), strings.ToUpper(g.name()), full}
}

// with is a document that has the value there and nothing else.
func (g target) with(v Value) *Object {
	if leaf := g.leaf(); leaf != g.attr {
		if leaf.MultiValued {
			v = Array{v}
		}
		v = &Object{Members: []Member{{leaf.Name, v}}}
	}
	if g.attr.MultiValued {
		v = Array{v}
	}
	doc := &Object{Members: []Member{{g.attr.Name, v}}}
	if g.schema != nil && g.schema != g.t.Schema {
		doc = &Object{Members: []Member{{g.schema.ID, doc}}}
	}
	return doc
}

// Every attribute of every schema takes exactly the operators of its type, under every name that it has, finds what it
// should and refuses the rest, T-060.
func TestFilter_R060_EveryAttributeAndOperator(t *testing.T) {
	t.Parallel()
	for _, rt := range []*ResourceType{catalogue(), GroupType()} {
		for _, g := range targetsOf(rt) {
			for _, name := range g.spellings() {
				g.check(t, name)
			}
		}
	}
}

func (g target) check(t *testing.T, name string) {
	t.Helper()
	if g.closed() {
		for _, op := range operators {
			g.refuses(t, name+" "+op+" "+orNothing(op, `"x"`))
		}
		return
	}
	leaf := g.leaf()
	if leaf == nil {
		g.says(t, name+" pr", &Object{}, false)
		for _, op := range operators[:Present] {
			g.refuses(t, name+" "+op+` "x"`)
		}
		return
	}
	example := exampleOf[exampleType(leaf.Type)]
	doc := g.with(parsed(t, `{"v":`+example.value+`}`).Members[0].Value)
	g.says(t, name+" pr", doc, true)
	g.says(t, name+" pr", &Object{}, false)
	for _, c := range example.claims {
		op, _, _ := strings.Cut(c.test, " ")
		g.says(t, name+" "+strings.ToUpper(op)+strings.TrimPrefix(c.test, op), doc, c.want)
		g.says(t, name+" "+c.test, &Object{}, op == "ne") // D-32
	}
	g.checkRefusals(t, name, leaf, example.wrong)
	if leaf.Type == TypeString || leaf.Type == TypeReference {
		g.says(t, name+` eq "BRAVO"`, doc, !leaf.CaseExact)
	}
}

func exampleType(t Type) Type {
	if t == TypeReference {
		return TypeString
	}
	return t
}

func orNothing(op, literal string) string {
	if op == "pr" {
		return ""
	}
	return literal
}

func (g target) checkRefusals(t *testing.T, name string, leaf *Attribute, wrong string) {
	t.Helper()
	literal := strings.SplitN(exampleOf[exampleType(leaf.Type)].claims[0].test, " ", 2)[1]
	for _, op := range operators[:Present] {
		if !strings.Contains(operatorsOf[leaf.Type], op) {
			g.refuses(t, name+" "+op+" "+literal)
		}
	}
	for _, literal := range strings.Fields(wrong) {
		g.refuses(t, name+" eq "+literal)
	}
}

// says holds a filter, and inside of brackets its twin, against a document.
func (g target) says(t *testing.T, src string, doc *Object, want bool) {
	t.Helper()
	for _, src := range []string{src, g.bracketed(src)} {
		if src == "" {
			continue
		}
		f, err := ParseFilter(src, g.t, profile(t, "rfc"))
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		want := want && (doc.Len() > 0 || !strings.Contains(src, "[")) // no element, no match
		if got := f.MatchObject(doc); got != want {
			t.Errorf("%s on %s: got %v", src, AppendJSON(nil, doc), got)
		}
	}
}

func (g target) refuses(t *testing.T, src string) {
	t.Helper()
	for _, src := range []string{src, g.bracketed(src)} {
		_, err := ParseFilter(src, g.t, profile(t, "rfc"))
		if e, ok := err.(*Error); src != "" && (!ok || e.ScimType() != "invalidFilter") {
			t.Errorf("%s: %v, want invalidFilter", src, err)
		}
	}
}

// bracketed makes `a[b op x]` of `a.b op x`.
func (g target) bracketed(src string) string {
	if g.sub == nil {
		return ""
	}
	name, rest, _ := strings.Cut(src, " ")
	dot := strings.LastIndexByte(name, '.')
	return name[:dot] + "[" + name[dot+1:] + " " + rest + "]"
}

// All conditions in brackets hold for one element, whatever their number.
func TestFilter_R069_SeveralConditionsForOneElement(t *testing.T) {
	t.Parallel()
	doc := parsed(t, `{"userName":"u","emails":[{"type":"work","value":"a@x","primary":true},{"type":"home","value":"b@y"}]}`)
	for src, want := range map[string]bool{
		`emails[type eq "work" and value eq "a@x"]`:                                             true,
		`emails[type eq "work" and value eq "b@y"]`:                                             false,
		`emails.type eq "work" and emails.value eq "b@y"`:                                       true,
		`emails[type eq "work" and value ew "@x" and primary eq true]`:                          true,
		`emails[type eq "home" and value ew "@y" and primary eq true]`:                          false,
		`emails[type eq "home" and not (primary pr)]`:                                           true,
		`emails[(type eq "home" or value sw "a") and primary eq true]`:                          true,
		`userName eq "u" and emails[type eq "home" and value co "b"]`:                           true,
		`emails[type eq "work" and value co "b"] or emails[type eq "home" and value co "b"]`:    true,
		`not (emails[type eq "work" and value co "b"])`:                                         true,
		URNUser + `:emails[TYPE eq "WORK" and VALUE eq "A@X"]`:                                  true,
		`emails[type eq "work" and value eq "a@x"] and not (emails[type eq "other"]) and id pr`: false,
	} {
		f, err := ParseFilter(src, UserType(), profile(t, "rfc"))
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if got := f.MatchObject(doc); got != want {
			t.Errorf("%s: got %v", src, got)
		}
	}
}

// A sub-attribute of what is never returned is as secret as the whole.
func TestFilter_R078_PartsOfASecret(t *testing.T) {
	t.Parallel()
	rt := *UserType()
	vault := &Attribute{Name: "vault", Type: TypeComplex, Returned: ReturnedNever, SubAttributes: []*Attribute{{Name: "value"}, {Name: "hint"}}}
	rt.Extensions = []Extension{{Schema: &Schema{ID: "urn:x:vault", Attributes: []*Attribute{vault}}}}
	for _, src := range []string{`vault.value eq "x"`, `vault.hint sw "x"`, `vault eq "x"`, `vault pr`, `vault[hint pr]`} {
		_, err := ParseFilter("urn:x:vault:"+src, &rt, profile(t, "rfc"))
		refused(t, err, KindFilterNotAllowed, "filter at byte 0")
	}
	_, err := ParseSort(&rt, "urn:x:vault:vault.hint", "", profile(t, "rfc"))
	refused(t, err, KindBadParameter, "sortBy")
}
