package conformance

import (
	"net/http"
	"slices"
	"strings"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimserver"
)

var putMutants = []mutant{
	{"PUT creates", "R-100", fault{handler: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body := takeBody(r)
			v := serve(next, r)
			if v.status == 404 && r.Method == http.MethodPut {
				r.Method, r.URL.Path = http.MethodPost, "/Users"
				setBody(r, body)
				v = serve(next, r)
			}
			v.write(w)
		})
	}}},
	{"null does not clear", "R-022", nullKeeps()},
	{"PUT keeps elements", "R-101", fault{handler: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if body := takeBody(r); r.Method == http.MethodPut && body["title"] == "second" {
				delete(body, "emails")
				body["emails"] = array{object{"type": "home", "value": "kept@example.com"}}
				setBody(r, body)
			}
			next.ServeHTTP(w, r)
		})
	}}},
	{"PUT without userName accepted", "R-104", answers(func(v *served) {
		if v.request.Method == http.MethodPut && v.sent["emails"] != nil && v.sent["userName"] == nil {
			v.status, v.doc = 200, object{"schemas": array{userURN}, "id": v.sent["id"]}
		}
	})},
	{"PUT refuses read-only attributes", "R-103", answers(func(v *served) {
		if v.request.Method == http.MethodPut && v.sent["groups"] != nil {
			v.status, v.doc = 400, refusal(400)
		}
	})},
	{"PUT answers 204", "R-105", answers(func(v *served) {
		if v.request.Method == http.MethodPut && v.status == 200 && v.request.URL.RawQuery == "" {
			v.status, v.doc = 204, nil
		}
	})},
	{"DELETE answers 200", "R-142", answers(func(v *served) {
		if v.request.Method == http.MethodDelete && v.status == 204 {
			v.status = 200
		}
	})},
	{"DELETE leaves the resource in lists", "R-144", deletedIsListed()},
	{"a deleted user stays in groups", "R-145", deletedIsMember()},
}

// nullKeeps takes the null of a PUT for "as it was".
func nullKeeps() fault {
	return fault{handler: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if body := takeBody(r); r.Method == http.MethodPut {
				get := r.Clone(r.Context())
				get.Method, get.Body = http.MethodGet, http.NoBody
				old := serve(next, get).doc
				for name, v := range body {
					if v == nil {
						body[name] = old[name]
					}
				}
				setBody(r, body)
			}
			next.ServeHTTP(w, r)
		})
	}}
}

// deletedIsListed lists whoever was deleted when asked for by name.
func deletedIsListed() fault {
	m := newMemory()
	return answers(func(v *served) {
		if v.status == 201 {
			m.put(lastSegment(v.header.Get("Location")), v.doc)
		}
		if v.request.Method == http.MethodDelete && v.status == 204 {
			if doc, ok := m.get(lastSegment(v.request.URL.Path)).(object); ok && doc["userName"] != nil {
				m.put("userName eq "+quote(doc["userName"].(string)), doc)
			}
		}
		if doc := m.get(v.request.URL.Query().Get("filter")); doc != nil && v.isList() {
			v.set("Resources", array{doc})
			v.set("totalResults", 1)
		}
	})
}

// deletedIsMember shows the members that a group was made with.
func deletedIsMember() fault {
	m := newMemory()
	return answers(func(v *served) {
		id, _ := v.doc["id"].(string)
		if v.status == 201 && v.request.URL.Path == "/Groups" {
			m.put(id, v.doc["members"])
		}
		if v.request.Method == http.MethodPatch {
			m.put(lastSegment(v.request.URL.Path), nil) // removing works
		}
		if members := m.get(id); members != nil && v.request.Method == http.MethodGet {
			v.set("members", members)
		}
	})
}

// isOp tells operations apart by verb and path.
func isOp(verb, path string) func(o object) bool {
	return func(o object) bool {
		p, _ := o["path"].(string)
		return o["op"] == verb && p == path
	}
}

