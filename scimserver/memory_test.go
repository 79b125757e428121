package scimserver_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/usher-scim/usher/scim"
)

// parallel runs n requests at once and returns how many answers had each status.
func parallel(n int, send func(i int) *httptest.ResponseRecorder) map[int]int {
	var mu sync.Mutex
	var wg sync.WaitGroup
	got := map[int]int{}
	for i := range n {
		wg.Go(func() {
			code := send(i).Code
			mu.Lock()
			defer mu.Unlock()
			got[code]++
		})
	}
	wg.Wait()
	return got
}

func TestMemory_T096_ParallelAddMembers(t *testing.T) {
	t.Parallel()
	f := setup(t, "entra", nil)
	const n = 20
	for i := range n {
		f.add(t, fmt.Sprint("u", i), "/Users", fmt.Sprintf(`{%s,"userName":"user%d"}`, userSchemas, i))
	}
	got := parallel(n, func(i int) *httptest.ResponseRecorder {
		body := f.expand(fmt.Sprintf(`{"op":"Add","path":"members","value":[{"$ref":null,"value":"{u%d}"}]}`, i))
		return f.do("PATCH", "/Groups/{empty}", ops(body), nil)
	})
	group := f.do("GET", "/Groups/{empty}", "", nil)
	members, _ := lookup(decode(t, group.Body.Bytes()), "members")
	if got[204] != n || len(members.([]any)) != n {
		t.Errorf("T-096 statuses %v, %d of %d members", got, len(members.([]any)), n)
	}
	if want := fmt.Sprintf(`W/"%d"`, n+1); group.Header().Get("ETag") != want {
		t.Errorf("D-29 ETag %s, want %s", group.Header().Get("ETag"), want)
	}
}

func TestMemory_R034_ParallelCreatesOfOneName(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", nil)
	got := parallel(10, func(int) *httptest.ResponseRecorder {
		return f.do("POST", "/Users", `{`+userSchemas+`,"userName":"dan"}`, nil)
	})
	if got[201] != 1 || got[409] != 9 {
		t.Errorf("R-034 statuses %v", got)
	}
}

func TestMemory_IfMatchLetsOneWin(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", nil)
	etag := f.do("GET", "/Users/{bob}", "", nil).Header().Get("ETag")
	got := parallel(10, func(i int) *httptest.ResponseRecorder {
		body := ops(fmt.Sprintf(`{"op":"replace","path":"title","value":"t%d"}`, i))
		return f.do("PATCH", "/Users/{bob}", body, map[string]string{"If-Match": etag})
	})
	if got[200] != 1 || got[412] != 9 {
		t.Errorf("R-158 R-120 statuses %v", got)
	}
}

// TestMemory_Mixed has every kind of request at once, for the race detector; a read sees a whole state or another.
func TestMemory_Mixed(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", nil)
	got := parallel(60, func(i int) *httptest.ResponseRecorder {
		name := fmt.Sprintf("user%d", i)
		switch i % 6 {
		case 0:
			return f.do("POST", "/Users", `{`+userSchemas+`,"userName":"`+name+`"}`, nil)
		case 1:
			return f.do("GET", "/Users?filter=groups.display+eq+%22Sales%22", "", nil)
		case 2:
			return f.do("PUT", "/Users/{alice}", `{`+userSchemas+`,"userName":"alice","title":"`+name+`"}`, nil)
		case 3:
			return f.do("GET", "/Groups", "", nil)
		case 4:
			return f.do("PATCH", "/Groups/{sales}", f.expand(ops(`{"op":"replace","path":"members","value":[{"value":"{alice}"},{"value":"{bob}"}]}`)), nil)
		}
		return f.do("GET", "/Users/{bob}", "", nil)
	})
	for status, n := range got {
		if status >= 400 {
			t.Errorf("%d answers of %d", n, status)
		}
	}
}

