package scim

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxValue is the longest string value in bytes; longer ones are refused with [KindValueTooLong].
const maxValue = 64 << 10

// maxIdentifier is the longest value in bytes of what identifies a resource: it stands in indexes, of which PostgreSQL's
// take 2,704 bytes also when folding has made it longer, and whole in the cursor of a list that is sorted by it, which has
// to fit into a URL.
const maxIdentifier = 1 << 10

// longest is how many bytes a value of the attribute may have.
func longest(a *Attribute) int {
	if identifies(a) {
		return maxIdentifier
	}
	return maxValue
}

func identifies(a *Attribute) bool { return a.Uniqueness != UniqueNone || a.Name == "externalId" }

// isTooLong reports a value that is longer than it may be, or of which folding makes an entry that no index takes: its
// compatibility characters become up to eleven times as long.
func isTooLong(a *Attribute, s string) bool {
	const folded = 2 * maxIdentifier
	return len(s) > longest(a) || identifies(a) && len(s) > folded/11 && len(FoldName(s)) > folded
}

// maxWarnings bounds the remarks that one request can cause.
const maxWarnings = 20

// coerce makes v a value of the attribute by the quirks of p: an [Array] for a multi-valued attribute, an *[Object]
// for a complex one, names in schema case, read-only and undeclared sub-attributes left out. A nil result means
// "unassigned": null, [], an object without values and, by D-13, "". where names the attribute in errors
// and warnings. The result shares nothing that v could be changed through.
func (p Profile) coerce(a *Attribute, v Value, where string) (Value, []string, error) {
	c := newCoercion(p, where)
	c.secret = a.secret()
	out, err := c.attribute(a, v)
	return out, c.warnings, err
}

// coerceSimple is [Profile.coerce] for one value of an attribute that is not complex.
func (p Profile) coerceSimple(a *Attribute, v Value, where string) (Value, error) {
	c := newCoercion(p, where)
	c.secret = a.secret()
	return c.simple(a, v)
}

// coercion is one walk over a value. It knows where it stands, so that the place is spelt out only for an error.
type coercion struct {
	p        Profile
	where    string // the attribute
	index    int    // of the element, or -1
	sub      string // the sub-attribute, or ""
	secret   bool   // no error repeats the value
	warnings []string
}

func newCoercion(p Profile, where string) coercion { return coercion{p: p, where: where, index: -1} }

// secret reports whether the attribute's values are never to be seen: not in answers, errors, keys or filters.
func (a *Attribute) secret() bool { return a.Mutability == WriteOnly || a.Returned == ReturnedNever }

func (c *coercion) at() string {
	s := c.where
	if c.index >= 0 {
		s += "[" + strconv.Itoa(c.index) + "]"
	}
	if c.sub != "" {
		s += "." + c.sub
	}
	return s
}

func (c *coercion) fail(k Kind, v Value, allowed string) error {
	if c.secret {
		v = nil
	}
	return NewError(k, c.at(), show(v), allowed)
}

func (c *coercion) warn(s string) { c.warnings = addWarning(c.warnings, s) }

