package conformance

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher/scimclient"
)

const cleanupLimit = 2 * time.Minute

// cleanUp deletes what the run made, also when it was interrupted, and returns what is still there.
func (s *session) cleanUp() (left []string) {
	paths := slices.Compact(slices.Concat(s.groups, s.made))
	if s.opt.Keep {
		return paths
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), cleanupLimit)
	defer cancel()
	paths = append(paths, s.strays(ctx)...)
	failures := 0
	for _, path := range paths {
		if failures >= mostSilent {
			left = append(left, path)
			continue
		}
		res, err := s.do(ctx, s.client, scimclient.Request{Method: "DELETE", Path: path})
		switch {
		case err != nil:
			failures++
			left = append(left, path)
		case res.Status/100 != 2 && res.Status != 404 && res.Status != 410:
			left = append(left, path)
		}
	}
	return left
}

// strays are resources of this run whose creation it did not see, because the answer was lost or had no id. A server
// that ignores the filter lists everybody, so each name is looked at again.
func (s *session) strays(ctx context.Context) (paths []string) {
	if s.requests == 0 || s.silent >= mostSilent {
		return nil
	}
	for kind, name := range map[*resourceType]string{s.provider.user: "userName", s.provider.group: "displayName"} {
		if kind == nil {
			continue
		}
		path := withQuery(kind.endpoint, "filter", name+" sw "+quote(s.prefix()))
		req := scimclient.Request{Method: "GET", Path: path}
		res, err := s.do(ctx, s.client, req)
		if err != nil {
			continue
		}
		for _, r := range newAnswer(&req, res).resources() {
			id, _ := at(r, "id").(string)
			found, _ := at(r, name).(string)
			known := kind.endpoint + "/" + pathSegment(id)
			if id != "" && strings.HasPrefix(strings.ToLower(found), s.prefix()) && !slices.Contains(s.made, known) && !slices.Contains(s.groups, known) {
				paths = append(paths, known)
			}
		}
	}
	return paths
}
