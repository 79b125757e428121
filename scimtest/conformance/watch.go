package conformance

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// watch looks at every answer of the run for the rules that hold of any answer. What it finds is reported with the
// rule at the end, not with the check that happened to send the request.
type watch struct {
	seen map[string]int   // by rule: how many answers could show it
	bad  map[string]*miss // by rule: the first one that did
}

func newWatch() *watch { return &watch{map[string]int{}, map[string]*miss{}} }

// rule notes one look: ok, or else what was wanted and what was there.
func (w *watch) rule(s *session, id string, ok bool, want, got string) {
	w.seen[id]++
	if !ok && w.bad[id] == nil {
		w.bad[id] = &miss{want: want, got: got, trail: s.trail[max(0, len(s.trail)-1):]}
	}
}

// watched is the check of a rule that watch looks at.
func watched(id string) func(*session) {
	return func(s *session) {
		switch bad := s.watch.bad[id]; {
		case bad != nil:
			s.err = bad
		case s.watch.seen[id] == 0:
			s.err = &skip{NotAnnounced, "no answer of the run had it"}
		}
	}
}

func (w *watch) see(s *session, a *answer) {
	w.rule(s, "R-165", a.status < 500 || a.status == 501, "no server error", a.says())
	switch {
	case a.status == 401 || a.status/100 == 3 || len(a.body) == 0:
		// A gateway may answer 401; what a redirect says is not SCIM.
	case a.status >= 400:
		w.media(s, a)
		w.failure(s, a)
	default:
		w.media(s, a)
		w.list(s, a)
		w.resources(s, a)
	}
}

func (w *watch) media(s *session, a *answer) {
	if a.request.Header.Get("Accept") == mediaSCIM {
		w.rule(s, "R-009", strings.EqualFold(a.media(), mediaSCIM), "Content-Type "+mediaSCIM, "Content-Type "+quote(a.header.Get("Content-Type")))
	}
}

// scimTypes are the keywords and the status that each belongs to (RFC 7644 §3.12, RFC 9865 §2.1).
var scimTypes = map[string]int{
	"invalidFilter": 400, "tooMany": 400, "uniqueness": 409, "mutability": 400, "invalidSyntax": 400, "invalidPath": 400,
	"noTarget": 400, "invalidValue": 400, "invalidVers": 400, "sensitive": 403,
	"invalidCursor": 400, "expiredCursor": 400, "invalidCount": 400,
}

func (w *watch) failure(s *session, a *answer) {
	status, isText := a.at("status").(string)
	w.rule(s, "R-161", slices.Contains(stringsOf(a.at("schemas")), errorURN), "schemas with "+errorURN, firstLine(string(a.body)))
	if a.object() == nil {
		return
	}
	w.rule(s, "R-161", isText, "status as a JSON string", shown(a.at("status")))
	if !isText {
		status = fmt.Sprint(a.at("status"))
	}
	w.rule(s, "R-162", a.at("status") == nil || status == strconv.Itoa(a.status), "status "+strconv.Itoa(a.status)+" in the body", shown(a.at("status")))
	if scimType := a.at("scimType"); !isNone(scimType) {
		keyword, _ := scimType.(string)
		belongs, known := scimTypes[keyword]
		w.rule(s, "R-163", known, "a scimType of RFC 7644 table 9 or RFC 9865", shown(scimType))
		if known {
			right := belongs == a.status || keyword == "uniqueness" && a.status == 400 // table 9 has it under 400, §3.3 asks for 409: R-047
			w.rule(s, "R-164", right, fmt.Sprintf("status %d with %s", belongs, keyword), a.says())
		}
	}
}

func (w *watch) list(s *session, a *answer) {
	if !slices.Contains(stringsOf(a.at("schemas")), listURN) {
		return
	}
	for _, name := range []string{"totalResults", "startIndex", "itemsPerPage"} {
		if v := a.at(name); v != nil {
			w.rule(s, "R-015", isInteger(v), name+" as a JSON integer", shown(v))
		}
	}
}

func isInteger(v any) bool {
	n, ok := v.(json.Number)
	return ok && !strings.ContainsAny(n.String(), ".eE")
}

// resources looks at each resource of the answer.
func (w *watch) resources(s *session, a *answer) {
	t := s.provider.typeOf(a.request.Path)
	if t == nil || a.object() == nil {
		return
	}
	docs := array{a.doc}
	if slices.Contains(stringsOf(a.at("schemas")), listURN) {
		docs = a.resources()
	}
	for _, doc := range docs {
		if o, ok := doc.(object); ok && at(o, "id") != nil {
			w.resource(s, t, o)
		}
	}
}