// A user is in the groups of its groups too: each once, as direct wherever that is true, and a circle ends.
func TestMemory_NestedGroups(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", nil)
	nest := func(name string, members ...string) {
		var list []string
		for _, m := range members {
			list = append(list, `{"value":"{`+m+`}"}`)
		}
		f.add(t, name, "/Groups", f.expand(`{"schemas":["`+scim.URNGroup+`"],"displayName":"`+name+`","members":[`+strings.Join(list, ",")+`]}`))
	}
	nest("emea", "sales")
	nest("world", "emea", "bob")
	nest("everyone", "world", "empty")
	a := f.do("PATCH", "/Groups/{sales}", f.expand(ops(`{"op":"add","path":"members","value":[{"value":"{everyone}"}]}`)), nil)
	if a.Code != 204 { // groups may be members of each other
		t.Fatalf("a circle: %d %s", a.Code, a.Body)
	}
	for _, s := range []scenario{
		{method: "PATCH", path: "/Groups/{emea}", body: ops(`{"op":"add","path":"members","value":[{"value":"{emea}"}]}`), status: 400, want: `{"scimType":"invalidValue"}`},
		{method: "PUT", path: "/Groups/{emea}", body: `{"schemas":["` + scim.URNGroup + `"],"displayName":"emea","members":[{"value":"{emea}"}]}`, status: 400, want: `{"scimType":"invalidValue"}`},
	} {
		s.play(t, f) // but no group of itself
	}
	bob := f.do("GET", "/Users/{bob}", "", nil)
	contains(t, bob.Body.Bytes(), f.expand(`{"groups":[{"value":"{sales}","type":"direct","display":"Sales"},{"value":"{world}","type":"direct"},
		{"value":"{emea}","type":"indirect"},{"value":"{everyone}","type":"indirect"}]}`))
	contains(t, f.do("GET", "/Users/{alice}", "", nil).Body.Bytes(), `{"userName":"alice@example.com"}`)
	for filter, want := range map[string]int{
		`groups.value eq "{everyone}"`:                         1,
		`groups[value eq "{everyone}" and type eq "indirect"]`: 1,
		`groups[value eq "{world}" and type eq "indirect"]`:    0,
		`groups.display eq "emea"`:                             1,
		`groups.value eq "{empty}"`:                            0,
	} {
		if p := f.page(t, find(f.expand(filter))); p.TotalResults != want {
			t.Errorf("%s: %d users, want %d", filter, p.TotalResults, want)
		}
	}
	before := bob.Header().Get("ETag")
	f.do("DELETE", "/Groups/{emea}", "", nil)
	bob = f.do("GET", "/Users/{bob}", "", nil)
	contains(t, bob.Body.Bytes(), f.expand(`{"groups":[{"value":"{sales}"},{"value":"{world}"},{"value":"{everyone}","type":"indirect"}]}`))
	if before == bob.Header().Get("ETag") { // D-29
		t.Error("the groups changed, and the entity tag did not")
	}
}

// TestMemory_RecordsDoNotChange: what was handed out stays as it was.
func TestMemory_RecordsDoNotChange(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", nil)
	show, err := scim.ParseProjection(scim.GroupType(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	rec, err := f.memory.Get(t.Context(), scim.GroupType(), f.ids["sales"], show)
	if err != nil {
		t.Fatal(err)
	}
	before := fmt.Sprintf("%+v", *rec)
	f.do("DELETE", "/Users/{bob}", "", nil)
	f.do("PATCH", "/Groups/{sales}", f.expand(ops(`{"op":"add","path":"members","value":[{"value":"{alice}"}]}`)), nil)
	if after := fmt.Sprintf("%+v", *rec); after != before {
		t.Errorf("the record changed:\n%s\n%s", before, after)
	}
}

// TestMemory_Lifecycle: T-102, a user keeps its groups while it is inactive, and its id for good.
func TestMemory_Lifecycle(t *testing.T) {
	t.Parallel()
	f := setup(t, "entra", nil) // T-102
	for _, active := range []string{"False", "True"} {
		body := ops(`{"op":"Replace","path":"active","value":"` + active + `"}`)
		a := f.do("PATCH", "/Users/{bob}", body, nil)
		contains(t, a.Body.Bytes(), f.expand(`{"id":"{bob}","active":`+strings.ToLower(active)+`,"groups":[{"value":"{sales}"}]}`))
		contains(t, f.do("GET", "/Users?filter=userName+eq+%22bob@example.com%22", "", nil).Body.Bytes(), `{"totalResults":1}`)
	}
}
