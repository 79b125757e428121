package main

import (
	"encoding"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// lists are what ${…} in tags stands for.
var lists = strings.NewReplacer("${profiles}", strings.Join(scim.ProfileNames(), ","), "${scopes}", strings.Join(directory.Scopes()[1:], ", "))

// parameter is a field that a flag or an argument sets. It implements [pflag.Value].
type parameter struct {
	name  string
	field reflect.Value
	tag   reflect.StructTag
	given bool // it is more than the default
}

func newParameter(f reflect.StructField, field reflect.Value) *parameter {
	p := &parameter{field: field, tag: reflect.StructTag(lists.Replace(string(f.Tag)))}
	if p.name = p.tag.Get("name"); p.name == "" {
		p.name = dashed(f.Name)
	}
	if text, ok := p.tag.Lookup("default"); ok {
		if err := p.set(text); err != nil {
			panic(fmt.Errorf("default of %s: %w", p.name, err)) // a slip in the declaration, which fails every test
		}
	}
	return p
}

// parameters are those of flags.
func parameters(flags *pflag.FlagSet) (all []*parameter) {
	flags.VisitAll(func(f *pflag.Flag) {
		if p, ok := f.Value.(*parameter); ok {
			all = append(all, p)
		}
	})
	return all
}

// Set implements [pflag.Value]. What is given to a list replaces the default, and what is given next is added.
func (p *parameter) Set(text string) error {
	if enum := list(p.tag.Get("enum")); enum != nil && !slices.Contains(enum, text) {
		return fmt.Errorf("must be one of %s, not %q", strings.Join(p.choices(), ", "), text)
	}
	if !p.given {
		p.field.SetZero()
	}
	if p.given = true; p.isList() && p.field.IsNil() {
		p.field.Set(reflect.MakeSlice(p.field.Type(), 0, 0)) // an empty list is not the same as none
	}
	return p.set(text)
}

func (p *parameter) set(text string) error {
	field := p.field
	if field.Kind() == reflect.Pointer {
		if field.IsNil() {
			field.Set(reflect.New(field.Type().Elem()))
		}
		field = field.Elem()
	}
	if field.Kind() != reflect.Slice {
		return decode(text, field.Addr().Interface())
	}
	parts := []string{text}
	if !p.has("arg") && p.tag.Get("sep") != "none" {
		parts = list(text)
	}
	for _, part := range parts {
		element := reflect.New(field.Type().Elem())
		if err := decode(part, element.Interface()); err != nil {
			return err
		}
		field.Set(reflect.Append(field, element.Elem()))
	}
	return nil
}

// String implements [pflag.Value].
func (p *parameter) String() string { return p.tag.Get("default") }

// Type implements [pflag.Value]: it names what is given.
func (p *parameter) Type() string {
	if p.isBool() {
		return "bool"
	}
	for _, tag := range []string{"placeholder", "default"} {
		if text := p.tag.Get(tag); text != "" {
			return text
		}
	}
	return strings.ToUpper(p.name)
}

func (p *parameter) has(tag string) bool {
	_, ok := p.tag.Lookup(tag)
	return ok
}

func (p *parameter) isBool() bool {
	return p.field.Type() == reflect.TypeFor[bool]() || p.field.Type() == reflect.TypeFor[*bool]()
}

func (p *parameter) isList() bool { return p.field.Kind() == reflect.Slice }

// choices are the values that there are. An enum that begins with a comma has the empty one too.
func (p *parameter) choices() []string { return list(strings.TrimPrefix(p.tag.Get("enum"), ",")) }

// negation is --no-x of a flag --x.
type negation struct{ *parameter }

// Set implements [pflag.Value].
func (n negation) Set(text string) error {
	var no bool
	if err := decode(text, &no); err != nil {
		return err
	}
	return n.parameter.Set(strconv.FormatBool(!no))
}

// decode sets to what a text says.
func decode(text string, to any) (err error) {
	what := ""
	switch to := to.(type) {
	case encoding.TextUnmarshaler:
		return to.UnmarshalText([]byte(text))
	case *string:
		*to = text
	case *bool:
		what = "true or false"
		*to, err = truth(text)
	case *int:
		what = "a whole number"
		*to, err = strconv.Atoi(text)
	case *int64:
		what = "a whole number"
		*to, err = strconv.ParseInt(text, 10, 64)
	case *float64:
		what = "a number"
		*to, err = strconv.ParseFloat(text, 64)
	case *time.Duration:
		what = "a duration such as 90s or 12h"
		*to, err = time.ParseDuration(text)
	default:
		return fmt.Errorf("no flag holds a %T", to)
	}
	if err != nil {
		return fmt.Errorf("%q is not %s", text, what)
	}
	return nil
}

// truth is a truth value, also in the words of an environment, where nothing is no.
func truth(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "yes":
		return true, nil
	case "no", "":
		return false, nil
	}
	return strconv.ParseBool(text)
}

// list splits a text at its commas, but not at those after a backslash.
func list(text string) (parts []string) {
	if text == "" {
		return nil
	}
	for part := range strings.SplitSeq(strings.ReplaceAll(strings.TrimSuffix(text, ","), `\,`, "\x00"), ",") {
		parts = append(parts, strings.ReplaceAll(part, "\x00", ","))
	}
	return parts
}

var wordEnd = regexp.MustCompile("([a-z])([A-Z])|([A-Z])([A-Z][a-z])")

// dashed is a field's name as people write it: tls-cert for TLSCert.
func dashed(field string) string {
	return strings.ToLower(wordEnd.ReplaceAllString(field, "$1$3-$2$4"))
}
