package scimtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// check is one thing that must hold for an answer.
type check struct {
	says string                 // in the report's "expected"; empty for what goes without saying
	miss func(a *answer) string // what is wrong, empty when it holds
}

// sent is a value whose variables are filled in when it is compared.
func (a *answer) fill(want string) string {
	filled, err := a.player.vars.expand(want, asText)
	if err != nil {
		return want
	}
	return filled
}

// is: the value at path is exactly this string, boolean or integer. A JSON string
// "true" is not the boolean true (T-023).
func is(path string, want any) check {
	return check{brief(path, want), func(a *answer) string {
		want := want
		if text, ok := want.(string); ok {
			want = a.fill(text)
		}
		got, ok := a.at(path)
		if !ok {
			return fmt.Sprintf("%s is missing, want %s", path, shown(want))
		}
		if shown(got) != shown(want) {
			return fmt.Sprintf("%s is %s, want %s", path, shown(got), shown(want))
		}
		return ""
	}}
}

// brief names what the report's reader looks for, and leaves the rest unsaid.
func brief(path string, want any) string {
	switch last := path[strings.LastIndex(path, "/")+1:]; last {
	case "active", "totalResults", "itemsPerPage", "status", "scimType":
		return fmt.Sprintf("%s %v", last, want)
	case "id":
		return "same id"
	default:
		return ""
	}
}

// has: the value at each path is there and not empty.
func has(paths ...string) check {
	return check{"", func(a *answer) string {
		for _, path := range paths {
			if v, ok := a.at(path); !ok || isEmpty(v) {
				return path + " is missing or empty"
			}
		}
		return ""
	}}
}

// lacks: there is no value at any of the paths; null, "", [] and {} are none (RFC
// 7643 §2.5).
func lacks(paths ...string) check {
	return check{"", func(a *answer) string {
		for _, path := range paths {
			if v, ok := a.at(path); ok && !isEmpty(v) {
				return fmt.Sprintf("%s is %s, want none", path, shown(v))
			}
		}
		return ""
	}}
}

// hides: the member is not in the answer at all, not even empty.
func hides(path string) check {
	return check{"no " + path[strings.LastIndex(path, "/")+1:], func(a *answer) string {
		if v, ok := a.at(path); ok {
			return fmt.Sprintf("%s is %s, want it left out", path, shown(v))
		}
		return ""
	}}
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	default:
		return false
	}
}

// numbers: the value at each path is a JSON integer.
func numbers(paths ...string) check {
	return check{"", func(a *answer) string {
		for _, path := range paths {
			if _, ok := a.number(path); !ok {
				v, _ := a.at(path)
				return fmt.Sprintf("%s is %s, want a JSON integer", path, shown(v))
			}
		}
		return ""
	}}
}

// count: the multi-valued attribute has exactly n elements.
func count(path string, n int) check {
	return check{"", func(a *answer) string {
		v, _ := a.at(path)
		if list, _ := v.([]any); len(list) != n {
			return fmt.Sprintf("%s has %d elements, want %d: %s", path, len(list), n, shown(v))
		}
		return ""
	}}
}

// save keeps a value as a variable, for later steps.
func save(name, path string) check {
	return check{"", func(a *answer) string {
		value := a.text(path)
		if value == "" {
			return path + " is missing or empty"
		}
		a.player.vars[name] = value
		return ""
	}}
}

// schema: the answer's schemas name this one.
func schema(urn string) check {
	return check{"", func(a *answer) string {
		v, _ := a.at("schemas")
		if list, _ := v.([]any); !slices.Contains(list, any(urn)) {
			return fmt.Sprintf("schemas is %s, want it to hold %s", shown(v), urn)
		}
		return ""
	}}
}

// whole: an answer that should have a body has one, and 204 has none. Okta reports an
// empty 201 as "Create new user returned empty user" (T-133).
func whole() check {
	return check{"", func(a *answer) string {
		switch {
		case a.Status == 204 && len(a.Body) > 0:
			return fmt.Sprintf("status 204 came with a body of %d bytes", len(a.Body))
		case a.Status != 204 && a.Status < 300 && a.doc == nil:
			return fmt.Sprintf("status %d came without a JSON object as body", a.Status)
		default:
			return ""
		}
	}}
}

// scimMedia: every body is application/scim+json, errors included (RFC 7644 §8.1).
func scimMedia() check {
	return check{"", func(a *answer) string {
		media, _, _ := strings.Cut(a.Header.Get("Content-Type"), ";")
		if len(a.Body) > 0 && !strings.EqualFold(strings.TrimSpace(media), "application/scim+json") {
			return fmt.Sprintf("Content-Type is %q, want application/scim+json", a.Header.Get("Content-Type"))
		}
		return ""
	}}
}

// typed: the answer can be read into typed objects, as Microsoft's tools do: no string
// where a boolean belongs (T-024), no number written as a string, no null (T-135).
func typed() check {
	return check{"", func(a *answer) string { return mistyped("", a.doc) }}
}

func mistyped(path string, v any) string {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if miss := mistypedMember(path+name, name, value); miss != "" {
				return miss
			}
		}
	case []any:
		for i, e := range v {
			if miss := mistyped(fmt.Sprintf("%s%d/", path, i), e); miss != "" {
				return miss
			}
		}
	}
	return ""
}

func mistypedMember(path, name string, value any) string {
	var ok bool
	var want string
	switch name {
	case "active", "primary":
		_, ok = value.(bool)
		want = "a boolean"
	case "totalResults", "startIndex", "itemsPerPage":
		_, ok = value.(json.Number)
		want = "an integer"
	case "schemas", "Resources", "members", "groups", "emails", "phoneNumbers", "addresses", "roles", "Operations":
		_, ok = value.([]any)
		want = "an array"
	case "id", "userName", "displayName", "externalId", "title", "nickName":
		_, ok = value.(string)
		want = "a string"
	default:
		ok, want = value != nil, "no null"
	}
	if !ok {
		return fmt.Sprintf("%s is %s, want %s", path, shown(value), want)
	}
	return mistyped(path+"/", value)
}