var patchMutants = []mutant{
	{"not atomic", "R-113", oneByOne()},
	{"remove of one member wipes all", "R-133", operationsOf(func(o object) array {
		if path, ok := o["path"].(string); ok && o["op"] == "remove" && strings.HasPrefix(path, "members[") {
			o["path"] = "members"
		}
		return array{o}
	})},
	{"remove of one element wipes all", "R-130", operationsOf(func(o object) array {
		if path, ok := o["path"].(string); ok && o["op"] == "remove" && strings.HasPrefix(path, "emails[value") {
			o["path"] = "emails"
		}
		return array{o}
	})},
	{"replace of a complex value drops the rest", "R-138", operationsOf(func(o object) array {
		if isOp("replace", "name")(o) {
			return array{object{"op": "remove", "path": "name"}, o}
		}
		return array{o}
	})},
	{"add to a complex value drops the rest", "R-123", operationsOf(func(o object) array {
		if isOp("add", "name")(o) {
			return array{object{"op": "remove", "path": "name"}, o}
		}
		return array{o}
	})},
	{"add replaces a multi-valued attribute", "R-124", operationsOf(func(o object) array {
		if isOp("add", "emails")(o) {
			o["op"] = "replace"
		}
		return array{o}
	})},
	{"add of an element that is there repeats it", "R-125", repeatsElements()},
	{"replace appends to a multi-valued attribute", "R-137", operationsOf(func(o object) array {
		if isOp("replace", "emails")(o) {
			o["op"] = "add"
		}
		return array{o}
	})},
	{"an unknown operation accepted", "R-110", accepts(func(o object) bool { return o["op"] == "frobnicate" })},
	{"an unknown path accepted", "R-111", accepts(isOp("replace", "usherCheckUnknown"))},
	{"a read-only path accepted", "R-114", accepts(isOp("replace", "id"))},
	{"a wrong type accepted", "R-118", accepts(func(o object) bool { return o["value"] == "banana" })},
	{"add without a value accepted", "R-121", accepts(func(o object) bool { return o["op"] == "add" && len(o) == 2 && o["path"] != nil })},
	{"remove without a path accepted", "R-128", accepts(func(o object) bool { return o["op"] == "remove" && o["path"] == nil })},
	{"remove of a required attribute accepted", "R-132", accepts(isOp("remove", "userName"))},
	{"replace without a match accepted", "R-140", accepts(func(o object) bool {
		path, _ := o["path"].(string)
		return strings.Contains(path, "usher-check-unknown")
	})},
	{"replace by null does nothing", "R-141", accepts(func(o object) bool { return o["op"] == "replace" && o["value"] == nil })},
	{"replace without a path does nothing", "R-135", accepts(func(o object) bool { return o["op"] == "replace" && o["path"] == nil })},
	{"add without a path does nothing", "R-122", accepts(func(o object) bool { return o["op"] == "add" && o["path"] == nil })},
	{"remove of nothing refused", "R-134", removeOfNothingRefused()},
	{"replace in every element", "R-139", operationsOf(func(o object) array {
		path, _ := o["path"].(string)
		if i := strings.Index(path, "]"); o["op"] == "replace" && strings.HasSuffix(path, "].value") && !strings.Contains(path, " co ") && i > 0 {
			o["path"] = "emails[value pr].value"
		}
		return array{o}
	})},
	{"removing a sub-attribute removes its siblings", "R-131", operationsOf(func(o object) array {
		if isOp("remove", "name.givenName")(o) {
			o["path"] = "name"
		}
		return array{o}
	})},
	{"operations backwards", "R-112", bodies(http.MethodPatch, func(_ *http.Request, body object) {
		if list, ok := body["Operations"].(array); ok && len(list) != 2 {
			slices.Reverse(list)
		}
	})},
	{"the old primary stays by path", "R-115", primariesStay("replace")},
	{"the old primary stays beside a new element", "R-127", primariesStay("add")},
	{"lastModified set by a change that is none", "R-125", answersToPatch(func(v *served) {
		v.doc["meta"].(object)["lastModified"] = "2099-01-01T00:00:00Z"
	})},
	{"200 without a body", "R-117", answers(func(v *served) {
		if v.request.Method == http.MethodPatch && v.status == 200 && v.request.URL.RawQuery == "" {
			v.doc = nil
		}
	})},
	{"attributes ignored by PATCH", "R-095", answers(func(v *served) {
		if v.request.Method == http.MethodPatch && v.status == 200 && v.request.URL.RawQuery != "" && at(v.sent, "Operations/0/value") == "patched" {
			v.status, v.doc = 204, nil
		}
	})},
	{"schemas not extended", "R-116", answersToPatch(func(v *served) { v.set("schemas", array{userURN}) })},
	{"no operations accepted", "R-109", answers(func(v *served) {
		if v.request.Method == http.MethodPatch && v.sent["Operations"] == nil {
			v.status, v.doc = 204, nil
		}
	})},
	{"another user's name taken", "R-119", answers(func(v *served) {
		if v.request.Method == http.MethodPatch && v.status == 409 && len(listOf(v.sent["Operations"])) == 1 {
			v.status, v.doc = 204, nil
		}
	})},
}

// repeatsElements shows the last element twice when it is added to a list that has it.
func repeatsElements() fault {
	m := newMemory()
	return answers(func(v *served) {
		id := lastSegment(v.request.URL.Path)
		if added := at(v.sent, "Operations/0/value/0/value"); v.request.Method == http.MethodPatch && added != nil && added == m.get(id) {
			m.put(id+" repeats", true)
		}
		if v.status == 201 {
			m.put(lastSegment(v.header.Get("Location")), at(v.doc, "emails/1/value"))
		}
		if list := listOf(v.doc["emails"]); m.get(id+" repeats") != nil && v.request.Method == http.MethodGet && len(list) > 0 {
			v.set("emails", append(list, list[len(list)-1]))
		}
	})
}

