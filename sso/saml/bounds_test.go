package saml_test

import (
	"bytes"
	"crypto/x509"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/usher-scim/usher/sso/saml"
	"github.com/usher-scim/usher/sso/ssotest"
)

// The bounds within which any response is answered for.
const (
	maxTime   = 50 * time.Millisecond // of the processor
	maxMemory = 32 << 20              // bytes allocated in all
)

// Whoever sends what is large, deep or wide keeps us no longer busy than anybody else. It is not parallel: it measures.
func TestVerify_IsBounded(t *testing.T) {
	w := newWorld(t)
	for _, a := range ssotest.SAMLAttacks(ourKey()) {
		if a.Row == "Size" || a.Row == "Entities" || a.Row == "RoleInjection" {
			bounded(t, a.Name, a.Make(w.honest()), w.expect)
		}
	}
	for name, text := range largest(w) {
		bounded(t, name, text, w.expect)
	}
	slow := w.expect
	slow.Certificates = slices.Repeat([]*x509.Certificate{long(8192)}, 8)
	forged := w.honest()
	forged.SignAssertion.Value = func(string) []byte { return bytes.Repeat([]byte{1}, 8192/8) }
	bounded(t, "eight long keys", forged.XML(), slow)
}

// largest are texts that come as near to the bounds as they may.
func largest(w *world) map[string][]byte {
	padded := func(text string) []byte {
		r := w.honest()
		r.Rewrite = func(honest string) string {
			return strings.Replace(honest, "<samlp:Status>", strings.Repeat(text, (190<<10-len(honest))/len(text))+"<samlp:Status>", 1)
		}
		return r.XML()
	}
	wide, deep := w.honest(), w.honest()
	wide.Attributes = []ssotest.SAMLAttribute{{Name: "role", Values: strings.Split(strings.Repeat(strings.Repeat("r", 100)+" ", 930), " ")}}
	deep.Attributes = []ssotest.SAMLAttribute{{Name: strings.Repeat("&", 20_000), Values: []string{strings.Repeat("<", 20_000)}}}
	return map[string][]byte{
		"entities":     padded("&amp;"),
		"ends of line": padded("\r\n"),
		"text":         padded("x"),
		"wide":         wide.XML(),
		"escaped":      deep.XML(),
		"no XML":       []byte(strings.Repeat("<", 192<<10)),
		"zeros":        make([]byte, 192<<10),
		"open":         []byte(strings.Repeat("<a>", 64<<10)),
		"spaces":       []byte("<a" + strings.Repeat(" ", 190<<10)),
		"names":        []byte("<" + strings.Repeat("a", 190<<10)),
	}
}

func bounded(t *testing.T, name string, text []byte, expect saml.Expectation) {
	t.Helper()
	best, allocated := time.Hour, uint64(0)
	for range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := processorTime(t)
		_, _ = saml.Verify(text, expect)
		best = min(best, processorTime(t)-start)
		runtime.ReadMemStats(&after)
		allocated = after.TotalAlloc - before.TotalAlloc
	}
	t.Logf("%-30s %8d bytes: %10s, %6d KiB", name, len(text), best.Round(time.Microsecond), allocated>>10)
	if best > maxTime && !raced() || allocated > maxMemory {
		t.Errorf("%s: %d bytes took %s and %d KiB, more than %s or %d KiB", name, len(text), best, allocated>>10, maxTime, maxMemory>>10)
	}
}

// processorTime is what this process has used: how busy the machine is otherwise must not matter.
func processorTime(t testing.TB) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// raced tells whether the race detector makes everything ten times as slow.
func raced() bool {
	b, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(b.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

func BenchmarkVerify(b *testing.B) {
	for _, name := range []string{"assertion signed", "both signed", "encrypted"} {
		b.Run(name, func(b *testing.B) {
			w := newWorld(b)
			r := w.honest()
			shapes[name](w, &r)
			text := r.XML()
			b.ReportAllocs()
			start := processorTime(b)
			for b.Loop() {
				if _, err := saml.Verify(text, w.expect); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((processorTime(b)-start).Microseconds())/float64(b.N)/1000, "cpu-ms/op")
		})
	}
}
