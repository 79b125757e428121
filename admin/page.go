package admin

import (
	"cmp"
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// List is one page of a list.
type List[T any] struct {
	Items []T    `json:"items" doc:"The page."`
	Next  string `json:"next,omitempty" doc:"The cursor of the next page; not there on the last one."`
}

func (l List[T]) nextPage() string { return l.Next }

// How many items a page has.
const (
	defaultLimit = 50
	maxLimit     = 200
)

// paged are the parameters of every list.
var paged = []parameter{
	{name: "limit", kind: "integer", doc: "How many items at most, 1 to 200. Defaults to 50."},
	{name: "cursor", kind: "string", doc: "The next of the page before."},
}

func (c *call) limit() (int, error) { return c.integer("limit", defaultLimit, 1, maxLimit) }

// integer is a query parameter between two bounds.
func (c *call) integer(name string, otherwise, least, most int) (int, error) {
	text := c.query.Get(name)
	if !c.query.Has(name) {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, newProblem(invalid, "send a whole number from "+strconv.Itoa(least)+" to "+strconv.Itoa(most),
			"%s cannot be %q", name, printable(text))
	}
	return n, nil
}

// boolean is a query parameter that is true or false.
func (c *call) boolean(name string) (bool, error) {
	switch text := c.query.Get(name); text {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	default:
		return false, newProblem(invalid, "send true or false", "%s cannot be %q", name, printable(text))
	}
}

// oneOf is a query parameter with few values, or empty.
func (c *call) oneOf(name string) (string, error) {
	text := c.query.Get(name)
	i := slices.IndexFunc(c.route.query, func(p parameter) bool { return p.name == name })
	if text != "" && !slices.Contains(c.route.query[i].enum, text) {
		return "", newProblem(invalid, "send one of "+strings.Join(c.route.query[i].enum, ", "),
			"%s cannot be %q", name, printable(text))
	}
	return text, nil
}

// after is where the page begins: behind this place of the list's order.
func (c *call) after() (string, error) {
	cursor := c.query.Get("cursor")
	if cursor == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	place, found := strings.CutPrefix(string(raw), c.list())
	if err != nil || !found || place == "" {
		return "", newProblem(invalid, "send what next said, or none to begin again", "the cursor is none of this list")
	}
	return place, nil
}

func (c *call) cursor(place string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(c.list() + place))
}

// list tells one list from another, so that a cursor is not taken for one of a list with another order.
func (c *call) list() string { return c.route.name + "\x00" + c.r.URL.EscapedPath() + "\x00" }

// pageOf cuts a page out of the whole list, ordered by place.
func pageOf[R, T any](c *call, all []R, place func(R) string, show func(R) T) (List[T], error) {
	limit, err := c.limit()
	if err != nil {
		return List[T]{}, err
	}
	after, err := c.after()
	if err != nil {
		return List[T]{}, err
	}
	slices.SortStableFunc(all, func(a, b R) int { return cmp.Compare(place(a), place(b)) })
	first, exact := slices.BinarySearchFunc(all, after, func(r R, after string) int { return cmp.Compare(place(r), after) })
	if exact {
		first++
	}
	return showPage(c, all[first:], limit, place, show), nil
}

// showPage shows at most limit rows of those that are there.
func showPage[R, T any](c *call, rows []R, limit int, place func(R) string, show func(R) T) List[T] {
	page := List[T]{Items: []T{}}
	if len(rows) > limit {
		rows = rows[:limit]
		page.Next = c.cursor(place(rows[limit-1]))
	}
	for _, r := range rows {
		page.Items = append(page.Items, show(r))
	}
	return page
}

func (r route) parameterNames() string {
	var names []string
	for _, p := range r.query {
		names = append(names, p.name)
	}
	return cmp.Or(strings.Join(names, ", "), "none")
}

func joinPath(segments []string) string {
	for i, s := range segments {
		segments[i] = url.PathEscape(s)
	}
	return strings.Join(segments, "/")
}
