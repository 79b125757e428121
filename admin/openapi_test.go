package admin

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// TestOpenAPI_Validates reads the document that is served as others will.
func TestOpenAPI_Validates(t *testing.T) {
	t.Parallel()
	got := newWorld(t).send("", "GET", "/openapi.json", "")
	if got.status != http.StatusOK || got.header.Get("Content-Type") != mediaJSON {
		t.Fatalf("%d %s", got.status, got.header.Get("Content-Type"))
	}
	document := parseOpenAPI(t, got.body)
	if document.OpenAPI != "3.1.0" {
		t.Errorf("OpenAPI %s", document.OpenAPI)
	}
	for _, r := range routes() {
		item := document.Paths.Find(r.pattern)
		if item == nil || item.GetOperation(r.method) == nil {
			t.Errorf("%s %s is not in the document", r.method, r.pattern)
		}
	}
}

func parseOpenAPI(t *testing.T, text string) *openapi3.T {
	t.Helper()
	document, err := openapi3.NewLoader().LoadFromData([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := document.Validate(t.Context(), openapi3.EnableExamplesValidation()); err != nil {
		t.Fatal(err)
	}
	return document
}

// TestOpenAPI_ExamplesFitTheirSchemas: what is sent and what a real server has answered is what the document says.
func TestOpenAPI_ExamplesFitTheirSchemas(t *testing.T) {
	t.Parallel()
	document := parseOpenAPI(t, string(openAPI(routes(), defaultURL)))
	var answers map[string]json.RawMessage
	if err := json.Unmarshal(examplesJSON, &answers); err != nil {
		t.Fatal(err)
	}
	for _, r := range routes() {
		op := document.Paths.Find(r.pattern).GetOperation(r.method)
		if r.request != nil {
			fits(t, r.name+" request", op.RequestBody.Value.Content[mediaJSON].Schema, r.example.body)
			broken := strings.Replace(r.example.body, "{", `{"no_such_member": 1,`, 1)
			broken = strings.Replace(broken, ",}", "}", 1)
			if declares := r.tag() == "schemas" || r.tag() == "resource-types"; declares {
				continue // the document is that of RFC 7643
			}
			if err := visit(t, op.RequestBody.Value.Content[mediaJSON].Schema, broken); err == nil {
				t.Errorf("%s: the schema of the request takes members that do not exist", r.name)
			}
		}
		if answer, ok := answers[r.name]; ok {
			response := op.Responses.Value(strconv.Itoa(r.status)).Value
			fits(t, r.name+" response", response.Content[mediaJSON].Schema, string(answer))
		}
	}
}

func fits(t *testing.T, name string, schema *openapi3.SchemaRef, text string) {
	t.Helper()
	if err := visit(t, schema, text); err != nil {
		t.Errorf("%s: %v\n%s", name, err, text)
	}
}

func visit(t *testing.T, schema *openapi3.SchemaRef, text string) error {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return schema.Value.VisitJSON(v, openapi3.MultiErrors())
}
