package conformance

import (
	"encoding/json"
	"strconv"
	"strings"
)

// provider is what the server says about itself, as far as checks need it.
type provider struct {
	config, types, schemas *answer // as they came; nil before prepare

	patch, filter, sort, etag, bulk, changePassword, cursor bool
	maxOperations, maxPayload, maxResults                   int
	maxPage                                                 int

	user, group *resourceType // nil when the server has none
	all         []*resourceType
	byURN       map[string]*schema // keys in lower case
	announces   bool               // schemas were read, not assumed
}

type resourceType struct {
	name, endpoint string
	schema         *schema
	extensions     []*schema
	required       []string // URNs of extensions that every resource must have
}

type schema struct {
	urn        string
	attributes []*attribute
}

type attribute struct {
	schema                           *schema
	name, kind                       string
	multi, required, caseExact       bool
	mutability, returned, uniqueness string
	canonical, references            []string
	subs                             []*attribute
}

// assumed is the little that is taken for granted of a server that says nothing: core users and groups, filters and
// PATCH.
func assumed() *provider {
	user := &schema{urn: userURN}
	user.attributes = []*attribute{
		plain(user, "userName", true), plain(user, "displayName", false),
		{schema: user, name: "name", kind: "complex", mutability: "readWrite", returned: "default", subs: []*attribute{
			plain(user, "givenName", false), plain(user, "familyName", false), plain(user, "formatted", false),
		}},
		{schema: user, name: "active", kind: "boolean", mutability: "readWrite", returned: "default"},
		{schema: user, name: "emails", kind: "complex", multi: true, mutability: "readWrite", returned: "default", subs: []*attribute{
			plain(user, "value", false), plain(user, "type", false),
			{schema: user, name: "primary", kind: "boolean", mutability: "readWrite", returned: "default"},
		}},
	}
	group := &schema{urn: groupURN}
	group.attributes = []*attribute{
		plain(group, "displayName", true),
		{schema: group, name: "members", kind: "complex", multi: true, mutability: "readWrite", returned: "default", subs: []*attribute{
			plain(group, "value", false),
		}},
	}
	p := &provider{patch: true, filter: true, byURN: map[string]*schema{}}
	p.user = &resourceType{name: "User", endpoint: "/Users", schema: user}
	p.group = &resourceType{name: "Group", endpoint: "/Groups", schema: group}
	p.all = []*resourceType{p.user, p.group}
	return p
}

func plain(of *schema, name string, required bool) *attribute {
	return &attribute{schema: of, name: name, kind: "string", required: required, mutability: "readWrite", returned: "default", uniqueness: "none"}
}

// readConfig takes what /ServiceProviderConfig says. Whatever it leaves out is not supported.
func (p *provider) readConfig(a *answer) {
	p.config = a
	if a.status != 200 || a.object() == nil {
		return
	}
	yes := func(path string) bool { return a.at(path) == true }
	p.patch, p.filter, p.sort = yes("patch/supported"), yes("filter/supported"), yes("sort/supported")
	p.etag, p.bulk, p.changePassword = yes("etag/supported"), yes("bulk/supported"), yes("changePassword/supported")
	p.cursor = yes("pagination/cursor")
	p.maxOperations, p.maxPayload = a.number("bulk/maxOperations"), a.number("bulk/maxPayloadSize")
	p.maxResults, p.maxPage = a.number("filter/maxResults"), a.number("pagination/maxPageSize")
}

// listed are the elements of a discovery answer: a ListResponse, or a bare array as some servers send.
func listed(a *answer) array {
	if list, ok := a.doc.(array); ok {
		return list
	}
	return a.resources()
}

// readSchemas takes the schemas and the resource types that the server announces. Where it announces none, what is
// assumed stays.
func (p *provider) readSchemas(schemas, types *answer) {
	p.schemas, p.types = schemas, types
	for _, doc := range listed(schemas) {
		if s := readSchema(doc); s != nil {
			p.byURN[strings.ToLower(s.urn)] = s
		}
	}
	if u := p.byURN[strings.ToLower(userURN)]; u != nil {
		p.announces = true
		p.user.schema = u
	}
	if g := p.byURN[strings.ToLower(groupURN)]; g != nil {
		p.group.schema = g
	}
	if list := listed(types); len(list) > 0 {
		p.readTypes(list)
	}
}

func (p *provider) readTypes(list array) {
	p.all, p.user, p.group = nil, nil, nil
	for _, doc := range list {
		t := p.readType(doc)
		if t == nil {
			continue
		}
		p.all = append(p.all, t)
		switch {
		case strings.EqualFold(t.schema.urn, userURN) && p.user == nil:
			p.user = t
		case strings.EqualFold(t.schema.urn, groupURN) && p.group == nil:
			p.group = t
		}
	}
}

func (p *provider) readType(doc any) *resourceType {
	text := func(name string) string { v, _ := at(doc, name).(string); return v }
	urn, endpoint := text("schema"), relative(text("endpoint"))
	if urn == "" || endpoint == "" {
		return nil
	}
	t := &resourceType{name: text("name"), endpoint: endpoint, schema: p.schema(urn)}
	extensions, _ := at(doc, "schemaExtensions").(array)
	for _, e := range extensions {
		urn, _ := at(e, "schema").(string)
		if s := p.byURN[strings.ToLower(urn)]; s != nil {
			t.extensions = append(t.extensions, s)
		}
		if at(e, "required") == true {
			t.required = append(t.required, urn)
		}
	}
	return t
}

