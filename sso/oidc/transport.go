package oidc

import (
	"net/http"
	"time"
)

const (
	maxAnswer   = 1 << 20          // bytes of a body
	callTimeout = 10 * time.Second // of one call
)

// newClient returns the client for all calls to identity providers. It follows no redirect: what an issuer announces is
// where it is.
func newClient(next http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     bounded{next},
		Timeout:       callTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// bounded bounds the answers' bodies, which the libraries read to their end.
type bounded struct{ next http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	res.Body = http.MaxBytesReader(nil, res.Body, maxAnswer)
	return res, nil
}
