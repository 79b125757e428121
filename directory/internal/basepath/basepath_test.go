package basepath_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/usher-scim/usher/directory/internal/basepath"
	"github.com/usher-scim/usher/directory/internal/refusal"
)

func TestCheck_C1(t *testing.T) {
	t.Parallel()
	for path, ok := range map[string]bool{
		"": true, "/scim/v2": true, "/nx/v2/scim/v2/idp": true, "/a": true, "/a.b/~c-d": true, "/scim2/v2": true,
		"/": false, "a/b": false, "/a/": false, "/a//b": false, "/a_b": false, "/a b": false, "/a%2Fb": false, "/a?b": false, "/../a": false, "/.well-known/x": false,
		"/scim": false, "/scim/v2/idp": false, "/SCIM/x": false, "/api/v1": false, "/console": false, "/sso/x": false, "/healthz": false,
		fmt.Sprintf("/%0200d", 0): false, "/1/2/3/4/5/6/7/8/9/10/11": false,
	} {
		err := basepath.Check(path)
		var r *refusal.Error
		if ok != (err == nil) || !ok && (!errors.As(err, &r) || r.Hint == "") {
			t.Errorf("%q: %v, want it taken: %t", path, err, ok)
		}
	}
}
