package admin

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/delivery"
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso/saml"
)

// exampleMetadata is the metadata of the example, with replacements in pairs.
func exampleMetadata(t *testing.T, replacements ...string) string {
	t.Helper()
	var in MetadataImport
	ok(t, json.Unmarshal([]byte(exampleImport), &in))
	return strings.NewReplacer(replacements...).Replace(in.Metadata)
}

// exampleFingerprint is that of its certificate.
func exampleFingerprint(t *testing.T) string {
	t.Helper()
	p := must(saml.ReadMetadata([]byte(exampleMetadata(t)), testStart))(t)
	return directory.Fingerprint(p.Certificates[0])
}

const wantsSigned = `<md:IDPSSODescriptor WantAuthnRequestsSigned="true" `

// actions are the audit entries of a workspace behind the first n, with what was changed.
func (w *world) actions(t *testing.T, c *Client, n int) (list []string) {
	t.Helper()
	for e, err := range c.Audit(t.Context(), "ACC123") {
		ok(t, err)
		var detail struct{ Changed []string }
		ok(t, json.Unmarshal(e.Detail, &detail))
		list = append(list, e.Action+" "+strings.Join(detail.Changed, " "))
	}
	return list[n:]
}

// mails counts those that wait, by type.
func (w *world) mails(t *testing.T) map[string]int {
	t.Helper()
	count := map[string]int{}
	for _, m := range must(w.directory.DueMessages(w.ctx, directory.MessageMail, 100))(t) {
		count[m.Type]++
	}
	return count
}

// Metadata is shown first, and taken when each new certificate was confirmed: the rules and the keys that they need at once.
func TestSAML_ImportIsShownThenConfirmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	c, ctx := w.client(w.keyOf("ACC123", "*")), t.Context()
	before, mails := len(w.actions(t, c, 0)), w.mails(t)
	metadata, name := exampleMetadata(t, "<md:IDPSSODescriptor ", wantsSigned), exampleFingerprint(t)
	unchanged := func() {
		t.Helper()
		if k := must(c.Connection(ctx, "ACC123", "entra-next"))(t); k.Settings.SignIn != nil || k.SignInSecret || len(w.actions(t, c, before)) > 0 || !maps.Equal(w.mails(t), mails) {
			t.Errorf("something was changed: %+v %q %v", k, w.actions(t, c, before), w.mails(t))
		}
	}

	shown := must(c.ImportMetadata(ctx, "ACC123", "entra-next", MetadataImport{Metadata: metadata}))(t)
	if shown.Applied || len(shown.NewCertificates) != 1 || shown.NewCertificates[0].SHA256 != name || shown.EntityID != "https://login.acme.example/metadata" ||
		!strings.HasSuffix(shown.MetadataURL, "/metadata") || !strings.Contains(strings.Join(shown.Changes, "\n"), "new certificate "+name) {
		t.Errorf("shown: %+v", shown)
	}
	_, err := c.ImportMetadata(ctx, "ACC123", "entra-next", MetadataImport{Metadata: metadata, Confirm: true})
	status(t, err, http.StatusBadRequest)
	unchanged()
	_, err = c.IfVersion(77).ImportMetadata(ctx, "ACC123", "entra-next", MetadataImport{Metadata: metadata, Confirm: true, Certificates: []string{name}})
	status(t, err, http.StatusPreconditionFailed)
	unchanged()

	pasted := strings.ToUpper(name[:2] + ":" + name[2:])
	done := must(c.IfVersion(shown.Version).ImportMetadata(ctx, "ACC123", "entra-next", MetadataImport{Metadata: metadata, Confirm: true, Certificates: []string{pasted}}))(t)
	k := must(c.Connection(ctx, "ACC123", "entra-next"))(t)
	if s := k.Settings.SignIn; !done.Applied || done.Version != k.Version || !s.IsSAML() || s.Issuer != done.EntityID || !s.SAML.SignRequests || !k.SignInSecret {
		t.Errorf("done: %+v, and there is %+v", done, k)
	}
	if got := w.actions(t, c, before); !slices.Equal(got, []string{"connection.update sign_in sign_in_secret"}) {
		t.Errorf("audited: %q", got)
	}
	mails[directory.NoticeSignInEnabled]++
	if got := w.mails(t); !maps.Equal(got, mails) {
		t.Errorf("told: %v, not %v", got, mails)
	}

	again := must(c.ImportMetadata(ctx, "ACC123", "entra-next", MetadataImport{Metadata: exampleMetadata(t), Confirm: true}))(t)
	if !again.Applied || len(again.Changes)+len(again.NewCertificates) > 0 || again.Version != done.Version || len(w.actions(t, c, before)) != 1 {
		t.Errorf("nothing is different: %+v", again)
	}
	if strings.Contains(w.log.String(), "PRIVATE KEY") || strings.Contains(w.send(w.all, "GET", "/workspaces/ACC123/audit", "").body, "PRIVATE KEY") {
		t.Error("a key is told")
	}
}

