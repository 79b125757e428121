package delivery

import (
	"bytes"
	"flag"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/usher-scim/usher/directory"
)

var update = flag.Bool("update", false, "write testdata/letters anew")

var (
	letterTime = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	postbox    = &mail.Address{Name: "Usher", Address: "usher@example.com"}
	ada        = directory.Recipient{Subject: "s1", Name: "Ada Lovelace", Email: "ada@example.com"}
)

// mailOf composes a letter of so many notices.
func mailOf(t testing.TB, code, typ string, to directory.Recipient, n directory.Notice, count int) (*gomail.Msg, error) {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	check(t, err)
	group := make([]directory.Message, count)
	list := make([]directory.Notice, count)
	for i := range count {
		group[i], list[i] = directory.Message{Root: "r", ID: "m", Type: typ}, n
	}
	speech := tongueOf(code)
	return speech.compose(speech.letter(typ, list, to, zone, "https://usher.example.com"), postbox, to, group, letterTime)
}

func bytesOf(t testing.TB, m *gomail.Msg) []byte {
	t.Helper()
	var b bytes.Buffer
	_, err := m.WriteTo(&b)
	check(t, err)
	return b.Bytes()
}

func TestLetter_Golden(t *testing.T) {
	t.Parallel()
	person := directory.Notice{
		Workspace: "ACC123", WorkspaceName: "Müller & Söhne", Connection: "Okta", By: "api:ops", Method: directory.MethodBoth,
		Person: "Grace <b>Hopper</b>", Email: "grace@example.com", Role: "member", Time: letterTime, Expires: letterTime.AddDate(0, 0, 7),
	}
	method := person
	method.Connection = ""
	for _, row := range []struct {
		name, typ string
		notice    directory.Notice
		count     int
	}{
		{"signin-enabled", directory.NoticeSignInEnabled, person, 1},
		{"signin-enabled-method", directory.NoticeSignInEnabled, method, 1},
		{"signin-disabled", directory.NoticeSignInDisabled, person, 1},
		{"signin-changed", directory.NoticeSignInChanged, method, 2},
		{"user-created", directory.NoticeUserCreated, person, 1},
		{"user-created-digest", directory.NoticeUserCreated, person, maxListed + 2},
		{"token-expires", directory.NoticeTokenExpires, person, 1},
		{"token-expires-digest", directory.NoticeTokenExpires, person, 2},
		{"certificate-expires", directory.NoticeCertificateExpires, person, 1},
		{"certificate-expires-digest", directory.NoticeCertificateExpires, person, 2},
		{"keys-expire", directory.NoticeKeysExpire, person, 1},
		{"keys-expire-digest", directory.NoticeKeysExpire, person, 2},
		{"recovery-used", directory.NoticeRecoveryUsed, person, 1},
		{"breakglass-used", directory.NoticeBreakGlassUsed, person, 1},
	} {
		for _, code := range []string{"en", "de"} {
			t.Run(code+"/"+row.name, func(t *testing.T) {
				t.Parallel()
				m, err := mailOf(t, code, row.typ, ada, row.notice, row.count)
				check(t, err)
				got := bytes.ReplaceAll(bytesOf(t, m), []byte("\r\n"), []byte("\n"))
				file := filepath.Join("testdata", "letters", row.name+"."+code+".eml")
				if *update {
					check(t, os.MkdirAll(filepath.Dir(file), 0o755))
					check(t, os.WriteFile(file, got, 0o644))
				}
				golden, err := os.ReadFile(file)
				check(t, err)
				want(t, file+"; write anew by go test ./delivery -run TestLetter_Golden -update", string(got), string(golden))
			})
		}
	}
}

// Every type of notice has its texts in every language.
func TestLetter_LanguagesSayTheSame(t *testing.T) {
	t.Parallel()
	for _, one := range tongues {
		for _, other := range tongues {
			for typ, said := range one.letters {
				w, ok := other.letters[typ]
				if !ok || (w.intro == nil) != (said.intro == nil) || (w.closing == nil) != (said.closing == nil) || w.by != said.by {
					t.Errorf("%s has %q, %s has it not, or otherwise", one.code, typ, other.code)
				}
			}
		}
	}
}

func TestLetter_LanguageOfTheWorkspace(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ workspace, recipient, want string }{
		{"", "", "en"}, {"de", "en", "de"}, {"de-AT", "", "de"}, {"", "de-CH", "de"}, {"en-GB", "de", "en"}, {"fr", "", "en"}, {"???", "", "en"},
	} {
		want(t, row.workspace+", "+row.recipient, tongueOf(row.workspace, row.recipient).code, row.want)
	}
}

