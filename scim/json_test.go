package scim

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParseJSON_Refuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, src string
		lim       Limits
		kind      Kind
		where     string
	}{
		{"R-050 empty body", ``, Limits{}, KindMalformedJSON, "byte 0"},
		{"R-050 truncated", `{"userName":"bo`, Limits{}, KindMalformedJSON, "byte 15"},
		{"R-050 truncated in an array", `{"emails":[{"value":1}`, Limits{}, KindMalformedJSON, "byte 22"},
		{"R-050 trailing comma", `{"a":1,}`, Limits{}, KindMalformedJSON, "byte 6"},
		{"R-050 single quotes", `{'a':1}`, Limits{}, KindMalformedJSON, "byte 1"},
		{"R-050 name is no text", `{1:1}`, Limits{}, KindMalformedJSON, "byte 1"},
		{"R-050 trailing data", `{"a":1} {"b":2}`, Limits{}, KindMalformedJSON, "byte 9"},
		{"R-050 trailing junk", `{"a":1}x`, Limits{}, KindMalformedJSON, "byte 7"},
		{"R-050 NaN", `{"a":NaN}`, Limits{}, KindMalformedJSON, "byte 5"},
		{"R-050 byte order mark", "\xEF\xBB\xBF{}", Limits{}, KindMalformedJSON, "byte 0"},
		{"D-32 same name twice", `{"a":1,"a":2}`, Limits{}, KindDuplicateName, "byte 10"},
		{"D-32 same name but for case", `{"active":true,"ACTIVE":false}`, Limits{}, KindDuplicateName, "byte 23"},
		{"D-32 inside an element", `{"emails":[{"value":"a","Value":"b"}]}`, Limits{}, KindDuplicateName, "byte 31"},
		{"R-006 invalid UTF-8", "{\"a\":\"\xff\"}", Limits{}, KindNotUTF8, "byte 6"},
		{"R-006 lone surrogate", `{"a":"\ud800"}`, Limits{}, KindMalformedJSON, "byte 6"},
		{"not an object: array", `[1]`, Limits{}, KindNotAnObject, "byte 0"},
		{"not an object: text", `"x"`, Limits{}, KindNotAnObject, "byte 0"},
		{"not an object: null", `null`, Limits{}, KindNotAnObject, "byte 0"},
		{"R-180 depth 10,000", strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000), Limits{}, KindTooDeep, "byte 161"},
		{"R-180 arrays too deep", `{"a":[[[1]]]}`, Limits{Depth: 3}, KindTooDeep, "byte 8"},
		{"R-180 too many elements", `{"a":[1,2,3]}`, Limits{Members: 3}, KindTooLarge, "byte 9"},
		{"R-180 too many members", `{"a":1,"b":2}`, Limits{Members: 1}, KindTooLarge, "byte 6"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o, err := ParseJSON([]byte(tt.src), tt.lim)
			if o != nil {
				t.Errorf("got an object: %s", AppendJSON(nil, o))
			}
			refused(t, err, tt.kind, tt.where)
		})
	}
}

