package mapping

import (
	"strconv"

	"github.com/usher-scim/usher/scim"
)

// computed computes an attribute's expression.
func (d *decider) computed(a *attribute) (Value, error) {
	result, err := a.compute(d.environment())
	if err != nil {
		if d.p.Login {
			d.note("expression of " + a.Target + ": " + err.Error())
			return Value{}, nil
		}
		e := scim.NewError(scim.KindBadMapping, "expression of "+a.Target, err.Error(), "")
		e.Cause = err
		return Value{}, e
	}
	v := fromGo(result)
	if isEmpty(v) {
		return Value{}, nil
	}
	c, ok := convert(a.kind, v)
	if !ok {
		return Value{}, d.refuse(a, "expression of "+a.Target, shown(v))
	}
	return Value{a.Target, c, Reason{Rule: ruleExpression, Source: a.Expression, Value: shown(v)}}, nil
}

// environment is what expressions see. It is made once for all of them.
func (d *decider) environment() map[string]any {
	if d.variables == nil {
		names := make([]any, len(d.p.Groups))
		for i, g := range d.p.Groups {
			names[i] = g.Name
		}
		user := toGo(d.p.Attributes)
		if user == nil {
			user = map[string]any{}
		}
		d.variables = map[string]any{"user": user, "external_id": d.p.ExternalID, "active": d.p.Active, "groups": names}
	}
	return d.variables
}

// toGo is a value as expressions see it.
func toGo(v scim.Value) any {
	switch v := v.(type) {
	case *scim.Object:
		if v == nil {
			return nil
		}
		m := make(map[string]any, len(v.Members))
		for _, member := range v.Members {
			m[member.Name] = toGo(member.Value)
		}
		return m
	case scim.Array:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = toGo(e)
		}
		return list
	case scim.Number:
		return number(string(v))
	}
	return v
}

func number(s string) any {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return f
	}
	return s
}

// fromGo is what an expression computed; nil when that is nothing that a profile can hold.
func fromGo(v any) scim.Value {
	switch v := v.(type) {
	case string, bool:
		return v
	case int64:
		return scim.Number(strconv.FormatInt(v, 10))
	case float64:
		n := scim.Number(strconv.FormatFloat(v, 'g', -1, 64))
		if _, ok := toNumber(n); ok { // neither infinite nor no number
			return n
		}
	case []any:
		list := scim.Array{}
		for _, e := range v {
			if v := fromGo(e); v != nil {
				list = append(list, v)
			}
		}
		return list
	}
	return nil
}
