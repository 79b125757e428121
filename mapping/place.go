package mapping

import (
	"strings"

	"github.com/usher-scim/usher/scim"
)

// place is where a value stands: a SCIM path into a document, or the name of a claim.
type place struct {
	text      string // as written; also the name of the claim
	urn       string // of the extension; empty for the base schema
	attr, sub string // attr is empty when the text is no path, so that it can only be a claim
	filter    *scim.Filter
}

// parsePlace reads a place. Names need not be declared, since a claim never is; what stands between brackets is a
// filter and must be. t is the resource type whose attributes those are.
func parsePlace(text string, t *scim.ResourceType) (place, error) {
	head, filter, rest, ok := cutBrackets(text)
	p := place{text: text}
	if !ok {
		_, err := scim.ParsePath(text, t, scim.Profile{})
		return p, err
	}
	urn, path := "", head
	if i := strings.LastIndexByte(head, ':'); i >= 0 {
		urn, path = head[:i], head[i+1:]
	}
	name, sub, _ := strings.Cut(path+rest, ".")
	if !isName(name) || sub != "" && !isName(sub) {
		return p, nil
	}
	p.urn, p.attr, p.sub = urn, name, sub
	if strings.EqualFold(urn, t.Schema.ID) {
		p.urn = ""
	}
	if filter == "" {
		return p, nil
	}
	bound, err := scim.ParsePath(text, t, scim.Profile{})
	if err != nil {
		return p, err
	}
	p.filter = &scim.Filter{Root: bound.Filter}
	return p, nil
}

// cutBrackets cuts "emails[type eq \"work\"].value" into what is before, between and after the brackets. ok is false
// when the brackets do not match.
func cutBrackets(text string) (head, filter, rest string, ok bool) {
	head, after, found := strings.Cut(text, "[")
	if !found {
		return head, "", "", !strings.Contains(text, "]")
	}
	i := strings.LastIndexByte(after, ']')
	if i <= 0 || head == "" {
		return head, "", "", false
	}
	return head, after[:i], after[i+1:], true
}

// isName reports whether s is an attribute name by RFC 7643 §2.1.
func isName(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c|0x20 && c|0x20 <= 'z', c == '$' && i == 0:
		case i > 0 && ('0' <= c && c <= '9' || c == '-' || c == '_'):
		default:
			return false
		}
	}
	return s != ""
}

// onlyClaim reports a name that no document has: it is not looked for there.
func (p *place) onlyClaim() bool { return p.attr == "" }

// raw is what stands there: nil when there is nothing. present tells an empty list from no list.
func (p *place) raw(o *scim.Object, login bool) (v scim.Value, present bool) {
	if login {
		if v, ok := o.Get(p.text); ok {
			return v, true
		}
	}
	if p.onlyClaim() {
		return nil, false
	}
	if p.urn != "" {
		in, _ := o.Get(p.urn)
		o, _ = in.(*scim.Object)
	}
	return o.Get(p.attr)
}

// value is the one value at the place; nil when there is none. Of several elements it is the primary one's, else the
// first one's that has any.
func (p *place) value(o *scim.Object, login bool) scim.Value {
	v, _ := p.raw(o, login)
	list, ok := v.(scim.Array)
	if !ok {
		return p.element(v)
	}
	var first scim.Value
	for _, e := range list {
		v := p.element(e)
		if v == nil {
			continue
		}
		if first == nil {
			first = v
		}
		if isPrimary(e) {
			return v
		}
	}
	return first
}

// values are all the values at the place.
func (p *place) values(o *scim.Object, login bool) []scim.Value {
	v, _ := p.raw(o, login)
	list, ok := v.(scim.Array)
	if !ok {
		list = scim.Array{v}
	}
	var all []scim.Value
	for _, e := range list {
		if v := p.element(e); v != nil {
			all = append(all, v)
		}
	}
	return all
}

// element is the value of one element, or of an attribute that has only one value; nil when it is empty or filtered
// out.
func (p *place) element(v scim.Value) scim.Value {
	o, ok := v.(*scim.Object)
	switch {
	case p.filter != nil && (!ok || !p.filter.MatchObject(o)):
		return nil
	case ok && p.sub != "":
		v, _ = o.Get(p.sub)
	case p.sub != "" && !strings.EqualFold(p.sub, "value"):
		return nil
	}
	if isEmpty(v) {
		return nil
	}
	return v
}

func isEmpty(v scim.Value) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case scim.Array:
		return len(v) == 0
	case *scim.Object:
		return v.Len() == 0
	}
	return false
}

// isPrimary reports the preferred element of a list (RFC 7643 §2.4), also where Entra says so with a text (T-024).
func isPrimary(v scim.Value) bool {
	o, ok := v.(*scim.Object)
	if !ok {
		return false
	}
	switch primary, _ := o.Get("primary"); primary := primary.(type) {
	case bool:
		return primary
	case string:
		return strings.EqualFold(primary, "true")
	}
	return false
}
