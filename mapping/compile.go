package mapping

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/usher-scim/usher/scim"
)

// Compiler compiles rules. The zero value knows no expressions, the principal externalId and the User of RFC 7643.
type Compiler struct {
	// Expressions compile expressions. nil: rules with expressions are refused.
	Expressions Expressions
	// Principal is the attribute by which the person is recognised, which no rule may map again (X4). Defaults to
	// externalId.
	Principal string
	// User is the type of the documents, with what the workspace declares. A source that names nothing declared is then
	// taken for the name of a claim, unless it can only be a SCIM path. nil: the User of RFC 7643.
	User *scim.ResourceType
}

// Compile compiles rules with the default [Compiler] and the given expressions. Its error is of type [Problems].
func Compile(r Rules, e Expressions) (*Mapping, error) {
	return Compiler{Expressions: e}.Compile(r)
}

// The bounds of a set of rules.
const (
	maxAttributes = 200
	maxGroupRules = 2000
	maxGrants     = 200 // teams, or accounts, of one rule
)

var workspaceKey = regexp.MustCompile(`^[A-Za-z0-9-]+$`)

// compilation is one run of a [Compiler].
type compilation struct {
	Compiler
	m        *Mapping
	problems Problems
}

// Compile checks rules as a whole and compiles them. Its error is of type [Problems] and has every fault.
func (c Compiler) Compile(r Rules) (*Mapping, error) {
	c.Principal = cmp.Or(c.Principal, "externalId")
	if c.User == nil {
		c.User = scim.UserType()
	}
	run := compilation{Compiler: c, m: &Mapping{rules: r}}
	run.attributes(r.Attributes)
	run.roles(r)
	run.groups(r.Groups)
	run.userType(r)
	if err := run.problems.err(); err != nil {
		return nil, err
	}
	return run.m, nil
}

// builtIn are the defaults for the User of RFC 7643: most connections have no attributes of their own, and no need to
// parse these again.
var builtIn = sync.OnceValue(func() []attribute {
	c := compilation{Compiler: Compiler{User: scim.UserType()}, m: &Mapping{}}
	c.compile(Defaults(), false)
	return c.m.attributes
})

func (c *compilation) attributes(list []Attribute) {
	switch {
	case list != nil:
		c.compile(list, true)
	case c.User == scim.UserType():
		c.m.attributes = builtIn()
	default:
		c.compile(Defaults(), false)
	}
}

// compile compiles attributes; given are those that somebody wrote.
func (c *compilation) compile(list []Attribute, given bool) {
	if len(list) > maxAttributes {
		c.problems.add("attributes", "Remove what the app does not use.", "%d attributes, at most %d are possible", len(list), maxAttributes)
		return
	}
	targets := map[string]int{}
	c.m.attributes = make([]attribute, 0, len(list))
	for i, a := range list {
		path := fmt.Sprintf("attributes[%d]", i)
		if before, twice := targets[a.Target]; twice {
			c.problems.add(path+".target", "Write alternatives into one source, separated by \" | \".", "%q is the target of attributes[%d] already", a.Target, before)
		}
		targets[a.Target] = i
		compiled := c.attribute(path, a)
		if given {
			c.principal(path, &compiled)
		}
		c.m.attributes = append(c.m.attributes, compiled)
	}
}

func (c *compilation) attribute(path string, a Attribute) attribute {
	compiled := attribute{Attribute: a}
	c.target(path, &compiled)
	c.source(path, &compiled)
	switch a.Apply {
	case "", ApplyAlways, ApplyCreate:
	default:
		c.problems.add(path+".apply", "Write always or create.", "%q is unknown", a.Apply)
	}
	if a.Default != "" {
		v, ok := convert(compiled.kind, a.Default)
		if !ok {
			c.problems.add(path+".default", "Write "+allowed(compiled.kind)+".", "%q does not fit the type", a.Default)
		}
		compiled.fallback = v
	}
	return compiled
}

