package mapping

import "github.com/usher-scim/usher/scim"

// attribute is a compiled [Attribute].
type attribute struct {
	Attribute
	kind     string
	source   source
	compute  Expression
	fallback scim.Value // of Default
}

// The rules that a profile's reasons name.
const (
	ruleAttribute        = "attribute"
	ruleExpression       = "expression"
	ruleDefault          = "default"
	ruleWorkspaceDefault = "workspace default"
	ruleUserType         = "user_type"
)

// profile decides the attributes.
func (d *decider) profile() error {
	d.Profile = make([]Value, 0, len(d.m.attributes)+1)
	typed := false
	for i := range d.m.attributes {
		a := &d.m.attributes[i]
		if a.Apply == ApplyCreate && !d.p.Creating {
			continue
		}
		v, err := d.value(a)
		switch {
		case err != nil:
			return err
		case v.Value != nil:
			d.Profile = append(d.Profile, v)
			typed = typed || a.Target == TargetUserType
		case a.Required && !d.p.Login:
			return scim.NewError(scim.KindMissing, a.origin(), "", allowed(a.kind)+`, for "`+a.Target+`"`)
		case !isKept(a.Target) && a.Target != TargetUserType && a.Apply != ApplyCreate:
			d.Absent = append(d.Absent, a.Target)
		}
	}
	if !typed { // X7
		d.Profile = append(d.Profile, Value{Target: TargetUserType, Value: d.m.userType, Reason: Reason{Rule: ruleUserType}})
	}
	return nil
}

// origin names where the value should come from.
func (a *attribute) origin() string {
	if a.compute != nil {
		return "expression of " + a.Target
	}
	return a.Source
}

// value decides one attribute; its Value is nil when there is none.
func (d *decider) value(a *attribute) (Value, error) {
	v, err := d.sent(a)
	if v.Value != nil || err != nil {
		return v, err
	}
	// What stands in for language and time zone does so at creation only: values that are there are kept (X13).
	if d.p.Creating || !isKept(a.Target) {
		if a.fallback != nil {
			return Value{a.Target, a.fallback, Reason{Rule: ruleDefault, Value: a.Default}}, nil
		}
		if s := d.workspaceDefault(a.Target); s != "" {
			return Value{a.Target, s, Reason{Rule: ruleWorkspaceDefault, Value: s}}, nil
		}
	}
	return Value{}, nil
}

func (d *decider) workspaceDefault(target string) string {
	switch target {
	case TargetLanguage:
		return d.p.Language
	case TargetTimeZone:
		return d.p.TimeZone
	}
	return ""
}

// sent is what the IdP brings for the attribute.
func (d *decider) sent(a *attribute) (Value, error) {
	if a.compute != nil {
		return d.computed(a)
	}
	var refused scim.Value
	where := ""
	for i := range a.source {
		s := &a.source[i]
		v := s.value(a.kind, d.p.Attributes, d.p.Login)
		if v == nil {
			continue
		}
		if c, ok := convert(a.kind, v); ok {
			return Value{a.Target, c, Reason{Rule: ruleAttribute, Source: s.text, Value: shown(v)}}, nil
		}
		if _, isObject := v.(*scim.Object); isObject || a.kind == typeEmail && s.text == "userName" {
			continue // a document's name where a claim's was meant; a user name need not be an e-mail
		}
		if refused == nil {
			refused, where = v, s.text
		}
	}
	if refused == nil {
		return Value{}, nil
	}
	return Value{}, d.refuse(a, where, shown(refused))
}

// refuse is for a value that does not fit. A login goes on without it, and so does a user name that is no e-mail.
func (d *decider) refuse(a *attribute, where, value string) error {
	if d.p.Login || a.kind == typeEmail {
		d.note(where + ": " + quote(value) + " is not " + allowed(a.kind) + ", so " + a.Target + " does without it")
		return nil
	}
	return scim.NewError(scim.KindBadMapping, where, value, allowed(a.kind)+`, for "`+a.Target+`"`)
}

// shown is a value as a reason shows it.
func shown(v scim.Value) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case scim.Number:
		return string(v)
	}
	return string(scim.AppendJSON(nil, v))
}
