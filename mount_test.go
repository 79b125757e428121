package usher

import "testing"

func TestMount_Match(t *testing.T) {
	t.Parallel()
	const shared, own = "/scim/v2/", "/scim/{connection}/v2/"
	tests := []struct {
		pattern, path    string
		ok               bool
		connection, rest string
	}{
		{"/healthz", "/healthz", true, "", ""},
		{"/healthz", "/healthz/", false, "", ""},
		{"/healthz", "/healthzz", false, "", ""},
		{shared, "/scim/v2", true, "", ""},
		{shared, "/scim/v2/Users", true, "", "/Users"},
		{shared, "/scim/v2x/Users", false, "", ""},
		{shared, "/SCIM/v2/Users", false, "", ""},
		{own, "/scim/abc/v2/Users/1", true, "abc", "/Users/1"},
		{own, "/scim/abc/v2", true, "abc", ""},
		{own, "/scim/abc", false, "", ""},
		{own, "/scim/a%2Fb/v2/Users", true, "a%2Fb", "/Users"},
		{own, "//scim//abc//v2//Users", true, "abc", "//Users"}, // T-016
		{own, "/scim/abc/v2/Users/%2F", true, "abc", "/Users/%2F"},
		{"/", "/", true, "", "/"},
		{"/", "", true, "", ""},
		{"/", "/anything/else", true, "", "/anything/else"},
	}
	for _, tt := range tests {
		connection, rest, ok := newMount(FaceOperations, tt.pattern, nil).match(tt.path)
		if ok != tt.ok || ok && (connection != tt.connection || rest != tt.rest) {
			t.Errorf("%s against %s: got %q %q %t, want %q %q %t", tt.path, tt.pattern, connection, rest, ok, tt.connection, tt.rest, tt.ok)
		}
	}
}

func TestParsePublicURL(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{"https://scim.example.com", "https://scim.example.com"},
		{"https://scim.example.com/", "https://scim.example.com"},
		{"https://example.com:8443/idp//", "https://example.com:8443/idp"},
		{"http://127.0.0.1:8080", "http://127.0.0.1:8080"},
		{"scim.example.com", ""},
		{"ftp://example.com", ""},
		{"https://", ""},
		{"https://user:pw@example.com", ""},
		{"https://example.com/?a=b", ""},
		{"https://example.com/?", ""},
		{"https://example.com/#", ""},
		{"https://scim_1.example.com", ""}, // T-017
		{"https://exa mple.com", ""},
	}
	for _, tt := range tests {
		got, err := ParsePublicURL(tt.text)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%q: got %q, %v; want %q", tt.text, got, err, tt.want)
		}
	}
}