// target checks the name and finds the type.
func (c *compilation) target(path string, a *attribute) {
	switch {
	case a.Target == "":
		c.problems.add(path+".target", "Name a profile attribute, such as "+TargetTitle+".", "is missing")
	case reserved[a.Target]:
		c.problems.add(path+".target", "Choose another name.", "%q is what the person is recognised by, and cannot be set", a.Target)
	case !targetName.MatchString(a.Target):
		c.problems.add(path+".target", "Use a lower-case letter, then lower-case letters, digits and _; 64 at most.", "%q is no name of a profile attribute", a.Target)
	}
	if kind, ok := wellKnown[a.Target]; ok {
		a.kind = kind
		if a.Type != "" && a.Type != kind {
			c.problems.add(path+".type", "Leave it out.", "%s has its own type, %s, not %s", a.Target, kind, a.Type)
		}
		return
	}
	switch a.kind = cmp.Or(a.Type, TypeString); a.kind {
	case TypeString, TypeBoolean, TypeNumber, TypeDateTime, TypeList:
	default:
		c.problems.add(path+".type", "Write string, boolean, number, datetime or list.", "%q is no type", a.Type)
		a.kind = TypeString
	}
}

// source compiles where the value comes from.
func (c *compilation) source(path string, a *attribute) {
	switch {
	case a.Source == "" && a.Expression == "":
		c.problems.add(path, "Set source or expression.", "has no source")
	case a.Source != "" && a.Expression != "":
		c.problems.add(path, "Remove one of both.", "has a source and an expression")
	case a.Source != "":
		a.source = c.parse(path+".source", a.Source)
		c.typed(path+".source", a)
	case c.Expressions == nil:
		c.problems.add(path+".expression", "Use a source, or give the server a language.", "this server knows no expressions")
	default:
		compute, err := c.Expressions(a.Expression)
		if err != nil {
			c.problems.add(path+".expression", "The variables are user, external_id, active and groups.", "%v", err)
			return
		}
		a.compute, c.m.computes = compute, true
	}
}

func (c *compilation) parse(path, text string) source {
	s, err := parseSource(text, c.User)
	var refused *scim.Error
	switch {
	case errors.As(err, &refused):
		c.problems.add(path, hintOf(refused), "%q cannot be read as a path", text)
	case err != nil:
		c.problems.add(path, "", "%q: %v", text, err)
	}
	return s
}

func hintOf(e *scim.Error) string {
	if e.Allowed == "" {
		return ""
	}
	return "Allowed: " + e.Allowed + "."
}

// typed refuses what can never have a value of the type: an object where a text is wanted, a path into an extension
// that does not declare it.
func (c *compilation) typed(path string, a *attribute) {
	for _, alternative := range a.source {
		for _, p := range alternative.places {
			c.declared(path, a.kind, p)
		}
	}
}

func (c *compilation) declared(path, kind string, p place) {
	if p.onlyClaim() {
		return
	}
	bound, err := scim.ParsePath(p.text, c.User, scim.Profile{})
	var refused *scim.Error
	switch {
	case errors.As(err, &refused):
		if isSchema(p.urn) {
			c.problems.add(path, hintOf(refused), "%q is not declared", p.text)
		}
	case bound.Attr == nil:
		c.problems.add(path, "Name one of its attributes.", "%q is a whole schema", p.text)
	case needsPart(bound) && kind != typeManager && p.text != "name": // a claim of that name is a text
		c.problems.add(path, "Name one of its parts, such as "+p.text+"."+bound.Attr.SubAttributes[0].Name+".", "%q is an object, and no %s", p.text, kind)
	}
}

// isSchema reports the URN of a SCIM schema: no claim is called so.
func isSchema(urn string) bool {
	const prefix = "urn:ietf:params:scim:"
	return len(urn) > len(prefix) && strings.EqualFold(urn[:len(prefix)], prefix)
}

