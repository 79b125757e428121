package main

import (
	"reflect"
	"slices"
	"strings"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// noted are fields that are Usher's own notes, which stand in no file.
var noted = []string{"", "origin", "brake_open_until"}

// fieldsOf are the fields of a struct that stand in a file.
func fieldsOf(t reflect.Type) (fields []reflect.StructField) {
	for _, f := range reflect.VisibleFields(t) {
		if name := jsonName(f); f.IsExported() && !slices.Contains(noted, name) {
			fields = append(fields, f)
		}
	}
	return fields
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

func names(fields []reflect.StructField) (list []string) {
	for _, f := range fields {
		list = append(list, jsonName(f))
	}
	return list
}

func keysOf(fields []reflect.StructField) string { return strings.Join(names(fields), ", ") }

// isNamed tells the types that a bare name stands for.
func isNamed(t reflect.Type) bool {
	return t == reflect.TypeFor[roleConfig]() || t == reflect.TypeFor[teamConfig]()
}

// mapKeys are the keys that a map takes.
func mapKeys(t reflect.Type) []string {
	if t.Key() == reflect.TypeFor[directory.Surface]() {
		return []string{string(directory.SurfaceAdmin), string(directory.SurfaceSCIM), string(directory.SurfaceSSO)}
	}
	return nil
}

// choices are the values that a field takes, by type and key, where they are few.
func choices(t reflect.Type, key string) []string {
	switch {
	case t == reflect.TypeFor[connectionConfig]() && key == "profile":
		return scim.ProfileNames()
	case t == reflect.TypeFor[directory.WorkspaceSettings]() && key == "provisioning":
		return []string{string(directory.ProvisioningDisabled), string(directory.ProvisioningUnentitled)}
	case t == reflect.TypeFor[directory.WorkspaceSettings]() && key == "first_status":
		return []string{string(directory.StatusActive), string(directory.StatusInvited)}
	case t == reflect.TypeFor[directory.ConnectionSettings]() && key == "scope":
		return []string{directory.ScopeOwn, directory.ScopeWorkspace}
	case t == reflect.TypeFor[directory.ConnectionSettings]() && key == "key":
		return []string{"userName", "email"}
	case t == reflect.TypeFor[directory.WorkspaceSettings]() && key == "method":
		return []string{string(directory.MethodManual), string(directory.MethodJIT), string(directory.MethodSCIM), string(directory.MethodBoth)}
	case t == reflect.TypeFor[directory.Security]() && key == "second_factor":
		return []string{directory.FactorRequired}
	case t == reflect.TypeFor[directory.SignIn]() && key == "protocol":
		return []string{directory.ProtocolOIDC, directory.ProtocolSAML}
	case t == reflect.TypeFor[directory.SignIn]() && key == "unknown_role":
		return []string{directory.UnknownRoleDefault, directory.UnknownRoleRefuse}
	case t == reflect.TypeFor[appConfig]() && key == "algorithm":
		return []string{directory.AlgorithmRS256, directory.AlgorithmES256}
	case t == reflect.TypeFor[serverConfig]() && key == "log_format":
		return []string{"text", "json"}
	case t == reflect.TypeFor[serverConfig]() && key == "log_level":
		return []string{"debug", "info", "warn", "error"}
	}
	return ruleChoices(t, key)
}
