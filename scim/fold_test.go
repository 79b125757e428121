package scim

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/secure/precis"
	"pgregory.net/rapid"
)

var (
	ignoring = &Attribute{Name: "title"}
	exact    = &Attribute{Name: "value", CaseExact: true}
	unique   = &Attribute{Name: "userName", Uniqueness: UniqueServer}
	integer  = &Attribute{Name: "level", Type: TypeInteger}
	number   = &Attribute{Name: "score", Type: TypeDecimal}
	moment   = &Attribute{Name: "hired", Type: TypeDateTime}
	yesNo    = &Attribute{Name: "active", Type: TypeBoolean}
)

func TestFold(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		attr *Attribute
		v    Value
		want string
		ok   bool
	}{
		{"R-072 caseExact false", ignoring, "BOB", "bob", true},
		{"T-057 Unicode case folding", ignoring, "STRASSE Ünï ẞ", "strasse ünï ss", true},
		{"R-072 caseExact true", exact, "BoB", "BoB", true},
		{"R-178 ligature in a name that must be unique", unique, "ﬁona", "fiona", true},
		{"boolean", yesNo, true, "true", true},
		{"boolean false", yesNo, false, "false", true},
		{"text for a boolean", yesNo, "true", "", false},
		{"boolean for a text", ignoring, true, "", false},
		{"number for a text", ignoring, Number("1"), "", false},
		{"text for a number", integer, "1", "", false},
		{"R-077 dateTime in another zone", moment, "2011-05-13T06:42:34+02:00", "2011-05-13T04:42:34.000000000Z", true},
		{"R-077 dateTime with seven digits", moment, "0001-01-03T00:00:00.0000001Z", "0001-01-03T00:00:00.000000100Z", true},
		{"dateTime before year 0", moment, "0000-01-01T00:00:00+14:00", "", false},
		{"no dateTime", moment, "yesterday", "", false},
		{"null", ignoring, nil, "", false},
		{"complex", &Attribute{Type: TypeComplex}, "x", "", false},
		{"object", ignoring, &Object{}, "", false},
		{"zero", integer, Number("-0"), "1", true},
		{"an exponent beyond all bounds", number, Number("1e99999999999999999999"), "", false},
		{"an exponent beyond the bound", number, Number("1e2000000000"), "", false},
		{"no number", number, Number("x"), "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := tt.attr.Fold(tt.v)
			if ok != tt.ok || ok && got != tt.want {
				t.Errorf("got %q %v, want %q %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestFold_LongValues(t *testing.T) {
	t.Parallel()
	whole := strings.Repeat("x", MaxKey)
	if got, _ := exact.Fold(whole); got != whole {
		t.Errorf("a value of %d bytes is cut to %q", MaxKey, got)
	}
	a, _ := exact.Fold(whole + "a")
	b, _ := exact.Fold(whole + "b")
	if a == b || len(a) <= MaxKey || !strings.HasPrefix(a, whole+"#") {
		t.Errorf("got %q and %q", a, b)
	}
	if got, _ := exact.Fold("x" + strings.Repeat("é", MaxKey)); !strings.HasPrefix(got, "x"+strings.Repeat("é", MaxKey/2-1)+"#") {
		t.Errorf("cut inside a character: %q", got)
	}
	if got, _ := exact.Fold(strings.Repeat("é", MaxKey)); !strings.HasPrefix(got, strings.Repeat("é", MaxKey/2)+"#") {
		t.Errorf("cut inside a character: %q", got)
	}
}

func TestFoldName(t *testing.T) {
	t.Parallel()
	same := [][2]string{
		{"BOB@Example.COM", "bob@example.com"},
		{"Jose\u0301", "jos\u00e9"}, // R-178 composed and decomposed
		{"ﬁona", "FIONA"},
		{"\uff22\uff4f\uff42", "bob"}, // full width
		{"\u212A", "k"},               // Kelvin sign
	}
	for _, p := range same {
		if FoldName(p[0]) != FoldName(p[1]) {
			t.Errorf("R-178 %q and %q are two names: %q, %q", p[0], p[1], FoldName(p[0]), FoldName(p[1]))
		}
	}
	if FoldName("straße") == FoldName("strasse") {
		t.Error("PRECIS keeps ß apart from ss")
	}
}

// FoldName is the profile of RFC 8265 wherever that profile accepts a name.
func TestFoldName_R036_IsPRECISWhereThatAccepts(t *testing.T) {
	t.Parallel()
	accepted := 0
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(
			rapid.StringOf(rapid.SampledFrom([]rune("aZ9.@-ÄßéΣςσİıñЖжאבｂＢ\u0301\u030A٣あ語"))),
			rapid.String(),
		).Draw(t, "s")
		want, err := precis.UsernameCaseMapped.String(s)
		if err != nil {
			return
		}
		accepted++
		if got := FoldName(s); got != want {
			t.Errorf("FoldName(%q) = %q, PRECIS says %q", s, got, want)
		}
		if got := FoldName(want); got != want {
			t.Errorf("folding %q again gives %q", want, got)
		}
	})
	if accepted == 0 {
		t.Error("PRECIS accepted none of the samples")
	}
}

func TestFold_NumbersKeepTheirOrder(t *testing.T) {
	t.Parallel()
	numbers := rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,6})?([eE][+-]?[0-9]{1,2})?`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := numbers.Draw(t, "a"), numbers.Draw(t, "b")
		if rapid.Bool().Draw(t, "near") {
			b = a + rapid.SampledFrom([]string{"", "0", "1"}).Draw(t, "tail")
		}
		x, ok1 := new(big.Rat).SetString(a)
		y, ok2 := new(big.Rat).SetString(b)
		if !ok1 || !ok2 {
			return
		}
		ka, okA := number.Fold(Number(a))
		kb, okB := number.Fold(Number(b))
		if !okA || !okB || strings.Compare(ka, kb) != x.Cmp(y) {
			t.Errorf("%s is %s, %s is %s: compares %d, want %d", a, ka, b, kb, strings.Compare(ka, kb), x.Cmp(y))
		}
	})
}

func TestFold_DateTimesKeepTheirOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) time.Time {
			zone := time.FixedZone("", 60*rapid.IntRange(-14*60, 14*60).Draw(t, "zone"))
			return time.Unix(rapid.Int64Range(-60e9, 250e9).Draw(t, name), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).In(zone)
		}
		a, b := draw("a"), draw("b")
		ka, okA := moment.Fold(a.Format(time.RFC3339Nano))
		kb, okB := moment.Fold(b.Format(time.RFC3339Nano))
		if !okA || !okB || strings.Compare(ka, kb) != a.Compare(b) {
			t.Errorf("%v is %s, %v is %s", a, ka, b, kb)
		}
	})
}
