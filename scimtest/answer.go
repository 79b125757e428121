package scimtest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/usher-scim/usher/scimclient"
)

const (
	userURN       = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupURN      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	listURN       = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	errorURN      = "urn:ietf:params:scim:api:messages:2.0:Error"
)

// answer is a response, decoded, and what its checks may look at.
type answer struct {
	*scimclient.Response
	request *scimclient.Request
	doc     map[string]any // nil when the body is not a JSON object
	player  *player
}

func newAnswer(p *player, sent *scimclient.Request, res *scimclient.Response) *answer {
	a := &answer{Response: res, request: sent, player: p}
	dec := json.NewDecoder(bytes.NewReader(res.Body))
	dec.UseNumber()
	if dec.Decode(&a.doc) != nil || dec.More() {
		a.doc = nil
	}
	return a
}

// at returns the value at a path of member names, array indexes and key=value
// selectors, separated by slashes: "Resources/0/id", "emails/type=work/value". URNs
// hold dots and colons, never slashes.
func (a *answer) at(path string) (any, bool) {
	var v any = a.doc
	for part := range strings.SplitSeq(path, "/") {
		var ok bool
		if v, ok = child(v, part); !ok {
			return nil, false
		}
	}
	return v, true
}

func child(v any, part string) (any, bool) {
	switch v := v.(type) {
	case map[string]any:
		value, ok := v[part]
		return value, ok
	case []any:
		return element(v, part)
	default:
		return nil, false
	}
}

// element selects by index or by key=value.
func element(list []any, part string) (any, bool) {
	if key, want, ok := strings.Cut(part, "="); ok {
		for _, e := range list {
			if object, ok := e.(map[string]any); ok && fmt.Sprint(object[key]) == want {
				return e, true
			}
		}
		return nil, false
	}
	i, err := strconv.Atoi(part)
	if err != nil || i < 0 || i >= len(list) {
		return nil, false
	}
	return list[i], true
}

// text returns the string at a path, or nothing.
func (a *answer) text(path string) string {
	v, _ := a.at(path)
	s, _ := v.(string)
	return s
}

// resources are the elements of a ListResponse.
func (a *answer) resources() []any {
	list, _ := a.doc["Resources"].([]any)
	return list
}

// number returns the JSON integer at a path.
func (a *answer) number(path string) (int, bool) {
	v, _ := a.at(path)
	n, isNumber := v.(json.Number)
	i, err := strconv.Atoi(n.String())
	return i, isNumber && err == nil
}

// values returns the "value" of each element of a multi-valued attribute.
func (a *answer) values(path string) []string {
	v, _ := a.at(path)
	list, _ := v.([]any)
	var out []string
	for _, e := range list {
		if object, ok := e.(map[string]any); ok {
			out = append(out, fmt.Sprint(object["value"]))
		}
	}
	return out
}

// summary says what came back in a few words.
func (a *answer) summary() string {
	switch {
	case a.Status >= 400:
		return strings.TrimSpace(fmt.Sprintf("%d %s", a.Status, a.text("scimType")))
	case a.doc == nil:
		return strconv.Itoa(a.Status)
	case a.doc["totalResults"] != nil:
		return fmt.Sprintf("%d, %v found", a.Status, a.doc["totalResults"])
	case a.doc["active"] != nil:
		return fmt.Sprintf("%d, active %s", a.Status, shown(a.doc["active"]))
	default:
		return fmt.Sprintf("%d %s", a.Status, a.text("meta/resourceType"))
	}
}

// complaint is what the server itself said about its refusal.
func (a *answer) complaint() string {
	const longest = 300
	if a.Status < 400 {
		return ""
	}
	said := cmp.Or(a.text("detail"), strings.TrimSpace(string(a.Body)))
	if len(said) > longest {
		said = strings.ToValidUTF8(said[:longest], "") + "…"
	}
	return said
}

// shown is a value as JSON writes it.
func shown(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}
