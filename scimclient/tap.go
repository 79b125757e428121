package scimclient

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// tapBody is how much of a body the tap shows.
const tapBody = 64 << 10

// tap writes one exchange as one block: the request's lines behind "> ", the
// answer's behind "< ".
func (c *Client) tap(req *http.Request, token string, body []byte, res *Response, err error) {
	var b bytes.Buffer
	line(&b, '>', req.Method+" "+req.URL.RequestURI())
	line(&b, '>', "Host: "+req.Host)
	tapHeader(&b, '>', req.Header)
	tapText(&b, '>', body)
	if err != nil {
		line(&b, '<', "no answer: "+err.Error())
	} else {
		line(&b, '<', fmt.Sprintf("%d %s (%s)", res.Status, http.StatusText(res.Status), res.Duration.Round(time.Microsecond)))
		tapHeader(&b, '<', res.Header)
		tapText(&b, '<', res.Body)
	}
	b.WriteByte('\n')

	masked := maskText(b.Bytes(), token)
	c.tapMu.Lock()
	defer c.tapMu.Unlock()
	_, _ = c.Tap.Write(masked) // a broken tap must not break the exchange
}

func tapHeader(b *bytes.Buffer, side byte, h http.Header) {
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range h[name] {
			line(b, side, name+": "+maskHeader(name, value))
		}
	}
}

func tapText(b *bytes.Buffer, side byte, body []byte) {
	if len(body) == 0 {
		return
	}
	line(b, side, "")
	shown := body[:min(len(body), tapBody)]
	for l := range bytes.Lines(maskText(shown, "")) {
		line(b, side, string(bytes.TrimRight(l, "\r\n")))
	}
	if more := len(body) - len(shown); more > 0 {
		line(b, side, fmt.Sprintf("… %d more bytes", more))
	}
}

func line(b *bytes.Buffer, side byte, text string) {
	b.WriteByte(side)
	if text = strings.TrimRight(text, " "); text != "" {
		b.WriteByte(' ')
		b.WriteString(text)
	}
	b.WriteByte('\n')
}
