package admin

import (
	_ "embed"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// examplesJSON is what a real server has answered to the examples of the table, by operation; a test makes it.
//
//go:embed examples.json
var examplesJSON []byte

func documentRoutes() []route {
	return []route{answer(route{
		method: "GET", pattern: "/openapi.json", name: "getOpenAPI", summary: "This document",
		doc: "OpenAPI 3.1. It needs no key.",
	}, func(c *call) (jsontext.Value, error) { return jsontext.Value(c.document()), nil })}
}

// openAPI makes the document of a table.
func openAPI(table []route, server string) []byte {
	s := &schemas{byName: object{}}
	s.of(reflect.TypeFor[Problem]())
	var answers map[string]jsontext.Value
	_ = json.Unmarshal(examplesJSON, &answers) // a test keeps it valid
	paths := map[string]object{}
	for _, r := range table {
		item := paths[r.pattern]
		if item == nil {
			item = object{}
			paths[r.pattern] = item
		}
		item[strings.ToLower(r.method)] = s.operation(r, answers[r.name])
	}
	document, _ := json.Marshal(object{ // of maps and strings
		"openapi": "3.1.0",
		"info": object{
			"title": "Usher admin API", "version": "1", "description": overview,
			"license": object{"name": "Apache-2.0", "identifier": "Apache-2.0"},
		},
		"servers":  []any{object{"url": server}},
		"security": []any{object{"key": []string{}}},
		"paths":    paths,
		"components": object{
			"schemas": s.byName,
			"securitySchemes": object{"key": object{
				"type": "http", "scheme": "bearer", "description": "An API key, usher_api_….",
			}},
			"responses": object{"problem": object{
				"description": "It did not work (RFC 9457).",
				"content":     object{mediaProblem: object{"schema": object{"$ref": "#/components/schemas/Problem"}}},
			}},
		},
	}, json.Deterministic(true), jsontext.WithIndent("  "))
	return document
}

const overview = `Workspaces, connections, members and what happens to them. Every request but that for this document carries ` +
	`an API key: Authorization: Bearer usher_api_…. A key reaches its workspace and those below; anything else is 404 to it, ` +
	`known or unknown. Errors are problem details (RFC 9457). Lists have limit and cursor, and say next. Requests that make ` +
	`something take an Idempotency-Key, for a day. What can be changed has an ETag, and takes If-Match.`

func (s *schemas) operation(r route, answered jsontext.Value) object {
	op := object{
		"operationId": r.name, "summary": r.summary, "tags": []string{r.tag()}, "responses": s.responses(r, answered),
	}
	if text := r.description(); text != "" {
		op["description"] = text
	}
	if r.scope == "" {
		op["security"] = []any{}
	} else {
		op["x-scope"] = r.scope
	}
	if parameters := r.openAPIParameters(); len(parameters) > 0 {
		op["parameters"] = parameters
	}
	if r.request != nil {
		s.closed = true
		media := object{"schema": s.of(r.request)}
		s.closed = false
		if r.example.body != "" {
			media["example"] = jsontext.Value(r.example.body)
		}
		op["requestBody"] = object{"required": true, "content": object{mediaJSON: media}}
	}
	return op
}

func (r route) description() string {
	parts := []string{}
	if r.doc != "" {
		parts = append(parts, r.doc)
	}
	if r.scope != "" {
		parts = append(parts, "Needs the scope "+r.scope+".")
	}
	if r.installation {
		parts = append(parts, "Needs a key of the installation.")
	}
	if r.tenant {
		parts = append(parts, "Needs a key that reaches the whole tenant.")
	}
	return strings.Join(parts, " ")
}

// statuses are those of failures that the row can meet beside 500.
func (r route) statuses() []int {
	all := []int{http.StatusInternalServerError}
	if r.scope == "" {
		return all
	}
	all = append(all, http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusServiceUnavailable)
	if len(r.parameters()) > 0 {
		all = append(all, http.StatusNotFound)
	}
	if r.method != http.MethodGet {
		all = append(all, http.StatusConflict)
	}
	if r.matches {
		all = append(all, http.StatusPreconditionFailed)
	}
	if r.request != nil {
		all = append(all, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	return all
}

func (s *schemas) responses(r route, answered jsontext.Value) object {
	success := object{"description": http.StatusText(r.status)}
	if r.response != nil {
		media := object{"schema": s.of(r.response)}
		if answered != nil {
			media["example"] = answered
		}
		content := object{mediaJSON: media}
		if r.text != "" {
			content[r.text] = object{"schema": object{"type": "string"}}
		}
		success["content"] = content
	}
	if headers := r.headers(); len(headers) > 0 {
		success["headers"] = headers
	}
	all := object{strconv.Itoa(r.status): success}
	for _, status := range r.statuses() {
		all[strconv.Itoa(status)] = object{"$ref": "#/components/responses/problem"}
	}
	return all
}

func (r route) headers() object {
	headers, text := object{}, object{"type": "string"}
	if r.creates {
		headers["Location"] = object{"description": "Where it can be read.", "schema": text}
		headers["Idempotency-Replayed"] = object{"description": "true: the answer is that of an earlier request.", "schema": text}
	}
	if r.versioned() {
		headers["ETag"] = object{"description": "The version, for If-Match.", "schema": text}
	}
	return headers
}

func (r route) versioned() bool {
	return r.response != nil && r.response.Implements(reflect.TypeFor[interface{ version() int64 }]())
}

func (r route) openAPIParameters() []any {
	var all []any
	for _, name := range r.parameters() {
		all = append(all, object{
			"name": name, "in": "path", "required": true, "description": pathParameters[name],
			"schema": object{"type": "string"},
		})
	}
	for _, p := range r.query {
		all = append(all, object{"name": p.name, "in": "query", "description": p.doc, "schema": p.schema()})
	}
	header := func(name, doc string) {
		all = append(all, object{"name": name, "in": "header", "description": doc, "schema": object{"type": "string"}})
	}
	if r.creates {
		header(headerIdempotency, "A random text: the same request with the same key is answered alike for a day, and done once.")
	}
	if r.matches {
		header("If-Match", "An ETag: refuse with 412 when it is another version by now.")
	}
	return all
}

func (p parameter) schema() object {
	schema := object{"type": p.kind}
	if p.kind == "date-time" || p.kind == "date" {
		schema = object{"type": "string", "format": p.kind}
	}
	if p.enum != nil {
		schema["enum"] = p.enum
	}
	return schema
}

// pathParameters say what stands in paths.
var pathParameters = map[string]string{
	"workspace":  "The key of the workspace.",
	"connection": "The name or id of the connection.",
	"role":       "The name of the role.",
	"team":       "The name of the team.",
	"token":      "The id of the token or client secret.",
	"subject":    "The id of the person.",
	"domain":     "The domain.",
	"webhook":    "The id of the webhook.",
	"key":        "The id of the API key.",
	"schema":     "The URN of the schema.",
	"type":       "The name of the resource type.",
	"session":    "The id of the session.",
	"app":        "The client id of the app.",
}
