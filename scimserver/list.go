package scimserver

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/usher-scim/usher/scim"
)

// list is GET of a resource type's endpoint, and of the root, where the resources of all types are asked for.
// See RFC 7644 §3.4.2 and, for paging by cursor, RFC 9865.
func (x *exchange) list() (answer, error) {
	l, err := x.parseList()
	if err != nil {
		return answer{}, err
	}
	if err := l.fetch(x.r.Context(), x.caller.Backend, x.opt.MaxPage); err != nil {
		return answer{}, err
	}
	head := listHead{total: l.total, start: l.start, items: len(l.hits)}
	if l.cursor != nil {
		head.start = 0
		if head.next, err = x.nextCursor(l); err != nil {
			return answer{}, err
		}
	}
	x.openList(head)
	for i, h := range l.hits {
		if i > 0 {
			x.out = append(x.out, ',')
		}
		x.out = x.renderer(h.from.query.Show).Append(x.out, h.from.shown(h.rec))
	}
	x.closeList()
	return answer{status: http.StatusOK}, nil
}

// listing is one list request and what it finds.
type listing struct {
	sources []*source
	start   int     // 1-based; means nothing beside cursor
	count   int     // the page size
	cursor  *cursor // nil: paging by index

	total int
	hits  []hit
	more  bool // matches follow behind the last hit
}

// source is the part of a list that holds the resources of one type.
type source struct {
	typ   *scim.ResourceType
	query scim.Query // After moves along with the hits, when paging by cursor
}

// hit is one resource of a page.
type hit struct {
	rec  *scim.Record
	from *source
}

// parseList reads the parameters. An empty filter is an error, not "no filter" (T-126): to answer it with everybody
// would be worse.
func (x *exchange) parseList() (*listing, error) {
	types := x.caller.Types
	if x.typ != nil {
		types = []*scim.ResourceType{x.typ}
	}
	l := &listing{}
	if err := x.parseSources(l, types); err != nil {
		return nil, err
	}
	if err := x.parsePaging(l); err != nil {
		return nil, err
	}
	return l, nil
}

func (x *exchange) parseSources(l *listing, types []*scim.ResourceType) error {
	sorts, err := scim.ParseSorts(types, x.query[paramSortBy], x.query[paramSortOrder], x.caller.Profile)
	if err != nil {
		return err
	}
	filters, err := x.filters(types)
	if err != nil {
		return err
	}
	for i, t := range types {
		show, err := scim.ParseProjection(t, x.query[paramAttributes], x.query[paramExcluded])
		if err != nil {
			return err
		}
		if !filters[i].Never() {
			l.sources = append(l.sources, &source{t, scim.Query{Filter: filters[i], Sort: sorts[i], Show: show}})
		}
	}
	return nil
}

// filters parses the filter for each type; nil for those that it does not restrict.
func (x *exchange) filters(types []*scim.ResourceType) (filters []*scim.Filter, err error) {
	src, sent := x.query[paramFilter]
	switch {
	case !sent || len(types) == 0:
		return make([]*scim.Filter, len(types)), nil
	case x.typ == nil:
		filters, err = scim.ParseFilters(src, types, x.caller.Profile)
	default:
		filters = make([]*scim.Filter, 1)
		filters[0], err = scim.ParseFilter(src, x.typ, x.caller.Profile)
	}
	if i := slices.IndexFunc(filters, func(f *scim.Filter) bool { return f != nil }); i >= 0 {
		x.note.filter = filters[i]
	}
	return filters, err
}

// parsePaging reads startIndex and count, or cursor and count.
func (x *exchange) parsePaging(l *listing) (err error) {
	if _, sent := x.query[paramCursor]; sent {
		return x.parseCursor(l)
	}
	if l.start, err = x.query.startIndex(); err != nil {
		return err
	}
	l.count, err = x.query.count(x.opt.MaxPage)
	return err
}

// fetch fills total, hits and more.
func (l *listing) fetch(ctx context.Context, b Backend, maxPage int) error {
	if len(l.sources) > 1 && l.sources[0].query.Sort != nil {
		return l.merge(ctx, b, maxPage)
	}
	return l.concatenate(ctx, b)
}

// concatenate reads one source after the other. Each is asked even when the page is full, for its total.
func (l *listing) concatenate(ctx context.Context, b Backend) error {
	for _, s := range l.sources {
		q := s.query
		q.Count = l.count - len(l.hits)
		if l.more {
			q.Count = 0
		}
		q.StartIndex = max(l.start-l.total, 1)
		page, err := b.List(ctx, s.typ, q)
		if err != nil {
			return err
		}
		l.total += page.Total
		for _, rec := range page.Records {
			l.hits = append(l.hits, hit{rec, s})
		}
		l.more = l.more || page.More || q.Count == 0 && page.Total > 0
		if err := l.advance(s, page.Records); err != nil {
			return err
		}
	}
	return nil
}

// advance moves the place of a source behind what was read from it. Only a cursor asks for places.
func (l *listing) advance(s *source, read []*scim.Record) error {
	if l.cursor == nil || len(read) == 0 {
		return nil
	}
	place, err := s.query.Sort.Position(read[len(read)-1])
	s.query.After = &place
	return err
}

// shown takes away the rows that a backend loaded for the order only: they are no part of this answer, nor of the
// version in it (D-29).
func (s *source) shown(rec *scim.Record) *scim.Record {
	if s.query.Sort.Uses("groups") && !s.query.Show.Shows("groups") {
		rec.Groups, rec.HasGroups = nil, false
	}
	return rec
}

// listHead is what a ListResponse says about its page.
type listHead struct {
	total int
	start int // 0: left out
	items int
	next  string // "": left out
}

// openList begins a ListResponse. Resources is there even when it is empty, and every number is an integer
// (T-070).
func (x *exchange) openList(h listHead) {
	x.out = append(x.out, `{"schemas":["`+scim.URNListResponse+`"]`...)
	x.integer("totalResults", h.total)
	if h.start > 0 {
		x.integer("startIndex", h.start)
	}
	x.integer("itemsPerPage", h.items)
	if h.next != "" {
		x.out = append(x.out, `,"nextCursor":"`+h.next+`"`...)
	}
	x.out = append(x.out, `,"Resources":[`...)
}

func (x *exchange) integer(name string, n int) {
	x.out = append(x.out, `,"`+name+`":`...)
	x.out = strconv.AppendInt(x.out, int64(n), 10)
}

func (x *exchange) closeList() { x.out = append(x.out, "]}"...) }
