package scimclient

import (
	"encoding"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/usher-scim/usher/scim"
)

// Filter is a condition on resources, or on the values of a multi-valued attribute.
// It is a value: combining filters changes none of them. The zero Filter is no
// condition at all; combinations leave it out. See RFC 7644 §3.4.2.2.
//
//	f := scimclient.Has("emails", scimclient.Eq("type", "work").And(scimclient.Ew("value", "@example.com")))
//	f = f.And(scimclient.Not(scimclient.Eq("active", false)))
//
// A value is quoted by its Go type: strings and types of them, bool, integers and
// floats, [time.Time] (dateTime), []byte (binary, base64), what implements
// [encoding.TextMarshaler], pointers to these; nil is null.
type Filter struct {
	text string
	rank rank
	err  error
}

// rank says how strongly a filter's outermost operator binds.
type rank uint8

const (
	rankRaw rank = iota // text that was not made here
	rankOr
	rankAnd
	rankTerm
)

// Eq holds when a value of the attribute is v.
func Eq(attr string, v any) Filter { return compare(attr, scim.Equal, v) }

// Ne holds when Eq does not. Servers differ about a missing attribute.
func Ne(attr string, v any) Filter { return compare(attr, scim.NotEqual, v) }

// Co holds when a value of the attribute contains v.
func Co(attr string, v any) Filter { return compare(attr, scim.Contains, v) }

// Sw holds when a value of the attribute starts with v.
func Sw(attr string, v any) Filter { return compare(attr, scim.StartsWith, v) }

// Ew holds when a value of the attribute ends with v.
func Ew(attr string, v any) Filter { return compare(attr, scim.EndsWith, v) }

// Gt holds when a value of the attribute is greater than v.
func Gt(attr string, v any) Filter { return compare(attr, scim.GreaterThan, v) }

// Ge holds when a value of the attribute is v or greater.
func Ge(attr string, v any) Filter { return compare(attr, scim.GreaterOrEqual, v) }

// Lt holds when a value of the attribute is less than v.
func Lt(attr string, v any) Filter { return compare(attr, scim.LessThan, v) }

// Le holds when a value of the attribute is v or less.
func Le(attr string, v any) Filter { return compare(attr, scim.LessOrEqual, v) }

// Pr holds when the attribute has a value.
func Pr(attr string) Filter {
	if err := checkPath(attr); err != nil {
		return Filter{err: err}
	}
	return Filter{text: attr + " pr", rank: rankTerm}
}

// Has holds when one value of the multi-valued attribute meets f, whose attributes are the sub-attributes.
func Has(attr string, f Filter) Filter {
	if f.err == nil && f.text == "" {
		f.err = fmt.Errorf("%s[] needs a filter; Pr asks for any value", attr)
	}
	text, err := valuePath(attr, f, "")
	return Filter{text: text, rank: rankTerm, err: err}
}

// Not holds when f does not.
func Not(f Filter) Filter {
	if f.err == nil && f.text == "" {
		f.err = errors.New("a negation needs a filter")
	}
	return Filter{text: "not (" + f.text + ")", rank: rankTerm, err: f.err}
}

// Raw is a filter that exists as text. It is not checked.
func Raw(text string) Filter { return Filter{text: text} }

// And holds when f and all of the others hold.
func (f Filter) And(others ...Filter) Filter { return join(rankAnd, " and ", f, others) }

// Or holds when f or one of the others holds.
func (f Filter) Or(others ...Filter) Filter { return join(rankOr, " or ", f, others) }

// String is the filter's text. That of a filter with a fault is refused by every server; see [Filter.Err].
func (f Filter) String() string {
	if f.err != nil {
		return faulty(f.err)
	}
	return f.text
}

// Err is what is wrong with the filter: a name that is no attribute path, a value that cannot be written. Lists check
// it before they ask the server.
func (f Filter) Err() error { return f.err }

func join(r rank, operator string, f Filter, others []Filter) Filter {
	joined := f
	for _, o := range others {
		switch {
		case joined.err != nil:
			return joined
		case o.err != nil:
			return o
		case o.text == "":
		case joined.text == "":
			joined = o
		default:
			joined = Filter{text: joined.within(r) + operator + o.within(r), rank: r}
		}
	}
	return joined
}

