package scimtest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// isList: the value is there and an array, be it an empty one. authentik sends no
// additions to a group whose members are absent.
func isList(path string) check {
	return check{path + " present", func(a *answer) string {
		if v, _ := a.at(path); !isArray(v) {
			return fmt.Sprintf("%s is %s, want an array, [] when there are none", path, shown(v))
		}
		return ""
	}}
}

func isArray(v any) bool {
	_, ok := v.([]any)
	return ok
}

// when: the checks hold for an answer of that status; another status is judged by the
// step's list of them.
func when(status int, checks ...check) check {
	return check{"", func(a *answer) string {
		if a.Status != status {
			return ""
		}
		return missOf(a, checks)
	}}
}

// missOf is the first miss.
func missOf(a *answer, checks []check) string {
	for _, c := range checks {
		if miss := c.miss(a); miss != "" {
			return miss
		}
	}
	return ""
}

// either: the first check holds, or the second.
func either(one, other check) check {
	return check{strings.Trim(one.says+" or "+other.says, " "), func(a *answer) string {
		miss, otherMiss := one.miss(a), other.miss(a)
		if miss == "" || otherMiss == "" {
			return ""
		}
		return miss + "; and " + otherMiss
	}}
}

// saveHeader keeps a header as a variable, when there is one.
func saveHeader(name, header string) check {
	return check{"", func(a *answer) string {
		if value := a.Header.Get(header); value != "" {
			a.player.vars[name] = value
		}
		return ""
	}}
}

// mentions: the server's complaint names this value, so that an admin knows which one.
func mentions(text string) check {
	return check{"names the value", func(a *answer) string {
		if want := a.fill(text); !strings.Contains(a.text("detail"), want) {
			return fmt.Sprintf("detail is %q, want it to name %q", a.text("detail"), want)
		}
		return ""
	}}
}

// unique: 409 that says which rule it is about, so that a client looks the resource up
// instead of trying again.
func unique() check {
	return check{"", func(a *answer) string {
		return missOf(a, must(scimError(), is("scimType", "uniqueness")))
	}}
}

// config: the members of a ServiceProviderConfig that clients switch on, all of them
// (RFC 7643 §5). authentik reads an incomplete one as "nothing is supported" (T-009).
func config() check {
	return check{"complete", func(a *answer) string {
		for _, feature := range []string{"patch", "bulk", "filter", "changePassword", "sort", "etag"} {
			if v, _ := a.at(feature + "/supported"); !isBoolean(v) {
				return fmt.Sprintf("%s.supported is %s, want a boolean", feature, shown(v))
			}
		}
		return missOf(a, must(numbers("bulk/maxOperations", "bulk/maxPayloadSize", "filter/maxResults"), isList("authenticationSchemes")))
	}}
}

func isBoolean(v any) bool {
	_, ok := v.(bool)
	return ok
}

// regexpID is how keycloak-scim-outbound finds the id of the first resource: without a
// JSON parser, so that "id" must stand before the first closing brace (T-070).
var regexpID = regexp.MustCompile(`(?s)"Resources"\s*:\s*\[.*?\{[^}]*?"id"\s*:\s*"([^"]+)"`)

// readableByRegexp: that client finds the id in the text of the list.
func readableByRegexp(id string) check {
	return check{"id stands early", func(a *answer) string {
		m := regexpID.FindSubmatch(a.Body)
		if m == nil {
			return "a text search finds no id in the first resource: it must stand before nested objects"
		}
		if want := a.fill(id); string(m[1]) != want {
			return fmt.Sprintf("a text search finds the id %q, want %q: it must stand before nested objects", m[1], want)
		}
		return ""
	}}
}

// declared: an attribute that the RFC lacks came back. If not, the miss says what to
// declare.
func declared(path, want string) check {
	return check{"attribute kept", func(a *answer) string {
		v, ok := a.at(path)
		if !ok || isEmpty(v) {
			return fmt.Sprintf("%s did not come back: the server must know the attribute. "+
				"`usher simulate %s --schema` prints the schema to declare, in Usher by `usher schema create --workspace W FILE`", path, a.player.scenario.Name)
		}
		if got := shown(v); got != a.fill(want) {
			return fmt.Sprintf("%s is %s, want %s: it must come back exactly as sent", path, got, a.fill(want))
		}
		return ""
	}}
}

// announces: the schemas of the answer have an attribute that a client wants to write, in
// the notation of its mapping: "name.givenName", `emails[type eq "work"].value`,
// "urn:…:User:department".
func announces(targets ...string) check {
	return check{fmt.Sprintf("%d attributes", len(targets)), func(a *answer) string {
		var lacking []string
		for _, target := range targets {
			if !a.announced(target) {
				lacking = append(lacking, target)
			}
		}
		if len(lacking) > 0 {
			return "the schemas lack " + strings.Join(lacking, ", ")
		}
		return ""
	}}
}

// target is an attribute as Entra's mapping names it: URN, name, selector and
// sub-attribute.
var target = regexp.MustCompile(`^(?:(urn:.+):)?(\w+)(?:\[(\w+) eq "(\w+)"\])?(?:\.(\w+))?$`)

func (a *answer) announced(name string) bool {
	part := target.FindStringSubmatch(name)
	if part == nil {
		return false
	}
	urn, attribute, selector, label, sub := part[1], part[2], part[3], part[4], part[5]
	if urn == "" {
		urn = userURN
	}
	for _, s := range a.resources() {
		if object, _ := s.(map[string]any); object["id"] == urn {
			found := named(object["attributes"], attribute)
			return found != nil && (sub == "" || named(found["subAttributes"], sub) != nil) && (selector == "" || selectable(found, selector, label))
		}
	}
	return false
}

// selectable: elements can be told apart by that label. Entra takes the labels of "type"
// from the canonical values.
func selectable(attribute map[string]any, selector, label string) bool {
	s := named(attribute["subAttributes"], selector)
	if s == nil || selector != "type" {
		return s != nil
	}
	values, _ := s["canonicalValues"].([]any)
	return slices.ContainsFunc(values, func(v any) bool { return strings.EqualFold(fmt.Sprint(v), label) })
}

// named is the attribute of that name in any case, or nil.
func named(list any, name string) map[string]any {
	attributes, _ := list.([]any)
	for _, e := range attributes {
		if object, ok := e.(map[string]any); ok && strings.EqualFold(fmt.Sprint(object["name"]), name) {
			return object
		}
	}
	return nil
}
