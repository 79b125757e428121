package main

import (
	"errors"
	"reflect"

	"github.com/usher-scim/usher/mapping"
)

// ruleChoices are the values that a field of a mapping's rules takes, where they are few.
func ruleChoices(t reflect.Type, key string) []string {
	switch {
	case t == reflect.TypeFor[mapping.Rules]() && key == "user_type":
		return []string{mapping.UserInternal, mapping.UserExternal}
	case t == reflect.TypeFor[mapping.Rules]() && key == "unknown_roles":
		return []string{mapping.UnknownRefuse, mapping.UnknownDefault}
	case t == reflect.TypeFor[mapping.Attribute]() && key == "type":
		return []string{"string", "boolean", "number", "datetime", "list"}
	case t == reflect.TypeFor[mapping.Attribute]() && key == "apply":
		return []string{"always", "create"}
	}
	return nil
}

// rules reports what a mapping's own compiler has against the rules. What is one of few values was looked at before.
func (k *checker) rules(r mapping.Rules, path string) {
	_, err := mapping.Compile(r, compileExpression)
	if err == nil {
		return
	}
	found, ok := errors.AsType[mapping.Problems](err)
	if !ok {
		k.at(path, "", "%s", err)
	}
	for _, p := range found {
		at := below(path, p.Path)
		if !k.reported(at) {
			k.at(at, p.Hint, "%s", p.Message)
		}
	}
}

// reported tells whether there is a problem of that value already.
func (k *checker) reported(path string) bool {
	for _, p := range k.problems {
		if p.Path == path {
			return true
		}
	}
	return false
}
