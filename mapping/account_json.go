package mapping

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/usher-scim/usher/scim"
)

// accountText reads one JSON text of accounts, and knows where it is: people write these texts by hand, into a field of
// Okta, so an error has to show them the place (C5).
type accountText struct {
	where, text string
	dec         *jsontext.Decoder
}

// json reads an object, or a list of objects, ids and texts of them.
func (r *accountReader) json(where, s string, depth int) error {
	dec := jsontext.NewDecoder(strings.NewReader(s), jsontext.AllowDuplicateNames(true)) // duplicates: see member
	t := accountText{where: where, text: s, dec: dec}
	raw, at, err := t.next()
	if err != nil {
		return err
	}
	if end := at + len(raw); strings.TrimSpace(s[end:]) != "" {
		return t.behind(end)
	}
	switch raw.Kind() {
	case '{':
		return r.object(where, s, at)
	case '[':
		return r.list(where, s, at, depth)
	case '"':
		inner, err := jsontext.AppendUnquote(nil, raw)
		if err != nil {
			return t.bad(at, "a text that cannot be read")
		}
		return r.text(where, string(inner), depth+1)
	}
	return t.bad(at, "no account")
}

// next reads the next value as a whole and returns its position too.
func (t *accountText) next() (raw jsontext.Value, at int, err error) {
	raw, err = t.dec.ReadValue()
	if err != nil {
		return nil, 0, t.syntax(err)
	}
	return slices.Clone(raw), int(t.dec.InputOffset()) - len(raw), nil // the decoder reads on into the same buffer
}

// open goes into the object or list that begins at the position; it was read once, so it is well-formed.
func open(where, s string, at int) (accountText, error) {
	t := accountText{where: where, text: s, dec: jsontext.NewDecoder(strings.NewReader(s[at:]), jsontext.AllowDuplicateNames(true))}
	_, err := t.dec.ReadToken()
	return t, err
}

func (r *accountReader) list(where, s string, at, depth int) error {
	t, err := open(where, s, at)
	for i := 0; err == nil && t.dec.PeekKind() != ']'; i++ {
		inner := fmt.Sprintf("%s[%d]", where, i)
		raw, offset, err := t.next()
		switch {
		case err != nil:
			return err
		case raw.Kind() == '{':
			err = r.object(inner, s, at+offset)
		case raw.Kind() == '"':
			var b []byte
			if b, err = jsontext.AppendUnquote(nil, raw); err == nil {
				err = r.text(inner, string(b), depth+1)
			}
		case raw.Kind() == '0':
			err = r.add(entry{where: inner, account: string(raw), active: true})
		default:
			err = t.bad(at+offset, "no account")
		}
		if err != nil {
			return err
		}
	}
	return err
}

// object reads one account.
func (r *accountReader) object(where, s string, at int) error {
	t, err := open(where, s, at)
	if err != nil {
		return err
	}
	e := entry{where: where, active: true}
	var seen [4]bool
	for t.dec.PeekKind() != '}' {
		name, nameAt, err := t.next()
		if err != nil {
			return err
		}
		raw, valueAt, err := t.next()
		if err != nil {
			return err
		}
		if err := r.member(&t, &e, &seen, token{name, at + nameAt}, token{raw, at + valueAt}); err != nil {
			return err
		}
	}
	if e.account == "" {
		return t.bad(at, "accountId is missing")
	}
	return r.add(e)
}

// token is a piece of the text and its position.
type token struct {
	raw jsontext.Value
	at  int
}

// member reads one member of an account; the letter case of its name does not count.
func (r *accountReader) member(t *accountText, e *entry, seen *[4]bool, name, value token) error {
	unquoted, err := jsontext.AppendUnquote(nil, name.raw)
	if err != nil {
		return t.bad(name.at, "a name that cannot be read")
	}
	which := memberIndex(strings.ToLower(string(unquoted)))
	if which < 0 {
		r.d.note(e.where + ": " + quote(string(unquoted)) + " is unknown and was ignored; an account has accountId, roles, teams and status")
		return nil
	}
	if seen[which] {
		return t.bad(name.at, string(unquoted)+" for the second time")
	}
	seen[which] = true
	v, err := scim.ParseJSON([]byte(`{"v":`+string(value.raw)+"}"), scim.Limits{Depth: maxRoleDepth})
	if err != nil {
		return t.bad(value.at, string(unquoted)+" cannot be read")
	}
	if reason := e.set(which, v.Members[0].Value); reason != "" {
		return t.bad(value.at, reason)
	}
	return nil
}

// The members of an account.
const (
	memberAccount = iota
	memberRoles
	memberTeams
	memberStatus
)

