package saml_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
	"github.com/usher-scim/usher/sso/saml"
	"github.com/usher-scim/usher/sso/ssotest"
)

// No table of checks may be left out of what is switched off below.
func TestChecks_AreAllSwitched(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	switched, err := os.ReadFile("export_test.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range regexp.MustCompile(`(?m)^\s*(?:var )?(\w+)\s*= \[\]check\[`).FindAllStringSubmatch(string(source), -1) {
			found++
			if !strings.Contains(string(switched), "codesOf("+table[1]+")") {
				t.Errorf("%s of %s is not switched", table[1], file)
			}
		}
	}
	if found < 15 {
		t.Errorf("there are %d tables", found)
	}
}

// Each check is there for something: without it, at least one of the attacks that it refuses gets through. The others it
// lets pass in any case.
func TestChecks_AreEachNeeded(t *testing.T) {
	t.Parallel()
	attacks := ssotest.SAMLAttacks(ourKey())
	for _, check := range saml.Checks() {
		t.Run(string(check), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for _, a := range attacks {
				if refusals[a.Name] != check {
					continue
				}
				if _, err := saml.Verify(a.Make(w.honest()), w.at(a).Without(check)); err == nil {
					return
				}
			}
			t.Errorf("without it no attack gets through")
		})
	}
}

// alone are the two checks of which each is the last one: without it a stranger signs in as whom he likes.
var alone = []directory.LoginCode{sso.CodeSignature, saml.CodeUnsigned}

// Whichever other check is off, the attacks that get through sign in nobody but whom the identity provider has named.
func TestChecks_StandBehindEachOther(t *testing.T) {
	t.Parallel()
	for _, a := range ssotest.SAMLAttacks(ourKey()) {
		if slices.Contains(alone, refusals[a.Name]) {
			continue
		}
		w := newWorld(t)
		got, err := saml.Verify(a.Make(w.honest()), w.at(a).Without(refusals[a.Name]))
		if err == nil && got.NameID != ada && got.NameID != "" { // which is read by the check that is off
			t.Errorf("without %s %q signs in %q", refusals[a.Name], a.Name, got.NameID)
		}
	}
}
