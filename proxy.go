package usher

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// proxies are the peers whose word about the client counts.
type proxies []netip.Prefix

// peer is who sent a request, and how.
type peer struct {
	addr    netip.Addr // of the client; the zero Addr for one on a Unix socket
	secure  bool       // TLS as far as the client's end is known
	local   bool       // from this machine
	trusted bool       // the request came through a trusted proxy
}

// peer finds the client. Headers count only when the connection comes from a trusted proxy, and only as far back as
// the chain of trusted proxies goes: whatever stands further left in X-Forwarded-For is the client's own invention.
func (p proxies) peer(r *http.Request) peer {
	addr, ok := remoteAddr(r)
	if !ok {
		return peer{local: isUnixSocket(r), secure: r.TLS != nil}
	}
	if !p.trusts(addr) {
		return peer{addr: addr, local: addr.IsLoopback(), secure: r.TLS != nil}
	}
	addr = p.client(addr, r.Header["X-Forwarded-For"])
	return peer{addr: addr, local: addr.IsLoopback(), secure: forwardedTLS(r), trusted: true}
}

func (p proxies) trusts(addr netip.Addr) bool {
	return slices.ContainsFunc(p, func(prefix netip.Prefix) bool { return prefix.Contains(addr) })
}

// client walks X-Forwarded-For from its right end, over trusted proxies, to the first address that is none.
func (p proxies) client(addr netip.Addr, headers []string) netip.Addr {
	hops := strings.Split(strings.Join(headers, ","), ",")
	for _, hop := range slices.Backward(hops) {
		next, ok := parseHop(strings.TrimSpace(hop))
		if !ok {
			return addr
		}
		if addr = next; !p.trusts(addr) {
			return addr
		}
	}
	return addr
}

// parseHop reads an address with or without a port, as proxies write it.
func parseHop(hop string) (netip.Addr, bool) {
	if ap, err := netip.ParseAddrPort(hop); err == nil {
		return ap.Addr().Unmap(), true
	}
	addr, err := netip.ParseAddr(strings.Trim(hop, "[]"))
	return addr.Unmap(), err == nil
}

// forwardedTLS reports whether every hop that X-Forwarded-Proto names used TLS. A client can put values to the left
// of the proxy's own, so that one "http" is enough to say no. Without the header, the proxy's own connection counts.
func forwardedTLS(r *http.Request) bool {
	header := r.Header["X-Forwarded-Proto"]
	if len(header) == 0 {
		return r.TLS != nil
	}
	for proto := range strings.SplitSeq(strings.Join(header, ","), ",") {
		if !strings.EqualFold(strings.TrimSpace(proto), "https") {
			return false
		}
	}
	return true
}

func remoteAddr(r *http.Request) (netip.Addr, bool) {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	return ap.Addr().Unmap(), err == nil
}

func isUnixSocket(r *http.Request) bool {
	addr, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ok && addr.Network() == "unix"
}
