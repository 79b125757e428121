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

// keepTimeout bounds how long an answer waits for being kept.
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
	running := c.key.ID + "\x00" + key
	if _, taken := c.running.LoadOrStore(running, true); taken {
		return newProblem(conflict, "wait for its answer", "a request with this %s is running", headerIdempotency)
	}
	defer c.running.Delete(running)

	digest := c.digest()
	answered, err := c.replay(key, digest)
	if answered || err != nil {
		return err
	}
	if err := perform(); err != nil {
		return err
	}
	c.keep(key, digest)
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
func (c *call) replay(key string, digest [32]byte) (bool, error) {
	a, err := c.Directory.Answered(c.ctx, c.key, key)
	if errors.Is(err, directory.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if a.Digest != digest {
		return false, newProblem(conflict, "send a new key with every new request",
			"this %s was sent with another request", headerIdempotency)
	}
	var k kept
	if err := json.Unmarshal(a.Body, &k); err != nil {
		return false, err
	}
	c.w.Header().Set("Idempotency-Replayed", "true")
	c.out = reply{status: a.Status, media: k.Media, location: k.Location, tag: k.Tag, body: k.Body}
	return true, nil
}

// keep remembers the reply, also of a caller who is gone and will ask again. What was done is done: that its answer
// cannot be kept is no failure of the request.
func (c *call) keep(key string, digest [32]byte) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), keepTimeout)
	defer cancel()
	body, err := json.Marshal(kept{c.out.media, c.out.location, c.out.tag, c.out.body})
	if err == nil {
		err = c.Directory.KeepAnswer(ctx, c.key, key, directory.Answer{Digest: digest, Status: c.out.status, Body: body})
	}
	if err != nil {
		c.Log.LogAttrs(ctx, slog.LevelWarn, "answer not kept", slog.String("request_id", c.id), slog.Any("error", err))
	}
}
