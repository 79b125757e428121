package scimserver_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usher-scim/usher/scim"
)

// fuzzSeeds are requests from every part of the protocol: method, path, query, body.
var fuzzSeeds = [][4]string{
	{"GET", "/Users", "", ""},
	{"GET", "//Users/", "filter=userName+eq+%22alice%40example.com%22&startIndex=1&count=100", ""},
	{"GET", "/Users", `filter=emails[type eq "work"].value eq "x"&attributes=id`, ""},
	{"GET", "/Users", `filter=externalId eq jyoung`, ""},
	{"GET", "/Users", `filter=active eq true and (meta.lastModified ge "0001-01-03T00:00:00.0000000Z")&startindex=0`, ""},
	{"GET", "/Groups", `excludedAttributes=members&filter=displayName eq "Sales"`, ""},
	{"GET", "/Groups/x", "attributes=members.value", ""},
	{"GET", "/", `filter=meta.resourceType eq "User" or members pr&sortBy=displayName&sortOrder=descending`, ""},
	{"GET", "/Users", "cursor=&count=1&sortBy=emails", ""},
	{"GET", "/", "cursor=AAAA&count=1", ""},
	{"POST", "/.search", "", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"attributes":["id"],"filter":"userName ne \"x\"","sortBy":"meta.created","cursor":"","count":1}`},
	{"POST", "/Users/.search", "count=1", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"startIndex":1,"count":10}`},
	{"GET", "/ServiceProviderConfig", "", ""},
	{"GET", "/ResourceTypes/User", "", ""},
	{"GET", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User", "filter=", ""},
	{"POST", "/Users", "", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"dan","active":"True","groups":[],"password":"x",
		"emails":[{"Primary":true,"type":"work","value":"a@example.com"}],"addresses":null,"department":null,
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"Manager":{"Value":"x"}}}`},
	{"POST", "/Groups", "", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"New","members":[{"value":"x"}]}`},
	{"PUT", "/Users/{alice}", "", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"x","userName":"alice","name":{"middleName":""}}`},
	{"PUT", "/Groups/{sales}", "", `{"displayName":"Sales","members":[]}`},
	{"PATCH", "/Users/{alice}", "", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"active","value":"False"}]}`},
	{"PATCH", "/Users/{alice}", "", `{"Operations":[{"op":"replace","value":{"name.givenName":"K","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber":"A"}}]}`},
	{"PATCH", "/Users/{alice}", "attributes=userName", `{"Operations":[{"op":"add","path":"roles[primary eq \"True\"].value","value":"x"},{"op":"remove","path":"title"}]}`},
	{"PATCH", "/Users/{alice}", "", `{"Operations":[{"op":"Add","path":"manager","value":[{"$ref":"http://x","value":"y"}]}]}`},
	{"PATCH", "/Groups/{sales}", "", `{"Operations":[{"op":"remove","path":"members[value eq \"x\"]"},{"op":"add","path":"members","value":[{"value":"{alice}"}]}]}`},
	{"PATCH", "/Groups/{sales}", "", `{"Operations":[{"op":"Remove","path":"members","value":[{"$ref":null,"value":"{alice}"}]}]}`},
	{"PATCH", "/Groups/{sales}", "", `{"Operations":[{"op":"remove","path":"members[not (type eq \"User\") or display co \"x\"]"}]}`},
	{"DELETE", "/Users/{alice}", "", ""},
	{"DELETE", "/Groups/{sales}", "", ""},
}

// FuzzHandler holds every answer to the protocol: JSON that fits its status, no 500, and no word of the inside.
func FuzzHandler(f *testing.F) {
	if len(fuzzSeeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range fuzzSeeds {
		f.Add(s[0], s[1], s[2], s[3])
	}
	bodies, err := filepath.Glob("../scimtest/bodies/*/*.json") // what identity providers send
	if err != nil || len(bodies) == 0 {
		f.Fatal("no bodies", err)
	}
	for _, name := range bodies {
		body, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add("POST", "/Users", "", string(body))
		f.Add("PATCH", "/Groups/{sales}", "", string(body))
		f.Add("PATCH", "/Users/{alice}", "", string(body))
	}
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		if strings.ContainsAny(method, " \r\n\t") || method == "" {
			return
		}
		x := bare(t, profile(t, "generic"), nil)
		x.add(t, "alice", "/Users", `{`+userSchemas+`,"userName":"alice@example.com","emails":[{"value":"alice@example.com","type":"work"}]}`)
		x.add(t, "sales", "/Groups", x.expand(`{"schemas":["`+scim.URNGroup+`"],"displayName":"Sales","members":[{"value":"{alice}"}]}`))
		r := httptest.NewRequest(http.MethodGet, "/", strings.NewReader(x.expand(body)))
		r.Method = method
		r.URL = &url.URL{Path: x.expand(path), RawQuery: query}
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		x.handler.ServeHTTP(w, r)
		checkAnswer(t, w, x.log)
	})
}

func checkAnswer(t *testing.T, w *httptest.ResponseRecorder, log *logbook) {
	t.Helper()
	switch {
	case w.Code == http.StatusInternalServerError:
		t.Fatalf("500: %v", log.last(t))
	case w.Code >= 400:
		checkError(t, w)
	case w.Body.Len() > 0:
		if !json.Valid(w.Body.Bytes()) || w.Header().Get("Content-Type") != "application/scim+json" {
			t.Errorf("%d %q", w.Code, w.Body)
		}
	}
	for _, word := range []string{"goroutine", ".go:", token} {
		if strings.Contains(w.Body.String(), word) {
			t.Errorf("%q in %q", word, w.Body)
		}
	}
}
