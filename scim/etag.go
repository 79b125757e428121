package scim

import (
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
)

// ETag is the weak entity tag of the record: its version and, when the answer shows groups, a hash of them, because
// they change without the document (D-29).
func (rec *Record) ETag() string {
	tag := `W/"` + strconv.FormatInt(rec.Version, 10)
	if len(rec.Groups) > 0 {
		tag += "." + strconv.FormatUint(hashGroups(rec.Groups), 36)
	}
	return tag + `"`
}

// hashGroups does not depend on the order of the groups.
func hashGroups(groups []GroupRef) uint64 {
	var sum uint64
	for _, g := range groups {
		h := fnv.New64a()
		for _, s := range []string{g.Value, g.Display, g.Type} {
			h.Write([]byte(s))
			h.Write([]byte{0})
		}
		sum += h.Sum64()
	}
	return sum
}

// ParsePrecondition parses an If-Match or If-None-Match header: "*", or entity tags, weak or strong, with commas
// between them (RFC 9110 §8.8.3, §13.1). An empty header is the zero Precondition.
func ParsePrecondition(header string) (Precondition, error) {
	var p Precondition
	rest := strings.TrimSpace(header)
	if rest == "*" {
		return Precondition{Any: true}, nil
	}
	for rest != "" {
		tag, after, ok := cutTag(rest)
		if !ok {
			return Precondition{}, NewError(KindBadParameter, "If-Match or If-None-Match", header, `*, or entity tags such as W/"3"`)
		}
		p.Tags = append(p.Tags, tag)
		rest = after
	}
	return p, nil
}

// cutTag cuts one entity tag and the comma behind it off the front of s.
func cutTag(s string) (tag, rest string, ok bool) {
	s = strings.TrimPrefix(s, "W/")
	s, ok = strings.CutPrefix(s, `"`)
	if !ok {
		return "", "", false
	}
	tag, rest, ok = strings.Cut(s, `"`)
	if !ok {
		return "", "", false
	}
	rest = strings.TrimSpace(rest)
	if rest == "" {
		return tag, "", true
	}
	rest, ok = strings.CutPrefix(rest, ",")
	return tag, strings.TrimSpace(rest), ok
}

// IsZero reports that no header was sent.
func (p Precondition) IsZero() bool { return !p.Any && len(p.Tags) == 0 }

// HoldsFor reports whether the precondition holds for a resource of that version: for If-Match, where only the version
// of the document counts (D-29). The zero value holds.
func (p Precondition) HoldsFor(version int64) bool {
	if p.Any || p.IsZero() {
		return true
	}
	want := strconv.FormatInt(version, 10)
	return slices.ContainsFunc(p.Tags, func(tag string) bool {
		have, _, _ := strings.Cut(tag, ".")
		return have == want
	})
}

// HoldsForTag reports whether one of the tags is the entity tag of an answer, compared weakly and whole: for
// If-None-Match, where a caller that sent the header is answered 304 when it does. The zero value holds.
func (p Precondition) HoldsForTag(etag string) bool {
	if p.Any || p.IsZero() {
		return true
	}
	tag, _, ok := cutTag(etag)
	return ok && slices.Contains(p.Tags, tag)
}
