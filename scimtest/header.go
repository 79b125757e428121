package scimtest

import "net/http"

// scimHeader is what a client sends of whose headers no source says more.
func scimHeader(_ string, body bool) http.Header {
	h := http.Header{"Accept": {"application/scim+json"}}
	if body {
		h.Set("Content-Type", "application/scim+json")
	}
	return h
}
