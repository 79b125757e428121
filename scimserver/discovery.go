package scimserver

import (
	"net/http"
	"slices"
	"strings"

	"github.com/usher-scim/usher/scim"
)

// providerConfig says what this server can do. See RFC 7643 §5; each claim is what the handler does.
func (x *exchange) providerConfig() (answer, error) {
	if err := x.refuseFilter(); err != nil {
		return answer{}, err
	}
	c := scim.ServiceProviderConfig{
		MaxResults:    x.opt.MaxPage,
		MaxBulk:       x.opt.MaxBulk,
		MaxBody:       x.opt.MaxBody,
		CursorTimeout: x.opt.cursorSeconds(),
		Schemes:       x.caller.Schemes,
	}
	if len(c.Schemes) == 0 {
		c.Schemes = bearerOnly
	}
	return x.object(c.Object(x.caller.BaseURL + pathProviderConfig))
}

var bearerOnly = []scim.AuthenticationScheme{{
	Type:        "oauthbearertoken",
	Name:        "OAuth Bearer Token",
	Description: "A token of this connection, sent as Authorization: Bearer.",
	SpecURI:     "https://www.rfc-editor.org/rfc/rfc6750",
	Primary:     true,
}}

// resourceTypes lists the resource types, User first (T-012). See RFC 7643 §6.
func (x *exchange) resourceTypes() (answer, error) {
	var list []*scim.Object
	for _, t := range x.caller.Types {
		list = append(list, t.Object(x.typeLocation(t)))
	}
	return x.objects(list)
}

func (x *exchange) resourceType() (answer, error) {
	for _, t := range x.caller.Types {
		if t.ID == x.key {
			return x.object(t.Object(x.typeLocation(t)))
		}
	}
	return answer{}, x.notListed(pathResourceTypes)
}

func (x *exchange) typeLocation(t *scim.ResourceType) string {
	return x.caller.BaseURL + pathResourceTypes + "/" + t.ID
}

// schemas lists the schemas of the caller's resource types. See RFC 7643 §7.
func (x *exchange) schemas() (answer, error) {
	var list []*scim.Object
	for _, s := range x.schemaList() {
		list = append(list, s.Object(x.schemaLocation(s)))
	}
	return x.objects(list)
}

// schema is found without regard to case, as URNs are compared (RFC 8141 §3.1, RFC 7643 §2.1).
func (x *exchange) schema() (answer, error) {
	for _, s := range x.schemaList() {
		if strings.EqualFold(s.ID, x.key) {
			return x.object(s.Object(x.schemaLocation(s)))
		}
	}
	return answer{}, x.notListed(pathSchemas)
}

// notListed is 404 for what the connection does not announce. Nobody has to assign it again, as a user who is
// gone.
func (x *exchange) notListed(list string) error {
	return scim.NewError(scim.KindUnknownEndpoint, "path", list+"/"+x.key, "what GET "+list+" lists for this connection")
}

func (x *exchange) schemaLocation(s *scim.Schema) string {
	return x.caller.BaseURL + pathSchemas + "/" + s.ID
}

func (x *exchange) schemaList() []*scim.Schema {
	var list []*scim.Schema
	add := func(s *scim.Schema) {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	for _, t := range x.caller.Types {
		add(t.Schema)
		for _, e := range t.Extensions {
			add(e.Schema)
		}
	}
	return list
}

// refuseFilter is R-168: a filter on discovery is 403, every other parameter is ignored. A caller that filtered
// must not take the unfiltered answer for the filtered one.
func (x *exchange) refuseFilter() error {
	if _, sent := x.query[paramFilter]; sent {
		return scim.NewError(scim.KindDiscoveryFiltered, "filter", "", "")
	}
	return nil
}

// objects answers with a ListResponse of all of them (R-167, T-013).
func (x *exchange) objects(list []*scim.Object) (answer, error) {
	if err := x.refuseFilter(); err != nil {
		return answer{}, err
	}
	x.openList(listHead{total: len(list), start: 1, items: len(list)})
	for i, o := range list {
		if i > 0 {
			x.out = append(x.out, ',')
		}
		x.out = scim.AppendJSON(x.out, o)
	}
	x.closeList()
	return answer{status: http.StatusOK}, nil
}

func (x *exchange) object(o *scim.Object) (answer, error) {
	x.out = scim.AppendJSON(x.out, o)
	return answer{status: http.StatusOK}, nil
}
