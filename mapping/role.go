package mapping

import (
	"slices"
	"strconv"
	"strings"

	"github.com/usher-scim/usher/scim"
)

// roleSource is one place that speaks of a role.
type roleSource struct {
	rule, source string
	values       []roleValue
}

// roleValue is one role as sent.
type roleValue struct {
	value, display string
	primary        bool
}

// is reports whether the value names the role.
func (v roleValue) is(name string) bool {
	return v.value == name || v.display == name || slices.Contains(split(v.value), name)
}

// others are the roles that the value names beside one.
func (v roleValue) others(name string) []string {
	if v.value == name || v.display == name {
		return nil
	}
	return slices.DeleteFunc(split(v.value), func(s string) bool { return s == name })
}

// named finds the role that a value names: by value, by display, or, where no role has such a name, by the first of a
// comma list that one has.
func (w Workspace) named(v roleValue) (string, bool) {
	for _, name := range []string{v.value, v.display} {
		if name != "" && slices.Contains(w.Roles, name) {
			return name, true
		}
	}
	if strings.Contains(v.value, ",") {
		for _, name := range split(v.value) {
			if slices.Contains(w.Roles, name) {
				return name, true
			}
		}
	}
	return "", false
}

// personRoles are the sources that speak of the person as a whole, the first one first (M8). What a login brings is
// only its role claim (J3).
func (d *decider) personRoles() []roleSource {
	o := d.p.Attributes
	if d.p.Login {
		v, _ := Claim(o, d.m.roleClaim)
		values := roleValues(v)
		return addRoles(nil, "role claim", d.m.roleClaim, values[:min(1, len(values))])
	}
	var all []roleSource
	if p := d.m.roleAttribute; p != nil {
		v, _ := p.raw(o, false)
		all = addRoles(all, "extension role", p.text, roleValues(v))
	}
	for _, name := range []string{"role", "roles"} {
		if v, _ := o.Get(name); v != nil {
			all = addRoles(all, name, name, roleValues(v))
		}
	}
	return all
}

func addRoles(all []roleSource, rule, source string, values []roleValue) []roleSource {
	if len(values) == 0 {
		return all
	}
	return append(all, roleSource{rule, source, values})
}

// roleValues reads the shapes in which roles come (M13): a text, a list of texts, complex values, and a JSON text of an
// object (T-113, T-136) or of a list of these.
func roleValues(v scim.Value) []roleValue {
	switch v := v.(type) {
	case scim.Array:
		var all []roleValue
		for _, e := range v {
			if _, nested := e.(scim.Array); !nested {
				all = append(all, roleValues(e)...)
			}
		}
		return all
	case *scim.Object:
		return roleObject(v)
	case string:
		return roleText(v)
	}
	if s, ok := text(v); ok {
		return []roleValue{{value: s}}
	}
	return nil
}

func roleObject(o *scim.Object) []roleValue {
	value, _ := o.Get("value")
	s, _ := value.(string)
	display, ok := o.Get("display")
	if !ok {
		display, _ = o.Get("displayName") // T-137
	}
	r := roleValue{value: s, primary: isPrimary(o)}
	r.display, _ = display.(string)
	if inner := jsonObject(s); inner != nil {
		if unwrapped := roleObject(inner); len(unwrapped) > 0 {
			r.value, r.display = unwrapped[0].value, unwrapped[0].display
		}
	}
	if r.value == "" {
		r.value = r.display
	}
	if r.value == "" {
		return nil
	}
	return []roleValue{r}
}

func roleText(s string) []roleValue {
	s = strings.TrimSpace(s)
	if o := jsonObject(s); o != nil {
		if values := roleObject(o); values != nil {
			return values
		}
	}
	if strings.HasPrefix(s, "[") {
		if o, err := scim.ParseJSON([]byte(`{"roles":`+s+"}"), scim.Limits{Depth: maxRoleDepth}); err == nil {
			list, _ := o.Get("roles")
			return roleValues(list)
		}
	}
	if s == "" {
		return nil
	}
	return []roleValue{{value: s}}
}

const maxRoleDepth = 4

// jsonObject is the object that a text holds; nil when it holds none, and then the text stands for itself.
func jsonObject(s string) *scim.Object {
	if !strings.HasPrefix(s, "{") {
		return nil
	}
	o, err := scim.ParseJSON([]byte(s), scim.Limits{Depth: maxRoleDepth})
	if err != nil {
		return nil
	}
	return o
}

// role decides a grant's role: the first source counts, and what the others say is noted (M8). "" is no role.
func (d *decider) role(g *Grant, sources []roleSource) error {
	w := d.t.Workspaces[g.Workspace]
	if len(sources) == 0 {
		g.RoleReason = Reason{Rule: ruleDefault, Value: w.DefaultRole}
		return nil
	}
	s := sources[0]
	name, sent, err := s.pick(w)
	if err != nil {
		// A login goes on without it (J3), and nobody keeps access because a role is gone.
		if !d.p.Login && g.Active && (d.m.rules.UnknownRoles != UnknownDefault || err.Kind != scim.KindUnknownRole) {
			return err
		}
		d.note(err.Detail() + " It was ignored.")
		g.RoleReason = Reason{Rule: ruleDefault, Value: w.DefaultRole}
		return nil
	}
	g.Role, g.RoleReason = name, Reason{Rule: s.rule, Source: s.source, Value: sent}
	d.noteOthers(w, s, name)
	for _, other := range sources[1:] {
		d.noteDisagreement(w, s, name, other)
	}
	return nil
}

// pick finds the role of a source: that of the primary value, else of the first that exists.
func (s roleSource) pick(w Workspace) (name, sent string, err *scim.Error) {
	candidates := s.values
	if i := slices.IndexFunc(candidates, func(v roleValue) bool { return v.primary }); i >= 0 {
		candidates = candidates[i : i+1]
	}
	for _, v := range candidates {
		name, ok := w.named(v)
		if !ok {
			continue
		}
		if !slices.Contains(w.Granted, name) {
			return "", "", scim.NewError(scim.KindRoleNotGranted, s.where(w), name, shortList(w.Granted))
		}
		return name, v.value, nil
	}
	return "", "", scim.NewError(scim.KindUnknownRole, s.where(w), candidates[0].value, shortList(w.Roles))
}

func (s roleSource) where(w Workspace) string { return s.source + " (workspace " + w.Key + ")" }

// noteOthers notes the further values of the source that counts: one membership has one role.
func (d *decider) noteOthers(w Workspace, s roleSource, name string) {
	var others []string
	for _, v := range s.values {
		for _, other := range v.others(name) {
			others = append(others, quote(other))
		}
	}
	if len(others) > 0 {
		d.note(s.where(w) + ": " + quote(name) + " counts; ignored, because a member has one role: " + shortList(others))
	}
}

func (d *decider) noteDisagreement(w Workspace, s roleSource, name string, other roleSource) {
	if slices.ContainsFunc(other.values, func(v roleValue) bool { return v.is(name) }) {
		return
	}
	d.note(s.where(w) + ": " + quote(name) + " counts; " + other.rule + " says " + quote(other.values[0].value) + ", which was ignored")
}

// quote is a value in a remark, which no value makes long.
func quote(s string) string {
	const most = 120
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return strconv.Quote(s)
}

const maxListed = 10

// shortList names the first few.
func shortList(names []string) string {
	switch n := len(names); {
	case n == 0:
		return "none"
	case n > maxListed:
		return strings.Join(names[:maxListed], ", ") + " and " + strconv.Itoa(n-maxListed) + " more"
	}
	return strings.Join(names, ", ")
}
