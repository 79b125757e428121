package scim

import "slices"

// Answer answers the query from records that are all at hand, in the order of their Seq: a backend that has few needs
// no more. A filter or sort on groups or members needs those loaded.
func (q Query) Answer(all []*Record) (Page, error) {
	found, err := q.found(all)
	if err != nil {
		return Page{}, err
	}
	page := Page{Total: len(found)}
	first := min(max(q.StartIndex, 1)-1, len(found))
	if q.After != nil {
		first = len(found)
		for i, f := range found {
			if q.Sort.Compare(f.place, *q.After) > 0 {
				first = i
				break
			}
		}
	}
	rest := found[first:]
	page.More = len(rest) > q.Count
	for _, f := range rest[:min(len(rest), q.Count)] {
		page.Records = append(page.Records, f.record)
	}
	return page, nil
}

// foundRecord is a record that a query finds, and its place in the list.
type foundRecord struct {
	record *Record
	place  Position
}

// found lists what the filter lets through, in the order that was asked for.
func (q Query) found(all []*Record) ([]foundRecord, error) {
	var found []foundRecord
	for _, rec := range all {
		if q.Filter != nil {
			ok, err := q.Filter.Match(rec)
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
		}
		place, err := q.Sort.Position(rec)
		if err != nil {
			return nil, err
		}
		found = append(found, foundRecord{rec, place})
	}
	slices.SortStableFunc(found, func(a, b foundRecord) int { return q.Sort.Compare(a.place, b.place) })
	return found, nil
}
