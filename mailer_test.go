package usher_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/delivery"
	"github.com/usher-scim/usher/directory"
)

// A server that runs tells apps of logouts by tokens of its OpenID Provider, and admins of what has happened by mail.
func TestServer_TellsAppsAndAdmins(t *testing.T) {
	t.Parallel()
	mails := filepath.Join(t.TempDir(), "mails")
	mailer, err := delivery.NewMailer(delivery.MailerConfig{URL: (&url.URL{Scheme: "file", Path: mails}).String(), From: "usher@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	client := delivery.NewClient(delivery.ClientConfig{AllowedNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	b := setup(t, usher.Config{Mailer: mailer, Client: client, PublicURL: "https://usher.example.com"})
	tokens := make(chan string, 1)
	app := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { tokens <- r.FormValue("logout_token") }))
	t.Cleanup(app.Close)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.server.Run(ctx) }()

	d := b.server.Directory()
	w, err := d.Workspace(ctx, "ACC123")
	if err != nil {
		t.Fatal(err)
	}
	b.wantLogout(t, w, app.URL, tokens)
	ada, err := d.Invite(ctx, operator, w, directory.Invitation{Email: "ada@example.com", Role: "owner"})
	if err == nil {
		err = d.ReportLogin(ctx, operator, w, ada.Subject)
	}
	if err == nil {
		_, err = d.UpdateWorkspace(ctx, operator, w, directory.WorkspaceChange{Settings: &directory.WorkspaceSettings{Method: directory.MethodBoth}})
	}
	if err != nil {
		t.Fatal(err)
	}
	if h := awaitMail(t, mails); h.Get("To") != "<ada@example.com>" || h.Get("Subject") != "ACC123: sign-in was enabled" {
		t.Errorf("%v", h)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// wantLogout lets a session of an app end.
func (b *bundle) wantLogout(t *testing.T, w directory.Workspace, address string, tokens <-chan string) {
	t.Helper()
	a, err := b.server.Directory().CreateApp(t.Context(), operator, directory.NewApp{
		Root: w.Root, Name: "Board", RedirectURIs: []string{"https://app.example.com/cb"}, BackchannelLogoutURI: address,
	})
	if err != nil {
		t.Fatal(err)
	}
	m := directory.Message{
		Root: w.Root, ID: "m1", Kind: directory.MessageLogout, To: a.App.ID, Data: []byte(`{"app":"` + a.App.ID + `","sid":"s1","sub":"p1"}`),
		Created: b.now(), NextAt: b.now(), Version: 1,
	}
	change := &directory.Change{Root: w.Root}
	change.Messages = []directory.Edit[directory.Message]{{After: &m}}
	if err := b.store.Commit(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	if token := <-tokens; strings.Count(token, ".") != 2 {
		t.Errorf("logout_token %q", token)
	}
}

// awaitMail returns the header of the first mail in a folder.
func awaitMail(t *testing.T, folder string) textproto.MIMEHeader {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		files, _ := filepath.Glob(filepath.Join(folder, "*.eml"))
		if len(files) == 0 {
			continue
		}
		f, err := os.Open(files[0])
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		h, err := textproto.NewReader(bufio.NewReader(f)).ReadMIMEHeader()
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	t.Fatal("there is no mail")
	return nil
}