// What cannot be used is refused with what to do, and changes nothing.
func TestSAML_ImportRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	c, ctx := w.client(w.keyOf("ACC123", "*")), t.Context()
	must(c.CreateConnection(ctx, "ACC123", NewConnection{Name: "declared"}))(t)
	declared, err := w.directory.Connection(w.ctx, w.workspace("ACC123"), "declared")
	w.check(err)
	_, err = w.directory.UpdateConnection(w.ctx, directory.Actor{Name: directory.ActorConfig}, declared, directory.ConnectionChange{Origin: new("usher.yaml")})
	w.check(err)
	before, name, good := len(w.actions(t, c, 0)), exampleFingerprint(t), exampleMetadata(t)
	for _, row := range []struct {
		at   string
		in   MetadataImport
		code int
		want string
	}{
		{"entra-next", MetadataImport{}, 400, "exactly one place"},
		{"entra-next", MetadataImport{Metadata: good, URL: "https://idp.example"}, 400, "exactly one place"},
		{"entra-next", MetadataImport{Metadata: "hello"}, 400, "the metadata cannot be used"},
		{"entra-next", MetadataImport{Metadata: strings.ReplaceAll(good, "IDPSSO", "SPSSO")}, 400, "no identity provider in it"},
		{"entra-next", MetadataImport{Metadata: exampleMetadata(t, "<md:IDPSSODescriptor ", `<md:IDPSSODescriptor validUntil="2029-12-31T00:00:00Z" `)}, 400, "get it anew"},
		{"entra-next", MetadataImport{Metadata: good, Confirm: true}, 400, "nobody has confirmed the certificate " + name},
		{"entra-next", MetadataImport{Metadata: good, Confirm: true, Certificates: []string{name, "ab"}}, 400, `has no certificate "ab"`},
		{"adfs", MetadataImport{Metadata: exampleMetadata(t, "login.acme.example/metadata", "evil.example"), Confirm: true}, 400, "another identity provider"},
		{"okta", MetadataImport{Metadata: good}, 409, "OpenID Connect"},
		{"declared", MetadataImport{Metadata: good, Confirm: true, Certificates: []string{name}}, 403, "usher.yaml"},
		{"entra-next", MetadataImport{URL: "https://127.0.0.1:1/metadata"}, 400, "network that the operator does not allow"},
		{"entra-next", MetadataImport{URL: "https://10.1.2.3/metadata"}, 400, "network that the operator does not allow"},
		{"entra-next", MetadataImport{URL: "http://idp.example/metadata"}, 400, "https"},
		{"entra-next", MetadataImport{URL: "file:///etc/passwd"}, 400, "scheme, host and path"},
		{"nowhere", MetadataImport{Metadata: good}, 404, "nowhere"},
	} {
		_, err := c.ImportMetadata(ctx, "ACC123", row.at, row.in)
		status(t, err, row.code)
		p, _ := err.(*Problem)
		if p == nil || !strings.Contains(p.Detail+p.Hint, row.want) || p.Hint == "" || strings.Contains(p.Detail, "127.0.0.1") {
			t.Errorf("%s %+v: %+v", row.at, row.in.URL, p)
		}
	}
	_, err = c.ImportMetadata(ctx, "ACC123", "entra-next", MetadataImport{Metadata: strings.Repeat(" ", maxBody)})
	status(t, err, http.StatusRequestEntityTooLarge)
	w.clock.add(20 * 365 * 24 * time.Hour)
	late := w.client(w.keyOf("ACC123", "*"))
	_, err = late.ImportMetadata(ctx, "ACC123", "entra-next", MetadataImport{Metadata: good})
	if status(t, err, http.StatusBadRequest); !strings.Contains(err.Error(), "all its certificates is over") {
		t.Error(err)
	}
	if got := w.actions(t, late, before); !slices.Equal(got, []string{"api_key.create "}) { // that of late
		t.Errorf("audited: %q", got)
	}
}

