package delivery

import "net/http"

var _ http.RoundTripper = (*Client)(nil)

// RoundTrip implements [http.RoundTripper], for faces that call configured addresses by a library. It guards each
// address; to follow no redirect and to bound what is read is left to the caller.
func (c *Client) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme == "http" {
		return c.plain.RoundTrip(r)
	}
	return c.secure.RoundTrip(r)
}