// hostile are texts that IdPs send, or admins choose, to make a mail into another one.
var hostile = []string{
	"Eve\r\nBcc: everybody@example.com", "Eve\nSubject: hi", "Eve\r\n\r\n<h1>body</h1>", "Eve\x00\x1b[31m", "Eve\u2028Bcc: x@example.com",
	"Eve\u202egnp.exe", "=?utf-8?q?Eve=0D=0ABcc:_x@example.com?=", strings.Repeat("E", 100_000), "Eve\xff\xfe", "<script>alert(1)</script>",
	"{{.Server}}", "* Eve", "--usher-", ".\r\n.\r\nMAIL FROM:<x@example.com>", "\"Eve\" <x@example.com>,", "Eve\u0085Bcc: x", `ev\é`,
}

func TestLetter_NoTextBecomesAHeader(t *testing.T) {
	t.Parallel()
	for _, text := range hostile {
		for _, typ := range []string{directory.NoticeSignInEnabled, directory.NoticeUserCreated, directory.NoticeTokenExpires, directory.NoticeBreakGlassUsed} {
			checkLetter(t, typ, text, text)
		}
	}
}

// checkLetter composes a letter in which somebody else has chosen all texts, and reads it as a mail program does.
func checkLetter(t testing.TB, typ, text, name string) {
	t.Helper()
	to := directory.Recipient{Subject: "s1", Name: name, Email: "ada@example.com"}
	m, err := mailOf(t, "en", typ, to, directory.Notice{
		WorkspaceName: text, Connection: text, By: text, Method: directory.Method(text), Person: text, Email: text, Role: text, Time: letterTime,
	}, 2)
	check(t, err)
	whole := bytesOf(t, m)
	read, err := mail.ReadMessage(bytes.NewReader(whole))
	check(t, err)
	known := map[string]bool{
		"Auto-Submitted": true, "Content-Language": true, "Content-Type": true, "Date": true, "From": true, "Message-Id": true,
		"Mime-Version": true, "Subject": true, "To": true,
	}
	for name, values := range read.Header {
		if !known[name] || len(values) != 1 {
			t.Errorf("header %s: %q, made by %q", name, values, text)
		}
	}
	to1, err := read.Header.AddressList("To")
	if err != nil || len(to1) != 1 || to1[0].Address != "ada@example.com" {
		t.Errorf("to %v, %v, made by %q", to1, err, text)
	}
	_, parameters, err := mime.ParseMediaType(read.Header.Get("Content-Type"))
	check(t, err)
	parts, count := multipart.NewReader(read.Body, parameters["boundary"]), 0
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			break
		}
		check(t, err)
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		check(t, err)
		if count++; count == 2 && bytes.Contains(body, []byte("<script")) {
			t.Errorf("the page holds a script, made by %q", text)
		}
		if bytes.Contains(body, []byte("\u202e")) {
			t.Errorf("the text turns around, made by %q", text)
		}
	}
	if count != 2 || len(whole) > 30_000 {
		t.Errorf("%d parts and %d bytes, made by %q", count, len(whole), text)
	}
	for line := range bytes.SplitSeq(whole, []byte("\r\n")) {
		if bytes.ContainsAny(line, "\r\n\x00") || len(line) > 998 { // RFC 5322 §2.1.1, §2.3
			t.Errorf("the line %q, made by %q", line, text)
		}
	}
}

func FuzzLetter(f *testing.F) {
	for _, text := range hostile {
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, text, name string) { checkLetter(t, directory.NoticeUserCreated, text, name) })
}

func TestMailable(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		address string
		want    bool
	}{
		{"ada@example.com", true},
		{"ada.lovelace+usher@mail.example.co.uk", true},
		{"ada@xn--bcher-kva.example", true},
		{"ädä@bücher.example", true},
		{"ada@[192.0.2.1]", false},
		{"", false},
		{"ada", false},
		{"@example.com", false},
		{"ada@", false},
		{"Ada <ada@example.com>", false},
		{"ada@example.com, eve@example.com", false},
		{"ada@example.com\r\nBcc: eve@example.com", false},
		{"ada@example.com\n", false},
		{" ada@example.com", false},
		{`"ada"@example.com`, false},
		{`"ada@example.com> RCPT TO:<eve@example.com"@example.com`, false}, // CVE-2025-59937
		{"ada@example.com>", false},
		{"ada\x00@example.com", false},
		{"ada@exam\u202eple.com", false},
		{"ada@eve@example.com", false},
		{strings.Repeat("a", 65) + "@example.com", false},
		{"ada@" + strings.Repeat("e", 200) + ".com", false},
	} {
		if got := mailable(row.address); got != row.want {
			t.Errorf("mailable(%q) = %t", row.address, got)
		}
		if !row.want {
			_, err := mailOf(t, "en", directory.NoticeSignInEnabled, directory.Recipient{Email: row.address}, directory.Notice{}, 1)
			if err == nil {
				t.Errorf("a letter to %q is composed", row.address)
			}
		}
	}
}
