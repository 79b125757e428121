package scimtest

import (
	"encoding/json"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// withSamples are all scenarios and suites, and the sample users in Entra's shapes.
func withSamples() []Scenario {
	samples := entra()
	samples.steps = entraSamples.steps
	return append(All(), samples)
}

func (st *step) requests() []request {
	return slices.Concat(st.before, []request{st.request}, st.after)
}

// TestPlan_BodiesAreThereAndUsed: each body that a step names exists, once the
// variables are filled in it is JSON, and no file is left over.
func TestPlan_BodiesAreThereAndUsed(t *testing.T) {
	t.Parallel()
	unused := map[string]bool{}
	err := fs.WalkDir(bodies, "bodies", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			unused[name] = true
		}
		return err
	})
	if err != nil || len(unused) < 50 {
		t.Fatalf("%d bodies, %v", len(unused), err)
	}
	variable := regexp.MustCompile(`\{\{[^{}]+\}\}`)
	for _, s := range withSamples() {
		if s.schema != "" && !json.Valid([]byte(s.Schema())) {
			t.Errorf("%s: the schema is not JSON", s.Name)
		}
		delete(unused, path.Join("bodies", s.Name, s.schema))
		for _, st := range s.steps() {
			for _, r := range st.requests() {
				text, err := s.body(r.body)
				if err != nil {
					t.Errorf("%s %s: %v", s.Name, st.id, err)
				}
				if text != "" && !json.Valid(variable.ReplaceAll([]byte(text), []byte("x"))) {
					t.Errorf("%s %s: body %s is not JSON", s.Name, st.id, r.body)
				}
				for _, folder := range s.bodies {
					delete(unused, path.Join("bodies", folder, r.body))
				}
			}
		}
	}
	for _, concurrent := range []string{ // named in step.play
		"user.json", "group-add-member.json", "group-remove-member.json", "group-rename.json", "user-replace.json", "user-disable.json",
	} {
		delete(unused, path.Join("bodies/entra-parallel", concurrent))
	}
	for name := range unused {
		t.Errorf("%s is used by no step", name)
	}
}

// TestPlan_StepsAreWellFormed: ids are unique, and trap ids are trap ids.
func TestPlan_StepsAreWellFormed(t *testing.T) {
	t.Parallel()
	trap := regexp.MustCompile(`^T-\d{3}$`)
	for _, s := range slices.Concat(All(), MisbehavingModes()) {
		if s.Name == "" || s.Title == "" || s.About == "" || s.Profile == "" {
			t.Errorf("%s is not described: %q, %q, %q", s.Name, s.Title, s.About, s.Profile)
		}
		seen := map[string]bool{}
		for _, st := range s.Plan() {
			if st.ID == "" || st.Name == "" || st.Request == "" || st.Expected == "" || seen[st.ID] {
				t.Errorf("%s: bad or repeated step %+v", s.Name, st)
			}
			seen[st.ID] = true
			for _, id := range st.Traps {
				if !trap.MatchString(id) {
					t.Errorf("%s %s: %q is no trap", s.Name, st.ID, id)
				}
			}
		}
	}
}

// TestPlan_HasEveryStep: the numbered steps of the sequences and suites are all there.
func TestPlan_HasEveryStep(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"okta": "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15", "okta-aiw": "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15",
		"okta-ent":   "1 2 3 4 5 6 7",
		"entra":      "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19",
		"entra-flag": "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19",
		"okta-spec":  "O1 O2 O3 O4 O5 O6 O7 O8 O9 O10 O11 O12",
		"entra-pod":  "1 2 3 4 5 6 7 8 9 10 11 12 13 14", "entra-parallel": "1 2 3 4 5 6 7",
		"onelogin": "1 2 3 4 5 6 7 8 9 10", "jumpcloud": "1 2 3 4 5 6 7 8 9 10 11 12 13",
		"ping": "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", "keycloak": "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16",
		"keycloak-outbound": "1 2 3 4 5 6 7 8 9 10", "authentik": "1 2 3 4 5 6 7 8 9 10 11 12 13 14",
		"clevertap-app": "1 2 3 4 5 6 7", "clevertap-entra-app": "1 2 3 4 5 6 7 8", "moengage-app": "1 2 3 4 5 6 7 8 9 10 11",
		"engagedly-app": "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", "mendix-app": "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17",
		"ms-logicapp": "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 16a 17 18 19 20 21 22 23",
		"misbehaving": "D2 D4 O1 O5 O9 O10 E3 E4 E5 E6 B1 B2 B3 B4 B6 R1 R2 S1 X1 X2 X3 X4 X5",
		"ms-validator": "V1 V2 V3 V4 V5 V6 V7 V8 V9 V10 V11 V12 V13 V14 V15 V16 V17 V18 V19 V20 V21 V22 V23 V24 V25 " +
			"P1 P2 P3 P4 P5 P6 P7",
	}
	for name, ids := range want {
		s, err := Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		have := map[string]bool{}
		for _, st := range s.Plan() {
			have[st.ID] = true
		}
		for id := range strings.FieldsSeq(ids) {
			if !have[id] {
				t.Errorf("%s lacks step %s", name, id)
			}
		}
	}
}

// TestPlan_ValidatorAddsEveryAttribute: V7 has 36 operations, one per attribute.
func TestPlan_ValidatorAddsEveryAttribute(t *testing.T) {
	t.Parallel()
	suite := MicrosoftValidator()
	text, err := suite.body("add-attributes.json")
	if err != nil {
		t.Fatal(err)
	}
	var patch struct{ Operations []struct{ Op, Path string } }
	if err := json.Unmarshal([]byte(text), &patch); err != nil {
		t.Fatal(err)
	}
	paths := map[string]bool{}
	for _, op := range patch.Operations {
		paths[op.Path] = true
	}
	if len(patch.Operations) != 36 || len(paths) != 36 {
		t.Errorf("%d operations on %d paths, want 36", len(patch.Operations), len(paths))
	}
}
