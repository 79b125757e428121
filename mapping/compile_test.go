package mapping_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scim"
)

// refusing is a language in which nothing is right.
func refusing(string) (mapping.Expression, error) { return nil, errors.New("line 1, column 5: no") }

// constant is a language in which every expression is its own value.
func constant(source string) (mapping.Expression, error) {
	return func(map[string]any) (any, error) { return source, nil }, nil
}

func attributes(list ...mapping.Attribute) mapping.Rules { return mapping.Rules{Attributes: list} }

func TestCompile_ProblemsSayWhereAndWhatToDo(t *testing.T) {
	t.Parallel()
	type rules = mapping.Rules
	type attr = mapping.Attribute
	many := make([]attr, 201)
	for _, tt := range []struct {
		name  string
		rules rules
		want  []string // path and a part of the message
	}{
		{"X4 one source per target", attributes(attr{Target: "title", Source: "title"}, attr{Target: "title", Source: "nickName"}), []string{"attributes[1].target: \"title\" is the target of attributes[0] already"}},
		{"X4 the principal cannot be mapped again", attributes(attr{Target: "code", Source: "externalId"}), []string{"attributes[0].source: externalId is what"}},
		{"X4 nor as an alternative", attributes(attr{Target: "code", Source: "nickName | EXTERNALID"}), []string{"attributes[0].source: EXTERNALID is what"}},
		{"X4 id is no target", attributes(attr{Target: "id", Source: "title"}), []string{"attributes[0].target: \"id\" is what"}},
		{"a target without a name", attributes(attr{Source: "title"}), []string{"attributes[0].target: is missing"}},
		{"a target with capitals", attributes(attr{Target: "jobTitle", Source: "title"}), []string{"attributes[0].target: \"jobTitle\" is no name"}},
		{"a target that is too long", attributes(attr{Target: strings.Repeat("a", 65), Source: "title"}), []string{"attributes[0].target"}},
		{"no source", attributes(attr{Target: "title"}), []string{"attributes[0]: has no source"}},
		{"two sources", attributes(attr{Target: "title", Source: "title", Expression: "1"}), []string{"attributes[0]: has a source and an expression"}},
		{"an expression that does not compile", attributes(attr{Target: "title", Expression: "1 +"}), []string{"attributes[0].expression: line 1, column 5: no"}},
		{"X4 an unknown type", attributes(attr{Target: "level", Source: "title", Type: "enum"}), []string{"attributes[0].type: \"enum\" is no type"}},
		{"X4 a well-known target has its own type", attributes(attr{Target: "email", Source: "userName", Type: "number"}), []string{"attributes[0].type: email has its own type"}},
		{"a manager as a text is the manager's id", attributes(attr{Target: "who", Source: "name.x | " + enterprise + "manager"}), nil},
		{"X4 an address is no text", attributes(attr{Target: "where", Source: "addresses"}), []string{"attributes[0].source: \"addresses\" is an object"}},
		{"an undeclared attribute of an extension", attributes(attr{Target: "where", Source: enterprise + "floor"}), []string{"attributes[0].source: \"" + enterprise + "floor\" is not declared"}},
		{"a whole extension", attributes(attr{Target: "where", Source: strings.TrimSuffix(enterprise, ":")}), []string{"attributes[0].source: \"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\" is a whole schema"}},
		{"brackets that do not match", attributes(attr{Target: "mail", Source: "emails[type eq \"work\""}), []string{"attributes[0].source: \"emails[type eq \\\"work\\\"\" cannot be read"}},
		{"a filter on what is not declared", attributes(attr{Target: "mail", Source: "emails[kind eq \"work\"].value"}), []string{"attributes[0].source"}},
		{"an empty alternative", attributes(attr{Target: "mail", Source: "a |  | b"}), []string{"attributes[0].source"}},
		{"a long source", attributes(attr{Target: "mail", Source: strings.Repeat("a", 2000)}), []string{"attributes[0].source"}},
		{"many alternatives", attributes(attr{Target: "mail", Source: strings.Repeat("a | ", 40) + "a"}), []string{"attributes[0].source"}},
		{"an unknown apply", attributes(attr{Target: "title", Source: "title", Apply: "once"}), []string{"attributes[0].apply: \"once\" is unknown"}},
		{"a default of the wrong type", attributes(attr{Target: "vip", Source: "vip", Type: "boolean", Default: "maybe"}), []string{"attributes[0].default: \"maybe\" does not fit"}},
		{"too many attributes", attributes(many...), []string{"attributes: 201 attributes"}},
		{"every problem at once", attributes(attr{Target: "id"}, attr{Target: "title", Source: "title", Apply: "x"}), []string{"attributes[0].target", "attributes[0]: has no source", "attributes[1].apply"}},
		{"a role without extension", rules{RoleAttribute: "role"}, []string{"role_attribute: \"role\" is no attribute of an extension"}},
		{"a role in brackets", rules{RoleAttribute: "urn:x:roles[value eq \"a\"]"}, []string{"role_attribute"}},
		{"accounts in brackets", rules{AccountsAttribute: "emails[type eq \"work\"]"}, []string{"accounts_attribute"}},
		{"accounts in pieces", rules{AccountsAttribute: "a[b"}, []string{"accounts_attribute"}},
		{"X7 an unknown user type", rules{UserType: "guest"}, []string{"user_type: \"guest\" is unknown"}},
		{"M10 a rule without a group", rules{Groups: []mapping.GroupRule{{Role: "User"}}}, []string{"groups[0].group: is missing"}},
		{"M10 a rule that grants nothing", rules{Groups: []mapping.GroupRule{{Group: "a"}}}, []string{"groups[0]: grants nothing"}},
		{"M10 a team without a name", rules{Groups: []mapping.GroupRule{{Group: "a", Teams: []string{" "}}}}, []string{"groups[0].teams"}},
		{"M10 no key of a workspace", rules{Groups: []mapping.GroupRule{{Group: "a", Accounts: []string{"ACC1", "a b"}}}}, []string{"groups[0].accounts[1]: \"a b\" is no key"}},
		{"M10 too many teams", rules{Groups: []mapping.GroupRule{{Group: "a", Teams: make([]string, 201)}}}, []string{"groups[0]: has more than", "groups[0].teams"}},
		{"too many rules", rules{Groups: make([]mapping.GroupRule, 2001)}, []string{"groups: 2001 rules"}},
		{"M10 equal priorities are fine", rules{Groups: []mapping.GroupRule{{Group: "a", Role: "User"}, {Group: "b", Role: "User"}}}, nil},
		{"the defaults, written out", rules{Attributes: mapping.Defaults()}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := mapping.Compile(tt.rules, refusing)
			var problems mapping.Problems
			if err != nil && !errors.As(err, &problems) {
				t.Fatalf("%T: %v", err, err)
			}
			if len(problems) != len(tt.want) {
				t.Fatalf("got %v\nwant %q", problems, tt.want)
			}
			for i, p := range problems {
				if !strings.HasPrefix(p.Error(), tt.want[i]) {
					t.Errorf("got %q\nwant %q", p.Error(), tt.want[i])
				}
			}
		})
	}
}

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:"

