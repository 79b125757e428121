package sheet_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"

	"github.com/usher-scim/usher/cmd/usher/internal/sheet"
)

// table reads a whole table: the head, then each row as "line: cells" or "line: ! error".
func table(in io.Reader) (rows []string, err error) {
	r, err := sheet.NewReader(in)
	if err != nil {
		return nil, err
	}
	rows = append(rows, strings.Join(r.Header, "|"))
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		text := strings.Join(row.Cells, "|")
		if row.Err != nil {
			text = "! " + row.Err.Error()
		}
		rows = append(rows, fmt.Sprintf("%d: %s", row.Line, text))
	}
}

func utf16(t *testing.T, text string) string {
	t.Helper()
	out, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestReader_TablesAsSpreadsheetsSaveThem(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		in   string
		want []string
	}{
		"plain":            {"a,b\n1,2\n", []string{"a|b", "2: 1|2"}},
		"no last line end": {"a,b\n1,2", []string{"a|b", "2: 1|2"}},
		"CRLF":             {"a,b\r\n1,2\r\n", []string{"a|b", "2: 1|2"}},
		"byte order mark":  {"\xef\xbb\xbfa,b\n1,2\n", []string{"a|b", "2: 1|2"}},
		"UTF-16 with tabs": {utf16(t, "a\tb\r\nü\t2\r\n"), []string{"a|b", "2: ü|2"}},
		"UTF-16 cut off within a unit": {
			strings.TrimSuffix(utf16(t, "a\tb\nü\t2\nx\ty"), "\x00"), []string{"a|b", "2: ü|2", "3: ! column b is not UTF-8 text: save the file as CSV UTF-8"},
		},
		"UTF-16 cut off within a pair": {
			strings.TrimSuffix(utf16(t, "a\tb\nü\t😀"), "\x00\xde"), []string{"a|b", "2: ! column b is not UTF-8 text: save the file as CSV UTF-8"},
		},
		"UTF-16 of the other order cut off": {
			"\xfe\xff\x00a\x00\n\xd8\x3d", []string{"a", "2: ! column a is not UTF-8 text: save the file as CSV UTF-8"},
		},
		"UTF-16 that ends with a pair": {utf16(t, "a\tb\nü\t😀"), []string{"a|b", "2: ü|😀"}},
		"semicolons":                   {"a;b\n1,5;2\n", []string{"a|b", "2: 1,5|2"}},
		"tabs":                         {"a\tb\n1;\t2\n", []string{"a|b", "2: 1;|2"}},
		"sep line":                     {"sep=;\r\na;b\r\n1;2\r\n", []string{"a|b", "3: 1|2"}},
		"one column":                   {"a\n1\n", []string{"a", "2: 1"}},
		"bare quotes in the head": {
			"userName;emails[type eq \"work\"].value\nada;a@example.com\n",
			[]string{`userName|emails[type eq "work"].value`, "2: ada|a@example.com"},
		},
		"quoted line ends":       {"a,b\n\"x\ny\",2\n3,4\n", []string{"a|b", "2: x\ny|2", "4: 3|4"}},
		"quoted delimiters":      {"a,b\n\"x,\"\"y\"\"\",2\n", []string{"a|b", `2: x,"y"|2`}},
		"empty rows":             {"a,b\n\n,\n1,2\n\n", []string{"a|b", "4: 1|2"}},
		"neutralised cells":      {"a,b\n'=1+1,'abc\n", []string{"a|b", "2: =1+1|'abc"}},
		"a row with fewer cells": {"a,b\n1\n3,4\n", []string{"a|b", "2: ! the row has 1 cell and the head 2 columns", "3: 3|4"}},
		"blanks around cells":    {"a , b\n 1,\t2 \n\"x\" , \" y \"\n", []string{"a|b", "2: 1|2", "3: x| y "}},
		"blanks and tabs":        {"a\tb\tc\n\t 1 \t\"2\"\n", []string{"a|b|c", "2: |1|2"}},
		"rows of blanks":         {"a,b\n , \n1,2\n", []string{"a|b", "3: 1|2"}},
		"text behind a quote": {"a,b\n1,\"x\"y\n3,4\n", []string{
			"a|b", "2: ! a quote stands where none may be, at character 5 of line 2: a cell with quotes is quoted, and each quote in it doubled", "3: 3|4",
		}},
		"an open quote": {"a,b\n1,2\n\"3,4\n5,6\n", []string{
			"a|b", "2: 1|2", "3: ! a quote is left open in this row, so nothing behind it in the file could be read",
		}},
		"a long row": {"a,b\n\"" + strings.Repeat("x\n", sheet.MaxRow) + "\",2\n3,4\n", []string{
			"a|b", "2: ! " + sheet.ErrRowTooLong.Error(), fmt.Sprint(sheet.MaxRow+3, ": 3|4"),
		}},
		"a long line": {"a,b\n" + strings.Repeat("x", sheet.MaxRow) + ",2\n3,4", []string{"a|b", "2: ! " + sheet.ErrRowTooLong.Error(), "3: 3|4"}},
		"Latin-1": {"a,b\nJos\xe9,2\n3,4\n", []string{
			"a|b", "2: ! column a is not UTF-8 text: save the file as CSV UTF-8", "3: 3|4",
		}},
		"a quote in the midst": {"a,b\nx\"y,2\n3,4\n", []string{
			"a|b", "2: ! a quote stands where none may be, at character 2 of line 2: a cell with quotes is quoted, and each quote in it doubled", "3: 3|4",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := table(strings.NewReader(test.in))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReader_RefusesWhatIsNoTable(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                                       "the file is empty",
		strings.Repeat("a,", sheet.MaxColumns+1): "columns, more than",
		"Gr\xf6\xdfe,b\n":                        "not UTF-8 text",
		"PK\x03\x04\x00,b\n":                     "no CSV text",
		strings.Repeat("a", sheet.MaxRow+1) + "\n": "line 1: the row is longer",
		"a,\"b\n1,2\n": "line 1: a quote is left open",
	} {
		_, err := table(strings.NewReader(in))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", in, err, want)
		}
	}
}

// texts are cells: mostly such as trip CSV or spreadsheets.
func texts() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.StringOfN(rapid.RuneFrom([]rune("=+-@'\"\t\r\n;|, a＝ é\u00a0")), 0, 8, -1),
	)
}

