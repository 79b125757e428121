package postgres

import (
	"context"
	"net"
	"testing"
	"time"
)

func TestAnswerBound_IsThatOfStatements(t *testing.T) {
	t.Parallel()
	opt := Options{StatementTimeout: 8 * time.Second}
	for text, want := range map[string]time.Duration{
		"": 9 * time.Second, "60000": 61 * time.Second, "2s": 3 * time.Second, "0": 0, "5min": 0,
	} {
		if got := answerBound(text, opt); got != want {
			t.Errorf("statement_timeout=%q: %s, want %s", text, got, want)
		}
	}
}

// A caller who leaves is no sign that the server has fallen silent.
func TestListener_OnlyTheServersSilenceCounts(t *testing.T) {
	t.Parallel()
	for name, leaves := range map[string]bool{"the server says nothing": false, "the caller leaves": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			near, far := net.Pipe()
			defer far.Close()
			bound, silent := time.Hour, 0
			if !leaves {
				bound = time.Millisecond
			}
			reading := make(chan struct{})
			dial := func(context.Context, string, string) (net.Conn, error) { return &telling{near, reading}, nil }
			c, err := listening(dial, bound, func() { silent++ })(t.Context(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			ended := make(chan error)
			go func() {
				_, err := c.Read(make([]byte, 1))
				ended <- err
			}()
			<-reading
			if leaves {
				if err := c.SetDeadline(time.Unix(1, 0)); err != nil {
					t.Fatal(err)
				}
			}
			if err := <-ended; err == nil || silent != map[bool]int{true: 0, false: 1}[leaves] {
				t.Errorf("%v, and the server was silent %d times", err, silent)
			}
		})
	}
}

// telling is a connection that tells of its first Read.
type telling struct {
	net.Conn
	reading chan struct{}
}

func (c *telling) Read(p []byte) (int, error) {
	close(c.reading)
	return c.Conn.Read(p)
}
