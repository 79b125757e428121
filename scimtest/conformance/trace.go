package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/usher-scim/usher/scimclient"
)

// trace is an exchange as it was. It is written out only when it has something to show: masking secrets takes longer
// than most exchanges.
type trace struct {
	client   *scimclient.Client
	request  scimclient.Request
	response *scimclient.Response // nil beside err
	err      error
}

// exchange is the trace as text, as a scimclient's tap shows it: with secrets masked.
func (t trace) exchange() Exchange {
	var text bytes.Buffer
	c := like(t.client, time.Minute)
	c.Tap, c.HTTP = &text, &http.Client{Transport: t}
	c.TokenSource = nil
	_, _ = c.Do(context.Background(), t.request) // what it returns is what t has
	e := split(text.String())
	if t.response != nil {
		status := fmt.Sprintf("%d %s (%s)\n", t.response.Status, http.StatusText(t.response.Status), t.response.Duration.Round(time.Microsecond))
		_, rest, _ := strings.Cut(e.Response, "\n")
		e.Response = status + rest
	}
	return Exchange{Request: shorten(e.Request), Response: shorten(e.Response)}
}

// RoundTrip implements http.RoundTripper: it gives the answer that there was.
func (t trace) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.response == nil {
		return nil, unwrapped(t.err)
	}
	header := t.response.Header.Clone()
	header.Del("Content-Encoding") // the body is kept as it was read
	return &http.Response{
		StatusCode: t.response.Status, Header: header, Request: r,
		Body: io.NopCloser(bytes.NewReader(t.response.Body)), ContentLength: int64(len(t.response.Body)),
	}, nil
}

// unwrapped is the innermost error: the others repeat the URL.
func unwrapped(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// split parts a tap's block: the request's lines behind "> ", the answer's behind "< ".
func split(block string) Exchange {
	var request, response strings.Builder
	for line := range strings.Lines(block) {
		switch {
		case strings.HasPrefix(line, ">"):
			request.WriteString(strings.TrimPrefix(line[1:], " "))
		case strings.HasPrefix(line, "<"):
			response.WriteString(strings.TrimPrefix(line[1:], " "))
		}
	}
	return Exchange{request.String(), response.String()}
}

const longestShown = 2500 // bytes of one side of an exchange

func shorten(text string) string {
	text = strings.TrimSpace(text)
	if len(text) <= longestShown {
		return text
	}
	return strings.ToValidUTF8(text[:longestShown], "") + fmt.Sprintf("… %d more bytes", len(text)-longestShown)
}

func exchanges(trail []trace) []Exchange {
	var all []Exchange
	for _, t := range trail {
		all = append(all, t.exchange())
	}
	return all
}