func TestParseJSON_KeepsWhatWasSent(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, src, want string }{
		{"order and spelling of names", ` { "Z" : 1 , "a" : { } , "M":[] }`, `{"Z":1,"a":{},"M":[]}`},
		{"digits of numbers", `{"n":[0,-0,1.50,1e400,12345678901234567890]}`, `{"n":[0,-0,1.50,1e400,12345678901234567890]}`},
		{"R-071 escapes", `{"s":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\u0001"}`, `{"s":"\"\\/\b\f\n\r\té😀\u0001"}`},
		{"no HTML escaping", `{"s":"<a&b>\u2028"}`, "{\"s\":\"<a&b>\u2028\"}"},
		{"literals", `{"a":[true,false,null]}`, `{"a":[true,false,null]}`},
		{"look-alike names are two names", `{"user":1,"uſer":2}`, `{"user":1,"uſer":2}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := string(AppendJSON(nil, parsed(t, tt.src))); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestParseJSON_D32_DuplicateAmongManyNames(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteByte('{')
	for i := range 100 {
		b.WriteString(`"Name` + strconv.Itoa(i) + `":1,`)
	}
	many := b.String()
	if _, err := ParseJSON([]byte(many+`"name100":1}`), Limits{}); err != nil {
		t.Fatal(err)
	}
	for _, twice := range []string{"nAME0", "name23", "NAME99"} {
		_, err := ParseJSON([]byte(many+`"`+twice+`":1}`), Limits{})
		if e, ok := err.(*Error); !ok || e.Kind != KindDuplicateName || e.Value != twice {
			t.Errorf("%s: got %v", twice, err)
		}
	}
}

func TestAppendJSON_OutOfRange(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		v    Value
		want string
	}{
		{"nil", nil, "null"},
		{"nil object", (*Object)(nil), "null"},
		{"a foreign type", 5, "null"},
		{"R-006 bytes that are not UTF-8", "a\xffb\xc3", "\"a\uFFFDb\uFFFD\""},
		{"U+FFFD itself", "\uFFFD", "\"\uFFFD\""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := string(AppendJSON(nil, tt.v)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// jsonValues draws values of every shape, three levels deep.
func jsonValues() *rapid.Generator[Value] {
	scalar := rapid.OneOf(
		rapid.Just[Value](nil),
		rapid.Map(rapid.Bool(), func(b bool) Value { return b }),
		rapid.Map(rapid.String(), func(s string) Value { return strings.ToValidUTF8(s, "?") }),
		rapid.Map(rapid.StringMatching(`-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,9})?([eE][+-]?[0-9]{1,3})?`),
			func(s string) Value { return Number(s) }),
	)
	return rapid.OneOf(scalar, objects(scalar), lists(rapid.OneOf(scalar, objects(scalar), lists(scalar))))
}

func lists(of *rapid.Generator[Value]) *rapid.Generator[Value] {
	return rapid.Map(rapid.SliceOfN(of, 0, 5), func(s []Value) Value { return append(Array{}, s...) })
}

func objects(of *rapid.Generator[Value]) *rapid.Generator[Value] {
	return rapid.Custom(func(t *rapid.T) Value {
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z$é"\\]{0,6}`), 0, 30, rapid.ID).Draw(t, "names")
		o := &Object{}
		for _, n := range names {
			o.Members = append(o.Members, Member{n, of.Draw(t, "value")})
		}
		return o
	})
}

func TestJSON_ParseOfAppendIsIdentity(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := &Object{Members: []Member{{"v", jsonValues().Draw(t, "v")}}}
		text := AppendJSON(nil, want)
		got, err := ParseJSON(text, Limits{})
		if err != nil {
			t.Fatalf("ParseJSON(%s): %v", text, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", text, d)
		}
		if again := AppendJSON(nil, got); string(again) != string(text) {
			t.Errorf("appended again: %s, first %s", again, text)
		}
	})
}

func FuzzParseJSON(f *testing.F) {
	for _, src := range bodies(f) {
		f.Add([]byte(src))
	}
	for _, src := range []string{``, `{`, `{"a":{"b":[1e9,"\ud83d\ude00",null]}}`, `[[]]`, `{"a":1,"A":2}`, "\xff"} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := ParseJSON(data, Limits{Depth: 16, Members: 10_000})
		if err != nil {
			if _, ok := err.(*Error); !ok {
				t.Fatalf("%T is not an *Error", err)
			}
			return
		}
		text := AppendJSON(nil, o)
		again, err := ParseJSON(text, Limits{})
		if err != nil {
			t.Fatalf("%s does not parse again: %v", text, err)
		}
		if !equalValue(o, again) {
			t.Fatalf("%s is not %s", AppendJSON(nil, again), text)
		}
	})
}