func memberIndex(name string) int {
	switch name {
	case "accountid":
		return memberAccount
	case "roles", "role":
		return memberRoles
	case "teams", "team":
		return memberTeams
	case "status":
		return memberStatus
	}
	return -1
}

// set takes a member's value, or says why it does not.
func (e *entry) set(which int, v scim.Value) string {
	s, ok := text(v)
	s = strings.TrimSpace(s)
	switch which {
	case memberAccount:
		if _, isList := v.(scim.Array); isList || !ok {
			return "accountId is no text"
		}
		e.account = s
	case memberRoles:
		if isNameless(v) {
			return "roles is neither a text nor a list of texts"
		}
		e.roles = roleValues(v)
	case memberTeams:
		if isNameless(v) {
			return "teams is neither a text nor a list of texts"
		}
		if list, isList := v.(scim.Array); isList && len(list) == 0 {
			e.teams = []string{} // none, which is not the same as nothing said
		} else {
			e.teams = texts(v)
			slices.Sort(e.teams)
			e.teams = slices.Compact(e.teams)
		}
	case memberStatus:
		return e.setStatus(v, s)
	}
	return ""
}

// isNameless reports a value that says something, but no name: an object without a value, or a list that holds one. To
// pass it over would give the default role to somebody for whom another was meant (T-123).
func isNameless(v scim.Value) bool {
	if list, ok := v.(scim.Array); ok {
		return slices.ContainsFunc(list, func(e scim.Value) bool {
			_, nested := e.(scim.Array)
			return nested || isNameless(e)
		})
	}
	_, named := text(v)
	return !named && !isEmpty(v)
}

func (e *entry) setStatus(v scim.Value, s string) string {
	e.status = s
	switch strings.ToLower(s) {
	case "active":
	case "inactive":
		e.active = false
	default:
		if !isEmpty(v) {
			return "status is neither active nor inactive"
		}
	}
	return ""
}

// bad is the error for a place in the text. Positions count characters from 1, as people do.
func (t *accountText) bad(offset int, reason string) error {
	offset = max(0, min(offset, len(t.text)))
	position := utf8.RuneCountInString(t.text[:offset]) + 1
	return scim.NewError(scim.KindBadAccounts, fmt.Sprintf("%s: position %d: %s", t.where, position, reason), excerpt(t.text, offset), accountShapes)
}

// excerpt is what stands around a place.
func excerpt(s string, offset int) string {
	const around = 24
	from, to := max(0, offset-around), min(len(s), offset+around)
	return strings.ToValidUTF8(s[from:to], "")
}

// syntax says what is wrong where the text stops being JSON.
func (t *accountText) syntax(err error) error {
	offset := int(t.dec.InputOffset())
	var at *jsontext.SyntacticError
	if errors.As(err, &at) {
		offset = int(at.ByteOffset)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return t.bad(len(t.text), "the text ends too early; a quote, a bracket or a brace is missing")
	}
	offset = min(offset, len(t.text))
	return t.bad(offset, diagnose(t.text[:offset], t.text[offset:]))
}

// diagnose names the usual slips by what stands before and at the place.
func diagnose(before, rest string) string {
	c, size := utf8.DecodeRuneInString(rest)
	switch {
	case isComment(rest):
		return reasonComment
	case (c == '}' || c == ']') && strings.HasSuffix(strings.TrimSpace(before), ","):
		return "a comma after the last member"
	case c == ',':
		return "a comma too many"
	case c == '\'':
		return "a single quote, where JSON has double ones"
	case strings.ContainsRune("“”„‘’«»", c):
		return "a typographic quote, where JSON has straight ones"
	case c == utf8.RuneError && size == 1:
		return "no UTF-8 text"
	case c == '\\':
		return "an escape that JSON does not have"
	case c < ' ':
		return "a line break or another control character within a text"
	}
	return "unexpected " + strconv.QuoteRune(c) + "; before it a quote, a colon or a comma may be missing"
}

const reasonComment = "a comment, and JSON has none"

func isComment(s string) bool {
	return strings.HasPrefix(s, "//") || strings.HasPrefix(s, "/*") || strings.HasPrefix(s, "#")
}

// behind says what is wrong with what follows a whole value.
func (t *accountText) behind(end int) error {
	rest := strings.TrimLeft(t.text[end:], " \t\r\n")
	reason := "more text after the end"
	switch {
	case strings.HasPrefix(rest, ","):
		reason = "several accounts in one text need [ and ] around them"
	case isComment(rest):
		reason = reasonComment
	}
	return t.bad(len(t.text)-len(rest), reason)
}
