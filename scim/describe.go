package scim

import (
	"strconv"
	"strings"
)

// show is the text of a value for a detail; lists and objects are only named.
func show(v Value) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case Number:
		return string(v)
	case bool:
		return strconv.FormatBool(v)
	case Array:
		return "[…]"
	default:
		return "{…}"
	}
}

// describe says what a value of the attribute looks like.
func describe(a *Attribute) string {
	switch a.Type {
	case TypeBoolean:
		return "true or false"
	case TypeDecimal:
		return "a number"
	case TypeInteger:
		return "an integer, without fraction or exponent"
	case TypeDateTime:
		return "a date and time such as 2008-01-23T04:56:22Z"
	case TypeBinary:
		return "base64 text"
	case TypeReference:
		return "a URI as text"
	case TypeComplex:
		return "an object with " + subNames(a)
	default:
		return "text"
	}
}

func subNames(a *Attribute) string { return names(a.SubAttributes) }

func names(attrs []*Attribute) string {
	s := make([]string, len(attrs))
	for i, a := range attrs {
		s[i] = a.Name
	}
	return strings.Join(s, ", ")
}