// oneByOne sends each operation of a PATCH by itself.
func oneByOne() fault {
	return fault{handler: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body := takeBody(r)
			list, _ := body["Operations"].(array)
			if r.Method != http.MethodPatch || len(list) < 2 {
				next.ServeHTTP(w, r)
				return
			}
			var v *served
			for _, o := range list {
				one := r.Clone(r.Context())
				setBody(one, object{"schemas": body["schemas"], "Operations": array{o}})
				if v = serve(next, one); v.status >= 400 {
					break
				}
			}
			v.write(w)
		})
	}}
}

func removeOfNothingRefused() fault {
	return fault{handler: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body := takeBody(r)
			list, _ := body["Operations"].(array)
			if r.Method == http.MethodPatch && len(list) == 1 && isOp("remove", "title")(list[0].(object)) {
				get := r.Clone(r.Context())
				get.Method, get.Body = http.MethodGet, http.NoBody
				if serve(next, get).doc["title"] == nil {
					(&served{status: 400, header: http.Header{"Content-Type": {mediaSCIM}}, doc: refusal(400)}).write(w)
					return
				}
			}
			next.ServeHTTP(w, r)
		})
	}}
}

// primariesStay shows every element as primary once an operation of that verb has set one.
func primariesStay(verb string) fault {
	m := newMemory()
	return answers(func(v *served) {
		for _, o := range listOf(v.sent["Operations"]) {
			set := at(o, "value") == true || at(o, "value/0/primary") == true
			if path, _ := at(o, "path").(string); at(o, "op") == verb && strings.HasPrefix(path, "emails") && set {
				m.put(lastSegment(v.request.URL.Path), true)
			}
		}
		if id, _ := v.doc["id"].(string); m.get(id) != nil && v.request.Method == http.MethodGet {
			for _, e := range listOf(v.doc["emails"]) {
				e.(object)["primary"] = true
			}
		}
	})
}

// answersToPatch changes what is read of a user after one PATCH with one operation "add".
func answersToPatch(change func(*served)) fault {
	m := newMemory()
	return answers(func(v *served) {
		if v.request.Method == http.MethodPatch && at(v.sent, "Operations/0/op") == "add" {
			m.put(lastSegment(v.request.URL.Path), true)
		}
		if id, _ := v.doc["id"].(string); m.get(id) != nil && v.request.Method == http.MethodGet {
			change(v)
		}
	})
}

var otherMutants = []mutant{
	{"any token will do", "R-004", fault{caller: func(r *http.Request, c *scimserver.Caller) {
		if c.Backend == nil {
			c.Backend = scimserver.NewMemory(scim.Profile{})
		}
	}}},
	{"one store for all tenants", "R-175", oneStore()},
	{"failOnErrors ignored", "R-152", bodies(http.MethodPost, func(_ *http.Request, body object) { delete(body, "failOnErrors") })},
	{"bulk status as a number", "R-151", answers(func(v *served) {
		for _, o := range listOf(v.doc["Operations"]) {
			o.(object)["status"] = number(atoi(at(o, "status").(string)))
		}
	})},
	{"bulkId not returned", "R-148", answers(func(v *served) {
		for _, o := range listOf(v.doc["Operations"]) {
			if at(o, "bulkId") == "second" {
				delete(o.(object), "bulkId")
			}
		}
	})},
	{"no limit on bulk operations", "R-153", answers(func(v *served) {
		if v.status == 413 {
			v.status, v.doc = 200, object{"schemas": array{bulkReplyURN}, "Operations": array{}}
		}
	})},
	{"/Me is a list", "R-160", answers(func(v *served) {
		if v.request.URL.Path == "/Me" {
			v.status, v.doc = 200, object{"schemas": array{listURN}, "totalResults": 0}
		}
	})},
	{"malformed JSON read as far as it goes", "R-050", answers(func(v *served) {
		if v.request.Method == http.MethodPost && v.request.URL.Path == "/Users" && v.status == 400 && v.sent == nil {
			v.status, v.doc = 201, object{"id": "half"}
		}
	})},
	{"a server error", "R-165", answers(func(v *served) {
		if v.request.Method == http.MethodDelete && strings.HasPrefix(v.request.URL.Path, "/Groups/") { // done, and yet
			v.header.Set("Content-Type", mediaSCIM)
			v.status, v.doc = 500, refusal(500)
		}
	})},
}

// oneStore gives every tenant the same resources.
func oneStore() fault {
	var shared scimserver.Backend
	return fault{backend: func(b scimserver.Backend) scimserver.Backend {
		if shared == nil {
			shared = b
		}
		return shared
	}}
}
