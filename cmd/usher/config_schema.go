package main

import (
	"reflect"

	"github.com/usher-scim/usher/directory"
)

// configSchema is the JSON Schema (draft 2020-12) of a configuration file, for editors. It comes from the Go types that
// the file is read into, so that it cannot say otherwise.
func configSchema() map[string]any {
	s := schemaOf(reflect.TypeFor[config](), "")
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["title"] = "usher.yaml"
	return s
}

// schemaOf describes the values of a type. path is where they stand, with [] for the items of a list.
func schemaOf(t reflect.Type, path string) map[string]any {
	switch t {
	case reflect.TypeFor[tokenConfigs]():
		one := schemaOf(reflect.TypeFor[tokenConfig](), path+"[]")
		return map[string]any{"anyOf": []any{one, map[string]any{"type": "array", "items": one}}}
	case reflect.TypeFor[metadataConfig]():
		return map[string]any{"anyOf": []any{objectSchema(t, path), map[string]any{"type": "string"}}}
	case reflect.TypeFor[declarationConfig]():
		written := map[string]any{"type": "object", "not": map[string]any{"required": []string{"file"}}}
		return map[string]any{"anyOf": []any{objectSchema(t, path), written}}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem(), path)
	case reflect.Struct:
		object := objectSchema(t, path)
		if isNamed(t) {
			return map[string]any{"anyOf": []any{map[string]any{"type": "string"}, object}}
		}
		return object
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem(), path+"[]")}
	}
	if t.Kind() == reflect.Map {
		return mapSchema(t, path)
	}
	return map[string]any{"type": jsonType(t)}
}

func mapSchema(t reflect.Type, path string) map[string]any {
	properties := map[string]any{}
	for _, key := range mapKeys(t) {
		properties[key] = schemaOf(t.Elem(), below(path, key))
	}
	return map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
}

func jsonType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "boolean"
	case reflect.Int:
		return "integer"
	case reflect.Float64:
		return "number"
	}
	return "string"
}

func objectSchema(t reflect.Type, path string) map[string]any {
	properties := map[string]any{}
	for _, f := range fieldsOf(t) {
		name := jsonName(f)
		at := below(path, name)
		s := schemaOf(f.Type, at)
		if allowed := choices(t, name); len(allowed) > 0 {
			s["enum"] = allowed
		}
		if text := configKeys[at]; text != "" {
			s["description"] = text
		}
		properties[name] = s
	}
	s := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if names := required(t); len(names) > 0 {
		s["required"] = names
	}
	return s
}

// required are the keys without which the value makes no sense.
func required(t reflect.Type) []string {
	switch t {
	case reflect.TypeFor[workspaceConfig]():
		return []string{"key"}
	case reflect.TypeFor[connectionConfig]():
		return []string{"workspace", "name"}
	case reflect.TypeFor[appConfig]():
		return []string{"id", "redirect_uris"}
	case reflect.TypeFor[directory.SignIn]():
		return []string{"protocol"} // the issuer may stand in metadata
	case reflect.TypeFor[tokenConfig]():
		return []string{"expires"}
	case reflect.TypeFor[roleConfig](), reflect.TypeFor[teamConfig]():
		return []string{"name"}
	case reflect.TypeFor[declarationConfig](), reflect.TypeFor[metadataConfig]():
		return []string{"file"}
	}
	return nil
}
