package scim

import (
	"bytes"
	"slices"
	"time"
)

// Renderer writes records as the answer's JSON.
type Renderer struct {
	// Base is the URL under which the caller reached the service, without a trailing slash.
	Base    string
	Profile Profile
	Show    Projection
}

// timeFormat is RFC 3339 in UTC with milliseconds, an xsd:dateTime.
const timeFormat = "2006-01-02T15:04:05.000Z07:00"

// Location is the resource's URL: meta.location, and the Location header.
func (r Renderer) Location(t *ResourceType, id string) string { return r.Base + t.Endpoint + "/" + id }

// Append appends the record as a JSON object: schemas and id first (T-070), then the stored bytes, copied and not
// parsed when the projection leaves them whole, then what the server keeps beside them. It never writes null (T-135).
func (r Renderer) Append(dst []byte, rec *Record) []byte {
	body := r.body(rec)
	dst = append(dst, `{"schemas":[`...)
	dst = appendString(dst, rec.Type.Schema.ID)
	for _, e := range rec.Type.Extensions {
		if hasExtension(body, e.Schema.ID) { // R-032, T-031
			dst = appendString(append(dst, ','), e.Schema.ID)
		}
	}
	dst = appendString(append(dst, `],"id":`...), rec.ID)
	if rec.ExternalID != "" && r.showsCommon("externalId") {
		dst = appendString(append(dst, `,"externalId":`...), rec.ExternalID)
	}
	if len(body) > 0 {
		dst = append(append(dst, ','), body...)
	}
	dst = r.appendRows(dst, rec)
	if r.showsCommon("meta") {
		dst = r.appendMeta(append(dst, ','), rec)
	}
	return append(dst, '}')
}

func (r Renderer) showsCommon(name string) bool {
	return r.Show.shows(nil, find(commonAttributes, name), nil)
}

// body is what is shown of the stored document, without the braces. A stored document that does not parse is shown
// as if it were empty: the store has checked it, so this is for robustness only.
func (r Renderer) body(rec *Record) []byte {
	if rec.Stamp == rec.Type.Stamp && r.Show.keepsBody(rec.Type) {
		return inner(rec.Body)
	}
	attrs, err := rec.attributes()
	if err != nil {
		return nil
	}
	return inner(appendObject(nil, r.Show.apply(rec.Type, attrs)))
}

func inner(object []byte) []byte {
	if len(object) < 2 {
		return nil
	}
	return object[1 : len(object)-1]
}

// hasExtension reports whether a canonical body has the extension's object. Inside a string the quotes would be
// escaped, so the bytes can only be those of a member.
func hasExtension(body []byte, urn string) bool {
	return bytes.Contains(body, []byte(`"`+urn+`":{`))
}

// usualRow is what a member takes at most, unless it has a long name.
const usualRow = 256

func (r Renderer) appendRows(dst []byte, rec *Record) []byte {
	group := rec.Type.Schema.ID == URNGroup
	a := rec.Type.rows()
	if a == nil || !group && len(rec.Groups) == 0 || !r.Show.shows(rec.Type.Schema, a, nil) {
		return dst
	}
	w := r.rowWriter(rec.Type, a)
	if group { // always there, and [] when empty (D-14)
		dst = append(dst, `,"members":[`...)
		start := len(dst)
		for i, m := range rec.Members {
			dst = w.append(dst, i, m.Value, m.kind(), m.kind(), m.Display)
			if i == 0 { // the others are about as long: the megabytes of a large group are not to be copied again and again
				dst = slices.Grow(dst, (len(rec.Members)-1)*min(len(dst)-start+1, usualRow))
			}
		}
	} else {
		dst = append(dst, `,"groups":[`...)
		for i, g := range rec.Groups {
			dst = w.append(dst, i, g.Value, groupType.ID, g.Type, g.Display)
		}
	}
	return append(dst, ']')
}

// kind is the member's type; a member whose type is not known is a user.
func (m MemberRef) kind() string {
	if m.Type == "" {
		return userType.ID
	}
	return m.Type
}

// rowWriter writes the elements of groups and members; what they show is decided once, for a group may have 100,000.
type rowWriter struct {
	value, ref, label, display bool
	users, groups              string // what the URLs begin with
}

func (r Renderer) rowWriter(t *ResourceType, a *Attribute) rowWriter {
	shows := func(name string) bool { return r.Show.shows(t.Schema, a, a.Sub(name)) }
	return rowWriter{
		value: shows("value"), display: shows("display"),
		ref: shows("$ref") && !r.Profile.OmitRefs, label: shows("type") && !r.Profile.OmitRefs, // D-15
		users: r.Location(userType, ""), groups: r.Location(groupType, ""),
	}
}

