package admin

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"
)

// Client speaks to the API. Its errors are *[Problem] when the server has answered with one.
type Client struct {
	// BaseURL is where the API is, such as https://scim.example.com/api/v1.
	BaseURL string
	// Key is the text of an API key.
	Key string
	// HTTP sends the requests. Defaults to http.DefaultClient.
	HTTP *http.Client

	header http.Header
}

// Once returns a client whose creates carry the idempotency key: however often they are sent, they are done once.
func (c *Client) Once(key string) *Client { return c.with(headerIdempotency, key) }

// IfVersion returns a client whose changes are refused when what they change is of another version by now.
func (c *Client) IfVersion(version int64) *Client { return c.with("If-Match", entityTag(version)) }

func (c *Client) with(name, value string) *Client {
	copied := *c
	copied.header = c.header.Clone()
	if copied.header == nil {
		copied.header = http.Header{}
	}
	copied.header.Set(name, value)
	return &copied
}

// maxAnswer bounds what is read of an answer.
const maxAnswer = 64 << 20

// send sends a request and reads the answer into out, unless that is nil.
func (c *Client) send(ctx context.Context, method, path string, query url.Values, in, out any) error {
	req, err := c.request(ctx, method, path, query, in)
	if err != nil {
		return err
	}
	resp, err := cmp.Or(c.HTTP, http.DefaultClient).Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return err
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return problemIn(resp.StatusCode, body)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(body, out)
}

func (c *Client) request(ctx context.Context, method, path string, query url.Values, in any) (*http.Request, error) {
	address := strings.TrimRight(c.BaseURL, "/") + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	var body io.Reader
	if in != nil {
		text, err := marshal(in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	for name, values := range c.header {
		req.Header[name] = values
	}
	req.Header.Set("Authorization", "Bearer "+c.Key)
	if in != nil {
		req.Header.Set("Content-Type", mediaJSON)
	}
	return req, nil
}

// problemIn is what an answer says went wrong, also when something in between has answered.
func problemIn(status int, body []byte) error {
	p := &Problem{}
	if err := json.Unmarshal(body, p); err != nil || p.Status == 0 {
		return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: printable(string(body))}
	}
	return p
}

// IsNotFound reports whether the error says that there is no such thing.
func IsNotFound(err error) bool {
	p, ok := errors.AsType[*Problem](err)
	return ok && p.Status == http.StatusNotFound
}

// address is a path of escaped segments.
func address(segments ...string) string { return "/" + joinPath(segments) }

func within(workspace string, segments ...string) string {
	return address(append([]string{"workspaces", workspace}, segments...)...)
}

func get[T any](ctx context.Context, c *Client, path string, query url.Values) (out T, err error) {
	err = c.send(ctx, http.MethodGet, path, query, nil, &out)
	return out, err
}

func post[T any](ctx context.Context, c *Client, path string, body any) (out T, err error) {
	err = c.send(ctx, http.MethodPost, path, nil, body, &out)
	return out, err
}

func patch[T any](ctx context.Context, c *Client, path string, body any) (out T, err error) {
	err = c.send(ctx, http.MethodPatch, path, nil, body, &out)
	return out, err
}

func (c *Client) delete(ctx context.Context, path, confirm string) error {
	query := url.Values{}
	if confirm != "" {
		query.Set("confirm", confirm)
	}
	return c.send(ctx, http.MethodDelete, path, query, nil, nil)
}

// pages walks a whole list, page by page.
func pages[T any](ctx context.Context, c *Client, path string, query url.Values) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		q := url.Values{"limit": {fmt.Sprint(maxLimit)}}
		for name, values := range query {
			q[name] = values
		}
		for {
			page, err := get[List[T]](ctx, c, path, q)
			if err != nil {
				var zero T
				yield(zero, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			q.Set("cursor", page.Next)
		}
	}
}

// every is a whole list.
func every[T any](ctx context.Context, c *Client, path string) ([]T, error) {
	var all []T
	for item, err := range pages[T](ctx, c, path, nil) {
		if err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	return all, nil
}
