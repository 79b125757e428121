package admin

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write examples.json and docs/api.md anew")

// TestGenerated sends the example of every row to a server of its own. What it answers is the example of the OpenAPI
// document, but for what is random; and docs/api.md says what the table says.
func TestGenerated(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	answers := map[string]json.RawMessage{}
	t.Run("example", func(t *testing.T) {
		for _, r := range routes() {
			t.Run(r.name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t).populate()
				key := w.all
				if r.scope != "" && !r.installation {
					key = w.keyOf("ACME", "*")
				}
				got := w.try(key, r)
				if got.status != r.status {
					t.Fatalf("%s %s: %d, want %d\n%s\n%s", r.method, w.url(r), got.status, r.status, got.body, w.log)
				}
				if r.response == nil && got.body != "" {
					t.Errorf("a body: %s", got.body)
				}
				if r.scope == "" || r.response == nil {
					return
				}
				text := indent(t, got.body)
				mu.Lock()
				defer mu.Unlock()
				answers[r.name] = text
			})
		}
	})
	if *update {
		writeAnswers(t, answers)
	}
	var kept map[string]json.RawMessage
	if err := json.Unmarshal(examplesJSON, &kept); err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(answers)) {
		if diff := cmp.Diff(string(indent(t, string(kept[name]))), string(answers[name])); diff != "" && !*update {
			t.Errorf("examples.json is stale (-kept +answered): run make generate\n%s:%s", name, diff)
		}
	}
	if len(kept) != len(answers) && !*update {
		t.Errorf("examples.json has %d answers, want %d: run make generate", len(kept), len(answers))
	}
	testReference(t, answers)
}

func writeAnswers(t *testing.T, answers map[string]json.RawMessage) {
	t.Helper()
	text, err := json.MarshalIndent(answers, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("examples.json", append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// random is what differs from run to run, in a group: secrets, challenges, ids, hashes, fingerprints and signatures.
var random = regexp.MustCompile(`^usher_[a-z]+_(.+)$|^whsec_(.+)$|^usher-domain-verification=(.+)$|/scim/([0-9a-v]{12})/v2$|` +
	`/sso/([0-9a-v]{12})(?:/|$)|^(?:token|apikey):([0-9a-v]{20})$|^sso:([0-9a-v]{12})$|^([0-9a-v]{10}|[0-9a-v]{12}|[0-9a-v]{20}|[0-9a-v]{24}|[0-9a-v]{30})$|` +
	`^([0-9a-f]{64})$|^([A-Za-z0-9+/]{42,43}=|[A-Za-z0-9+/]{86}==)$`)

// fix puts something fixed in place of what is random in the values of an answer.
func fix(v any, known map[string]string) any {
	switch v := v.(type) {
	case string:
		return fixText(v, known)
	case []any:
		for i := range v {
			v[i] = fix(v[i], known)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			v[name] = fix(v[name], known)
		}
	}
	return v
}

func fixText(text string, known map[string]string) string {
	if strings.HasPrefix(text, "-----BEGIN CERTIFICATE-----") {
		return "-----BEGIN CERTIFICATE-----\nMIID…\n-----END CERTIFICATE-----\n"
	}
	groups := random.FindStringSubmatchIndex(text)
	for i := 2; i < len(groups); i += 2 {
		if groups[i] < 0 {
			continue
		}
		core := text[groups[i]:groups[i+1]]
		if _, ok := known[core]; !ok {
			digit := rune('1' + len(known)%9)
			known[core] = strings.Map(func(r rune) rune {
				if r == '_' || r == '=' {
					return r
				}
				return digit
			}, core)
		}
		return text[:groups[i]] + known[core] + text[groups[i+1]:]
	}
	return text
}

func indent(t *testing.T, text string) json.RawMessage {
	t.Helper()
	if text == "" {
		return nil
	}
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	out, err := json.MarshalIndent(fix(v, map[string]string{}), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return out
}
