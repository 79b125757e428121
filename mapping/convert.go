package mapping

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/usher-scim/usher/scim"
)

// convert brings a value into the form of a type; ok is false when it has none. Text stays as it was sent.
func convert(kind string, v scim.Value) (scim.Value, bool) {
	switch kind {
	case TypeBoolean:
		return toBoolean(v)
	case TypeNumber:
		return toNumber(v)
	case TypeDateTime:
		s, ok := v.(string)
		return v, ok && isDateTime(s)
	case TypeList:
		return toList(v)
	case typeManager:
		return toManager(v)
	case typeEmail:
		s, ok := text(v)
		return keep(v, s), ok && isEmail(s)
	case typeUserType:
		return toUserType(v)
	}
	s, ok := text(v)
	return keep(v, s), ok
}

// keep spares the allocation of a text that is in v already.
func keep(v scim.Value, s string) scim.Value {
	if _, ok := v.(string); ok {
		return v
	}
	return s
}

// allowed says what a type takes, for an error.
func allowed(kind string) string {
	switch kind {
	case TypeBoolean:
		return "true or false"
	case TypeNumber:
		return "a number such as 12 or 12.5"
	case TypeDateTime:
		return "a date and time such as 2026-01-31T09:00:00Z"
	case TypeList:
		return "a list of texts"
	case typeEmail:
		return "an e-mail address"
	case typeManager:
		return "the manager's id, or an object with value and displayName"
	case typeUserType:
		return "internal or external"
	}
	return "a text"
}

// text is the text of a single value: of a complex one its "value", else its "display".
func text(v scim.Value) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, v != ""
	case scim.Number:
		return string(v), true
	case bool:
		if v {
			return "true", true
		}
		return "false", true
	case scim.Array:
		if len(v) > 0 {
			return text(v[0])
		}
	case *scim.Object:
		for _, name := range []string{"value", "display", "displayName"} {
			if s, ok := v.Get(name); ok {
				if s, ok := s.(string); ok && s != "" {
					return s, true
				}
			}
		}
	}
	return "", false
}

// toBoolean takes Entra's texts too (T-023, D-04).
func toBoolean(v scim.Value) (scim.Value, bool) {
	s, _ := text(v)
	switch {
	case strings.EqualFold(s, "true"):
		return true, true
	case strings.EqualFold(s, "false"):
		return false, true
	}
	return nil, false
}

func toNumber(v scim.Value) (scim.Value, bool) {
	s, _ := text(v)
	s = strings.TrimSpace(s)
	raw := jsontext.Value(s)
	return scim.Number(s), s != "" && raw.Kind() == '0' && raw.IsValid()
}

func isDateTime(s string) bool {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateOnly} {
		if _, err := time.Parse(layout, s); err == nil {
			return true
		}
	}
	return false
}

// toList takes a list, or one text with commas.
func toList(v scim.Value) (scim.Value, bool) {
	list := scim.Array{}
	for _, s := range texts(v) {
		list = append(list, s)
	}
	return list, len(list) > 0
}

// texts are the texts of a list, of one value, or of one text with commas.
func texts(v scim.Value) []string {
	elements, ok := v.(scim.Array)
	if !ok {
		s, _ := text(v)
		return split(s)
	}
	var all []string
	for _, e := range elements {
		if s, ok := text(e); ok {
			if s = strings.TrimSpace(s); s != "" {
				all = append(all, s)
			}
		}
	}
	return all
}

// split cuts a text at its commas.
func split(s string) []string {
	var all []string
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}

// toManager keeps the manager as sent: who that is may be known later (E3).
func toManager(v scim.Value) (scim.Value, bool) {
	if o, ok := v.(*scim.Object); ok {
		return o, true
	}
	s, ok := text(v)
	return &scim.Object{Members: []scim.Member{{Name: "value", Value: s}}}, ok
}

func toUserType(v scim.Value) (scim.Value, bool) {
	s, _ := text(v)
	switch s = strings.ToLower(strings.TrimSpace(s)); s {
	case UserInternal, UserExternal:
		return s, true
	}
	return nil, false
}

// isEmail reports what looks like an e-mail address: enough to tell one from a user name. Whether it is one, only mail
// can tell.
func isEmail(s string) bool {
	at := strings.LastIndexByte(s, '@')
	return 0 < at && at < len(s)-1 && !strings.ContainsAny(s, " \t\r\n<>,;")
}