// within is the text as a term of an operator of that rank.
func (f Filter) within(r rank) string {
	if f.rank >= r {
		return f.text
	}
	return "(" + f.text + ")"
}

// ValuePath is the path of a PATCH operation that selects values of a multi-valued
// attribute by f, and with sub a part of each:
//
//	scimclient.ValuePath("emails", scimclient.Eq("type", "work"), "value") // emails[type eq "work"].value
//
// A zero f selects all values. What is wrong with an argument is reported by the
// call that would send the path. See RFC 7644 §3.5.2, figure 7.
func ValuePath(attr string, f Filter, sub string) string {
	path, err := valuePath(attr, f, sub)
	if err != nil {
		return faulty(err)
	}
	return path
}

func valuePath(attr string, f Filter, sub string) (string, error) {
	if f.err != nil {
		return "", f.err
	}
	path := attr
	if sub != "" {
		path += "." + sub
	}
	if err := checkPath(path); err != nil || f.text == "" {
		return path, err
	}
	return attr + "[" + f.text + "]" + strings.TrimPrefix(path, attr), nil
}

// fault marks text that stands for an error. Nothing in the grammar begins with it, so a server refuses what this
// package should have.
const fault = "!"

func faulty(err error) string { return fault + "(" + err.Error() + ")" }

// attrPath is an attribute, with its schema's URN before it and a sub-attribute behind it. Its characters cannot end
// the path, so a name from outside cannot become another condition.
var attrPath = regexp.MustCompile(`^(?i:urn:[-a-z0-9:._~+=@%]+:)?\$?[A-Za-z][-$\w]*(\.\$?[A-Za-z][-$\w]*)?$`)

func checkPath(path string) error {
	if !attrPath.MatchString(path) {
		return fmt.Errorf("%q is not an attribute path such as userName or name.givenName", path)
	}
	return nil
}

func compare(attr string, op scim.Operator, v any) Filter {
	literal, err := literal(v)
	if err = errors.Join(checkPath(attr), err); err != nil {
		return Filter{err: fmt.Errorf("filter %s %s: %w", attr, op, err)}
	}
	return Filter{text: attr + " " + op.String() + " " + string(scim.AppendJSON(nil, literal)), rank: rankTerm}
}

// literal turns a Go value into one of JSON's.
func literal(v any) (scim.Value, error) {
	if p := reflect.ValueOf(v); !p.IsValid() || p.Kind() == reflect.Pointer && p.IsNil() {
		return nil, nil
	}
	switch v := v.(type) {
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano), nil
	case []byte:
		return base64.StdEncoding.EncodeToString(v), nil
	case scim.Number:
		return number(string(v))
	case json.Number:
		return number(string(v))
	case encoding.TextMarshaler:
		b, err := v.MarshalText()
		if err != nil {
			return nil, err
		}
		return text(string(b))
	}
	return reflected(reflect.ValueOf(v))
}

func reflected(v reflect.Value) (scim.Value, error) {
	switch v.Kind() {
	case reflect.String:
		return text(v.String())
	case reflect.Bool:
		return v.Bool(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return scim.Number(strconv.FormatInt(v.Int(), 10)), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return scim.Number(strconv.FormatUint(v.Uint(), 10)), nil
	case reflect.Float32, reflect.Float64:
		return number(strconv.FormatFloat(v.Float(), 'g', -1, v.Type().Bits()))
	case reflect.Pointer:
		return literal(v.Elem().Interface())
	}
	return nil, fmt.Errorf("a value of type %s cannot be compared", v.Type())
}

func text(s string) (scim.Value, error) {
	if !utf8.ValidString(s) {
		return nil, fmt.Errorf("%q is not UTF-8", s)
	}
	return s, nil
}

// number holds a text to the grammar of JSON, which has no NaN and no infinity.
func number(text string) (scim.Value, error) {
	if !json.Valid([]byte(text)) || strings.Trim(text, "0123456789+-.eE") != "" {
		return nil, fmt.Errorf("%s is not a number", text)
	}
	return scim.Number(text), nil
}