// relative is an endpoint as it is appended to the base URL: some servers announce it whole.
func relative(endpoint string) string {
	if i := strings.LastIndex(endpoint, "/"); i >= 0 {
		endpoint = endpoint[i:]
	}
	if endpoint != "" && endpoint[0] != '/' {
		endpoint = "/" + endpoint
	}
	return endpoint
}

// schema is the announced one, else what is assumed of it.
func (p *provider) schema(urn string) *schema {
	if s := p.byURN[strings.ToLower(urn)]; s != nil {
		return s
	}
	for _, t := range assumed().all {
		if strings.EqualFold(t.schema.urn, urn) {
			return t.schema
		}
	}
	return &schema{urn: urn}
}

func readSchema(doc any) *schema {
	urn, _ := at(doc, "id").(string)
	attributes, _ := at(doc, "attributes").(array)
	if urn == "" {
		return nil
	}
	s := &schema{urn: urn}
	s.attributes = readAttributes(s, attributes, 0)
	return s
}

func readAttributes(of *schema, list array, depth int) []*attribute {
	const deepest = 4 // complex attributes do not nest; a document that does is not followed for ever
	var all []*attribute
	for _, doc := range list {
		text := func(name string) string { v, _ := at(doc, name).(string); return v }
		yes := func(name string) bool { return at(doc, name) == true }
		a := &attribute{
			schema: of, name: text("name"), kind: orElse(text("type"), "string"),
			multi: yes("multiValued"), required: yes("required"), caseExact: yes("caseExact"),
			mutability: orElse(text("mutability"), "readWrite"), returned: orElse(text("returned"), "default"),
			uniqueness: orElse(text("uniqueness"), "none"),
			canonical:  stringsOf(at(doc, "canonicalValues")), references: stringsOf(at(doc, "referenceTypes")),
		}
		if subs, ok := at(doc, "subAttributes").(array); ok && depth < deepest {
			a.subs = readAttributes(of, subs, depth+1)
		}
		if a.name != "" {
			all = append(all, a)
		}
	}
	return all
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// announced says in a few words what the server has.
func (p *provider) announced() []string {
	var words []string
	for _, t := range p.all {
		words = append(words, t.name+"s at "+t.endpoint)
	}
	add := func(has bool, word string) {
		if has {
			words = append(words, word)
		}
	}
	add(p.patch, "PATCH")
	add(p.filter, "filters")
	add(p.sort, "sorting")
	add(p.etag, "versions")
	add(p.bulk, "bulk")
	add(p.cursor, "cursors")
	add(p.changePassword, "passwords")
	return words
}

// owns reports whether a path leads to an endpoint that the server is expected to have: what is said elsewhere need
// not be SCIM.
func (p *provider) owns(path string) bool {
	path, _, _ = strings.Cut(path, "?")
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch first {
	case "ServiceProviderConfig", "ResourceTypes", "Schemas":
		return true
	case "Bulk":
		return p.bulk
	}
	return p.typeOf(path) != nil
}

// typeOf is the resource type that a path leads to, or nil.
func (p *provider) typeOf(path string) *resourceType {
	path, _, _ = strings.Cut(path, "?")
	for _, t := range p.all {
		if path == t.endpoint || strings.HasPrefix(path, t.endpoint+"/") {
			return t
		}
	}
	return nil
}

// find returns the first attribute that one of the names has and ok likes, base schema first.
func (t *resourceType) find(ok func(*attribute) bool, names ...string) *attribute {
	if t == nil {
		return nil
	}
	for _, name := range names {
		for _, a := range t.schema.attributes {
			if strings.EqualFold(a.name, name) && ok(a) {
				return a
			}
		}
	}
	return nil
}

// any returns the first attribute of base schema and extensions that ok likes.
func (t *resourceType) any(ok func(*attribute) bool) *attribute {
	if t == nil {
		return nil
	}
	for _, s := range append([]*schema{t.schema}, t.extensions...) {
		for _, a := range s.attributes {
			if ok(a) {
				return a
			}
		}
	}
	return nil
}

func (a *attribute) sub(names ...string) *attribute {
	for _, name := range names {
		for _, sub := range a.subs {
			if strings.EqualFold(sub.name, name) {
				return sub
			}
		}
	}
	return nil
}

func (a *attribute) writable() bool { return a.mutability == "readWrite" }

// path is how a PATCH or a filter names the attribute of a type.
func (a *attribute) path(t *resourceType) string {
	if a.schema.urn == t.schema.urn {
		return a.name
	}
	return a.schema.urn + ":" + a.name
}

// key is where the value stands in a resource, for answer.at.
func (a *attribute) key(t *resourceType) string {
	if a.schema.urn == t.schema.urn {
		return a.name
	}
	return a.schema.urn + "/" + a.name
}

func number(n int) json.Number { return json.Number(strconv.Itoa(n)) }
