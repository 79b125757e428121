package scim

import (
	"strconv"
	"strings"
)

// String returns the path as it was written: URN, attribute, sub-attribute (RFC 7644 §3.10).
func (p AttrPath) String() string {
	s := p.Name
	if p.URN != "" {
		s = p.URN + ":" + s
	}
	if p.SubName != "" {
		s += "." + p.SubName
	}
	return s
}

// splitAttr splits the standard notation "urn:…:User:name.givenName" (RFC 7644 §3.10). A URN has dots and colons
// of its own, so the longest schema URN of the type that fits wins; without one the last colon ends the URN.
// A bare URN gives an empty Name. ok is false when what remains is no attribute name.
func splitAttr(text string, t *ResourceType, p Profile) (path AttrPath, ok bool) {
	urn, rest := knownURN(text, t, p)
	if urn == "" {
		if i := strings.LastIndexByte(text, ':'); i >= 0 {
			urn, rest = text[:i], text[i+1:]
		}
	} else if rest == "" {
		return AttrPath{URN: urn}, true
	}
	name, sub, dotted := strings.Cut(rest, ".")
	if !isAttrName(name) || dotted && !isAttrName(sub) {
		return AttrPath{}, false
	}
	return AttrPath{URN: urn, Name: name, SubName: sub}, true
}

// knownURN cuts the longest schema URN of the type off the front of text, together with the colon, or by quirk the
// dot, that follows it.
func knownURN(text string, t *ResourceType, p Profile) (urn, rest string) {
	rest = text
	for s := range t.schemas() {
		after, ok := cutFold(text, s.ID)
		if !ok || len(s.ID) <= len(urn) {
			continue
		}
		switch {
		case after == "":
			urn, rest = s.ID, ""
		case after[0] == ':', after[0] == '.' && p.Has(QuirkDotAfterURN): // T-090
			urn, rest = s.ID, after[1:]
		}
	}
	return urn, rest
}

// schemas yields the base schema and the extensions.
func (t *ResourceType) schemas() func(yield func(*Schema) bool) {
	return func(yield func(*Schema) bool) {
		if !yield(t.Schema) {
			return
		}
		for _, e := range t.Extensions {
			if !yield(e.Schema) {
				return
			}
		}
	}
}

// cutFold is strings.CutPrefix without regard to ASCII case.
func cutFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !equalName(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// isAttrName reports whether s is an attribute name by RFC 7643 §2.1, or "$ref".
func isAttrName(s string) bool {
	if s == "" || !isLetter(s[0]) && s[0] != '$' {
		return false
	}
	for i := 1; i < len(s); i++ {
		if !isNameByte(s[i]) {
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isNameByte(c byte) bool {
	return isLetter(c) || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '$'
}

// place names a byte position in what is parsed.
func place(where string, pos int) string { return where + " at byte " + strconv.Itoa(pos) }

// find resolves a path's schema and attribute. An attribute that is named without URN and that the base schema
// lacks is looked for in the extensions by quirk (T-030, T-058).
func (t *ResourceType) find(path AttrPath, p Profile) (*Schema, *Attribute) {
	s, a := t.Attribute(path.URN, path.Name)
	if a == nil && path.URN == "" && p.Has(QuirkExtensionAtTop) {
		return t.extensionAttribute(path.Name)
	}
	return s, a
}

// resolve binds a path to schema, attribute and sub-attribute. When ok is false, a is the attribute that lacks the
// sub-attribute, or nil.
func (t *ResourceType) resolve(path AttrPath, p Profile) (s *Schema, a, sub *Attribute, ok bool) {
	if s, a = t.find(path, p); a == nil || path.SubName == "" {
		return s, a, nil, a != nil
	}
	sub = a.sub(path.SubName, p)
	return s, a, sub, sub != nil
}

// hint says what could have been meant by a path that does not resolve. It is not free: for one error, not for every
// name of a body.
func (t *ResourceType) hint(path AttrPath, a *Attribute) string {
	if a != nil {
		return subHint(a)
	}
	near := t.nearestTo(path)
	if near == "" {
		return "an attribute of the schemas of " + t.Name
	}
	return "an attribute of the schemas of " + t.Name + "; the nearest is " + near
}

// subHint lists the sub-attributes of a.
func subHint(a *Attribute) string {
	if a.Type != TypeComplex {
		return a.Name + " without a sub-attribute"
	}
	return "one of the sub-attributes of " + a.Name + ": " + subNames(a)
}

// isRows reports whether the attribute is kept as rows, not in documents: the groups of a User, the members of a
// Group.
func (t *ResourceType) isRows(a *Attribute) bool { return a != nil && a == t.rows() }

// sub finds a sub-attribute; by quirk "displayName" stands for "display" in multi-valued attributes (T-137).
func (a *Attribute) sub(name string, p Profile) *Attribute {
	s := a.Sub(name)
	if s == nil && a.MultiValued && p.Has(QuirkDisplayNameAlias) && equalName(name, "displayName") {
		return a.Sub("display")
	}
	return s
}

// nearestTo suggests the declared attribute whose name is nearest to that of the path, or "".
func (t *ResourceType) nearestTo(path AttrPath) string {
	if s := t.schema(path.URN); s != nil {
		return nearest(path.Name, s.Attributes)
	}
	var all []*Attribute
	for s := range t.schemas() {
		all = append(all, s.Attributes...)
	}
	return nearest(path.Name, append(all, commonAttributes...))
}
