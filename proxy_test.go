package usher

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestPeer_HeadersCountOnlyFromTrustedProxies(t *testing.T) {
	t.Parallel()
	trusted := proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("127.0.0.1/32")}
	tests := []struct {
		name    string
		proxies proxies
		remote  string
		tls     bool
		header  http.Header
		addr    string
		secure  bool
		local   bool
	}{
		{name: "direct", remote: "198.51.100.7:1000", addr: "198.51.100.7"},
		{name: "direct TLS", remote: "198.51.100.7:1000", tls: true, addr: "198.51.100.7", secure: true},
		{name: "loopback", remote: "127.0.0.1:1000", addr: "127.0.0.1", local: true},
		{name: "loopback IPv6", remote: "[::1]:1000", addr: "::1", local: true},
		{name: "loopback IPv4 in IPv6", remote: "[::ffff:127.0.0.1]:1000", addr: "127.0.0.1", local: true},
		{
			name: "a stranger's headers are ignored", proxies: trusted, remote: "198.51.100.7:1000",
			header: http.Header{"X-Forwarded-For": {"127.0.0.1"}, "X-Forwarded-Proto": {"https"}}, addr: "198.51.100.7",
		},
		{
			name: "proxy ends TLS", proxies: trusted, remote: "10.1.2.3:1000",
			header: http.Header{"X-Forwarded-For": {"203.0.113.9"}, "X-Forwarded-Proto": {"https"}}, addr: "203.0.113.9", secure: true,
		},
		{
			name: "proxy was reached by plain HTTP", proxies: trusted, remote: "10.1.2.3:1000",
			header: http.Header{"X-Forwarded-For": {"203.0.113.9"}, "X-Forwarded-Proto": {"http"}}, addr: "203.0.113.9",
		},
		{
			name: "what the client wrote to the left is no address", proxies: trusted, remote: "10.1.2.3:1000",
			header: http.Header{"X-Forwarded-For": {"127.0.0.1, 203.0.113.9"}, "X-Forwarded-Proto": {"https, http"}}, addr: "203.0.113.9",
		},
		{
			name: "chain of proxies, two headers", proxies: trusted, remote: "10.1.2.3:1000",
			header: http.Header{"X-Forwarded-For": {"203.0.113.9", "10.9.9.9"}, "X-Forwarded-Proto": {"https"}}, addr: "203.0.113.9", secure: true,
		},
		{
			name: "with ports and brackets", proxies: trusted, remote: "10.1.2.3:1000",
			header: http.Header{"X-Forwarded-For": {"[2001:db8::1]:4711, 10.9.9.9:80"}, "X-Forwarded-Proto": {"HTTPS"}}, addr: "2001:db8::1", secure: true,
		},
		{
			name: "garbage ends the walk", proxies: trusted, remote: "10.1.2.3:1000",
			header: http.Header{"X-Forwarded-For": {"203.0.113.9, unknown, 10.9.9.9"}}, addr: "10.9.9.9",
		},
		{
			name: "proxy on this machine, client elsewhere, no word about TLS", proxies: trusted, remote: "127.0.0.1:1000",
			header: http.Header{"X-Forwarded-For": {"203.0.113.9"}}, addr: "203.0.113.9",
		},
		{name: "the proxy itself", proxies: trusted, remote: "127.0.0.1:1000", addr: "127.0.0.1", local: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
			r.RemoteAddr = tt.remote
			r.Header = tt.header
			if tt.tls {
				r.TLS = &tls.ConnectionState{}
			}
			got := tt.proxies.peer(r)
			if got.addr.String() != tt.addr || got.secure != tt.secure || got.local != tt.local {
				t.Errorf("got %+v, want addr %s secure %t local %t", got, tt.addr, tt.secure, tt.local)
			}
		})
	}
}

func TestPeer_UnixSocketIsLocal(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("unix", t.TempDir()+"/s")
	if err != nil {
		t.Skip(err)
	}
	seen := make(chan peer, 1)
	s := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen <- proxies(nil).peer(r) })}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	conn, err := net.Dial("unix", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if got := <-seen; !got.local {
		t.Errorf("got %+v, want local", got)
	}
}

func FuzzPeer(f *testing.F) {
	f.Add("203.0.113.9, 10.9.9.9", "https")
	f.Add("[2001:db8::1]:4711,,", "https, http")
	f.Add("", "")
	trusted := proxies{netip.MustParsePrefix("10.0.0.0/8")}
	f.Fuzz(func(t *testing.T, forwardedFor, proto string) {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r.Header = http.Header{"X-Forwarded-For": {forwardedFor}, "X-Forwarded-Proto": {proto}}
		for _, remote := range []string{"10.0.0.1:1", "192.0.2.1:1"} {
			r.RemoteAddr = remote
			got := trusted.peer(r)
			if !got.addr.IsValid() {
				t.Fatalf("no address: %+v", got)
			}
			if remote == "192.0.2.1:1" && (got.secure || got.local || got.addr.String() != "192.0.2.1") {
				t.Fatalf("a stranger was believed: %+v", got)
			}
		}
	})
}
