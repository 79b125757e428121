package firewall

import "testing"

func TestAllow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rules   []string
		address string
		want    bool
	}{
		{nil, "192.0.2.1", true},
		{nil, "", true},
		{[]string{"192.0.2.0/24"}, "192.0.2.1", true},
		{[]string{"192.0.2.0/24"}, "192.0.2.1:443", true},
		{[]string{"192.0.2.0/24"}, "192.0.3.1", false},
		{[]string{"192.0.2.0/24"}, "::ffff:192.0.2.1", true},
		{[]string{"::ffff:192.0.2.0/120"}, "192.0.2.1", true},
		{[]string{"192.0.2.7"}, "192.0.2.7", true},
		{[]string{"192.0.2.7"}, "192.0.2.8", false},
		{[]string{"2001:db8::/32"}, "[2001:db8::1]:80", true},
		{[]string{"2001:db8::/32"}, "2001:db9::1", false},
		{[]string{"fe80::/10"}, "fe80::1%eth0", true},
		{[]string{"10.0.0.0/8", "192.0.2.7"}, "192.0.2.7", true},
		{[]string{"0.0.0.0/0"}, "203.0.113.9", true},
		{[]string{"0.0.0.0/0"}, "2001:db8::1", false},
		{[]string{"0.0.0.0/0"}, "", false},
		{[]string{"0.0.0.0/0"}, "unix", false},
	} {
		rules, err := Parse(c.rules)
		if err != nil {
			t.Fatal(err)
		}
		if got := rules.Allow(c.address); got != c.want {
			t.Errorf("%v allow %q: %v, want %v", c.rules, c.address, got, c.want)
		}
	}
}

func TestParse_Refuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "example.com", "192.0.2.1/24", "192.0.2.0/33", "fe80::1%eth0", "192.0.2.0-192.0.2.9", " 192.0.2.1"} {
		if rules, err := Parse([]string{text}); err == nil {
			t.Errorf("%q is taken as %v", text, rules)
		}
	}
	if _, err := Parse(make([]string, maxRules+1)); err == nil {
		t.Error("too many rules are taken")
	}
}
