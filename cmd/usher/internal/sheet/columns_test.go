package sheet_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/usher-scim/usher/cmd/usher/internal/sheet"
	"github.com/usher-scim/usher/scim"
)

// applied is the document that one row makes of nothing, as JSON.
func applied(t fataler, header, cells []string) string {
	t.Helper()
	p, err := sheet.Bind(header, scim.UserType()).Patch(cells)
	check(t, err)
	r, err := p.Apply(&scim.Resource{Type: scim.UserType(), Attributes: &scim.Object{}})
	check(t, err)
	return string(r.Body())
}

func TestColumns_ARowIsADocument(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		header, cells []string
		want          string
	}{
		"names in any case": {
			[]string{"USERNAME", "Name.GivenName", "Active"},
			[]string{"ada", "Ada", "FALSE"},
			`{"userName":"ada","name":{"givenName":"Ada"},"active":false}`,
		},
		"short names": {
			[]string{"userName", "email", "firstName", "familyName", "mobile"},
			[]string{"ada", "a@x.y", "Ada", "Moss", "+49"},
			`{"userName":"ada","emails":[{"type":"work","value":"a@x.y","primary":true}],"name":{"givenName":"Ada","familyName":"Moss"},"phoneNumbers":[{"type":"mobile","value":"+49"}],"active":true}`,
		},
		"names as people write them": {
			[]string{"User Name", "First  Name", "LAST NAME"},
			[]string{"ada", "Ada", "Moss"},
			`{"userName":"ada","name":{"givenName":"Ada","familyName":"Moss"},"active":true}`,
		},
		"extension attributes by their own name": {
			[]string{"userName", "department", "manager"},
			[]string{"ada", "R", "m1"},
			`{"userName":"ada","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"R","manager":{"value":"m1"}},"active":true}`,
		},
		"what the server assigns is passed over": {
			[]string{"id", "meta.created", "groups", "#note", "userName"},
			[]string{"1", "2", "3", "4", "ada"},
			`{"userName":"ada","active":true}`,
		},
		"lists as JSON or as one text": {
			[]string{"userName", "emails", "ims"},
			[]string{"ada", `[{"value":"a@x.y"},{"value":"b@x.y"}]`, "ada#1"},
			`{"userName":"ada","emails":[{"value":"a@x.y"},{"value":"b@x.y"}],"ims":[{"value":"ada#1"}],"active":true}`,
		},
		"empty cells say nothing": {
			[]string{"userName", "title", "email"}, []string{"ada", "", ""}, `{"userName":"ada","active":true}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, applied(t, test.header, test.cells)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestColumns_WhatNothingTakesIsRefused(t *testing.T) {
	t.Parallel()
	for head, want := range map[string]string{
		"departmint":                           "the nearest is department.",
		"usrName":                              "the nearest is userName.",
		"name.givenNam":                        "one of the sub-attributes of name",
		`emails[type eq work"]`:                "the path is malformed",
		"emial":                                "Allowed: an attribute of the schemas of User. Is it email?",
		"frist name":                           "Is it firstName?",
		"Favourite Colour":                     `column "Favourite Colour": `,
		strings.Repeat("abcdefghi ", 50):       `column "abcdefghi abcdefghi abcdefghi abcdefghi…": `,
		"password":                             "passwords are never stored",
		"members":                              "members.csv",
		"":                                     "a column has no name",
		"userName,USERNAME":                    `column "USERNAME" says the same as column "userName"`,
		"email,emails[type eq \"work\"].value": "says the same as column",
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": "one attribute of the extension",
	} {
		errs := sheet.Bind(strings.Split(head, ","), scim.UserType()).Errs()
		if err := errors.Join(errs...); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "nearest") && strings.Contains(err.Error(), "Is it") {
			t.Errorf("%q: %v, want %q", head, err, want)
		}
	}
}

func TestColumns_LongHeadsAreCut(t *testing.T) {
	t.Parallel()
	for _, letter := range []string{"x", "x ", "\x7f", `"`} {
		err := sheet.Bind([]string{strings.Repeat(letter, 1<<16)}, scim.UserType()).Errs()[0]
		if err == nil || len(err.Error()) > 500 {
			t.Errorf("%q: %d bytes: %.1000v", letter, len(fmt.Sprint(err)), err)
		}
	}
}

func TestColumns_ErrorsNameTheColumn(t *testing.T) {
	t.Parallel()
	for head, cell := range map[string]string{"active": "perhaps", " Active ": "perhaps", "emails": "[{", "profileUrl": strings.Repeat("x", 1<<20)} {
		_, err := sheet.Bind([]string{"userName", head}, scim.UserType()).Patch([]string{"ada", cell})
		if head == "profileUrl" {
			continue // long values are the schema's affair; it must only not fail otherwise
		}
		if err == nil || !strings.Contains(err.Error(), head) {
			t.Errorf("%s: %v", head, err)
		}
	}
}

// words are texts that a value may have: not empty, because a cell cannot tell that from no value. A generator that is
// joined from others is one test's own: it remembers its name without a lock.
func words() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[a-zA-Z=+@'"\[{; éß\-]{1,8}`),
		rapid.SampledFrom([]string{"work", "home", "Work", "other", "mobile", "=1", "[x", "{y", "ada@example.com", "a\nb"}),
	)
}