func (w *watch) resource(s *session, t *resourceType, doc object) {
	id, _ := at(doc, "id").(string)
	w.rule(s, "R-025", id != "" && !strings.Contains(id, "bulkId"), "a non-empty string without bulkId as id", shown(at(doc, "id")))
	w.schemas(s, t, doc)
	w.location(s, t, at(doc, "meta/location"))
	if t == s.provider.user {
		w.rule(s, "R-035", at(doc, "password") == nil, "no password in any answer", "a member password")
	}
	for _, name := range []string{"meta/created", "meta/lastModified"} {
		if v := at(doc, name); v != nil {
			w.rule(s, "R-016", isDateTime(v), name+" as xsd:dateTime", shown(v))
		}
	}
	for name, v := range doc {
		w.rule(s, "R-023", v != nil, "attributes without a value left out", name+" is null")
	}
	if s.provider.announces {
		w.shape(s, t, doc)
	}
}

func (w *watch) schemas(s *session, t *resourceType, doc object) {
	v := at(doc, "schemas")
	if v == nil {
		return // R-059 asks for it where it must be
	}
	list := stringsOf(v)
	w.rule(s, "R-024", len(list) > 0, "schemas that are not empty", shown(v))
	for i, urn := range list {
		known := strings.EqualFold(urn, t.schema.urn) || t.extension(urn) != nil || !s.provider.announces
		w.rule(s, "R-024", known, "only URNs of "+t.name+" in schemas", urn)
		w.rule(s, "R-024", !slices.Contains(list[:i], urn), "each URN once in schemas", shown(v))
	}
}

func (t *resourceType) extension(urn string) *schema {
	if t == nil {
		return nil
	}
	for _, e := range t.extensions {
		if strings.EqualFold(e.urn, urn) {
			return e
		}
	}
	return nil
}

// location: a URL below the base URL, without a query. Hosts are not compared: behind a proxy a server may know
// itself by another name.
func (w *watch) location(s *session, t *resourceType, v any) {
	if v == nil {
		return
	}
	location, _ := v.(string)
	want := t.endpoint + "/"
	if strings.Contains(location, "://") {
		want = basePath(s.client.BaseURL) + want
	}
	w.rule(s, "R-001", strings.Contains(location, want) && !strings.Contains(location, "?"),
		"meta.location below "+basePath(s.client.BaseURL)+t.endpoint+", without a query", shown(v))
}

var dateTime = regexp.MustCompile(`^-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$`)

func isDateTime(v any) bool {
	text, ok := v.(string)
	return ok && dateTime.MatchString(text)
}

var base64Text = regexp.MustCompile(`^[A-Za-z0-9+/_\-\r\n]*={0,2}$`)

// shape holds what is there to the types that the schemas declare.
func (w *watch) shape(s *session, t *resourceType, doc object) {
	for name, v := range doc {
		switch e := t.extension(name); {
		case e != nil:
			if o, ok := v.(object); ok {
				w.attributes(s, e.attributes, o, 0)
			}
		default:
			w.attributes(s, t.schema.attributes, object{name: v}, 0)
		}
	}
}

func (w *watch) attributes(s *session, declared []*attribute, doc object, depth int) {
	for _, a := range declared {
		v := member(doc, a.name)
		if isNone(v) {
			continue
		}
		list, isList := v.(array)
		w.rule(s, "R-042", isList == a.multi, "values of "+a.name+" as declared: multiValued "+strconv.FormatBool(a.multi), shown(v))
		if !isList {
			list = array{v}
		}
		for _, e := range list {
			w.value(s, a, e, depth)
		}
	}
}

func (w *watch) value(s *session, a *attribute, v any, depth int) {
	_, isText := v.(string)
	switch strings.ToLower(a.kind) {
	case "integer":
		w.rule(s, "R-015", isInteger(v), a.name+" as a JSON integer", shown(v))
	case "datetime":
		w.rule(s, "R-016", isDateTime(v), a.name+" as xsd:dateTime", shown(v))
	case "binary":
		w.rule(s, "R-017", isText && base64Text.MatchString(v.(string)), a.name+" in base64", shown(v))
	case "boolean":
		_, isBool := v.(bool)
		w.rule(s, "R-042", isBool, a.name+" as declared: boolean", shown(v))
	case "string", "reference":
		w.rule(s, "R-042", isText, a.name+" as declared: "+a.kind, shown(v))
	case "complex":
		o, isObject := v.(object)
		w.rule(s, "R-042", isObject, a.name+" as declared: complex", shown(v))
		w.rule(s, "R-019", depth == 0, "no complex attribute inside "+a.name, shown(v))
		if depth == 0 {
			w.attributes(s, a.subs, o, depth+1)
		}
	}
}
