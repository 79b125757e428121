package scim

import (
	"testing"
)

func benchmarkUser(b *testing.B) (*Record, []byte) {
	b.Helper()
	src := []byte(bodies(b)["entra-validator-user"])
	r := decoded(b, UserType(), "entra", string(src))
	return &Record{Type: UserType(), ID: "23a35c27-23d3-4c03-b4c5-6443c09e7173", ExternalID: "x", Version: 1, Body: r.Body()}, src
}

func BenchmarkParseUser(b *testing.B) {
	_, src := benchmarkUser(b)
	b.ReportAllocs()
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		if _, err := ParseJSON(src, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeUser(b *testing.B) {
	_, src := benchmarkUser(b)
	p := profile(b, "entra")
	b.ReportAllocs()
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		body, err := ParseJSON(src, Limits{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := UserType().Decode(body, p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBodyUser(b *testing.B) {
	_, src := benchmarkUser(b)
	r := decoded(b, UserType(), "entra", string(src))
	b.ReportAllocs()
	for b.Loop() {
		r.Body()
	}
}

func BenchmarkKeys(b *testing.B) {
	_, src := benchmarkUser(b)
	r := decoded(b, UserType(), "entra", string(src))
	b.ReportAllocs()
	for b.Loop() {
		r.Keys()
	}
}

func BenchmarkRenderUser(b *testing.B) {
	rec, _ := benchmarkUser(b)
	r := Renderer{Base: "https://scim.example.com/scim/c1/v2"}
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		buf = r.Append(buf[:0], rec)
	}
}

func BenchmarkRenderUserProjected(b *testing.B) {
	rec, _ := benchmarkUser(b)
	show, err := ParseProjection(UserType(), "", "name,emails.type")
	if err != nil {
		b.Fatal(err)
	}
	r := Renderer{Base: "https://scim.example.com/scim/c1/v2", Show: show}
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		buf = r.Append(buf[:0], rec)
	}
}

func BenchmarkRenderGroup1000(b *testing.B) {
	rec := storedGroup()
	for range 1000 {
		rec.Members = append(rec.Members, MemberRef{Value: "23a35c27-23d3-4c03-b4c5-6443c09e7173", Type: "User"})
	}
	r := Renderer{Base: "https://scim.example.com/scim/c1/v2"}
	buf := make([]byte, 0, 1<<18)
	b.ReportAllocs()
	for b.Loop() {
		buf = r.Append(buf[:0], rec)
	}
}