// elements are a multi-valued attribute: at most one is primary.
func elements(t *rapid.T, label string) scim.Array {
	var list scim.Array
	primary := rapid.IntRange(-1, 3).Draw(t, label+" primary")
	for i := range rapid.IntRange(0, 3).Draw(t, label+" length") {
		e := &scim.Object{}
		e.Set("value", words().Draw(t, label+" value"))
		if rapid.Bool().Draw(t, label+" has type") {
			e.Set("type", words().Draw(t, label+" type"))
		}
		if rapid.Bool().Draw(t, label+" has display") {
			e.Set("display", words().Draw(t, label+" display"))
		}
		if i == primary {
			e.Set("primary", true)
		}
		list = append(list, e)
	}
	return list
}

func drawUser(t *rapid.T) *scim.Resource {
	o := &scim.Object{}
	o.Set("schemas", scim.Array{scim.URNUser, scim.URNEnterpriseUser})
	o.Set("userName", words().Draw(t, "userName"))
	for _, name := range []string{"externalId", "displayName", "title", "nickName"} {
		if rapid.Bool().Draw(t, "has "+name) {
			o.Set(name, words().Draw(t, name))
		}
	}
	if rapid.Bool().Draw(t, "has name") {
		name := &scim.Object{}
		name.Set("givenName", words().Draw(t, "givenName"))
		name.Set("familyName", words().Draw(t, "familyName"))
		o.Set("name", name)
	}
	for _, name := range []string{"emails", "phoneNumbers", "roles"} {
		if list := elements(t, name); len(list) > 0 {
			o.Set(name, list)
		}
	}
	o.Set("active", rapid.Bool().Draw(t, "active"))
	if rapid.Bool().Draw(t, "has extension") {
		x := &scim.Object{}
		x.Set("department", words().Draw(t, "department"))
		manager := &scim.Object{}
		manager.Set("value", words().Draw(t, "manager"))
		x.Set("manager", manager)
		o.Set(scim.URNEnterpriseUser, x)
	}
	r, err := scim.UserType().Decode(o, sheet.Lenient())
	if err != nil {
		t.Skip(err) // two of one value, for one
	}
	return r
}

// What Flatten lays out in cells, Patch makes a document of again, as if it had never been a table.
func TestFlatten_ReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := drawUser(t)
		doc := scim.Clone(r.Attributes).(*scim.Object)
		if r.ExternalID != "" {
			doc.Set("externalId", r.ExternalID)
		}
		heads := sheet.Heads{}
		cells := sheet.Flatten(r.Type, doc)
		heads.Add(cells)
		header := heads.Sorted()
		row := make([]string, len(header))
		for i, head := range header {
			for _, c := range cells {
				if c.Head == head {
					row[i] = c.Text
				}
			}
		}
		columns := sheet.Bind(header, r.Type)
		check(t, errors.Join(columns.Errs()...))
		p, err := columns.Patch(row)
		check(t, err)
		back, err := p.Apply(&scim.Resource{Type: r.Type, Attributes: &scim.Object{}})
		check(t, err)
		if !back.Equal(r) {
			t.Fatalf("%s\nas %q\n   %q\nis %s", r.Body(), header, row, back.Body())
		}
	})
}

// FuzzTable feeds any bytes to the reader, and what it reads to the columns: no panic, and no row longer than the bound.
func FuzzTable(f *testing.F) {
	for _, text := range seeds(f, "*.csv") {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<16 {
			t.Skip("long enough")
		}
		r, err := sheet.NewReader(strings.NewReader(string(text)))
		if err != nil {
			return
		}
		columns := sheet.Bind(r.Header, scim.UserType())
		for {
			row, err := r.Read()
			if err != nil {
				return
			}
			if row.Err != nil {
				continue
			}
			if len(row.Cells) != len(r.Header) {
				t.Fatalf("%d cells under %d heads", len(row.Cells), len(r.Header))
			}
			p, err := columns.Patch(row.Cells)
			if err != nil {
				continue
			}
			_, _ = p.Apply(&scim.Resource{Type: scim.UserType(), Attributes: &scim.Object{}})
		}
	})
}

// FuzzLines feeds any bytes to the reader of documents: each line is read once, in its place.
func FuzzLines(f *testing.F) {
	for _, text := range seeds(f, "*.ndjson") {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := sheet.NewLines(strings.NewReader(string(text)))
		if err != nil {
			return
		}
		for last := 0; ; {
			doc, line, err := l.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if line <= last {
				t.Fatalf("line %d after line %d", line, last)
			}
			last = line
			if err == nil {
				_, _ = scim.ParseJSON(doc, scim.Limits{})
			}
		}
	})
}

func seeds(f *testing.F, pattern string) (all [][]byte) {
	f.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", "tables", pattern))
	if err != nil || len(names) == 0 {
		f.Fatal(fmt.Errorf("no seeds: %w", err))
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, text)
	}
	return all
}
