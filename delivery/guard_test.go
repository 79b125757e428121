package delivery

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
)

var loopback = prefixes("127.0.0.0/8", "::1/128")

// receive starts a server on loopback.
func receive(t testing.TB, handle http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(handle)
	t.Cleanup(s.Close)
	return s.URL
}

func post(t testing.TB, c *Client, address string) (answer, error) {
	t.Helper()
	return c.post(t.Context(), address, http.Header{}, []byte("{}"))
}

func TestClient_ReachesOnlyWhatIsAllowed(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	handle := func(http.ResponseWriter, *http.Request) { calls.Add(1) }
	address := receive(t, handle)
	secure := httptest.NewTLSServer(http.HandlerFunc(handle))
	t.Cleanup(secure.Close)
	roots := x509.NewCertPool()
	roots.AddCert(secure.Certificate())

	for _, url := range []string{address, secure.URL} {
		if _, err := post(t, NewClient(ClientConfig{RootCAs: roots}), url); !errors.Is(err, errForbidden) {
			t.Errorf("POST %s = %v, want %v", url, err, errForbidden)
		}
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("%d calls have come through", n)
	}
	for _, url := range []string{address, secure.URL} {
		if _, err := post(t, NewClient(ClientConfig{RootCAs: roots, AllowedNetworks: loopback}), url); err != nil {
			t.Errorf("POST %s, loopback allowed: %v", url, err)
		}
	}
	_, err := post(t, NewClient(ClientConfig{AllowedNetworks: loopback}), secure.URL)
	if got := Reason(err); !strings.Contains(got, "certificate") {
		t.Errorf("a certificate of nobody's: %q", got)
	}
	mapped := []netip.Prefix{netip.MustParsePrefix("::ffff:127.0.0.0/104")}
	if _, err := post(t, NewClient(ClientConfig{AllowedNetworks: mapped}), address); err != nil {
		t.Errorf("POST %s, loopback allowed as %v: %v", address, mapped, err)
	}
}

// The first look-up of a rebinding name answers a public address, which is what a check before the call would see;
// every later one answers loopback.
func TestClient_RebindingGainsNothing(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	address := receive(t, func(http.ResponseWriter, *http.Request) { calls.Add(1) })
	_, port, err := net.SplitHostPort(strings.TrimPrefix(address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	resolver := resolverOf(t, "93.184.216.34", "127.0.0.1")
	first, err := resolver.LookupHost(t.Context(), "rebind.test")
	if err != nil || len(first) != 1 || first[0] != "93.184.216.34" {
		t.Fatalf("the first look-up = %v, %v", first, err)
	}
	for _, scheme := range []string{"http://", "https://"} {
		_, err = post(t, NewClient(ClientConfig{Resolver: resolver}), scheme+"rebind.test:"+port)
		if !errors.Is(err, errForbidden) {
			t.Errorf("%s: %v, want %v", scheme, err, errForbidden)
		}
	}
	if _, err = post(t, NewClient(ClientConfig{Resolver: resolver, AllowedNetworks: loopback}), "http://rebind.test:"+port); err != nil {
		t.Errorf("the same name where loopback is allowed: %v", err)
	}
	if n := calls.Load(); n != 1 {
		t.Errorf("%d calls have come through, want 1", n)
	}
}

// resolverOf answers look-ups of IPv4 addresses with one address after the other, the last one again and again.
func resolverOf(t *testing.T, addresses ...string) *net.Resolver {
	t.Helper()
	var asked atomic.Int32
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go func() {
			defer func() { _ = far.Close() }()
			size := make([]byte, 2) // a pipe is no packet connection, so that DNS over TCP is spoken
			if _, err := io.ReadFull(far, size); err != nil {
				return
			}
			query := make([]byte, binary.BigEndian.Uint16(size))
			if _, err := io.ReadFull(far, query); err != nil {
				return
			}
			var a []byte
			if kind := binary.BigEndian.Uint16(query[12+bytes.IndexByte(query[12:], 0)+1:]); kind == 1 {
				i := min(int(asked.Add(1)), len(addresses)) - 1
				a = netip.MustParseAddr(addresses[i]).AsSlice()
			}
			_, _ = far.Write(dnsAnswer(query, a))
		}()
		return near, nil
	}}
}

