package input_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/usher-scim/usher/directory/internal/input"
	"github.com/usher-scim/usher/directory/internal/refusal"
)

// want fails unless the error is a refusal that says so, or nil when nothing is to be said.
func want(t *testing.T, err error, says string) {
	t.Helper()
	var r *refusal.Error
	switch {
	case says == "" && err == nil:
	case says == "", !errors.As(err, &r):
		t.Errorf("error is %v, want a refusal that says %q", err, says)
	case r.Kind != refusal.Invalid || r.Hint == "" || !strings.Contains(r.Message, says):
		t.Errorf("refusal is %+v, want one of an invalid value with a hint that says %q", r, says)
	}
}

func TestDomain(t *testing.T) {
	t.Parallel()
	for _, at := range []struct{ sent, want, refused string }{
		{"Example.COM", "example.com", ""},
		{" example.com. ", "example.com", ""},
		{"a.b-c.example.co.uk", "a.b-c.example.co.uk", ""},
		{"xn--mnchen-3ya.de", "xn--mnchen-3ya.de", ""},
		{"münchen.de", "", "not in ASCII"},
		{"gmail.com", "", "everybody"},
		{"OUTLOOK.com.", "", "everybody"},
		{"com", "", "not the name"},
		{"", "", "not the name"},
		{"192.0.2.1", "", "not the name"},
		{"ada@example.com", "", "not the name"},
		{"https://example.com", "", "not the name"},
		{"-a.example.com", "", "not the name"},
		{"a..example.com", "", "not the name"},
		{"under_score.example.com", "", "not the name"},
		{"*.example.com", "", "not the name"},
		{strings.Repeat("a", 64) + ".com", "", "not the name"},
		{strings.Repeat("abcdefgh.", 30) + "com", "", "not the name"},
	} {
		name, err := input.Domain(at.sent)
		if want(t, err, at.refused); name != at.want {
			t.Errorf("%q is the domain %q, want %q", at.sent, name, at.want)
		}
	}
}

func TestForms(t *testing.T) {
	t.Parallel()
	address := func(text string) error { return input.Address("webhook", text) }
	name := func(text string) error { return input.Name("team", text) }
	description := func(text string) error { return input.Description("team", text) }
	for _, row := range []struct {
		what   string
		check  func(string) error
		sent   string
		refuse string
	}{
		{"name", name, "Sales, EMEA", ""},
		{"name", name, strings.Repeat("é", 100), ""},
		{"name", name, strings.Repeat("é", 101), "more than 100"},
		{"name", name, "", "the team is empty"},
		{"name", name, " Sales", "blank"},
		{"name", name, "a\nb", "printed"},
		{"name", name, "a\xff", "printed"},
		{"description", description, strings.Repeat("é", 500), ""},
		{"description", description, strings.Repeat("é", 501), "more than 500"},
		{"email", input.Email, "jane@example.com", ""},
		{"email", input.Email, "Jane <jane@example.com>", "no e-mail address"},
		{"email", input.Email, strings.Repeat("a", 250) + "@example.com", "no e-mail address"},
		{"address", address, "https://app.example.com/usher?x=1", ""},
		{"address", address, "http://127.0.0.1:9/", ""},
		{"address", address, "http://[::1]/", ""},
		{"address", address, "http://app.example.com/", `"http"`},
		{"address", address, "https://a:b@app.example.com/", "user name"},
		{"address", address, "https://app.example.com/#x", "fragment"},
		{"address", address, "app.example.com", "no URL"},
		{"address", address, "https://app.example.com/" + strings.Repeat("x", 2000), "2000 bytes"},
		{"hook", input.Hook, "", ""},
		{"hook", input.Hook, "http://localhost/", ""},
		{"hook", input.Hook, "http://hooks.example/", "http://hooks.example/"},
		{"hook", input.Hook, "https://a:b@hooks.example/", "not valid"},
		{"time zone", input.TimeZone, "Europe/Zurich", ""},
		{"time zone", input.TimeZone, "Local", `"Local"`},
		{"time zone", input.TimeZone, "Mars/Phobos", `"Mars/Phobos"`},
		{"language", input.Language, "de-CH", ""},
		{"language", input.Language, "german!", `"german!"`},
	} {
		t.Run(row.what, func(t *testing.T) {
			t.Parallel()
			want(t, row.check(row.sent), row.refuse)
		})
	}
}
