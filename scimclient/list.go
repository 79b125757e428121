package scimclient

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

const (
	urnSearchRequest = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
	defaultCount     = 100
)

// Query says which resources a list has, in which order, and how they are fetched. The zero value lists all. Which
// attributes they have is said by [Resources.With]. See RFC 7644 §3.4.2.
type Query struct {
	Filter     Filter
	SortBy     string // attribute path; not every server sorts
	Descending bool
	// Count is the size of a page. Servers may send fewer, and All then asks for more of them. Defaults to 100.
	Count int
	// StartIndex is where the list begins, from 1. Defaults to 1.
	StartIndex int
	// Cursor is the Page.NextCursor to go on from. It implies PageByCursor.
	Cursor string
	// Paging defaults to PageByIndex.
	Paging Paging
	// Post sends the query in a body to /.search, so that no personal data gets into a URL and the logs that keep
	// them. See RFC 7644 §3.4.3.
	Post bool
}

// Paging is the way in which a list is read page by page.
type Paging uint8

const (
	// PageByIndex asks for pages by their place in the list, which every server can. What others create and delete
	// meanwhile may push a resource from a page not yet read into one that was. A server that answers with a cursor
	// all the same is followed by it.
	PageByIndex Paging = iota
	// PageByCursor asks for a cursor (RFC 9865): no resource is missed that stays as it is.
	PageByCursor
	// PageAuto takes the cursor if the server's ServiceProviderConfig offers it, else the index.
	PageAuto
)

// Page is one page of a list.
type Page[T any] struct {
	Resources []*T
	// Total is the number of resources in the whole list, as far as the server says; -1 if it does not.
	Total int
	// StartIndex is the place of the first resource; zero when paging by cursor.
	StartIndex int
	// NextCursor and PreviousCursor lead to the pages around this one. They are empty at the ends, and when paging by
	// index.
	NextCursor, PreviousCursor string
}

// List reads one page.
func (r Resources[T]) List(ctx context.Context, q Query) (*Page[T], error) {
	q, err := r.settle(ctx, q)
	if err != nil {
		return nil, err
	}
	found, err := r.page(ctx, q.request(r.Options), q.Post)
	if err != nil {
		return nil, err
	}
	page := &Page[T]{
		Total: -1, StartIndex: int(found.StartIndex), NextCursor: found.NextCursor, PreviousCursor: found.PreviousCursor,
	}
	if found.Total != nil {
		page.Total = int(*found.Total)
	}
	for i, document := range found.Resources {
		v, err := decode[T](document, metaVersion(document))
		if err != nil {
			return nil, fmt.Errorf("%w (resource %d of the page)", err, i+1)
		}
		page.Resources = append(page.Resources, v)
	}
	return page, nil
}

// All reads the whole list, page by page as the loop goes on; a loop that ends early asks for no more. Each resource
// comes once, even when a server repeats it.
//
// An error of a page ends the list. ErrPaging says that the server went in circles or kept something back: what was
// listed is then not everything. A resource that cannot be read as a T is an error too, but the loop may go on behind
// it.
func (r Resources[T]) All(ctx context.Context, q Query) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		q, err := r.settle(ctx, q)
		if err != nil {
			yield(nil, err)
			return
		}
		w := walk{request: q.request(r.Options)}
		for more := true; more; {
			found, err := r.page(ctx, w.request, q.Post)
			if err != nil {
				yield(nil, err)
				return
			}
			var fresh []json.RawMessage
			fresh, more, err = w.step(found)
			for _, document := range fresh {
				if !yield(decode[T](document, metaVersion(document))) {
					return
				}
			}
			if err != nil {
				yield(nil, fmt.Errorf("scimclient: list %s: %w", r.Endpoint, err))
				return
			}
		}
	}
}

// Total is the number of resources that match.
func (r Resources[T]) Total(ctx context.Context, f Filter) (int, error) {
	if f.err != nil {
		return 0, fmt.Errorf("scimclient: total of %s: %w", r.Endpoint, f.err)
	}
	none := 0
	found, err := r.page(ctx, query{filter: f.text, count: &none}, false)
	if err != nil {
		return 0, err
	}
	if found.Total == nil {
		return 0, fmt.Errorf("scimclient: total of %s: the answer has no totalResults", r.Endpoint)
	}
	return int(*found.Total), nil
}

// settle checks a query and decides how to page.
func (r Resources[T]) settle(ctx context.Context, q Query) (Query, error) {
	if q.Filter.err != nil {
		return q, fmt.Errorf("scimclient: list %s: %w", r.Endpoint, q.Filter.err)
	}
	if q.Cursor != "" {
		q.Paging = PageByCursor
	}
	if q.Paging == PageAuto {
		config, err := r.Client.ServiceProviderConfig(ctx)
		if err != nil {
			return q, err
		}
		q.Paging = PageByIndex
		if config.Pagination.Cursor {
			q.Paging = PageByCursor
		}
	}
	return q, nil
}