// needsPart reports a complex attribute without "value".
func needsPart(p *scim.Path) bool {
	return p.Attr.Type == scim.TypeComplex && p.Sub == nil && p.Attr.Sub("value") == nil
}

// principal refuses to map what the person is recognised by once more (X4). As a fallback it only stands in.
func (c *compilation) principal(path string, a *attribute) {
	for i, alternative := range a.source {
		for _, p := range alternative.places {
			if strings.EqualFold(p.text, "externalId") || i == 0 && strings.EqualFold(p.text, c.Principal) {
				c.problems.add(path+".source", "Choose another source.", "%s is what the person is recognised by, and cannot be mapped again", p.text)
				return
			}
		}
	}
}

func (c *compilation) roles(r Rules) {
	if r.RoleAttribute != "" {
		c.m.roleAttribute, c.m.teamsAttribute = c.extension(r.RoleAttribute)
	}
	if r.UnknownRoles != "" && r.UnknownRoles != UnknownRefuse && r.UnknownRoles != UnknownDefault {
		c.problems.add("unknown_roles", "Write refuse or default.", "%q is unknown", r.UnknownRoles)
	}
	c.m.roleClaim = cmp.Or(r.RoleClaim, "role")
	accounts, err := parsePlace(cmp.Or(r.AccountsAttribute, "accounts"), c.User)
	if err != nil || accounts.filter != nil || accounts.sub != "" {
		c.problems.add("accounts_attribute", "Write its name, or URN:name.", "%q is no attribute", r.AccountsAttribute)
	}
	c.m.accounts = accounts
}

// extension reads the place of the role in an extension; the teams stand beside it.
func (c *compilation) extension(text string) (role, teams *place) {
	p, err := parsePlace(text, c.User)
	if err != nil || p.urn == "" || p.attr == "" || p.sub != "" || p.filter != nil {
		c.problems.add("role_attribute", "Write it as urn:ietf:params:scim:schemas:extension:acme:2.0:User:role.", "%q is no attribute of an extension", text)
		return nil, nil
	}
	return &p, &place{text: p.urn + ":teams", urn: p.urn, attr: "teams"}
}

func (c *compilation) groups(list []GroupRule) {
	if len(list) > maxGroupRules {
		c.problems.add("groups", "Send roles and accounts with the users instead.", "%d rules, at most %d are possible", len(list), maxGroupRules)
		return
	}
	for i := range list {
		c.group(fmt.Sprintf("groups[%d]", i), &list[i])
	}
	c.m.groups = newGroupIndex(list)
}

func (c *compilation) group(path string, r *GroupRule) {
	if strings.TrimSpace(r.Group) == "" {
		c.problems.add(path+".group", "Write the group's display name or externalId.", "is missing")
	}
	if r.Role == "" && len(r.Teams) == 0 && len(r.Accounts) == 0 {
		c.problems.add(path, "Set role, teams or accounts.", "grants nothing")
	}
	if len(r.Teams) > maxGrants || len(r.Accounts) > maxGrants {
		c.problems.add(path, "", "has more than %d teams or accounts", maxGrants)
	}
	if slices.ContainsFunc(r.Teams, func(t string) bool { return strings.TrimSpace(t) == "" }) {
		c.problems.add(path+".teams", "Remove it.", "a team has no name")
	}
	for i, key := range r.Accounts {
		if !workspaceKey.MatchString(key) {
			c.problems.add(fmt.Sprintf("%s.accounts[%d]", path, i), "Keys are letters, digits and -.", "%q is no key of a workspace", key)
		}
	}
}

func (c *compilation) userType(r Rules) {
	switch r.UserType {
	case "", UserInternal, UserExternal:
		c.m.userType = cmp.Or(r.UserType, UserInternal)
	default:
		c.problems.add("user_type", "Write internal or external.", "%q is unknown", r.UserType)
	}
}
