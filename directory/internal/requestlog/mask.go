package requestlog

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/usher-scim/usher/directory/internal/document"
	"github.com/usher-scim/usher/directory/internal/ident"
	"github.com/usher-scim/usher/scim"
)

const (
	// masked stands for a value that is not shown.
	masked = "•••"
	// maxShownBody bounds a body in a record, in bytes; maxShownText a text in it, in characters.
	maxShownBody = 4 << 10
	maxShownText = 200
)

// masker shows of a body the values of a list of attributes, and of all others that they were there.
type masker struct {
	kind     kind
	personal bool // the record goes with the person that it is about
}

// openAttributes are shown always: they tell what was decided by, and of nobody who it is. Names are in lower case,
// sub-attributes behind a dot.
var openAttributes = map[string]bool{
	"schemas": true, "active": true, "role": true,
	"roles": true, "roles.value": true, "roles.display": true, "roles.type": true, "roles.primary": true,
	"emails.type": true, "emails.primary": true,
	"members.value": true, "members.type": true,
	"operations.op": true, "operations.method": true, "operations.bulkid": true,
	"startindex": true, "count": true,
}

// tells reports whether values of the attribute are shown.
func (m masker) tells(name string) bool {
	switch name {
	case "username", "externalid", "displayname":
		return m.kind == kindUser && m.personal || m.kind == kindGroup && name != "username" ||
			m.kind == kindOther && name != "username"
	}
	return openAttributes[name]
}

// text is the masked body, cut off where it is too long. size is that of the body, which the masked one hardly exceeds.
func (m masker) text(o *scim.Object, size int) string {
	var names [128]byte // room for most
	b := m.append(make([]byte, 0, min(size, maxShownBody)), names[:0], o)
	if len(b) <= maxShownBody {
		return string(b)
	}
	b = b[:maxShownBody-len("…")]
	for len(b) > 0 && !utf8.Valid(b[max(0, len(b)-utf8.UTFMax):]) && !utf8.RuneStart(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return strings.ToValidUTF8(string(b), "") + "…"
}

// append writes the value of the named attribute. The room behind name is for the names of what it has inside.
func (m masker) append(b, name []byte, v scim.Value) []byte {
	switch v := v.(type) {
	case *scim.Object:
		return m.appendObject(b, name, v)
	case scim.Array:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = m.append(b, name, e)
		}
		return append(b, ']')
	case nil:
		return append(b, "null"...)
	}
	if !m.tells(string(name)) {
		return appendQuoted(b, masked)
	}
	switch v := v.(type) {
	case bool:
		if v {
			return append(b, "true"...)
		}
		return append(b, "false"...)
	case scim.Number:
		return append(b, v...)
	case string:
		if string(name) == "members.value" && !ident.IsRow(v) {
			break // a name, an address: anything but the id that it should be
		}
		return appendQuoted(b, cut(v, maxShownText))
	}
	return appendQuoted(b, masked)
}

func (m masker) appendObject(b, name []byte, o *scim.Object) []byte {
	b = append(b, '{')
	target := ""
	if string(name) == "operations" {
		target = document.Text(o, "path")
	}
	for i, member := range o.Members {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendQuoted(b, cut(member.Name, maxShownText)), ':')
		child := attributeIn(name, member.Name)
		path, isText := member.Value.(string)
		switch at := string(child); {
		case at == "operations.path" && isText, at == "filter" && isText:
			b = appendQuoted(b, m.path(path))
		case at == "operations.value" && target != "":
			b = m.append(b, []byte(attributeOf(target)), member.Value)
		default:
			b = m.append(b, child, member.Value)
		}
	}
	return append(b, '}')
}

// attributeIn is the name of an attribute inside another one, in the room behind that one's. What stands in an extension,
// or in the value of an operation without a path, is an attribute of its own.
func attributeIn(name []byte, member string) []byte {
	inside := name[len(name):]
	if len(name) > 0 && string(name) != "operations.value" && bytes.IndexByte(name, ':') < 0 {
		inside = append(name, '.')
	}
	for _, r := range member {
		inside = utf8.AppendRune(inside, unicode.ToLower(r))
	}
	return inside
}

// attributeOf is the attribute that a path names, in lower case: "emails.value" of emails[type eq "work"].value.
func attributeOf(path string) string {
	before, rest, filtered := strings.Cut(path, "[")
	if filtered {
		_, after, _ := strings.Cut(rest, "]")
		before += after
	}
	return strings.ToLower(before[strings.LastIndexByte(before, ':')+1:])
}

// comparison finds what a filter, or a path with one, compares, and texts that stand anywhere else.
var comparison = regexp.MustCompile(
	`([A-Za-z$][\w$.:-]*)\s+(?i:eq|ne|co|sw|ew|gt|ge|lt|le)\b\s*("(?:[^"\\]|\\.)*"?|[^\s)\]]+)|"(?:[^"\\]|\\.)*"?`)

// filter shows a filter, or a path, with the values of listed attributes.
func (m masker) filter(s string) string {
	if len(s) > maxShownBody {
		return masked
	}
	if !strings.ContainsAny(s, "\" \t\n\f\r") {
		return s // most paths: neither a text nor anything that is compared
	}
	person := nameInFilter(s)
	return comparison.ReplaceAllStringFunc(s, func(found string) string {
		at := comparison.FindStringSubmatchIndex(found)
		if at[2] < 0 {
			return `"` + masked + `"`
		}
		name, value := attributeOf(found[at[2]:at[3]]), strings.Trim(found[at[4]:at[5]], `"`)
		// A record goes with one person: another one's name has no place in it.
		if m.compares(name, value) && (!isPersonal(name) || m.kind != kindUser || value == person) {
			return found
		}
		return found[:at[4]] + `"` + masked + `"`
	})
}

// path shows the path of an attribute, or that of a resource in a bulk request.
func (m masker) path(s string) string {
	if strings.HasPrefix(s, "/") {
		return shownPath(s)
	}
	return cut(m.filter(s), maxShownText)
}

// isPersonal reports the attributes by which a filter finds a person.
func isPersonal(name string) bool {
	return name == "username" || name == "externalid" || name == "emails" || name == "emails.value"
}

// compares reports whether a filter may be shown with the value that it compares this attribute with.
func (m masker) compares(name, value string) bool {
	switch name {
	case "type", "primary", "active", "meta.lastmodified", "meta.created":
		return true
	case "id", "value", "members", "members.value":
		return ident.IsRow(value)
	case "emails", "emails.value":
		return m.personal
	}
	return m.tells(name)
}

// nameInFilter is the userName, externalId or e-mail that a filter looks for.
func nameInFilter(filter string) string {
	if len(filter) > maxShownBody {
		return ""
	}
	for _, found := range comparison.FindAllStringSubmatch(filter, 4) {
		if isPersonal(attributeOf(found[1])) {
			return strings.Trim(found[2], `"`)
		}
	}
	return ""
}

func appendQuoted(b []byte, s string) []byte { return scim.AppendJSON(b, s) }

// cut bounds a text.
func cut(s string, runes int) string {
	if len(s) <= runes {
		return s
	}
	r := []rune(s[:min(len(s), runes*utf8.UTFMax)])
	if len(r) <= runes {
		return string(r)
	}
	return string(r[:runes]) + "…"
}
