package conformance

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/usher-scim/usher/scimclient"
)

// prepare reads the server's discovery and finds out whether there is a SCIM server at all: it is better to say that
// plainly than by 150 failures.
func (s *session) prepare() {
	s.begin("")
	config := s.look("/ServiceProviderConfig")
	types := s.look("/ResourceTypes")
	schemas := s.look("/Schemas")
	s.provider.readConfig(config)
	s.provider.readSchemas(schemas, types)
	endpoint := "/Users"
	if len(s.provider.all) > 0 {
		endpoint = s.provider.all[0].endpoint
	}
	list := s.look(withQuery(endpoint, "count", "1"))
	if s.stopped == "" {
		s.stopped = notSCIM(s.lastMiss(), endpoint, list, config)
	}
	if s.stopped == "" {
		s.findGroups(types)
	}
}

// look asks for one thing; an answer that does not come is not the end yet.
func (s *session) look(path string) *answer {
	s.err = nil
	return s.send("GET", path, nil)
}

func (s *session) lastMiss() string {
	if m, ok := s.err.(*miss); ok {
		return m.got
	}
	return ""
}

// findGroups drops the groups that were only assumed when the server does not know their endpoint.
func (s *session) findGroups(types *answer) {
	if s.provider.group == nil || len(listed(types)) > 0 {
		return
	}
	if a := s.look(withQuery(s.provider.group.endpoint, "count", "1")); a.status != 200 {
		s.provider.group = nil
		s.provider.all = s.provider.all[:1]
	}
}

// notSCIM says what is wrong when there is nothing to test, or nothing.
func notSCIM(silence, endpoint string, list, config *answer) string {
	what := "GET " + endpoint
	switch {
	case silence != "":
		return what + " had no answer: " + silence
	case list.status == http.StatusUnauthorized, list.status == http.StatusForbidden:
		return fmt.Sprintf("%s is refused with %d: the credential is missing, wrong or expired", what, list.status)
	case list.status/100 == 3:
		return fmt.Sprintf("%s is redirected to %s: give the base URL of the SCIM service itself", what, list.header.Get("Location"))
	case config.object() != nil && config.status == http.StatusOK:
		return ""
	case list.object() == nil && list.status/100 == 2:
		return fmt.Sprintf("%s is answered with %s, not with JSON: this is no SCIM service", what, orElse(list.media(), "no content"))
	case list.status == http.StatusNotFound:
		return what + " is answered with 404: there is no SCIM service below this base URL"
	case list.status >= 500 && config.status >= 500:
		return fmt.Sprintf("the server fails: %s is answered with %d", what, list.status)
	}
	return ""
}

// Users asks a server how many users it holds, so that a caller can ask before it writes. It returns -1 when the
// server does not tell.
func Users(ctx context.Context, c *scimclient.Client) (int, error) {
	req := scimclient.Request{Method: "GET", Path: "/Users?count=1", Header: http.Header{"Accept": {mediaSCIM}}}
	res, err := c.Do(ctx, req)
	if err != nil {
		return -1, err
	}
	a := newAnswer(&req, res)
	if a.status != http.StatusOK || !strings.Contains(string(a.body), "totalResults") {
		return -1, nil
	}
	return a.number("totalResults"), nil
}
