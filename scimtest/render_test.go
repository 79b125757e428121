package scimtest

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

var sampleReport = Report{
	Scenario: "okta", Title: "Okta", BaseURL: "http://127.0.0.1:8080/scim/v2", Duration: 12 * time.Millisecond,
	Steps: []Step{
		{ID: "1", Name: "test connector", Request: "GET /Users?count=2", Expected: "200, list", Got: "200, 0 found", Status: 200, Duration: 1500 * time.Microsecond, Passed: true},
		{ID: "2", Name: "create", Request: "POST /Users?" + strings.Repeat("x", 60), Expected: "201", Got: "400 invalidValue", Status: 400, Detail: "status 400, want 201\nsecond finding"},
		{ID: "3", Name: "naïve", Request: "GET /Users/{{user_id}}", Expected: "200", Skipped: true, Detail: "not played"},
		{ID: "4", Name: "odd", Request: "GET /x", Expected: "200", Got: "404", Optional: true, Detail: "status 404, want 200"},
	},
}

func TestRender_Table(t *testing.T) {
	t.Parallel()
	const want = `Okta against http://127.0.0.1:8080/scim/v2

         step            request                                 expected   got                ms
ok    1  test connector  GET /Users?count=2                      200, list  200, 0 found      1.5
FAIL  2  create          POST /Users?xxxxxxxxxxxxxxxxxxxxxxxxx…  201        400 invalidValue  0.0
            status 400, want 201
            second finding
skip  3  naïve           GET /Users/{{user_id}}                  200
            not played
note  4  odd             GET /x                                  200        404               0.0
            status 404, want 200

FAILED  okta: 1 of 4 steps passed, 1 failed, 2 skipped or optional, in 12 ms
`
	var b bytes.Buffer
	if err := (Render{}).Write(&b, &sampleReport); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestRender_ColorOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	var plain, colored bytes.Buffer
	if err := (Render{}).Write(&plain, &sampleReport); err != nil {
		t.Fatal(err)
	}
	if err := (Render{Color: true}).Write(&colored, &sampleReport); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(plain.String(), "\x1b") || strings.Count(colored.String(), "\x1b[0m") != 4 {
		t.Errorf("plain\n%s\ncoloured\n%s", plain.String(), colored.String())
	}
}

func TestReport_JSON(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(sampleReport.Steps[1])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"id":"2"`, `"status":400`, `"passed":false`, `"got":"400 invalidValue"`, `"duration_ns":0`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("missing %s in %s", want, b)
		}
	}
}

func TestReport_FailedAndMissed(t *testing.T) {
	t.Parallel()
	if !sampleReport.Failed() || len(sampleReport.Missed()) != 2 {
		t.Errorf("failed %v, missed %v", sampleReport.Failed(), sampleReport.Missed())
	}
	optional := Report{Steps: []Step{{Passed: true}, {Optional: true}}}
	if optional.Failed() {
		t.Error("an optional miss fails the report")
	}
	if !(&Report{}).Failed() {
		t.Error("a report without a passed step is no success")
	}
}
