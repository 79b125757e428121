package mapping_test

import (
	"slices"
	"testing"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scim"
)

func TestClaim(t *testing.T) {
	t.Parallel()
	claims, err := scim.ParseJSON([]byte(`{"role":"a","realm_access":{"roles":["b"],"x.y":{"z":"c"}},"https://app.example/role":"d","text":"e"}`), scim.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]scim.Value{
		"role": "a", "realm_access.x.y.z": nil, "https://app.example/role": "d", "text.roles": nil, "realm_access.nothing": nil, "": nil, ".": nil,
	} {
		if got, there := mapping.Claim(claims, path); got != want || there != (want != nil) {
			t.Errorf("%q is %v, want %v", path, got, want)
		}
	}
	if got, _ := mapping.Claim(claims, "realm_access.roles"); !slices.Equal(got.(scim.Array), scim.Array{"b"}) {
		t.Errorf("a path leads to %v", got)
	}
}
