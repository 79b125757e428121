package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/usher-scim/usher/scimclient"
)

const (
	userURN       = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupURN      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

	messages     = "urn:ietf:params:scim:api:messages:2.0:"
	listURN      = messages + "ListResponse"
	errorURN     = messages + "Error"
	patchURN     = messages + "PatchOp"
	searchURN    = messages + "SearchRequest"
	bulkURN      = messages + "BulkRequest"
	bulkReplyURN = messages + "BulkResponse"
)

type (
	object = map[string]any
	array  = []any
)

// answer is a response, decoded. The zero value is the answer to a request that was not sent.
type answer struct {
	status  int
	header  http.Header
	body    []byte
	doc     any // nil when the body is not JSON
	request *scimclient.Request
}

func newAnswer(req *scimclient.Request, res *scimclient.Response) *answer {
	a := &answer{status: res.Status, header: res.Header, body: res.Body, request: req}
	dec := json.NewDecoder(bytes.NewReader(res.Body))
	dec.UseNumber()
	if dec.Decode(&a.doc) != nil || dec.More() {
		a.doc = nil
	}
	return a
}

// object is the body, nil unless it is a JSON object.
func (a *answer) object() object {
	o, _ := a.doc.(object)
	return o
}

// media is the media type without its parameters.
func (a *answer) media() string {
	media, _, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	if err != nil {
		return a.header.Get("Content-Type")
	}
	return media
}

// at is the value at a path of member names, indexes and key=value selectors: "Resources/0/id",
// "emails/type=work/value". Names are matched without regard to case (RFC 7643 §2.1). nil when there is none.
func (a *answer) at(path string) any { return at(a.doc, path) }

func (a *answer) text(path string) string {
	text, _ := a.at(path).(string)
	return text
}

func at(v any, path string) any {
	for part := range strings.SplitSeq(path, "/") {
		v = child(v, part)
	}
	return v
}

func child(v any, part string) any {
	switch v := v.(type) {
	case object:
		return member(v, part)
	case array:
		return element(v, part)
	default:
		return nil
	}
}

func member(o object, name string) any {
	if v, ok := o[name]; ok {
		return v
	}
	for n, v := range o {
		if strings.EqualFold(n, name) {
			return v
		}
	}
	return nil
}

// element selects by index or by key=value.
func element(list array, part string) any {
	if key, want, ok := strings.Cut(part, "="); ok {
		for _, e := range list {
			if o, ok := e.(object); ok && strings.EqualFold(fmt.Sprint(member(o, key)), want) {
				return e
			}
		}
		return nil
	}
	if i, err := strconv.Atoi(part); err == nil && i >= 0 && i < len(list) {
		return list[i]
	}
	return nil
}

// resources are the elements of a ListResponse.
func (a *answer) resources() array {
	list, _ := a.at("Resources").(array)
	return list
}

// ids are the ids of a ListResponse's resources.
func (a *answer) ids() []string {
	var ids []string
	for _, r := range a.resources() {
		id, _ := at(r, "id").(string)
		ids = append(ids, id)
	}
	return ids
}

// number is the integer at a path, -1 when there is none.
func (a *answer) number(path string) int {
	n, _ := a.at(path).(json.Number)
	f, err := n.Float64() // how it is written is R-015
	if err != nil || f != float64(int(f)) {
		return -1
	}
	return int(f)
}

// values are the "value" of each element of a multi-valued attribute.
func valuesOf(v any) []string {
	list, _ := v.(array)
	var out []string
	for _, e := range list {
		if value, ok := at(e, "value").(string); ok {
			out = append(out, value)
		}
	}
	return out
}

// isNone: null, an empty string and an empty list or object are "no value" (RFC 7643 §2.5).
func isNone(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case array:
		return len(v) == 0
	case object:
		return len(v) == 0
	default:
		return false
	}
}

// shown is a value as JSON writes it, cut.
func shown(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	if len(b) > 300 {
		return strings.ToValidUTF8(string(b[:300]), "") + "…"
	}
	return string(b)
}

// says is the answer in a few words.
func (a *answer) says() string {
	text := "status " + strconv.Itoa(a.status)
	if t := a.text("scimType"); t != "" && a.status >= 400 {
		text += " " + t
	}
	if d := a.text("detail"); d != "" && a.status >= 400 {
		text += ": " + firstLine(d)
	}
	return text
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	if len(line) > 200 {
		line = strings.ToValidUTF8(line[:200], "") + "…"
	}
	return line
}

// quote writes a string as a filter's literal, which is JSON (RFC 7644 §3.4.2.2).
func quote(text string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(text) // a string is always written
	return strings.TrimSpace(b.String())
}

// withQuery appends parameters to a path: names and values in turn.
func withQuery(path string, params ...string) string {
	for i := 0; i+1 < len(params); i += 2 {
		sep := "&"
		if i == 0 {
			sep = "?"
		}
		path += sep + params[i] + "=" + strings.ReplaceAll(url.QueryEscape(params[i+1]), "+", "%20")
	}
	return path
}
