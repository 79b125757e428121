package admin

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/usher-scim/usher/directory"
)

const headerIdempotency = "Idempotency-Key"

// keepTimeout bounds how long an answer waits for what comes after a request.
const keepTimeout = 5 * time.Second

// kept is a reply as an idempotency key keeps it.
type kept struct {
	Media    string `json:"media"`
	Location string `json:"location"`
	Tag      string `json:"tag"`
	Body     []byte `json:"body"`
}

// once performs a request, unless one with the same Idempotency-Key was answered within a day: then the answer is the
// same, and nothing is done again. Only answers of success are kept: what was refused may be tried again.
func (c *call) once(perform func() error) error {
	key := c.r.Header.Get(headerIdempotency)
	if key == "" {
		return perform()
	}
	if len(key) > 255 || strings.Trim(key, "!#$%&'*+-./0123456789:=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ^_abcdefghijklmnopqrstuvwxyz|~") != "" {
		return newProblem(invalid, "send a random UUID", "the %s must have 1 to 255 visible characters", headerIdempotency)
	}
	digest := c.digest()
	err := c.Directory.ReserveAnswer(c.ctx, c.key, key)
	if errors.Is(err, directory.ErrConflict) {
		return c.replay(key, digest)
	}
	if err != nil {
		return err
	}
	performed := false
	defer func() { // after a panic as well
		if !performed {
			c.afterwards("key not given back", func(ctx context.Context) error { return c.Directory.ReleaseAnswer(ctx, c.key, key) })
		}
	}()
	if err := perform(); err != nil {
		return err
	}
	performed = true
	c.afterwards("answer not kept", func(ctx context.Context) error { return c.keep(ctx, key, digest) })
	return nil
}

// digest is of all that the answer depends on.
func (c *call) digest() [32]byte {
	h := sha256.New()
	h.Write([]byte(c.r.Method + " " + c.r.URL.EscapedPath() + "?" + c.r.URL.RawQuery + "\n"))
	h.Write(c.body)
	return [32]byte(h.Sum(nil))
}

// replay makes the reply from what was answered before.
func (c *call) replay(key string, digest [32]byte) error {
	a, err := c.Directory.Answered(c.ctx, c.key, key)
	if errors.Is(err, directory.ErrNotFound) {
		return newProblem(conflict, "wait for its answer", "a request with this %s is running", headerIdempotency)
	}
	if err != nil {
		return err
	}
	if a.Digest != digest {
		return newProblem(conflict, "send a new key with every new request",
			"this %s was sent with another request", headerIdempotency)
	}
	var k kept
	if err := json.Unmarshal(a.Body, &k); err != nil {
		return err
	}
	c.w.Header().Set("Idempotency-Replayed", "true")
	c.out = reply{status: a.Status, media: k.Media, location: k.Location, tag: k.Tag, body: k.Body}
	return nil
}

// keep remembers the reply.
func (c *call) keep(ctx context.Context, key string, digest [32]byte) error {
	body, err := json.Marshal(kept{c.out.media, c.out.location, c.out.tag, c.out.body})
	if err != nil {
		return err
	}
	return c.Directory.KeepAnswer(ctx, c.key, key, directory.Answer{
		Digest: digest, Status: c.out.status, Body: body, Subject: c.about,
	})
}

// afterwards does what comes after a request, also for a caller who is gone and will ask again. What was done is done:
// that it fails is no failure of the request.
func (c *call) afterwards(failed string, do func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), keepTimeout)
	defer cancel()
	if err := do(ctx); err != nil {
		c.Log.LogAttrs(ctx, slog.LevelWarn, failed, slog.String("request_id", c.id), slog.Any("error", err))
	}
}
