package conformance

import (
	"slices"
	"strings"
	"testing"
)

func TestCatalog_EveryRuleHasOneCheck(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, ch := range checks() {
		if seen[ch.id] {
			t.Errorf("%s has two checks", ch.id)
		}
		seen[ch.id] = true
		if _, known := catalogByID()[ch.id]; !known {
			t.Errorf("%s is not in the catalog", ch.id)
		}
		if (ch.do == nil) == (ch.outside == "") {
			t.Errorf("%s must either be checked or say why it cannot be", ch.id)
		}
	}
	for _, r := range Catalog() {
		if !seen[r.ID] {
			t.Errorf("%s (%s) has no check", r.ID, r.Statement)
		}
	}
}

func TestCatalog_IsWellFormed(t *testing.T) {
	t.Parallel()
	for _, r := range Catalog() {
		if !slices.Contains([]Level{Must, Should, May}, r.Level) || !strings.HasPrefix(r.Section, "RFC ") || !strings.HasSuffix(r.Statement, ".") {
			t.Errorf("%+v", r)
		}
		if !slices.Contains(areaSlugs(), r.Area) {
			t.Errorf("%s: unknown area %q", r.ID, r.Area)
		}
	}
}

// What a check stands on is checked before it, and what it needs is in the table.
func TestChecks_OrderAndNeeds(t *testing.T) {
	t.Parallel()
	done := map[string]bool{}
	for _, ch := range checks() {
		for id := range strings.FieldsSeq(ch.after) {
			if !done[id] {
				t.Errorf("%s comes before %s, which it stands on", ch.id, id)
			}
		}
		for word := range strings.FieldsSeq(ch.needs) {
			if needs[word].met == nil {
				t.Errorf("%s needs %q, which nothing defines", ch.id, word)
			}
		}
		done[ch.id] = true
	}
}

// an honest server passes every MUST and SHOULD, and leaves out only what it does not announce.
func TestRun_HonestServerPasses(t *testing.T) {
	t.Parallel()
	for _, profile := range []string{"rfc", "okta", "entra"} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			c := newServer(t, profile, fault{})
			report, err := Run(t.Context(), c, Options{Second: secondOf(c)})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range report.Results {
				switch {
				case r.Missed():
					t.Errorf("%s %s: expected %s, got %s\n%s", r.ID, r.Statement, r.Expected, r.Got, lastExchange(r))
				case r.Outcome == Skipped:
					t.Logf("%s skipped: %s, %s", r.ID, r.Reason, r.Detail)
					if r.Reason != NotAnnounced {
						t.Errorf("%s skipped: %s, %s", r.ID, r.Reason, r.Detail)
					}
				}
			}
			if len(report.Left) > 0 || report.Stopped != "" {
				t.Errorf("left %q, stopped %q", report.Left, report.Stopped)
			}
			t.Logf("%d requests in %s; %d passed", report.Requests, report.Duration, report.Count(Passed))
		})
	}
}

func lastExchange(r Result) string {
	if len(r.Exchanges) == 0 {
		return ""
	}
	e := r.Exchanges[len(r.Exchanges)-1]
	return e.Request + "\n\n" + e.Response
}