func TestCompile_X4_AConfiguredPrincipalIsNoSourceButMayStandIn(t *testing.T) {
	t.Parallel()
	c := mapping.Compiler{Principal: "userName"}
	if _, err := c.Compile(mapping.Rules{}); err != nil {
		t.Errorf("defaults: %v", err)
	}
	if _, err := c.Compile(attributes(mapping.Attribute{Target: "login", Source: "username"})); err == nil {
		t.Error("userName was mapped again")
	}
}

func TestCompile_WithoutALanguageExpressionsAreRefused(t *testing.T) {
	t.Parallel()
	_, err := mapping.Compile(attributes(mapping.Attribute{Target: "title", Expression: "1"}), nil)
	if err == nil || !strings.Contains(err.Error(), "attributes[0].expression: this server knows no expressions") {
		t.Errorf("got %v", err)
	}
}

// TestCompile_DeclaredTypes proves that sources are held to the schemas of the workspace, not to the built-in ones.
func TestCompile_DeclaredTypes(t *testing.T) {
	t.Parallel()
	user := *scim.UserType()
	schema := *user.Schema
	schema.Attributes = append([]*scim.Attribute{{Name: "desks", Type: scim.TypeComplex, MultiValued: true, SubAttributes: []*scim.Attribute{{Name: "value"}, {Name: "floor"}}}}, schema.Attributes...)
	user.Schema = &schema
	rules := attributes(mapping.Attribute{Target: "desk", Source: `desks[floor eq "2"].value`})
	if _, err := (mapping.Compiler{User: &user}).Compile(rules); err != nil {
		t.Errorf("declared: %v", err)
	}
	if _, err := (mapping.Compiler{User: &user, Principal: "title"}).Compile(mapping.Rules{}); err != nil {
		t.Errorf("defaults: %v", err)
	}
	if _, err := mapping.Compile(rules, nil); err == nil {
		t.Error("not declared, and not refused")
	}
}

func TestCheck_M10_GroupRulesAgainstTheTree(t *testing.T) {
	t.Parallel()
	m, err := mapping.Compile(mapping.Rules{Groups: []mapping.GroupRule{
		{Group: "a", Role: "User"},
		{Group: "b", Role: "Nobody"},
		{Group: "c", Role: "Admin"},
		{Group: "d", Accounts: []string{"GHOST"}},
		{Group: "e", Accounts: []string{"ACC2"}, Role: "Editor"},
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range m.Check(acme()) {
		got = append(got, p.Error())
	}
	want := []string{
		`groups[1].role: workspace HOME has no role "Nobody"`,
		`groups[2].role: the connection may not grant "Admin" in workspace HOME`,
		`groups[3].accounts: there is no workspace "GHOST" here`,
		`groups[4].role: workspace ACC2 has no role "Editor"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(m.Rules().Groups) != 5 {
		t.Error("the rules are not what was compiled")
	}
}

// TestDefaults_EveryTargetIsWellKnown holds the table to its constants.
func TestDefaults_EveryTargetIsWellKnown(t *testing.T) {
	t.Parallel()
	for _, a := range mapping.Defaults() {
		_, err := mapping.Compile(attributes(mapping.Attribute{Target: a.Target, Source: "title", Type: "enum"}), nil)
		if err == nil || !strings.Contains(err.Error(), a.Target+" has its own type") {
			t.Errorf("%s: %v", a.Target, err)
		}
	}
}

func ExampleCompile() {
	_, err := mapping.Compile(mapping.Rules{
		Attributes: []mapping.Attribute{{Source: "externalId", Target: "employee_id"}},
		UserType:   "guest",
	}, nil)
	var problems mapping.Problems
	errors.As(err, &problems)
	for _, p := range problems {
		fmt.Printf("%s\n  %s\n", p, p.Hint)
	}
	// Output:
	// attributes[0].source: externalId is what the person is recognised by, and cannot be mapped again
	//   Choose another source.
	// user_type: "guest" is unknown
	//   Write internal or external.
}
