package requestlog

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/usher-scim/usher/directory/internal/document"
	"github.com/usher-scim/usher/directory/internal/ident"
	"github.com/usher-scim/usher/scim"
)

// kind says what a request is about, as far as its path tells.
type kind int

const (
	kindOther kind = iota // discovery, declared types
	kindUser
	kindGroup
	kindBulk
)

// wording puts a request into plain words. What it tells of a person depends on whether the record will be erased with
// that person: a record that is nobody's shows no personal value.
type wording struct {
	note   *Note
	kind   kind
	segs   []string // of the path
	search bool     // POST …/.search
	mask   masker
}

func (n *Note) wording(personal bool) wording {
	w := wording{note: n, segs: segmentsOf(n.Path)}
	w.kind = kindOf(w.segs)
	w.search = n.Method == methodPost && len(w.segs) > 0 && w.segs[len(w.segs)-1] == ".search"
	w.mask = masker{kind: w.kind, personal: personal}
	return w
}

func kindOf(segs []string) kind {
	if len(segs) == 0 {
		return kindOther
	}
	switch segs[0] {
	case "Users", "Me":
		return kindUser
	case "Groups":
		return kindGroup
	case "Bulk":
		return kindBulk
	}
	return kindOther
}

// noun is what the path's first segment holds one of.
func (w wording) noun() string {
	switch w.kind {
	case kindUser:
		return "user"
	case kindGroup:
		return "group"
	case kindBulk:
		return "bulk request"
	}
	if len(w.segs) == 0 {
		return "resource"
	}
	return "resource of " + cut(w.segs[0], 40)
}

// target names the resource: by name where the body has one, else by id.
func (w wording) target() string {
	if name := w.name(); name != "" {
		return w.noun() + " " + strconv.Quote(cut(name, maxShownText))
	}
	if len(w.segs) == 2 && ident.IsRow(w.segs[1]) {
		return w.noun() + " " + w.segs[1]
	}
	return w.noun()
}

// name is the name that the body gives to what it is about, if it may be told.
func (w wording) name() string {
	attribute := "displayName"
	if w.kind == kindUser {
		attribute = "userName"
	}
	if !w.mask.tells(strings.ToLower(attribute)) {
		return ""
	}
	return document.Text(w.note.object(), attribute)
}

// asked says what was asked for.
func (w wording) asked() string {
	if w.search {
		return w.listed(document.Text(w.note.object(), "filter"))
	}
	switch w.note.Method {
	case methodGet, methodHead:
		return w.read()
	case methodPost:
		return w.posted()
	case methodPut:
		return "replace " + w.target()
	case methodPatch:
		return w.patched()
	case methodDelete:
		return "delete " + w.target()
	}
	return cut(w.note.Method, 16) + " " + w.noun()
}

func (w wording) read() string {
	switch {
	case len(w.segs) == 1 && w.segs[0] == "Me":
		return "read the user of the token"
	case len(w.segs) == 1 && (w.kind == kindUser || w.kind == kindGroup):
		query, _ := url.ParseQuery(w.note.Query)
		return w.listed(query.Get("filter"))
	case w.kind == kindOther && len(w.segs) > 0:
		return "read " + cut(w.segs[0], 40)
	}
	return "read " + w.target()
}

func (w wording) listed(filter string) string {
	if filter == "" {
		return "list " + w.noun() + "s"
	}
	return "find " + w.noun() + "s with " + cut(w.mask.filter(filter), 2*maxShownText)
}

func (w wording) posted() string {
	switch w.kind {
	case kindBulk:
		operations, _ := get(w.note.object(), "Operations").(scim.Array)
		return fmt.Sprintf("a bulk request of %s", count(len(operations), "operation"))
	case kindGroup:
		if members, ok := get(w.note.object(), "members").(scim.Array); ok && len(members) > 0 {
			return "create " + w.target() + " with " + count(len(members), "member")
		}
	}
	return "create " + w.target()
}

// patched names the operations, those that IdPs send every day by what they mean.
func (w wording) patched() string {
	list, _ := get(w.note.object(), "Operations").(scim.Array)
	var said []string
	for _, v := range list {
		op, _ := v.(*scim.Object)
		if words := w.operation(op); words != "" && !slices.Contains(said, words) {
			said = append(said, words)
		}
	}
	const most = 5
	if len(said) > most {
		said = append(said[:most], fmt.Sprintf("and %d more", len(said)-most))
	}
	if len(said) == 0 {
		return "change " + w.target()
	}
	return "change " + w.target() + ": " + strings.Join(said, ", ")
}

func (w wording) operation(op *scim.Object) string {
	verb := strings.ToLower(cut(document.Text(op, "op"), 16))
	path, v := document.Text(op, "path"), get(op, "value")
	if o, ok := v.(*scim.Object); ok && path == "" {
		names := make([]string, 0, o.Len())
		for _, m := range o.Members {
			if strings.EqualFold(m.Name, "active") {
				return activity(m.Value)
			}
			names = append(names, cut(m.Name, maxShownText))
		}
		return strings.TrimSpace(verb + " " + strings.Join(names[:min(len(names), 5)], ", "))
	}
	switch attribute := attributeOf(path); {
	case attribute == "active" && verb != "remove":
		return activity(v)
	case attribute == "members":
		if list, ok := v.(scim.Array); ok {
			return verb + " " + count(len(list), "member")
		}
		return verb + " members"
	}
	return strings.TrimSpace(verb + " " + w.mask.path(path))
}

// activity is what a value of active asks for; IdPs send it as a text too (M16).
func activity(v scim.Value) string {
	if s, ok := v.(string); ok && strings.EqualFold(s, "false") || v == false {
		return "deactivate"
	}
	return "activate"
}

// body is the masked body.
func (w wording) body() string {
	if w.note.size > maxNoted {
		return fmt.Sprintf("(%d bytes, too many to be kept)", w.note.size)
	}
	o := w.note.object()
	if o == nil {
		return ""
	}
	return w.mask.text(o, w.note.size)
}

// personalName is the name by which the request knows a person: in its body, or in its filter.
func (w wording) personalName() string {
	if w.kind != kindUser {
		return ""
	}
	o := w.note.object()
	for _, attribute := range []string{"userName", "externalId"} {
		if name := document.Text(o, attribute); name != "" {
			return name
		}
	}
	filter := document.Text(o, "filter")
	if filter == "" {
		query, _ := url.ParseQuery(w.note.Query)
		filter = query.Get("filter")
	}
	return nameInFilter(filter)
}

// shownPath is the path of a record. What stands in the place of an id and is none may be anything.
func shownPath(path string) string { return shown(segmentsOf(path)) }

// shown is the path of these segments, as a record shows it.
func shown(segs []string) string {
	var path strings.Builder
	for i, s := range segs[:min(len(segs), 3)] {
		if i > 0 && !ident.IsRow(s) && s != ".search" && !strings.HasPrefix(s, "urn:") {
			s = "{id}"
		}
		path.WriteByte('/')
		path.WriteString(cut(s, maxShownText))
	}
	return cmp.Or(path.String(), "/")
}

func segmentsOf(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

func get(o *scim.Object, name string) scim.Value {
	v, _ := o.Get(name)
	return v
}
