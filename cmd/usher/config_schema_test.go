package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/usher-scim/usher/scim"
)

// examples are the configurations that people start from.
func examples(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../../examples/*/usher.yaml")
	if err != nil || len(files) < 4 {
		t.Fatalf("%d examples, %v", len(files), err)
	}
	return files
}

// The examples pass the check, and the schema that editors get: both come from the same types.
func TestConfigSchema_Examples(t *testing.T) {
	t.Parallel()
	schema := configSchema()
	for _, file := range examples(t) {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			t.Parallel()
			source, found, err := loadConfig(file, time.Now())
			if err != nil || len(found) > 0 {
				t.Fatalf("%v %v", found, err)
			}
			if err := validate(schema, asJSON(t, source.text), ""); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestConfigSchema_RefusesWhatCheckRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"databse: x",
		"server: {rate_limit: fast}",
		"workspaces: [{name: Acme}]",
		"connections: [{workspace: A, name: b, profile: octa}]",
		"connections: [{workspace: A, name: b, token: {from_env: T}}]",
		"workspaces: [{key: A, roles: [{permissions: [a]}]}]",
	} {
		if validate(configSchema(), asJSON(t, []byte(text)), "") == nil {
			t.Errorf("the schema lets pass: %s", text)
		}
		c := &configSource{text: []byte(text)}
		if found := c.decode(); len(found.and(c.check())) == 0 {
			t.Errorf("the check lets pass: %s", text)
		}
	}
}

// asJSON is the YAML text as a JSON value.
func asJSON(t *testing.T, text []byte) any {
	t.Helper()
	root, err := parseYAML(text)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(scim.AppendJSON(nil, (&decoder{places: places{}}).json(root, "")), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// validate knows the keywords of JSON Schema that configSchema writes.
func validate(schema map[string]any, v any, path string) error {
	if any, ok := schema["anyOf"].([]any); ok {
		return validateAny(any, v, path)
	}
	if enum, ok := schema["enum"].([]string); ok && !slices.Contains(enum, fmt.Sprint(v)) {
		return fmt.Errorf("%s: %v is none of %v", path, v, enum)
	}
	switch v := v.(type) {
	case map[string]any:
		return validateObject(schema, v, path)
	case []any:
		items, ok := schema["items"].(map[string]any)
		if !ok {
			return fmt.Errorf("%s: a list", path)
		}
		for i := range v {
			if err := validate(items, v[i], index(path, i)); err != nil {
				return err
			}
		}
		return nil
	}
	kinds := map[string]string{"string": "string", "boolean": "bool", "integer": "float64", "number": "float64"}
	if want := kinds[schema["type"].(string)]; want != fmt.Sprintf("%T", v) {
		return fmt.Errorf("%s: %v is no %s", path, v, schema["type"])
	}
	return nil
}

func validateAny(choices []any, v any, path string) (err error) {
	for _, one := range choices {
		if err = validate(one.(map[string]any), v, path); err == nil {
			return nil
		}
	}
	return err
}

func validateObject(schema map[string]any, v map[string]any, path string) error {
	if schema["type"] != "object" {
		return fmt.Errorf("%s: a mapping", path)
	}
	required, _ := schema["required"].([]string)
	for _, name := range required {
		if _, ok := v[name]; !ok {
			return fmt.Errorf("%s lacks %s", path, name)
		}
	}
	if not, ok := schema["not"].(map[string]any); ok {
		for _, name := range not["required"].([]string) {
			if _, there := v[name]; there {
				return fmt.Errorf("%s has %s", path, name)
			}
		}
	}
	properties, ok := schema["properties"].(map[string]any)
	for name := range v {
		s, known := properties[name].(map[string]any)
		if !ok {
			continue
		}
		if !known {
			return fmt.Errorf("%s has no %s", path, name)
		}
		if err := validate(s, v[name], below(path, name)); err != nil {
			return err
		}
	}
	return nil
}
