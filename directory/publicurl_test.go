package directory_test

import "testing"

// What one process records all find, also after it is another one.
func TestPublicURL_IsRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	for _, want := range []string{"", "https://scim.example.com", "https://scim.example.com", "https://people.example.com/usher"} {
		if want != "" {
			check(t, w.directory.RecordPublicURL(w.ctx, want))
		}
		got, err := w.open(w.key).PublicURL(w.ctx)
		check(t, err)
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
