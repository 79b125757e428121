package main

import (
	"bytes"
	"net/http"
	"strings"
)

// constant is the yardstick without a store: the same answer whatever is asked.
type constant struct {
	user, one, page, group, bulk []byte
}

func newConstant() http.Handler {
	user := withID("constant", []byte(constantUser))
	c := &constant{
		user:  user,
		one:   listOf(1, 1, user),
		page:  listOf(100_000, 1, bytes.Join(repeat(user, pageSize), []byte(","))),
		group: []byte(`{"id":"constant","members":[]}`),
		bulk: []byte(`{"Operations":[` + strings.TrimSuffix(strings.Repeat(
			`{"method":"POST","bulkId":"constant","location":"/Users/constant","status":"201"},`, pageSize), ",") + `]}`),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /Users", func(w http.ResponseWriter, r *http.Request) { drain(r); answer(w, 201, c.user) })
	mux.HandleFunc("PATCH /Users/{id}", func(w http.ResponseWriter, r *http.Request) { drain(r); answer(w, 200, c.user) })
	mux.HandleFunc("GET /Users/{id}", func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, c.user) })
	mux.HandleFunc("GET /Users", c.list)
	mux.HandleFunc("POST /Bulk", func(w http.ResponseWriter, r *http.Request) { drain(r); answer(w, 200, c.bulk) })
	mux.HandleFunc("POST /Groups", func(w http.ResponseWriter, r *http.Request) { drain(r); answer(w, 201, c.group) })
	mux.HandleFunc("GET /Groups/{id}", func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, c.group) })
	mux.HandleFunc("PATCH /Groups/{id}", func(w http.ResponseWriter, r *http.Request) { drain(r); answer(w, 204, nil) })
	mux.HandleFunc("DELETE /Groups/{id}", func(w http.ResponseWriter, _ *http.Request) { answer(w, 204, nil) })
	return mux
}

func (c *constant) list(w http.ResponseWriter, r *http.Request) {
	if strings.Contains(r.URL.Query().Get("filter"), " eq ") {
		answer(w, 200, c.one)
		return
	}
	answer(w, 200, c.page)
}

func repeat(part []byte, n int) [][]byte {
	parts := make([][]byte, n)
	for i := range parts {
		parts[i] = part
	}
	return parts
}

// constantUser is as long as the users that the driver posts.
const constantUser = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",` +
	`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],` +
	`"userName":"user.0000000@example.com","externalId":"user00000000","active":true,` +
	`"name":{"familyName":"Family0000","givenName":"Given000","formatted":"Given000 Family0000"},` +
	`"displayName":"Given000 Family0000","nickName":"Given000",` +
	`"title":"Senior Process Engineer, Northern Region and the Islands","userType":"Employee",` +
	`"preferredLanguage":"en-GB","locale":"en-GB","timezone":"Europe/London",` +
	`"profileUrl":"https://people.example.com/profiles/000000000",` +
	`"emails":[{"value":"user.0000000@example.com","type":"work","primary":true},` +
	`{"value":"home.user.0000000@example.com","type":"home"}],` +
	`"phoneNumbers":[{"value":"+44 20 7946 0000","type":"work"},{"value":"+44 7700 90 0000","type":"mobile"}],` +
	`"addresses":[{"type":"work","streetAddress":"0000 Long Meadow Business Park","locality":"Milton Keynes",` +
	`"region":"Buckinghamshire","postalCode":"MK9 1AA","country":"GB","primary":true,` +
	`"formatted":"0000 Long Meadow Business Park\nMilton Keynes\nMK9 1AA"}],` +
	`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"E000000000",` +
	`"costCenter":"CC-41300-NR1","organization":"Example Manufacturing","division":"Industrial Products",` +
	`"department":"Process Engineering Desk",` +
	`"manager":{"value":"26118915-6090-4610-87e4-49d8ca9f808d"}}}`
