package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
)

// Clean deletes the groups and users of this run, also those whose creation was not answered, as far as the server can
// find them by their names. A server that limits its callers is emptied as fast as it lets itself be emptied.
func (s *Server) Clean(ctx context.Context, progress func(done, total int, text string)) error {
	var paths []string
	for _, id := range s.made {
		paths = append(paths, groupPath(id))
	}
	for _, u := range s.users {
		paths = append(paths, userPath(u.id))
	}
	said := func(done int) { tell(progress, done, len(paths), s.Name+": deleting") }
	if err := s.deleteAll(ctx, paths, said); err != nil {
		return fmt.Errorf("clean up: %w", err)
	}
	s.users, s.made, s.groups = nil, nil, map[int]*group{}
	return s.sweep(ctx)
}

// Made is how many users and groups of this run are on the server.
func (s *Server) Made() (users, groups int) { return len(s.users), len(s.made) }

// deleteAll deletes resources; one that is gone is deleted.
func (s *Server) deleteAll(ctx context.Context, paths []string, progress func(done int)) error {
	size := 1
	if s.bulk > 1 {
		size = s.bulk
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		wg   sync.WaitGroup
		next atomic.Int64
	)
	for range seedWorkers {
		wg.Go(func() {
			var buffer bytes.Buffer
			for ctx.Err() == nil {
				from := int(next.Add(int64(size))) - size
				if from >= len(paths) {
					return
				}
				if err := s.deleteSome(ctx, paths[from:min(from+size, len(paths))], &buffer); err != nil {
					cancel(err)
				}
				if from%1000 == 0 {
					progress(from)
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

func (s *Server) deleteSome(ctx context.Context, paths []string, buffer *bytes.Buffer) error {
	c := call{method: http.MethodDelete, path: paths[0], check: func(a answer) error {
		return want(a.status == http.StatusNoContent || a.status == http.StatusNotFound, "status %d, want 204", a.status)
	}}
	if len(paths) > 1 {
		c = bulkDelete(paths)
	}
	return s.doPatiently(ctx, "clean up", c, buffer)
}

func bulkDelete(paths []string) call {
	operations := make([]string, len(paths))
	for i, path := range paths {
		operations[i] = `{"method":"DELETE","path":"` + path + `"}`
	}
	return call{"POST", "/Bulk", bulkBody(operations), func(a answer) error {
		if err := wantStatus(a, http.StatusOK); err != nil {
			return err
		}
		var d struct{ Operations []outcome }
		if err := json.Unmarshal(a.body, &d); err != nil {
			return err
		}
		for _, o := range d.Operations {
			if o.status() != "204" && o.status() != "404" {
				return fmt.Errorf("an operation of the bulk request: status %s, want 204: %.200s", o.status(), o.Response)
			}
		}
		return want(len(d.Operations) == len(paths), "%d of %d operations are answered", len(d.Operations), len(paths))
	}}
}

// sweep looks for users whose creation was not answered: the run was ended meanwhile.
func (s *Server) sweep(ctx context.Context) error {
	filter := url.QueryEscape(fmt.Sprintf(`userName sw "%s"`, s.prefix))
	for range 10 {
		var paths []string
		c := call{"GET", "/Users?count=100&filter=" + filter, nil, func(a answer) error {
			if a.status != http.StatusOK {
				return nil // it cannot filter so: nothing is found
			}
			d, err := decode(a.body)
			for _, u := range d.Resources {
				if strings.HasPrefix(u.UserName, s.prefix) {
					paths = append(paths, userPath(u.ID))
				}
			}
			return err
		}}
		if err := s.do(ctx, "clean up", c, new(bytes.Buffer)); err != nil || len(paths) == 0 {
			return err
		}
		if err := s.deleteAll(ctx, paths, func(int) {}); err != nil {
			return err
		}
	}
	return errors.New("clean up: users are found again and again after they were deleted")
}