// By the name of an identity provider people are known: another one is taken only when somebody has named it.
func TestSAML_ImportOfAnotherProviderIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	c, ctx := w.client(w.keyOf("ACC123", "*")), t.Context()
	const other = "https://login.acme.example/new"
	in := MetadataImport{Metadata: exampleMetadata(t, "https://login.acme.example/metadata", other), EntityID: other}
	if shown := must(c.ImportMetadata(ctx, "ACC123", "adfs", in))(t); !shown.OtherProvider || shown.Applied {
		t.Errorf("shown: %+v", shown)
	}
	in.Confirm = true
	done := must(c.ImportMetadata(ctx, "ACC123", "adfs", in))(t)
	if k := must(c.Connection(ctx, "ACC123", "adfs"))(t); !done.Applied || k.Settings.SignIn.Issuer != other || !k.Settings.SignIn.Disabled {
		t.Errorf("done: %+v, and there is %+v", done, k.Settings.SignIn)
	}
}

// An address is fetched once, by the client of the operator, without redirects.
func TestSAML_ImportFromAnAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	metadata := exampleMetadata(t)
	idp := httptest.NewTLSServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/metadata":
			_, _ = out.Write([]byte(metadata))
		case "/moved":
			http.Redirect(out, r, "/metadata", http.StatusFound)
		case "/endless":
			_, _ = out.Write([]byte(strings.Repeat(" ", 8<<20)))
		default:
			http.NotFound(out, r)
		}
	}))
	t.Cleanup(idp.Close)
	roots := x509.NewCertPool()
	roots.AddCert(idp.Certificate())
	handler, err := New(Options{
		Directory: w.directory, Now: w.clock.Now, Log: slog.New(slog.DiscardHandler),
		SAML: lent(delivery.NewClient(delivery.ClientConfig{AllowedNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, RootCAs: roots})),
	})
	w.check(err)
	server := httptest.NewServer(http.StripPrefix(defaultURL, handler))
	t.Cleanup(server.Close)
	c := &Client{BaseURL: server.URL + defaultURL, Key: w.all}
	fetch := func(path string) (MetadataReport, error) {
		return c.ImportMetadata(context.Background(), "ACC123", "entra-next", MetadataImport{URL: idp.URL + path})
	}
	if shown := must(fetch("/metadata"))(t); len(shown.NewCertificates) != 1 {
		t.Errorf("shown: %+v", shown)
	}
	for path, want := range map[string]string{"/moved": "302 Found", "/none": "404 Not Found", "/endless": "the metadata cannot be used"} {
		_, err := fetch(path)
		if status(t, err, http.StatusBadRequest); !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// Our own keys change in two steps, each of which can be taken once. Nobody sees them; their certificates everybody may.
func TestSAML_KeysChangeInTwoSteps(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	c, ctx := w.client(w.keyOf("ACC123", "*")), t.Context()
	before := len(w.actions(t, c, 0))
	uses := func(all []SAMLCertificate) (list []string) {
		for _, one := range all {
			if block, rest := pem.Decode([]byte(one.PEM)); block == nil || block.Type != "CERTIFICATE" || len(rest) > 0 {
				t.Errorf("%s: %q", one.Use, one.PEM)
			}
			list = append(list, string(one.Use))
		}
		return list
	}
	wantUses := func(got []SAMLCertificate, want ...string) {
		t.Helper()
		if is := uses(got); !slices.Equal(is, want) {
			t.Errorf("there are %q, not %q", is, want)
		}
	}
	wantUses(must(c.SAMLCertificates(ctx, "ACC123", "adfs"))(t), "identity_provider")
	_, err := c.CompleteSAMLKeys(ctx, "ACC123", "adfs")
	status(t, err, http.StatusConflict)
	first := must(c.RotateSAMLKeys(ctx, "ACC123", "adfs"))(t)
	wantUses(first.Certificates, "signing", "encryption")
	next := must(c.IfVersion(first.Version).RotateSAMLKeys(ctx, "ACC123", "adfs"))(t)
	wantUses(next.Certificates, "signing", "next_signing", "next_encryption", "encryption")
	if next.Certificates[0].SHA256 != first.Certificates[0].SHA256 || !strings.HasSuffix(next.MetadataURL, "/metadata") {
		t.Errorf("what signs has changed already: %+v", next)
	}
	wantUses(must(c.SAMLCertificates(ctx, "ACC123", "adfs"))(t), "encryption", "identity_provider", "next_encryption", "next_signing", "signing")
	_, err = c.RotateSAMLKeys(ctx, "ACC123", "adfs")
	status(t, err, http.StatusConflict)
	_, err = c.IfVersion(first.Version).CompleteSAMLKeys(ctx, "ACC123", "adfs")
	status(t, err, http.StatusPreconditionFailed)
	after := must(c.CompleteSAMLKeys(ctx, "ACC123", "adfs"))(t)
	wantUses(after.Certificates, "signing", "encryption")
	if after.Certificates[0].SHA256 != next.Certificates[1].SHA256 || after.Certificates[1].SHA256 != next.Certificates[2].SHA256 {
		t.Error("the next keys are not those in use")
	}
	if got := w.actions(t, c, before); !slices.Equal(got, slices.Repeat([]string{"connection.update sign_in_secret"}, 3)) {
		t.Errorf("audited: %q", got)
	}
	for _, path := range []string{"audit", "connections", "connections/adfs", "connections/adfs/saml/certificates", "events"} {
		if got := w.send(w.all, "GET", "/workspaces/ACC123/"+path, ""); strings.Contains(got.body, "PRIVATE KEY") {
			t.Errorf("%s tells a key", path)
		}
	}
	if strings.Contains(w.log.String(), "PRIVATE KEY") {
		t.Error("the log tells a key")
	}

	_, err = c.RotateSAMLKeys(ctx, "ACC123", "okta") // OpenID Connect
	status(t, err, http.StatusConflict)
	wantUses(must(c.SAMLCertificates(ctx, "ACC123", "okta"))(t))
	status(t, c.SetSignInSecret(ctx, "ACC123", "adfs", "a-client-secret"), http.StatusBadRequest)
}

// Rules that want signed requests have a key from then on, however they are given.
func TestSAML_SignedRequestsHaveAKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	c, ctx := w.client(w.keyOf("ACC123", "*")), t.Context()
	rules := *must(c.Connection(ctx, "ACC123", "adfs"))(t).Settings.SignIn
	signed := *rules.SAML
	signed.SignRequests, rules.SAML = true, &signed
	settings := directory.ConnectionSettings{SignIn: &rules}
	must(c.UpdateConnection(ctx, "ACC123", "adfs", ConnectionChange{Settings: &settings}))(t)
	must(c.CreateConnection(ctx, "ACC123", NewConnection{Name: "new", Settings: settings}))(t)
	for _, name := range []string{"adfs", "new"} {
		if all := must(c.SAMLCertificates(ctx, "ACC123", name))(t); len(all) != 3 {
			t.Errorf("%s: %+v", name, all)
		}
	}
	known := must(c.SAMLCertificates(ctx, "ACC123", "adfs"))(t)
	must(c.UpdateConnection(ctx, "ACC123", "adfs", ConnectionChange{Settings: &directory.ConnectionSettings{HardDelete: true}}))(t)
	if now := must(c.SAMLCertificates(ctx, "ACC123", "adfs"))(t); !slices.Equal(now, known) {
		t.Error("keys that were there were made again")
	}
}