// dnsAnswer answers a query with one A record, or with none (RFC 1035 §4).
func dnsAnswer(query, a []byte) []byte {
	question := query[12 : 12+bytes.IndexByte(query[12:], 0)+5]
	m := append([]byte{}, query[:2]...)
	m = append(m, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0)
	m = append(m, question...)
	if a != nil {
		m[7] = 1
		m = append(m, 0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
		m = append(m, a...)
	}
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(m))), m...)
}

func TestClient_FollowsNoRedirect(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	address := receive(t, func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	})
	a, err := post(t, NewClient(ClientConfig{AllowedNetworks: loopback}), address)
	if err != nil || a.status != http.StatusTemporaryRedirect || calls.Load() != 1 {
		t.Errorf("= %d, %v after %d calls, want 307 after 1", a.status, err, calls.Load())
	}
}

func TestClient_HeedsNoProxy(t *testing.T) {
	proxy := receive(t, func(http.ResponseWriter, *http.Request) { t.Error("the proxy was called") })
	t.Setenv("HTTP_PROXY", proxy)
	t.Setenv("HTTPS_PROXY", proxy)
	t.Setenv("ALL_PROXY", proxy)
	_, err := post(t, NewClient(ClientConfig{Resolver: resolverOf(t, "127.0.0.1")}), "http://app.test")
	if !errors.Is(err, errForbidden) {
		t.Errorf("= %v, want %v", err, errForbidden)
	}
}

func TestClient_BoundsTheAnswer(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		size int
		head int
		want error
	}{
		{"just fits", maxAnswer, 0, nil},
		{"one byte more", maxAnswer + 1, 0, errTooLarge},
		{"much more", 100 << 20, 0, errTooLarge},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			address := receive(t, func(w http.ResponseWriter, _ *http.Request) {
				chunk := bytes.Repeat([]byte("x"), 1<<20)
				for left := row.size; left > 0; left -= len(chunk) {
					if _, err := w.Write(chunk[:min(left, len(chunk))]); err != nil {
						return
					}
				}
			})
			a, err := post(t, NewClient(ClientConfig{AllowedNetworks: loopback}), address)
			if !errors.Is(err, row.want) || a.status != http.StatusOK || len(a.body) > maxAnswer+1 {
				t.Errorf("= %d with %d bytes, %v, want %v", a.status, len(a.body), err, row.want)
			}
		})
	}
	t.Run("a head without end", func(t *testing.T) {
		t.Parallel()
		address := receive(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("x", 2*maxAnswer))
		})
		if _, err := post(t, NewClient(ClientConfig{AllowedNetworks: loopback}), address); err == nil {
			t.Error("a head of 128 KiB was read")
		}
	})
}

// What people read of a failure must not tell them how the operator's network looks.
func TestReason_TellsNoAddress(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + l.Addr().String()
	_ = l.Close()
	hangsUp := receive(t, func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) })
	unresolved := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no route to 10.9.9.9")
	}}
	late, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	for _, row := range []struct {
		name   string
		ctx    context.Context
		client ClientConfig
		url    string
		want   string
	}{
		{"forbidden", t.Context(), ClientConfig{}, closed, errForbidden.Error()},
		{"refused", t.Context(), ClientConfig{AllowedNetworks: loopback}, closed, "the host refuses connections"},
		{"hangs up", t.Context(), ClientConfig{AllowedNetworks: loopback}, hangsUp, "the connection failed"},
		{"unresolved", t.Context(), ClientConfig{Resolver: unresolved}, "https://app.test", "the host's name cannot be resolved"},
		{"late", late, ClientConfig{AllowedNetworks: loopback}, hangsUp, "there was no answer in time"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := NewClient(row.client).post(row.ctx, row.url, http.Header{}, nil)
			if got := Reason(err); err == nil || got != row.want {
				t.Errorf("Reason(%v) = %q, want %q", err, got, row.want)
			}
		})
	}
}
