package scimserver

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/usher-scim/usher/scim"
)

// params are the query parameters that this server reads, under their lower-case names: names are matched without
// regard to case (T-064). All others are ignored (R-011, T-015).
type params map[string]string

// The parameters of RFC 7644 §3.4.2 and §3.9 and of RFC 9865 §2, in lower case.
const (
	paramFilter     = "filter"
	paramSortBy     = "sortby"
	paramSortOrder  = "sortorder"
	paramStartIndex = "startindex"
	paramCount      = "count"
	paramCursor     = "cursor"
	paramAttributes = "attributes"
	paramExcluded   = "excludedattributes"
)

// spelling is how an error names a parameter.
var spelling = map[string]string{
	paramFilter:     "filter",
	paramSortBy:     "sortBy",
	paramSortOrder:  "sortOrder",
	paramStartIndex: "startIndex",
	paramCount:      "count",
	paramCursor:     "cursor",
	paramAttributes: "attributes",
	paramExcluded:   "excludedAttributes",
}

// parseParams decodes a query string by form rules: "+" is a space (T-052). A bad escape, or one of the known
// parameters twice, is refused rather than guessed at.
func parseParams(raw string, longest int) (params, error) {
	if raw == "" {
		return nil, nil
	}
	if len(raw) > longest {
		return nil, scim.NewError(scim.KindBadParameter, "query", fmt.Sprintf("%d bytes", len(raw)),
			fmt.Sprintf("at most %d bytes", longest))
	}
	p := params{}
	for pair := range strings.SplitSeq(raw, "&") {
		if err := p.add(pair); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p params) add(pair string) error {
	rawName, rawValue, _ := strings.Cut(pair, "=")
	name, err := unescape("query", rawName)
	if err != nil {
		return err
	}
	name = strings.ToLower(name)
	shown, known := spelling[name]
	if !known {
		return nil
	}
	if _, twice := p[name]; twice {
		return scim.NewError(scim.KindBadParameter, shown, "sent more than once", "one "+shown+" parameter")
	}
	p[name], err = unescape(shown, rawValue)
	return err
}

func unescape(where, s string) (string, error) {
	u, err := url.QueryUnescape(s)
	if err != nil {
		return "", scim.NewError(scim.KindBadParameter, where, s, `percent-encoding such as %20 or %22; a "%" itself is %25`)
	}
	if !utf8.ValidString(u) {
		return "", scim.NewError(scim.KindBadParameter, where, s, "percent-encoded UTF-8")
	}
	return u, nil
}

// maxIndex is the largest integer that every JSON reader takes exactly (RFC 8259 §6).
const maxIndex = 1<<53 - 1

// startIndex is 1-based; below 1 means 1.
func (p params) startIndex() (int, error) {
	n, err := p.number(paramStartIndex, 1)
	return max(n, 1), err
}

// count is the page size: below 0 means 0, absent or above the maximum means the maximum.
func (p params) count(most int) (int, error) {
	n, err := p.number(paramCount, most)
	return min(max(n, 0), most), err
}

// number reads an integer of any length: one that is too long for an int is as good as the largest (T-063).
func (p params) number(name string, absent int) (int, error) {
	s, sent := p[name]
	if !sent {
		return absent, nil
	}
	digits := strings.TrimPrefix(s, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, scim.NewError(scim.KindBadParameter, spelling[name], s, "an integer such as 1 or 100")
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > maxIndex || n < -maxIndex { // only the range is left to be wrong
		if digits != s {
			return -maxIndex, nil
		}
		return maxIndex, nil
	}
	return int(n), nil
}

// projection reads attributes and excludedAttributes, which every answer with a resource takes.
func (x *exchange) projection() (scim.Projection, error) {
	return scim.ParseProjection(x.typ, x.query[paramAttributes], x.query[paramExcluded])
}

// projected reports whether the caller said what the answer should show; a PATCH is then answered 200.
func (p params) projected() bool {
	_, attributes := p[paramAttributes]
	_, excluded := p[paramExcluded]
	return attributes || excluded
}