// addWarning adds a remark unless it was made already: one per name (D-07).
func addWarning(list []string, s string) []string {
	if len(list) >= maxWarnings || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

func (c *coercion) attribute(a *Attribute, v Value) (Value, error) {
	if v == nil {
		return nil, nil
	}
	if !a.MultiValued {
		return c.single(a, v)
	}
	list, ok := v.(Array)
	if !ok {
		if !c.p.Has(QuirkLooseShapes) {
			return nil, c.fail(KindWrongType, v, "a list")
		}
		list = Array{v}
	}
	return c.list(a, list)
}

func (c *coercion) list(a *Attribute, list Array) (Value, error) {
	nested := c.index >= 0 || c.sub != "" // a multi-valued sub-attribute keeps the place of its element
	out := make(Array, 0, len(list))
	primary := false
	for i, v := range list {
		if !nested {
			c.index = i
		}
		e, err := c.single(a, v)
		if err != nil {
			return nil, err
		}
		if e == nil {
			continue // T-036
		}
		if isPrimary(e) {
			if primary {
				return nil, c.fail(KindTwoPrimaries, nil, "one element with \"primary\": true")
			}
			primary = true
		}
		out = append(out, e)
	}
	if !nested {
		c.index = -1
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

// isPrimary reports whether an element of a multi-valued attribute is the primary one.
func isPrimary(element Value) bool {
	o, ok := element.(*Object)
	if !ok {
		return false
	}
	v, _ := o.Get("primary")
	return v == true
}

func (c *coercion) single(a *Attribute, v Value) (Value, error) {
	if list, ok := v.(Array); ok {
		switch {
		case len(list) == 0:
			return nil, nil
		case len(list) == 1 && c.p.Has(QuirkLooseShapes):
			v = list[0]
		}
	}
	if a.Type == TypeComplex {
		return c.complex(a, v)
	}
	return c.simple(a, v)
}

func (c *coercion) complex(a *Attribute, v Value) (Value, error) {
	o, err := c.object(a, v)
	if o == nil || err != nil {
		return nil, err
	}
	out := &Object{Members: make([]Member, 0, min(len(o.Members), len(a.SubAttributes)))}
	for _, m := range o.Members {
		if err := c.subAttribute(a, m, out); err != nil {
			return nil, err
		}
	}
	if a.Name == "roles" && c.p.Has(QuirkJSONValues) {
		unwrapJSONValue(out)
	}
	if a.MultiValued {
		// Before what is empty is dropped: a member that nobody can tell is an error, not a success without
		// effect (T-123).
		if err := c.requireSubs(a, out); err != nil {
			return nil, err
		}
	}
	if out.Len() == 0 || c.p.Has(QuirkEmptyStringUnassigns) && a.MultiValued && out.Len() < o.Len() && onlyLabels(out) {
		return nil, nil
	}
	return out, nil
}

// object is the object behind a complex value; nil when v is null.
func (c *coercion) object(a *Attribute, v Value) (*Object, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case *Object:
		return v, nil
	case string, Number:
		if c.p.Has(QuirkLooseShapes) && a.Sub("value") != nil { // T-087, T-089, T-099
			return &Object{Members: []Member{{Name: "value", Value: v}}}, nil
		}
	}
	return nil, c.fail(KindWrongType, v, "an object with "+subNames(a))
}

func (c *coercion) subAttribute(a *Attribute, m Member, out *Object) error {
	sub := a.Sub(m.Name)
	if sub == nil && c.p.Has(QuirkDisplayNameAlias) && a.MultiValued && equalName(m.Name, "displayName") {
		sub = a.Sub("display") // T-124, T-137
	}
	if sub == nil {
		return c.unknownSub(a, m.Name)
	}
	if sub.Mutability == ReadOnly && a.Mutability != ReadOnly {
		return nil
	}
	secret := c.secret
	c.sub, c.secret = sub.Name, secret || sub.secret()
	v, err := c.attribute(sub, m.Value)
	c.sub, c.secret = "", secret
	if err != nil || v == nil {
		return err
	}
	if _, twice := out.Get(sub.Name); !twice || !equalName(m.Name, "displayName") {
		out.Set(sub.Name, v)
	}
	return nil
}

func (c *coercion) unknownSub(a *Attribute, name string) error {
	if !c.p.Has(QuirkIgnoreUnknown) {
		return NewError(KindUnknownAttribute, c.at(), name, subNames(a))
	}
	if len(c.warnings) < maxWarnings {
		c.warn(unknownWarning(c.where+"."+name, nearest(name, a.SubAttributes)))
	}
	return nil
}

func (c *coercion) requireSubs(a *Attribute, o *Object) error {
	for _, sub := range a.SubAttributes {
		if !sub.Required {
			continue
		}
		if _, ok := o.Get(sub.Name); !ok {
			c.sub = sub.Name
			return c.fail(KindMissing, nil, describe(sub)+", not empty")
		}
	}
	return nil
}

// onlyLabels reports that nothing but "type" and "primary" is left of an element: a template's empty row (T-036,
// T-142).
func onlyLabels(o *Object) bool {
	for _, m := range o.Members {
		if m.Name != "type" && m.Name != "primary" {
			return false
		}
	}
	return true
}

// unwrapJSONValue replaces a role whose value is a JSON text by what the text says (T-113, T-136). Its "id" has no
// place in the schema and is dropped; a text that is not such an object stays as it is.
func unwrapJSONValue(role *Object) {
	v, _ := role.Get("value")
	s, ok := v.(string)
	if !ok || !strings.HasPrefix(strings.TrimSpace(s), "{") {
		return
	}
	inner, err := ParseJSON([]byte(s), Limits{Depth: 2})
	if err != nil {
		return
	}
	value, _ := inner.Get("value")
	if s, ok := value.(string); !ok || s == "" {
		return
	}
	role.Set("value", value)
	if display, _ := inner.Get("displayName"); isText(display) {
		role.Set("display", display)
	}
}

func isText(v Value) bool { s, ok := v.(string); return ok && s != "" }

func (c *coercion) simple(a *Attribute, v Value) (Value, error) {
	if v == nil {
		return nil, nil
	}
	switch a.Type {
	case TypeBoolean:
		return c.boolean(v)
	case TypeInteger, TypeDecimal:
		return c.number(a, v)
	case TypeComplex:
		return nil, c.fail(KindWrongType, v, describe(a))
	default:
		return c.text(a, v)
	}
}

func (c *coercion) boolean(v Value) (Value, error) {
	switch v := v.(type) {
	case bool:
		return v, nil
	case string:
		if b, ok := parseBoolean(v); ok && c.p.Has(QuirkStringBooleans) {
			return b, nil
		}
	}
	return nil, c.fail(KindWrongType, v, "true or false")
}

// parseBoolean reads "True" and "false" in any case (D-04).
func parseBoolean(s string) (value, ok bool) {
	switch {
	case equalName(s, "true"):
		return true, true
	case equalName(s, "false"):
		return false, true
	}
	return false, false
}

func (c *coercion) number(a *Attribute, v Value) (Value, error) {
	n, ok := v.(Number)
	if !ok || a.Type == TypeInteger && strings.ContainsAny(string(n), ".eE") {
		return nil, c.fail(KindWrongType, v, describe(a))
	}
	return n, nil
}

// text checks strings, references, dateTimes and binaries: JSON strings all of them.
func (c *coercion) text(a *Attribute, v Value) (Value, error) {
	s, ok := v.(string)
	if n, isNumber := v.(Number); isNumber && c.p.Has(QuirkNumbersForStrings) && (a.Type == TypeString || a.Type == TypeReference) {
		s, ok = string(n), true
		v = s
	}
	switch {
	case !ok, strings.IndexByte(s, 0) >= 0: // no engine stores U+0000 in text
		return nil, c.fail(KindWrongType, v, describe(a))
	case s == "" && c.p.Has(QuirkEmptyStringUnassigns):
		return nil, nil
	case isTooLong(a, s):
		return nil, c.fail(KindValueTooLong, s, strconv.Itoa(longest(a))+" bytes")
	case a.Type == TypeDateTime && !isDateTime(s), a.Type == TypeBinary && !isBase64(s):
		return nil, c.fail(KindWrongType, s, describe(a))
	}
	return v, nil
}

// parseDateTime reads an xsd:dateTime (RFC 7643 §2.3.5) with any number of fractional digits; without a zone it is
// UTC.
func parseDateTime(s string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t, err = time.Parse("2006-01-02T15:04:05", s)
	}
	return t, err == nil
}

func isDateTime(s string) bool { _, ok := parseDateTime(s); return ok }

// isBase64 takes base64 and base64url, padded or not (RFC 7643 §2.3.6).
func isBase64(s string) bool {
	s = strings.TrimRight(s, "=")
	enc := base64.RawStdEncoding
	if strings.ContainsAny(s, "-_") {
		enc = base64.RawURLEncoding
	}
	_, err := enc.DecodeString(s)
	return err == nil
}
