package conformance

import (
	"slices"
	"strings"
)

var discoveryChecks = []check{
	{id: "R-166", do: describesItself},
	{id: "R-167", needs: "discovery", do: listsDescriptions},
	{id: "R-168", needs: "discovery", do: discoveryFilter},
	{id: "R-169", needs: "discovery", do: configMembers},
	{id: "R-170", needs: "discovery token", do: publicSchemes},
	{id: "R-171", needs: "discovery", do: typeMembers},
	{id: "R-172", needs: "discovery", do: schemaMembers},
	{id: "R-173", needs: "discovery", after: "R-171 R-172", do: announcedIsThere},
	{id: "R-174", needs: "discovery", do: discoveryReadOnly},
}

// describesItself: the three endpoints, one schema and one type by id, and 404 for ids that there are not.
func describesItself(s *session) {
	s.status(s.send("GET", "/ServiceProviderConfig", nil), 200)
	types := s.send("GET", "/ResourceTypes", nil)
	s.status(types, 200)
	schemas := s.send("GET", "/Schemas", nil)
	s.status(schemas, 200)
	for _, found := range []struct {
		endpoint string
		list     array
		key      string
	}{{"/Schemas", listed(schemas), "id"}, {"/ResourceTypes", listed(types), "name"}} {
		s.expect(s.err != nil || len(found.list) > 0, "entries at "+found.endpoint, "none")
		if s.err != nil {
			return
		}
		id, _ := at(found.list[0], "id").(string) // the id of a resource type is optional (RFC 7643 §6)
		if id == "" {
			id, _ = at(found.list[0], found.key).(string)
		}
		s.status(s.send("GET", found.endpoint+"/"+pathSegment(id), nil), 200)
		s.status(s.send("GET", found.endpoint+"/usher-check-unknown", nil), 404)
	}
}

func listsDescriptions(s *session) {
	s.isList(s.send("GET", "/ResourceTypes", nil))
	s.isList(s.send("GET", "/Schemas", nil))
	a := s.send("GET", "/ServiceProviderConfig", nil)
	s.expect(a.object() != nil && a.at("Resources") == nil, "one object", firstLine(string(a.body)))
}

// discoveryFilter: whoever filters must not take the unfiltered answer for the filtered one (RFC 7644 §4).
func discoveryFilter(s *session) {
	for _, endpoint := range []string{"/ResourceTypes", "/Schemas"} {
		s.status(s.send("GET", withQuery(endpoint, "filter", `id eq "x"`), nil), 403)
	}
}

func configMembers(s *session) {
	a := s.send("GET", "/ServiceProviderConfig", nil)
	boolean := func(path string) {
		_, ok := a.at(path).(bool)
		s.expect(ok, path+" as a boolean", shown(a.at(path)))
	}
	for _, feature := range []string{"patch", "bulk", "filter", "changePassword", "sort", "etag"} {
		boolean(feature + "/supported")
	}
	for _, path := range []string{"bulk/maxOperations", "bulk/maxPayloadSize", "filter/maxResults"} {
		s.expect(isInteger(a.at(path)) || strings.HasPrefix(path, "bulk") && a.at("bulk/supported") == false && a.at(path) == nil ||
			strings.HasPrefix(path, "filter") && a.at("filter/supported") == false && a.at(path) == nil,
			path+" as an integer", shown(a.at(path)))
	}
	schemes, ok := a.at("authenticationSchemes").(array)
	s.expect(ok, "authenticationSchemes as a list", shown(a.at("authenticationSchemes")))
	for _, scheme := range schemes {
		for _, name := range []string{"type", "name", "description"} {
			text, _ := at(scheme, name).(string)
			s.expect(text != "", name+" of each authentication scheme", shown(scheme))
		}
	}
}

// publicSchemes: a client must be able to learn how to authenticate (RFC 7643 §5).
func publicSchemes(s *session) {
	a := s.sendBy(s.anonymous(), "GET", "/ServiceProviderConfig", nil)
	s.expect(a.status == 200 && a.at("authenticationSchemes") != nil, "authenticationSchemes without a credential", a.says())
}

func typeMembers(s *session) {
	for _, doc := range listed(s.send("GET", "/ResourceTypes", nil)) {
		for _, name := range []string{"name", "endpoint", "schema"} {
			text, _ := at(doc, name).(string)
			s.expect(text != "", name+" of each resource type", shown(doc))
		}
		extensions, _ := at(doc, "schemaExtensions").(array)
		for _, e := range extensions {
			_, isBool := at(e, "required").(bool)
			urn, _ := at(e, "schema").(string)
			s.expect(isBool && urn != "", "schema and required of each extension", shown(e))
		}
	}
}

var keywords = map[string][]string{
	"type":       {"string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"},
	"mutability": {"readOnly", "readWrite", "immutable", "writeOnly"},
	"returned":   {"always", "never", "default", "request"},
	"uniqueness": {"none", "server", "global"},
}

// schemaMembers: each attribute has a name and a type, and no characteristic that RFC 7643 §7 does not define. Those
// that are absent have their defaults (RFC 7643 §2.2).
func schemaMembers(s *session) {
	for _, doc := range listed(s.send("GET", "/Schemas", nil)) {
		urn, _ := at(doc, "id").(string)
		s.expect(strings.HasPrefix(strings.ToLower(urn), "urn:"), "a URN as id of each schema", shown(at(doc, "id")))
		attributes, _ := at(doc, "attributes").(array)
		s.declared(urn, attributes, 0)
	}
}

func (s *session) declared(where string, attributes array, depth int) {
	for _, a := range attributes {
		name, _ := at(a, "name").(string)
		kind, _ := at(a, "type").(string)
		s.expect(name != "" && kind != "", "name and type of each attribute of "+where, shown(a))
		for characteristic, known := range keywords {
			v, there := at(a, characteristic).(string)
			s.expect(!there || slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, v) }),
				characteristic+" of "+name+" as one of "+strings.Join(known, ", "), quote(v))
		}
		if subs, ok := at(a, "subAttributes").(array); ok && depth < 2 && s.err == nil {
			s.declared(where+" "+name, subs, depth+1)
		}
	}
}

// announcedIsThere: each resource type can be listed, and its schemas are described.
func announcedIsThere(s *session) {
	for _, doc := range listed(s.provider.types) {
		endpoint, _ := at(doc, "endpoint").(string)
		urn, _ := at(doc, "schema").(string)
		s.isList(s.send("GET", withQuery(relative(endpoint), "count", "1"), nil))
		urns := []string{urn}
		extensions, _ := at(doc, "schemaExtensions").(array)
		for _, e := range extensions {
			extension, _ := at(e, "schema").(string)
			urns = append(urns, extension)
		}
		for _, urn := range urns {
			s.expect(s.provider.byURN[strings.ToLower(urn)] != nil, "the schema "+urn+" at /Schemas", "it is not there")
		}
	}
}

func discoveryReadOnly(s *session) {
	for _, try := range []struct{ method, path string }{
		{"POST", "/Schemas"}, {"POST", "/ResourceTypes"}, {"PUT", "/ServiceProviderConfig"}, {"DELETE", "/ServiceProviderConfig"},
	} {
		a := s.send(try.method, try.path, object{"schemas": array{}})
		s.expect(a.status >= 400 && a.status < 500 || a.status == 501, "a refusal of "+try.method+" "+try.path, a.says())
	}
}
