package admin

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-scim/usher/directory"
)

// object is a JSON object of the OpenAPI document.
type object = map[string]any

// schemas collects the schemas of Go types, under the names of the types.
type schemas struct {
	byName object
	// closed are the schemas of requests, which refuse members that they do not have.
	closed bool
}

// enums are the values of types that have few.
var enums = map[reflect.Type][]string{
	reflect.TypeFor[directory.State]():             {string(directory.StateEnabled), string(directory.StatePaused), string(directory.StateDisabled)},
	reflect.TypeFor[directory.MemberStatus]():      {string(directory.StatusInvited), string(directory.StatusActive), string(directory.StatusDeactivated)},
	reflect.TypeFor[directory.Source]():            {"scim", "jit", "manual", "import", "default", ""},
	reflect.TypeFor[directory.ProvisioningState](): {"", "disabled", "unentitled"},
	reflect.TypeFor[directory.TokenKind]():         {string(directory.TokenBearer), string(directory.TokenSecret), string(directory.TokenSupplied)},
	reflect.TypeFor[directory.SessionState]():      {string(directory.SessionPending), string(directory.SessionLive), string(directory.SessionEnded)},
	reflect.TypeFor[directory.Method]():            {"", string(directory.MethodManual), string(directory.MethodJIT), string(directory.MethodSCIM), string(directory.MethodBoth)},
}

// of is the schema of a type: a reference when it is a struct with a name.
func (s *schemas) of(t reflect.Type) object {
	switch t {
	case reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case reflect.TypeFor[json.RawMessage](), reflect.TypeFor[jsontext.Value]():
		return object{"description": "Any JSON."}
	}
	if values, ok := enums[t]; ok {
		return object{"type": "string", "enum": values}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem())
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return object{"type": "string", "contentEncoding": "base64"}
		}
		return object{"type": "array", "items": s.of(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": s.of(t.Elem())}
	case reflect.Struct:
		return s.reference(t)
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Float32, reflect.Float64:
		return object{"type": "number"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return object{"type": "integer"}
	}
	return object{}
}

func (s *schemas) reference(t reflect.Type) object {
	name := schemaName(t)
	if _, known := s.byName[name]; !known {
		s.byName[name] = nil // of a type that holds itself
		s.byName[name] = s.structure(t)
	}
	return object{"$ref": "#/components/schemas/" + name}
}

// schemaName is the type's name; a list is named by what it lists.
func schemaName(t reflect.Type) string {
	name, argument, generic := strings.Cut(t.Name(), "[")
	if !generic {
		if path := t.PkgPath(); !strings.HasSuffix(path, "/admin") {
			pkg := path[strings.LastIndexByte(path, '/')+1:]
			return strings.ToUpper(pkg[:1]) + pkg[1:] + name
		}
		return name
	}
	argument = strings.TrimSuffix(argument, "]")
	return argument[strings.LastIndexByte(argument, '.')+1:] + name
}

func (s *schemas) structure(t reflect.Type) object {
	properties, required := object{}, []string{}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue // embedded, or not shown
		}
		property := s.of(f.Type)
		if doc := f.Tag.Get("doc"); doc != "" {
			property["description"] = doc
		}
		if values := f.Tag.Get("enum"); values != "" {
			property["enum"] = strings.Split(values, ",")
		}
		properties[name] = property
		if !strings.Contains(options, "omit") {
			required = append(required, name)
		}
	}
	slices.Sort(required)
	schema := object{"type": "object", "properties": properties, "required": required}
	if s.closed {
		schema["additionalProperties"] = false
	}
	return schema
}
