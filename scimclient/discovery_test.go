package scimclient

import (
	"errors"
	"testing"
)

func TestDiscovery(t *testing.T) {
	t.Parallel()
	c, s, _ := play(
		t,
		ok(`{"patch":{"supported":true},"bulk":{"supported":true,"maxOperations":10,"maxPayloadSize":99},"filter":{"supported":true,"maxResults":200},`+
			`"pagination":{"cursor":true,"cursorTimeout":60},"authenticationSchemes":[{"type":"oauthbearertoken","name":"x","primary":true}]}`),
		ok(`{"totalResults":1,"Resources":[{"name":"User","endpoint":"/Users","schemaExtensions":[{"schema":"urn:x","required":true}]}]}`),
		ok(`[{"id":"urn:x","attributes":[{"name":"a","type":"complex","subAttributes":[{"name":"b","caseExact":true}]}]}]`),
	)
	config, err := c.ServiceProviderConfig(t.Context())
	if err != nil || !config.Patch.Supported || !config.Bulk.Supported || config.Bulk.MaxOperations != 10 || config.Filter.MaxResults != 200 ||
		!config.Pagination.Cursor || !config.AuthenticationSchemes[0].Primary || config.Sort.Supported {
		t.Errorf("got %+v, %v", config, err)
	}
	types, err := c.ResourceTypes(t.Context())
	if err != nil || len(types) != 1 || types[0].Endpoint != "/Users" || !types[0].SchemaExtensions[0].Required {
		t.Errorf("got %+v, %v", types, err)
	}
	schemas, err := c.Schemas(t.Context())
	if err != nil || len(schemas) != 1 || !schemas[0].Attributes[0].SubAttributes[0].CaseExact {
		t.Errorf("got %+v, %v", schemas, err)
	}
	s.want("GET /ServiceProviderConfig", "GET /ResourceTypes", "GET /Schemas")
}

func TestDiscovery_Failures(t *testing.T) {
	t.Parallel()
	for _, a := range []answer{status(404), ok(`{`), ok(`{"Resources":[1]}`)} {
		c, _, _ := play(t, a)
		if _, err := c.Schemas(t.Context()); err == nil {
			t.Errorf("schemas: %s was taken", a.body)
		}
		if _, err := c.ServiceProviderConfig(t.Context()); err == nil && a.body != `{"Resources":[1]}` {
			t.Errorf("config: %s was taken", a.body)
		}
	}
}

func TestMe(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name      string
		location  string // below the base URL, or elsewhere
		elsewhere bool
		want      []string
		err       error
	}{
		{"follows to the user", "/Users/7", false, []string{"GET /v2/Me", "GET /v2/Users/7"}, nil},
		{"not to another server", "https://evil.example.com/Users/7", true, []string{"GET /v2/Me"}, &Error{Status: 308}},
		{"not to a path that begins alike", "2/Users/7", false, []string{"GET /v2/Me"}, &Error{Status: 308}},
		{"not nowhere", "", true, []string{"GET /v2/Me"}, &Error{Status: 308}},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, s, _ := play(t, status(308), ok(`{"id":"7"}`))
			c.BaseURL += "/v2"
			location := c.BaseURL + tt.location
			if tt.elsewhere {
				location = tt.location
			}
			s.answers[0].header.Set("Location", location)
			u, err := c.Me(t.Context())
			if !errors.Is(err, tt.err) || err == nil && u.ID != "7" {
				t.Errorf("got %+v, %v", u, err)
			}
			s.want(tt.want...)
		})
	}
	c, _, _ := play(t, ok(`{"id":"8"}`), status(501))
	if u, err := c.Me(t.Context()); err != nil || u.ID != "8" {
		t.Errorf("got %+v, %v", u, err)
	}
	if _, err := c.Me(t.Context()); !errors.Is(err, ErrUnsupported) {
		t.Errorf("got %v", err)
	}
}
