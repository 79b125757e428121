package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
)

// Discover asks the server what a run must know: how many users it holds, and whether it takes bulk requests
// (RFC 7643 §5). A server without /ServiceProviderConfig takes none. [Plan.Run] calls it where nobody else has.
func (s *Server) Discover(ctx context.Context) error {
	if s.known {
		return nil
	}
	if err := s.countHeld(ctx); err != nil {
		return err
	}
	if !s.NoBulk {
		config := call{"GET", "/ServiceProviderConfig", nil, func(a answer) error {
			s.bulk = bulkOf(a)
			return nil
		}}
		if err := s.do(ctx, "discovery", config, new(bytes.Buffer)); err != nil {
			return err
		}
	}
	s.known = true
	return nil
}

// Held is how many users the server had before this run.
func (s *Server) Held() int { return s.held }

func (s *Server) countHeld(ctx context.Context) error {
	if s.Constant {
		return nil
	}
	return s.do(ctx, "discovery", call{method: http.MethodGet, path: "/Users?startIndex=1&count=1", check: func(a answer) error {
		if err := wantStatus(a, http.StatusOK); err != nil {
			return err
		}
		d, err := decode(a.body)
		if err != nil {
			return err
		}
		if d.TotalResults == nil {
			return errors.New("a list without totalResults")
		}
		s.held = *d.TotalResults
		return nil
	}}, new(bytes.Buffer))
}

// bulkOf reads how many operations a bulk request may have. More than 100 are not sent in one: the server is to be
// filled, not stalled.
func bulkOf(a answer) int {
	var config struct {
		Bulk struct {
			Supported     bool
			MaxOperations int
		}
	}
	if a.status != http.StatusOK || json.Unmarshal(a.body, &config) != nil || !config.Bulk.Supported {
		return 0
	}
	return min(config.Bulk.MaxOperations, 100)
}

// lookThrough reads a page whole: 100 times the same user has the right count, too. It learns how many users the
// server puts on a page.
func (s *Server) lookThrough(ctx context.Context, start func(page int) int) error {
	if s.Constant {
		return nil
	}
	seen := map[string]bool{}
	c := call{method: http.MethodGet, path: listPath(1)}
	c.check = func(a answer) error {
		if err := wantStatus(a, http.StatusOK); err != nil {
			return err
		}
		d, err := decode(a.body)
		if err != nil {
			return err
		}
		clear(seen)
		for _, u := range d.Resources {
			seen[u.ID] = true
		}
		delete(seen, "")
		if err := want(len(seen) > 0 && len(seen) == len(d.Resources), "%d different users on a page of %d", len(seen), len(d.Resources)); err != nil {
			return err
		}
		return s.pageOf(a.body, s.total(), len(seen))
	}
	var buffer bytes.Buffer
	if err := s.do(ctx, "list", c, &buffer); err != nil {
		return err
	}
	s.page = min(len(seen), pageSize)
	if from := start(s.page); from > 1 {
		c.path = listPath(from)
		return s.do(ctx, "list", c, &buffer)
	}
	return nil
}

func listPath(start int) string {
	return "/Users?startIndex=" + strconv.Itoa(start) + "&count=" + strconv.Itoa(pageSize)
}
