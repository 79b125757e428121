package scimserver

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/usher-scim/usher/scim"
)

const (
	mediaSCIM = "application/scim+json"
	mediaJSON = "application/json"
)

// readObject reads the request body as one JSON object. That of an operation of a bulk request was read with the
// request.
func (x *exchange) readObject() (*scim.Object, error) {
	if x.inner {
		return x.body, nil
	}
	body, err := x.readBody(scim.Limits{})
	if err == nil && x.opt.Parsed != nil {
		x.opt.Parsed(x.r, body)
	}
	return body, err
}

func (x *exchange) readBody(lim scim.Limits) (*scim.Object, error) {
	if err := checkMedia(x.r.Header); err != nil {
		return nil, err
	}
	if x.r.ContentLength > x.opt.MaxBody {
		return nil, x.tooLarge()
	}
	if n := x.r.ContentLength; n > 0 {
		x.in.Grow(int(min(n+bytes.MinRead, keepBuffer))) // at once, and not by doubling
	}
	if _, err := x.in.ReadFrom(http.MaxBytesReader(x.w, x.r.Body, x.opt.MaxBody)); err != nil {
		return nil, x.bodyError(err)
	}
	return scim.ParseJSON(x.in.Bytes(), lim)
}

// checkMedia takes application/scim+json and application/json with any parameters in any case (T-004), and a body
// without Content-Type: RFC 9110 §8.3 leaves the guess to the recipient, and only JSON can be meant.
func checkMedia(h http.Header) error {
	if enc := h.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return scim.NewError(scim.KindMediaType, "Content-Encoding", enc, "a body without Content-Encoding")
	}
	sent := h.Get("Content-Type")
	if sent == "" {
		return nil
	}
	media, args, err := mime.ParseMediaType(sent)
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) || media != mediaSCIM && media != mediaJSON {
		return scim.NewError(scim.KindMediaType, "Content-Type", sent, mediaSCIM+" or "+mediaJSON)
	}
	if cs := args["charset"]; cs != "" && !strings.EqualFold(cs, "utf-8") && !strings.EqualFold(cs, "utf8") {
		return scim.NewError(scim.KindMediaType, "Content-Type", sent, "charset=utf-8")
	}
	return nil
}

// maxDrain bounds the part of a refused body that is read and thrown away.
const maxDrain = 32 << 20

// drain reads a refused body to its end: a caller that writes the whole of it before it reads would find the
// connection reset, and never see why (RFC 9112 §9.6). A caller that waits for a go-ahead gets its answer at once.
func (x *exchange) drain() {
	if x.r.Body == nil || x.r.ContentLength > maxDrain || x.r.Header.Get("Expect") != "" {
		return
	}
	_, _ = io.CopyN(io.Discard, x.r.Body, maxDrain)
}

func (x *exchange) tooLarge() error {
	return scim.NewError(scim.KindTooLarge, "body", "", fmt.Sprintf("at most %d bytes", x.opt.MaxBody))
}

// bodyError says why a body could not be read to its end: it is larger than allowed, or the caller broke off or
// was too slow.
func (x *exchange) bodyError(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return x.tooLarge()
	}
	e := scim.NewError(scim.KindMalformedJSON, "body", "", "a complete body")
	e.Cause = err
	return e
}
