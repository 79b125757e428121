package scimclient

import (
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// readBody reads at most limit bytes of the decompressed body. Who asks for
// "gzip,deflate" as Okta does must be able to read them: net/http only undoes the
// encodings that it asked for itself.
func readBody(res *http.Response, limit int64) ([]byte, error) {
	r, err := decompressed(res)
	if err != nil {
		return nil, fmt.Errorf("status %d: %w", res.StatusCode, err)
	}
	body, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fmt.Errorf("status %d: read answer: %w", res.StatusCode, err)
	}
	if int64(len(body)) > limit {
		return nil, fmt.Errorf("status %d: %w: more than %d bytes", res.StatusCode, ErrTooLarge, limit)
	}
	return body, nil
}

func decompressed(res *http.Response) (io.Reader, error) {
	if res.ContentLength == 0 || res.StatusCode == http.StatusNoContent || res.StatusCode == http.StatusNotModified {
		return res.Body, nil
	}
	switch encoding := strings.ToLower(res.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
		return res.Body, nil
	case "gzip":
		return gzip.NewReader(res.Body)
	case "deflate":
		return zlib.NewReader(res.Body)
	default:
		return nil, fmt.Errorf("content encoding %q is not supported", encoding)
	}
}
