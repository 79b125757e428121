package scimserver

import (
	"slices"
	"strings"

	"github.com/usher-scim/usher/scim"
)

// search is POST to "/.search", at the root or below a resource type: a list request whose parameters stand in the
// body, where no proxy's log shows them. It is answered like GET; a query string is ignored. See RFC 7644
// §3.4.3.
func (x *exchange) search() (answer, error) {
	body, err := x.readObject()
	if err != nil {
		return answer{}, err
	}
	if x.query, err = searchParams(body); err != nil {
		return answer{}, err
	}
	return x.list()
}

// searchParams reads a SearchRequest as the parameters of the same query. What it does not define is ignored, like
// unknown parameters; null is "not sent" (RFC 7643 §2.5).
func searchParams(body *scim.Object) (params, error) {
	if v, _ := body.Get("schemas"); !isSearchRequest(v) {
		return nil, scim.NewError(scim.KindBadSchemas, "schemas", "", "a list with "+scim.URNSearchRequest)
	}
	p := params{}
	for _, m := range body.Members {
		name := strings.ToLower(m.Name)
		shown, known := spelling[name]
		if !known || m.Value == nil {
			continue
		}
		text, ok := searchText(name, m.Value)
		if !ok {
			return nil, scim.NewError(scim.KindBadSearch, shown, "", searchTypes[name])
		}
		p[name] = text
	}
	return p, nil
}

func isSearchRequest(schemas scim.Value) bool {
	list, _ := schemas.(scim.Array)
	return slices.ContainsFunc(list, func(v scim.Value) bool {
		urn, _ := v.(string)
		return strings.EqualFold(urn, scim.URNSearchRequest)
	})
}

// searchTypes says what each member of a SearchRequest is.
var searchTypes = map[string]string{
	paramFilter:     "text",
	paramSortBy:     "text",
	paramSortOrder:  "text",
	paramCursor:     "text",
	paramStartIndex: "an integer",
	paramCount:      "an integer",
	paramAttributes: "a list of attribute names",
	paramExcluded:   "a list of attribute names",
}

// searchText is a member's value as the parameter says it.
func searchText(name string, v scim.Value) (string, bool) {
	switch v := v.(type) {
	case string: // of names too, with commas between them: a client that took GET for its model
		return v, name != paramStartIndex && name != paramCount
	case scim.Number:
		return string(v), name == paramStartIndex || name == paramCount
	case scim.Array:
		if name == paramAttributes || name == paramExcluded {
			return joinNames(v)
		}
	}
	return "", false
}

func joinNames(list scim.Array) (string, bool) {
	names := make([]string, len(list))
	for i, v := range list {
		name, ok := v.(string)
		if !ok {
			return "", false
		}
		names[i] = name
	}
	return strings.Join(names, ","), true
}
