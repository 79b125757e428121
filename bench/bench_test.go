package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/scimtest/load"
)

// Both yardsticks answer every operation that they take part in, in one run beside each other.
func TestYardsticks_AnswerEveryOperation(t *testing.T) {
	t.Parallel()
	thin, err := newThin(sqlite(t.TempDir(), "OFF"))
	if err != nil {
		t.Fatal(err)
	}
	var servers []*load.Server
	for name, handler := range map[string]http.Handler{"const": newConstant(), "thin-full": thin} {
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		s, err := load.NewServer(load.Config{Name: name, BaseURL: server.URL, Constant: name == "const", Except: lacks(name)})
		if err != nil {
			t.Fatal(err)
		}
		servers = append(servers, s)
	}
	var ops []string
	for _, o := range load.Operations() {
		ops = append(ops, o.Name)
	}
	plan := load.Plan{Users: []int{1_100}, Workers: []int{4}, Operations: ops, Rounds: 1, Slice: 50 * time.Millisecond, Subject: "thin-full"}
	found, err := plan.Run(t.Context(), servers...)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range ops {
		r := found.Find(name, 1_100, 4)
		if name == "co" || name == "member100k" {
			continue // scans are no yardstick, and there are fewer users
		}
		if r == nil || r.Servers["const"].Rate <= 0 || r.Servers["thin-full"].Rate <= 0 || r.Ratios["const"] <= 0 {
			t.Errorf("%s: %+v", name, r)
		}
	}
	var table bytes.Buffer
	if err := (&report{Report: found, targets: []string{"const", "thin-full"}}).writeTable(&table); err != nil || !strings.Contains(table.String(), "\nmember1k ") {
		t.Errorf("%v\n%s", err, &table)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	o, err := parse([]string{"--users", "1k,100k,1m", "--ops", "patch,get", "--targets", "usher,const"})
	if err != nil || !slices.Equal(o.users, []int{1_000, 100_000, 1_000_000}) || !slices.Equal(o.ops, []string{"patch", "get"}) ||
		!slices.Equal(o.targets, []string{"const", "usher"}) {
		t.Errorf("got %v %v %v, %v", o.users, o.ops, o.targets, err)
	}
	if o, err := parse([]string{"--day", "--settled", "1m"}); err != nil || !slices.Equal(o.workers, []int{4}) || o.settled != 1_000_000 {
		t.Errorf("day: %v %v, %v", o.workers, o.settled, err)
	}
	if o, err := parse(nil); err != nil || slices.Contains(o.targets, "thin-pg") || slices.Contains(o.targets, "before") {
		t.Errorf("all but what lacks something: %v, %v", o.targets, err)
	}
	if o, err := parse([]string{"--targets", "usher,thin-pg", "--database", "postgres://db/empty"}); err != nil || !slices.Contains(o.targets, "thin-pg") {
		t.Errorf("thin-pg: %v, %v", o.targets, err)
	}
	for bad, want := range map[string]string{"thin-pg,usher": "-database", "before": "-before FILE"} {
		if _, err := parse([]string{"--targets", bad}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	for _, bad := range []string{"--users=many", "--workers=0", "--ops=put", "--targets=other", "--settled=some"} {
		if _, err := parse([]string{bad}); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

func TestConstant_HasTheSizeOfTheYardstick(t *testing.T) {
	t.Parallel()
	if n := len(constantUser); n != 1_356 {
		t.Errorf("the user has %d bytes, want 1,356", n)
	}
}
