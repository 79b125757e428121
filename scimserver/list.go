package scimserver

import (
	"net/http"
	"strconv"

	"github.com/usher-scim/usher/scim"
)

// list is GET of a resource type's endpoint. See RFC 7644 §3.4.2.
func (x *exchange) list() (answer, error) {
	q, err := x.listQuery()
	if err != nil {
		return answer{}, err
	}
	page, err := x.caller.Backend.List(x.r.Context(), x.typ, q)
	if err != nil {
		return answer{}, err
	}
	x.openList(page.Total, q.StartIndex, len(page.Records))
	renderer := x.renderer(q.Show)
	for i, rec := range page.Records {
		if i > 0 {
			x.out = append(x.out, ',')
		}
		x.out = renderer.Append(x.out, rec)
	}
	x.closeList()
	return answer{status: http.StatusOK}, nil
}

func (x *exchange) listQuery() (scim.Query, error) {
	var q scim.Query
	var err error
	if q.Show, err = x.projection(); err != nil {
		return q, err
	}
	if q.StartIndex, err = x.query.startIndex(); err != nil {
		return q, err
	}
	if q.Count, err = x.query.count(x.opt.MaxPage); err != nil {
		return q, err
	}
	// An empty filter is an error, not "no filter" (T-126): to answer it with everybody would be worse.
	if src, sent := x.query[paramFilter]; sent {
		if q.Filter, err = scim.ParseFilter(src, x.typ, x.caller.Profile); err != nil {
			return q, err
		}
		x.note.filter = q.Filter
	}
	return q, nil
}

// openList begins a ListResponse. Resources is there even when it is empty, and every number is an integer
// (T-070).
func (x *exchange) openList(total, start, items int) {
	x.out = append(x.out, `{"schemas":["`+scim.URNListResponse+`"],"totalResults":`...)
	x.out = strconv.AppendInt(x.out, int64(total), 10)
	x.out = append(x.out, `,"startIndex":`...)
	x.out = strconv.AppendInt(x.out, int64(start), 10)
	x.out = append(x.out, `,"itemsPerPage":`...)
	x.out = strconv.AppendInt(x.out, int64(items), 10)
	x.out = append(x.out, `,"Resources":[`...)
}

func (x *exchange) closeList() { x.out = append(x.out, "]}"...) }