// append writes one element; kind is the type of the resource that it refers to, label what "type" says.
func (w *rowWriter) append(dst []byte, i int, value, kind, label, display string) []byte {
	if i > 0 {
		dst = append(dst, ',')
	}
	start := len(dst)
	if w.value {
		dst = appendString(append(dst, `,"value":`...), value)
	}
	if w.ref {
		base := w.users
		if kind == groupType.ID {
			base = w.groups
		}
		dst = appendText(append(dst, `,"$ref":"`...), base)
		dst = append(appendText(dst, value), '"')
	}
	if w.label && label != "" {
		dst = appendString(append(dst, `,"type":`...), label)
	}
	if w.display && display != "" {
		dst = appendString(append(dst, `,"display":`...), display)
	}
	if len(dst) == start {
		return append(dst, "{}"...)
	}
	dst[start] = '{'
	return append(dst, '}')
}

func (r Renderer) appendMeta(dst []byte, rec *Record) []byte {
	meta := find(commonAttributes, "meta")
	dst = append(dst, `"meta":{`...)
	start := len(dst)
	name := func(n string) bool {
		if !r.Show.shows(nil, meta, meta.Sub(n)) {
			return false
		}
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = appendName(dst, n)
		return true
	}
	if name("resourceType") {
		dst = appendString(dst, rec.Type.Name)
	}
	if !rec.Created.IsZero() && name("created") {
		dst = appendTime(dst, rec.Created)
	}
	if !rec.LastModified.IsZero() && name("lastModified") {
		dst = appendTime(dst, rec.LastModified)
	}
	if name("location") {
		dst = appendString(dst, r.Location(rec.Type, rec.ID))
	}
	if name("version") {
		dst = appendString(dst, rec.ETag())
	}
	return append(dst, '}')
}

// appendTime writes what timeFormat describes, by hand: a resource has two times, and a list some hundreds.
func appendTime(dst []byte, t time.Time) []byte {
	t = t.UTC()
	year, month, day := t.Date()
	if year < 0 || year > 9999 {
		dst = t.AppendFormat(append(dst, '"'), timeFormat)
		return append(dst, '"')
	}
	hour, minute, second := t.Clock()
	dst = appendDigits(append(dst, '"'), year, 4)
	dst = appendDigits(append(dst, '-'), int(month), 2)
	dst = appendDigits(append(dst, '-'), day, 2)
	dst = appendDigits(append(dst, 'T'), hour, 2)
	dst = appendDigits(append(dst, ':'), minute, 2)
	dst = appendDigits(append(dst, ':'), second, 2)
	dst = appendDigits(append(dst, '.'), t.Nanosecond()/int(time.Millisecond), 3)
	return append(dst, 'Z', '"')
}

// appendDigits writes n with leading zeroes.
func appendDigits(dst []byte, n, width int) []byte {
	for range width {
		dst = append(dst, '0')
	}
	for i := len(dst) - 1; n > 0; i, n = i-1, n/10 {
		dst[i] += byte(n % 10)
	}
	return dst
}

// Object is the complete representation that a filter is matched against: the attributes together with schemas, id,
// externalId, meta, and groups or members as far as they are loaded.
func (rec *Record) Object() (*Object, error) {
	attrs, err := rec.attributes()
	if err != nil {
		return nil, err
	}
	o := &Object{Members: make([]Member, 0, attrs.Len()+5)}
	o.Set("schemas", rec.schemas(attrs))
	o.Set("id", rec.ID)
	if rec.ExternalID != "" {
		o.Set("externalId", rec.ExternalID)
	}
	o.Members = append(o.Members, attrs.Members...)
	if rows := rec.rows(); rows != nil {
		o.Set(rec.Type.rows().Name, rows)
	}
	o.Set("meta", rec.meta())
	return o, nil
}

func (rec *Record) schemas(attrs *Object) Array {
	list := Array{rec.Type.Schema.ID}
	for _, e := range rec.Type.Extensions {
		if _, ok := attrs.Get(e.Schema.ID); ok {
			list = append(list, e.Schema.ID)
		}
	}
	return list
}

func (rec *Record) rows() Array {
	var list Array
	for _, g := range rec.Groups {
		list = append(list, texts("value", g.Value, "display", g.Display, "type", g.Type))
	}
	for _, m := range rec.Members {
		list = append(list, texts("value", m.Value, "display", m.Display, "type", m.kind()))
	}
	return list
}

func (rec *Record) meta() *Object {
	return texts(
		"resourceType", rec.Type.Name,
		"created", timeOrNone(rec.Created),
		"lastModified", timeOrNone(rec.LastModified),
		"version", rec.ETag(),
	)
}

// timeOrNone is empty for what has no time: the roles that a connection can grant are no documents.
func timeOrNone(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// texts makes an object of names and texts, leaving empty ones out.
func texts(pairs ...string) *Object {
	o := &Object{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			o.Members = append(o.Members, Member{pairs[i], pairs[i+1]})
		}
	}
	return o
}