// What another protocol has left as a secret is nothing to SAML: it goes, or keys take its place.
func TestSAML_TheSecretOfAnotherProtocolGoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	c, ctx := w.client(w.keyOf("ACC123", "*")), t.Context()
	for metadata, keys := range map[string]int{exampleMetadata(t): 0, exampleMetadata(t, "<md:IDPSSODescriptor ", wantsSigned): 2} {
		k := must(c.CreateConnection(ctx, "ACC123", NewConnection{Name: "left " + string(rune('0'+keys))}))(t)
		ok(t, c.SetSignInSecret(ctx, "ACC123", k.ID, "a-client-secret"))
		must(c.ImportMetadata(ctx, "ACC123", k.ID, MetadataImport{Metadata: metadata, Confirm: true, Certificates: []string{exampleFingerprint(t)}}))(t)
		if all := must(c.SAMLCertificates(ctx, "ACC123", k.ID))(t); len(all) != keys+1 {
			t.Errorf("%d certificates, with %d of ours", len(all), keys)
		}
		if k := must(c.Connection(ctx, "ACC123", k.ID))(t); k.SignInSecret != (keys > 0) {
			t.Errorf("there is a secret: %v, with %d keys", k.SignInSecret, keys)
		}
	}
}

// A secret belongs to the protocol that it was set for. Keys that somebody has brought along are not used, and Usher's own
// never become a client secret, which is sent to whatever issuer an admin names.
func TestSAML_ASecretGoesWithItsProtocol(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	c, ctx := w.client(w.keyOf("ACC123", "*")), t.Context()
	secret := func() string {
		k, err := w.directory.Connection(w.ctx, w.workspace("ACC123"), "entra-next")
		w.check(err)
		text, err := w.directory.SignInSecret(w.ctx, k)
		w.check(err)
		return text
	}
	brought := changingKeys()
	w.check(c.SetSignInSecret(ctx, "ACC123", "entra-next", brought))
	must(c.ImportMetadata(ctx, "ACC123", "entra-next", MetadataImport{
		Metadata: exampleMetadata(t, "<md:IDPSSODescriptor ", wantsSigned), Confirm: true, Certificates: []string{exampleFingerprint(t)},
	}))(t)
	if own := secret(); strings.Count(own, "BEGIN PRIVATE KEY") != 2 || own == brought {
		t.Error("the keys are not Usher's own")
	}
	for _, signIn := range []string{`null`, `{"protocol":"oidc","issuer":"https://issuer.example","client_id":"x"}`} {
		if r := w.send(w.all, "PATCH", "/workspaces/ACC123/connections/entra-next", `{"settings":{"sign_in":`+signIn+`}}`); r.status != http.StatusOK {
			t.Fatalf("%s: %d %s", signIn, r.status, r.body)
		}
		if kept := secret(); kept != "" {
			t.Errorf("after %s there is a secret of %d bytes", signIn, len(kept))
		}
	}
}