// page asks for one page.
func (r Resources[T]) page(ctx context.Context, q query, post bool) (*listResponse, error) {
	req := r.Client.request(http.MethodGet, r.Endpoint+q.url(), nil)
	if post {
		body, err := marshal(q.search())
		if err != nil {
			return nil, fmt.Errorf("scimclient: search %s: %w", r.Endpoint, err)
		}
		req = r.Client.request(http.MethodPost, r.Endpoint+"/.search", body)
	}
	res, err := r.Client.call(ctx, req, true)
	if err != nil {
		return nil, err
	}
	return readList(res.Body)
}

// query is a Query with the options that belong to it, as it goes on the wire.
type query struct {
	attributes, excluded []string
	filter, sortBy       string
	descending           bool
	startIndex           int  // 0: not sent
	count                *int // nil: not sent
	cursor               *string
}

func (q Query) request(o Options) query {
	w := query{
		attributes: o.Attributes, excluded: o.ExcludedAttributes,
		filter: q.Filter.text, sortBy: q.SortBy, descending: q.Descending, startIndex: max(q.StartIndex, 1),
	}
	if w.count = &q.Count; q.Count <= 0 {
		w.count = new(defaultCount)
	}
	if q.Paging == PageByCursor {
		w.startIndex, w.cursor = 0, &q.Cursor // startIndex beside a cursor is not defined (C-14)
	}
	return w
}

func (q query) sortOrder() string {
	switch {
	case q.sortBy == "":
		return ""
	case q.descending:
		return "descending"
	}
	return "ascending"
}

// url is the query of a URL with its question mark, or nothing. A space is %20: not every server reads a plus as one
// (T-052).
func (q query) url() string {
	var pairs []string
	set := func(name, value string) {
		if value != "" {
			pairs = append(pairs, name+"="+strings.ReplaceAll(url.QueryEscape(value), "+", "%20"))
		}
	}
	set("attributes", strings.Join(q.attributes, ","))
	set("excludedAttributes", strings.Join(q.excluded, ","))
	set("filter", q.filter)
	set("sortBy", q.sortBy)
	set("sortOrder", q.sortOrder())
	if q.startIndex > 0 {
		set("startIndex", strconv.Itoa(q.startIndex))
	}
	if q.cursor != nil {
		pairs = append(pairs, "cursor="+url.QueryEscape(*q.cursor))
	}
	if q.count != nil {
		set("count", strconv.Itoa(*q.count))
	}
	if len(pairs) == 0 {
		return ""
	}
	return "?" + strings.Join(pairs, "&")
}

// searchRequest is the body of a search. See RFC 7644 §3.4.3 and RFC 9865 §3.
type searchRequest struct {
	Schemas            []string `json:"schemas"`
	Attributes         []string `json:"attributes,omitempty"`
	ExcludedAttributes []string `json:"excludedAttributes,omitempty"`
	Filter             string   `json:"filter,omitempty"`
	SortBy             string   `json:"sortBy,omitempty"`
	SortOrder          string   `json:"sortOrder,omitempty"`
	StartIndex         int      `json:"startIndex,omitempty"`
	Cursor             *string  `json:"cursor,omitempty"`
	Count              *int     `json:"count,omitempty"`
}

func (q query) search() searchRequest {
	return searchRequest{
		Schemas:    []string{urnSearchRequest},
		Attributes: q.attributes, ExcludedAttributes: q.excluded,
		Filter: q.filter, SortBy: q.sortBy, SortOrder: q.sortOrder(),
		StartIndex: q.startIndex, Cursor: q.cursor, Count: q.count,
	}
}

// listResponse is a ListResponse as servers write it. See RFC 7644 §3.4.2.
type listResponse struct {
	Total          *integer          `json:"totalResults"`
	StartIndex     integer           `json:"startIndex"`
	NextCursor     string            `json:"nextCursor"`
	PreviousCursor string            `json:"previousCursor"`
	Resources      []json.RawMessage `json:"Resources"`
}

// readList reads a ListResponse, or the bare array that some servers send for their schemas.
func readList(body []byte) (*listResponse, error) {
	l := &listResponse{}
	target := any(l)
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("[")) {
		target = &l.Resources
	}
	if err := json.Unmarshal(body, target); err != nil {
		return nil, fmt.Errorf("scimclient: read list: %w", err)
	}
	return l, nil
}

// integer is a number that some servers write as a string, and the RFC itself in Error.status.
type integer int

// UnmarshalJSON implements json.Unmarshaler.
func (i *integer) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	n, err := strconv.Atoi(strings.Trim(string(text), `"`))
	if err != nil {
		return fmt.Errorf("%s is not an integer", text)
	}
	*i = integer(n)
	return nil
}
