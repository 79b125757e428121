package scimtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// located: a 201 carries the new resource's URL, and meta.location agrees with it (RFC
// 7644 §3.3).
func located() check {
	return check{"Location", func(a *answer) string {
		location := a.Header.Get("Location")
		switch inMeta := a.text("meta/location"); {
		case location == "":
			return "the Location header is missing"
		case !strings.HasSuffix(location, "/"+asURL(a.text("id"))) && !strings.HasSuffix(location, "/"+a.text("id")):
			return fmt.Sprintf("Location %q does not end with the id %q", location, a.text("id"))
		case inMeta != "" && inMeta != location:
			return fmt.Sprintf("meta.location %q is not the Location %q", inMeta, location)
		default:
			return ""
		}
	}}
}

// list: a ListResponse with integer totals and a Resources array (RFC 7644 §3.4.2).
func list() check {
	return check{"list", func(a *answer) string {
		if miss := schema(listURN).miss(a); miss != "" {
			return miss
		}
		if miss := numbers("totalResults").miss(a); miss != "" {
			return miss
		}
		for _, name := range []string{"startIndex", "itemsPerPage"} {
			if _, there := a.doc[name]; there {
				if miss := numbers(name).miss(a); miss != "" {
					return miss
				}
			}
		}
		if _, isArray := a.doc["Resources"].([]any); !isArray && a.doc["Resources"] != nil {
			return fmt.Sprintf("Resources is %s, want an array", shown(a.doc["Resources"]))
		}
		return ""
	}}
}

// found: a list of exactly n.
func found(n int) check {
	return check{fmt.Sprintf("%d found", n), func(a *answer) string {
		if miss := list().miss(a); miss != "" {
			return miss
		}
		if total, _ := a.number("totalResults"); total != n {
			return fmt.Sprintf("totalResults is %d, want %d", total, n)
		}
		if got := len(a.resources()); got != n {
			return fmt.Sprintf("Resources has %d elements, want %d", got, n)
		}
		return ""
	}}
}

// atMost: a list page of n or fewer, and as many as it says (T-062).
func atMost(n int) check {
	return check{"", func(a *answer) string {
		got := len(a.resources())
		if got > n {
			return fmt.Sprintf("Resources has %d elements, want %d or fewer", got, n)
		}
		if per, ok := a.number("itemsPerPage"); ok && got > 0 && per != got {
			return fmt.Sprintf("itemsPerPage is %d on a page of %d", per, got)
		}
		return ""
	}}
}

// scimError: the body is a SCIM error with a detail that a person can read, its status
// a string (RFC 7644 §3.12).
func scimError() check {
	return check{"SCIM error", func(a *answer) string {
		if miss := schema(errorURN).miss(a); miss != "" {
			return miss
		}
		if miss := has("detail").miss(a); miss != "" {
			return miss
		}
		return is("status", fmt.Sprint(a.Status)).miss(a)
	}}
}

// member: the group holds this user, once.
func member(id string) check {
	return check{"member", func(a *answer) string {
		id := a.fill(id)
		switch n := countOf(a.values("members"), id); n {
		case 1:
			return ""
		case 0:
			return fmt.Sprintf("members lacks %s", id)
		default:
			return fmt.Sprintf("members holds %s %d times", id, n)
		}
	}}
}

// members: the group holds exactly these users.
func members(ids ...string) check {
	return check{fmt.Sprintf("members: %d", len(ids)), func(a *answer) string {
		for _, id := range ids {
			if miss := member(id).miss(a); miss != "" {
				return miss
			}
		}
		if got := a.values("members"); len(got) != len(ids) {
			return fmt.Sprintf("members has %d elements, want %d: %v", len(got), len(ids), got)
		}
		return ""
	}}
}

func countOf(list []string, s string) int {
	n := 0
	for _, e := range list {
		if e == s {
			n++
		}
	}
	return n
}

// manager: the reference stands in the enterprise extension and nowhere else.
func manager(id string) check {
	return check{"manager", func(a *answer) string {
		if miss := is(enterpriseURN+"/manager/value", id).miss(a); miss != "" {
			return miss
		}
		return noFlatManager(a)
	}}
}

// noManager: the reference is gone, and no key of it is left.
func noManager() check {
	return check{"no manager", func(a *answer) string {
		if v, there := a.at(enterpriseURN + "/manager/value"); there && !isEmpty(v) {
			return fmt.Sprintf("manager is %s, want none", shown(v))
		}
		return noFlatManager(a)
	}}
}

func noFlatManager(a *answer) string {
	for name := range a.doc {
		if name == "manager" || strings.HasSuffix(name, "User:manager") || strings.HasSuffix(name, "User.manager") {
			return fmt.Sprintf("%q stands at the top level, outside the enterprise extension", name)
		}
	}
	return ""
}

// echo: what was sent in that body comes back, string booleans as booleans (T-045,
// T-128). Attributes that a server owns are left out.
func echo(body string) check {
	return check{"all sent values", func(a *answer) string {
		text, err := a.player.literalBody(body)
		if err != nil {
			return err.Error()
		}
		var sent map[string]any
		dec := json.NewDecoder(strings.NewReader(text))
		dec.UseNumber()
		if err := dec.Decode(&sent); err != nil {
			return fmt.Sprintf("body %s: %v", body, err)
		}
		for _, name := range []string{"schemas", "id", "meta", "groups", "password"} {
			delete(sent, name)
		}
		return differs("", sent, a.doc)
	}}
}

// differs compares what was sent with what came back, which may hold more.
func differs(path string, sent, got any) string {
	switch sent := sent.(type) {
	case map[string]any:
		object, _ := got.(map[string]any)
		for name, value := range sent {
			if miss := differs(path+"/"+name, value, object[name]); miss != "" {
				return miss
			}
		}
		return ""
	case []any:
		return differsList(path, sent, got)
	default:
		if isEmpty(sent) && isEmpty(got) || shown(sent) == shown(got) || sameBoolean(sent, got) {
			return ""
		}
		return fmt.Sprintf("%s is %s, sent %s", strings.TrimPrefix(path, "/"), shown(got), shown(sent))
	}
}

// differsList ignores the order, which has no meaning (RFC 7643 §2.4).
func differsList(path string, sent []any, got any) string {
	list, _ := got.([]any)
	if len(list) != len(sent) {
		return fmt.Sprintf("%s has %d elements, sent %d", strings.TrimPrefix(path, "/"), len(list), len(sent))
	}
	for _, e := range sent {
		if !slices.ContainsFunc(list, func(g any) bool { return differs("", e, g) == "" }) {
			return fmt.Sprintf("%s lacks %s: %s", strings.TrimPrefix(path, "/"), shown(e), shown(list))
		}
	}
	return ""
}

// sameBoolean: "True" was sent and true came back (T-024).
func sameBoolean(sent, got any) bool {
	text, isText := sent.(string)
	truth, isBool := got.(bool)
	return isText && isBool && strings.EqualFold(text, fmt.Sprint(truth))
}
