package load

import "testing"

func TestParseSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"1": 1, "500": 500, "10k": 10_000, "100K": 100_000, "1m": 1_000_000, "9m": 9_000_000} {
		if n, err := ParseSize(text); n != want || err != nil {
			t.Errorf("%s: %d, %v", text, n, err)
		}
	}
	for _, bad := range []string{"", "k", "0", "-1", "many", "1g", "1.5k", "10m", "99999999999999999999k"} {
		if n, err := ParseSize(bad); err == nil {
			t.Errorf("%q was taken for %d", bad, n)
		}
	}
}
