package scimtest

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/usher-scim/usher/scimclient"
)

const (
	// socketLife bounds what happens on one raw connection.
	socketLife = 15 * time.Second
	// trickles and tricklePause make a slow body: about a second and a half.
	trickles     = 12
	tricklePause = 125 * time.Millisecond
	// longestOther is how long somebody else may wait meanwhile.
	longestOther = 5 * time.Second
	// watchTime is how long a run looks whether something comes of a request that was
	// never finished.
	watchTime  = 400 * time.Millisecond
	watchPause = 100 * time.Millisecond
)

// dial opens a connection of its own, past the client's pool, for what no well-behaved
// client sends.
func (p *player) dial(ctx context.Context) (net.Conn, error) {
	u, err := url.Parse(p.client.BaseURL)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, socketLife)
	defer cancel()
	var conn net.Conn
	if u.Scheme == "https" {
		d := tls.Dialer{Config: p.tlsConfig()}
		conn, err = d.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "443")))
	} else {
		var d net.Dialer
		conn, err = d.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "80")))
	}
	if err != nil {
		return nil, err
	}
	return conn, conn.SetDeadline(time.Now().Add(socketLife))
}

// tlsConfig trusts whom the client trusts, and speaks HTTP/1.1.
func (p *player) tlsConfig() *tls.Config {
	if p.client.HTTP != nil {
		if t, ok := p.client.HTTP.Transport.(*http.Transport); ok && t.TLSClientConfig != nil {
			config := t.TLSClientConfig.Clone()
			config.NextProtos = nil
			return config
		}
	}
	return &tls.Config{MinVersion: tls.VersionTLS12}
}

// wire is a request as bytes: its head with the empty line, and its body.
func (p *player) wire(ctx context.Context, r *request) (head, body string, err error) {
	sent, err := p.literal(r)
	if err != nil {
		return "", "", err
	}
	req, err := http.NewRequestWithContext(ctx, sent.Method, scimclient.ReferenceBase(p.client.BaseURL)+sent.Path, bytes.NewReader(sent.Body))
	if err != nil {
		return "", "", err
	}
	for _, h := range []http.Header{p.client.Header, sent.Header} {
		for name, values := range h {
			req.Header[name] = values
		}
	}
	token := p.client.Token
	if p.client.TokenSource != nil {
		if token, err = p.client.TokenSource(ctx, ""); err != nil {
			return "", "", err
		}
	}
	if token != "" && req.Header.Get("Authorization") == "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	var text strings.Builder
	if err := req.Write(&text); err != nil {
		return "", "", err
	}
	head, body, _ = strings.Cut(text.String(), "\r\n\r\n")
	return head + "\r\n\r\n", body, nil
}

// hangUp sends what cut leaves of a request, and closes the connection without reading.
func (p *player) hangUp(ctx context.Context, r *request, cut func(head, body string) string) error {
	head, body, err := p.wire(ctx, r)
	if err != nil {
		return err
	}
	conn, err := p.dial(ctx)
	if err != nil {
		return err
	}
	sent := cut(head, body)
	p.trace("%s: %d of %d bytes sent, then hung up", r.send, len(sent), len(head+body))
	_, err = conn.Write([]byte(sent))
	return errors.Join(err, conn.Close())
}

// trace notes what happens on a raw connection beside the exchanges of the client.
func (p *player) trace(format string, args ...any) {
	if p.client.Tap != nil {
		_, _ = fmt.Fprintf(p.client.Tap, "> "+format+"\n\n", args...)
	}
}

// promisedMore is a whole JSON document in a body that was to be a byte longer: a server
// that parses what it has and does not look at the length takes it for the whole.
func promisedMore(head, body string) string {
	length := "Content-Length: "
	return strings.Replace(head, length+strconv.Itoa(len(body)), length+strconv.Itoa(len(body)+1), 1) + body
}

// vanish sends a part of a request, and then asks for a while whether the look still
// holds: that nothing came of it, and that the server lives.
func vanish(r request, cut func(head, body string) string, look request) func(context.Context, *player) played {
	return func(ctx context.Context, p *player) played {
		if err := p.hangUp(ctx, &r, cut); err != nil {
			return played{misses: []string{err.Error()}}
		}
		for start := time.Now(); ; {
			_, misses := p.shoot(ctx, &look)
			if len(misses) > 0 || time.Since(start) > watchTime {
				return played{got: "nothing came of it", misses: misses}
			}
			if err := pause(ctx, watchPause); err != nil {
				return played{misses: []string{err.Error()}}
			}
		}
	}
}

// trickle sends a body in small pieces, asks something else in the middle, and sees what
// becomes of it: an answer, or an end. A user is there if the answer says so, and only
// then.
func trickle(ctx context.Context, p *player) played {
	head, body, err := p.wire(ctx, &request{send: "POST /Users", body: "user.json"})
	if err != nil {
		return played{misses: []string{err.Error()}}
	}
	conn, err := p.dial(ctx)
	if err != nil {
		return played{misses: []string{err.Error()}}
	}
	defer conn.Close()
	p.trace("POST /Users: %d bytes of body, in %d pieces", len(body), trickles)
	if _, err := conn.Write([]byte(head)); err != nil {
		return played{misses: []string{err.Error()}}
	}
	misses := p.drip(ctx, conn, body)
	status := 0
	if res, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
		status = res.StatusCode
		_ = res.Body.Close()
	}
	want := found(0)
	if status == http.StatusCreated {
		want = found(1)
	}
	look, more := p.shoot(ctx, &request{send: findUser("user_name"), want: on(200), checks: must(want)})
	if look != nil && look.text("Resources/0/id") != "" {
		p.made.add("/Users/" + asURL(look.text("Resources/0/id")))
	}
	return played{got: ending(status), misses: append(misses, more...)}
}

// drip writes the pieces of a body. An error ends it: the server has cut the request off.
func (p *player) drip(ctx context.Context, conn net.Conn, body string) (misses []string) {
	for i := range trickles {
		if i == trickles/2 {
			misses = p.othersAreServed(ctx)
		}
		piece := body[i*len(body)/trickles : (i+1)*len(body)/trickles]
		if _, err := conn.Write([]byte(piece)); err != nil || pause(ctx, tricklePause) != nil {
			return misses
		}
	}
	return misses
}

// othersAreServed asks something on another connection, and does not wait for long.
func (p *player) othersAreServed(ctx context.Context) []string {
	ctx, cancel := context.WithTimeout(ctx, longestOther)
	defer cancel()
	_, misses := p.shoot(ctx, &request{send: "GET /Users?startIndex=1&count=1", want: on(200), checks: must(list())})
	if ctx.Err() != nil {
		return []string{fmt.Sprintf("others wait: a request on another connection had no answer for %v", longestOther)}
	}
	return misses
}

func ending(status int) string {
	if status == 0 {
		return "the server hung up"
	}
	return fmt.Sprint(status)
}