func TestNeutral_IsUndoneByPlain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := texts().Draw(t, "text")
		if got := sheet.Plain(sheet.Neutral(text)); got != text {
			t.Fatalf("%q became %q and came back as %q", text, sheet.Neutral(text), got)
		}
	})
}

func TestNeutral_NothingIsComputed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"=1+1": "'=1+1", "+49 30": "'+49 30", "-1": "'-1", "@sum": "'@sum", "\tx": "'\tx", "\rx": "'\rx", "\n=1": "'\n=1",
		"a;=1": "a;'=1", "a\n-1": "a\n'-1", " =1": "' =1", "'=1": "''=1", "＝1": "'＝1",
		"ada@example.com": "ada@example.com", "a=b": "a=b", "x-y": "x-y", "": "", "'": "'", "O'Hara": "O'Hara",
	} {
		if got := sheet.Neutral(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestTable_ReadsWhatWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 4).Draw(t, "width")
		rows := rapid.SliceOfN(rapid.SliceOfN(texts(), width, width), 0, 5).Draw(t, "rows")
		var file bytes.Buffer
		w := sheet.NewWriter(&file)
		head := []string{"a", "b", "c", "d"}[:width]
		check(t, w.Write(head...))
		for _, row := range rows {
			check(t, w.Write(row...))
		}
		check(t, w.Flush())
		r, err := sheet.NewReader(&file)
		check(t, err)
		if !slices.Equal(r.Header, head) {
			t.Fatalf("head %q", r.Header)
		}
		for _, row := range rows {
			if strings.Join(row, "") == "" {
				continue // an empty row is no row
			}
			got, err := r.Read()
			check(t, errors.Join(err, got.Err))
			for i := range row {
				if lineEnds.ReplaceAllString(row[i], "\n") != lineEnds.ReplaceAllString(got.Cells[i], "\n") {
					t.Fatalf("%q came back as %q", row[i], got.Cells[i])
				}
			}
		}
		if row, err := r.Read(); !errors.Is(err, io.EOF) {
			t.Fatalf("one row too many: %+v %v", row, err)
		}
	})
}

// TestReader_ReadsAsEncodingCSV compares with the standard library, where that knows no less: texts without blanks at
// the ends of cells.
func TestReader_ReadsAsEncodingCSV(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := "a,b\n" + rapid.StringOfN(rapid.RuneFrom([]rune("xy,,\n\n\"\"")), 0, 30, -1).Draw(t, "text")
		std := csv.NewReader(strings.NewReader(text))
		std.FieldsPerRecord = 2
		got, err := sheet.NewReader(strings.NewReader(text))
		check(t, err)
		if _, err := std.Read(); err != nil {
			t.Fatal(err)
		}
		for {
			want, wantErr := std.Read()
			if (wantErr == nil || errors.Is(wantErr, csv.ErrFieldCount)) && strings.Join(want, "") == "" {
				continue // an empty row is no row
			}
			row, err := got.Read()
			if errors.Is(wantErr, io.EOF) {
				if !errors.Is(err, io.EOF) {
					t.Fatalf("%q: one row too many: %+v %v", text, row, err)
				}
				return
			}
			if err != nil || (wantErr == nil) != (row.Err == nil) || wantErr == nil && !slices.Equal(want, row.Cells) {
				t.Fatalf("%q: %q %v, want %q %v", text, row.Cells, errors.Join(err, row.Err), want, wantErr)
			}
		}
	})
}

// lineEnds: in a cell of a CSV file there is one kind of line end.
var lineEnds = regexp.MustCompile(`\r+\n`)

type fataler interface {
	Helper()
	Fatal(args ...any)
}

func check(t fataler, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestLines_LongOnesArePassedOver(t *testing.T) {
	t.Parallel()
	in := "\xef\xbb\xbf{\"a\":1}\r\n\n" + strings.Repeat("x", 3*sheet.MaxRow) + "\n{\"b\":2}"
	l, err := sheet.NewLines(strings.NewReader(in))
	check(t, err)
	var got []string
	for {
		text, line, err := l.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if errors.Is(err, sheet.ErrRowTooLong) {
			text = []byte("too long")
		} else {
			check(t, err)
		}
		got = append(got, fmt.Sprintf("%d: %s", line, text))
	}
	if diff := cmp.Diff([]string{`1: {"a":1}`, "3: too long", `4: {"b":2}`}, got); diff != "" {
		t.Error(diff)
	}
}
