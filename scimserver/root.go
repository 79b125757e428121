package scimserver

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/usher-scim/usher/scim"
)

// maxMerged is how deep a sorted list across resource types can be entered by index: what lies before has to be read
// and merged. A cursor has no such limit.
const maxMerged = 10_000

// stream reads one source of a merged list, page by page.
type stream struct {
	*source
	order   int // of its type: settles what the sort leaves equal
	backend Backend
	records []*scim.Record
	places  []scim.Position
	more    bool
}

// merge reads the sorted sources into one order.
func (l *listing) merge(ctx context.Context, b Backend, maxPage int) error {
	size := l.count // of the pages to read
	if l.start > 1 && l.count > 0 {
		size = maxPage
	}
	streams := make([]*stream, len(l.sources))
	for i, s := range l.sources {
		streams[i] = &stream{source: s, order: i, backend: b}
		total, err := streams[i].read(ctx, size)
		if err != nil {
			return err
		}
		l.total += total
	}
	skip := max(l.start, 1) - 1
	if skip >= l.total || l.count == 0 {
		return nil
	}
	if skip > maxMerged {
		return scim.NewError(scim.KindTooMany, "startIndex", strconv.Itoa(l.start),
			"a sorted list of one resource type, a cursor, or a startIndex of at most "+strconv.Itoa(maxMerged))
	}
	return l.take(ctx, streams, skip, size)
}

// take moves the heads of the streams into the page, in order, but for the first ones.
func (l *listing) take(ctx context.Context, streams []*stream, skip, size int) error {
	for len(l.hits) < l.count {
		s := slices.MinFunc(streams, (*stream).compare)
		if len(s.records) == 0 {
			return nil
		}
		if skip > 0 {
			skip--
		} else {
			l.hits = append(l.hits, hit{s.records[0], s.source})
		}
		if err := s.pop(ctx, size); err != nil {
			return err
		}
	}
	l.more = slices.ContainsFunc(streams, func(s *stream) bool { return len(s.records) > 0 })
	return nil
}

// read reads the page behind the source's place.
func (s *stream) read(ctx context.Context, size int) (total int, err error) {
	q := s.query
	q.StartIndex, q.Count = 1, size
	page, err := s.backend.List(ctx, s.typ, q)
	if err != nil {
		return 0, err
	}
	s.records, s.more = page.Records, page.More
	s.places = make([]scim.Position, len(page.Records))
	for i, rec := range page.Records {
		if s.places[i], err = q.Sort.Position(rec); err != nil {
			return 0, err
		}
	}
	return page.Total, nil
}

// pop takes the head away, and reads on when that was the last of a page.
func (s *stream) pop(ctx context.Context, size int) (err error) {
	place := s.places[0]
	s.query.After = &place
	s.records, s.places = s.records[1:], s.places[1:]
	if len(s.records) == 0 && s.more {
		_, err = s.read(ctx, size)
	}
	return err
}

// compare orders streams by their heads; those that have ended are last.
func (s *stream) compare(o *stream) int {
	if len(s.records) == 0 || len(o.records) == 0 {
		return cmp.Compare(len(o.records), len(s.records))
	}
	return cmp.Or(s.query.Sort.Compare(s.places[0], o.places[0]), cmp.Compare(s.order, o.order))
}
