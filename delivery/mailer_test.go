package delivery

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usher-scim/usher/directory"
)

func TestNewMailer(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		url, from string
		want      string // a part of the error; empty: none
	}{
		{"smtp://usher:s3cret@mx.example.com:587", "usher@example.com", ""},
		{"smtp://mx.example.com", "Usher <usher@example.com>", ""},
		{"smtps://mx.example.com/", "usher@example.com", ""},
		{"smtp://mx.example.com:25?tls=off", "usher@example.com", ""},
		{"smtp://usher:s3cret@127.0.0.1:25?tls=off", "usher@example.com", ""},
		{"file:///var/mail/usher", "usher@example.com", ""},

		{"smtp://usher:s3cret@mx.example.com?tls=off", "usher@example.com", "in the clear"},
		{"smtp://mx.example.com?tls=of", "usher@example.com", "tls=of"},
		{"smtp://mx.example.com?starttls=off", "usher@example.com", "starttls=off"},
		{"smtps://mx.example.com?tls=off", "usher@example.com", "tls=off"},
		{"smtp://mx.example.com:0", "usher@example.com", "port"},
		{"smtp://mx.example.com:99999", "usher@example.com", "port"},
		{"smtp://", "usher@example.com", "smtp://user"},
		{"smtp://mx.example.com/inbox", "usher@example.com", "smtp://user"},
		{"http://mx.example.com", "usher@example.com", "scheme"},
		{"mx.example.com:587", "usher@example.com", "mail server"},
		{"", "usher@example.com", "scheme"},
		{"smtp://usher:s3cret@mx.example.com:port", "usher@example.com", "cannot be read"},
		{"smtp://usher:s3cret%zz@mx.example.com", "usher@example.com", "cannot be read"},
		{"file://mail/usher", "usher@example.com", "file:///path"},
		{"file:mail", "usher@example.com", "file:///path"},
		{"smtp://mx.example.com", "", "no e-mail address"},
		{"smtp://mx.example.com", "usher", "no e-mail address"},
		{"smtp://mx.example.com", "Usher <usher@example.com>\r\nBcc: x@example.com", "no e-mail address"},
		{"smtp://mx.example.com", `"a b"@example.com`, "no e-mail address"},
	} {
		m, err := NewMailer(MailerConfig{URL: row.url, From: row.from})
		switch {
		case row.want == "" && err != nil:
			t.Errorf("%s from %s: %v", row.url, row.from, err)
		case row.want == "" && strings.Contains(m.String(), "s3cret"):
			t.Errorf("%s: the password stands in %s", row.url, m)
		case row.want == "":
		case err == nil || !strings.Contains(err.Error(), row.want):
			t.Errorf("%s from %s: %v, want %q", row.url, row.from, err, row.want)
		case strings.Contains(err.Error(), "s3cret"):
			t.Errorf("%s: the password stands in %v", row.url, err)
		}
	}
}

func TestMail_IntoAFolder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dir := filepath.Join(t.TempDir(), "new", "mails")
	m, err := NewMailer(MailerConfig{URL: (&url.URL{Scheme: "file", Path: filepath.ToSlash(dir)}).String(), From: "usher@example.com"})
	check(t, err)
	w.admin("ada@example.com")
	w.admin("grace@example.com")
	w.notice(directory.NoticeSignInEnabled, "", directory.Notice{Connection: "Okta"})
	w.mails(m)
	files, err := os.ReadDir(dir)
	check(t, err)
	want(t, "files", len(files), 2)
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		check(t, err)
		if filepath.Ext(f.Name()) != ".eml" || !strings.Contains(string(text), "Subject: Acme: sign-in was enabled\r\n") {
			t.Errorf("%s:\n%s", f.Name(), text)
		}
	}
	want(t, "left", len(w.waiting(directory.MessageMail, w.workspace.ID)), 0)
}