// Of two steps that were decided on by one version of the connection, one is taken.
func TestSAML_KeyStepsHoldToTheirVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	c, ctx := w.client(w.keyOf("ACC123", "*")), t.Context()
	for i := range 6 {
		name := fmt.Sprint("race", i)
		must(c.CreateConnection(ctx, "ACC123", NewConnection{Name: name}))(t)
		must(c.ImportMetadata(ctx, "ACC123", name, MetadataImport{
			Metadata: exampleMetadata(t), Confirm: true, Certificates: []string{exampleFingerprint(t)},
		}))(t)
		k, err := w.directory.Connection(w.ctx, w.workspace("ACC123"), name)
		w.check(err)
		w.check(w.directory.SetSignInSecret(w.ctx, operator, k, changingKeys()))
		version := must(c.Connection(ctx, "ACC123", name))(t).Version
		done := make(chan error, 2)
		go func() { _, err := c.IfVersion(version).CompleteSAMLKeys(ctx, "ACC123", name); done <- err }()
		go func() { _, err := c.IfVersion(version).RotateSAMLKeys(ctx, "ACC123", name); done <- err }()
		if one, two := <-done, <-done; one == nil && two == nil || one != nil && two != nil {
			t.Errorf("%s: %v, %v", name, one, two)
		}
	}
}
