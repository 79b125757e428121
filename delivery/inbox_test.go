package delivery

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http/httptest"
	"net/mail"
	"slices"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/usher-scim/usher/directory"
)

// inbox is a mail server that keeps what it gets.
type inbox struct {
	t       testing.TB
	url     string
	roots   *x509.CertPool
	secured bool // a mail without TLS is a failure of the test

	mu      sync.Mutex
	letters []delivered
	// answer is asked at each step (EHLO, MAIL, RCPT, DATA, sent, RSET) with the address, and refuses by an error; errHangUp ends
	// the connection.
	answer func(step, argument string) error
}

type delivered struct {
	to string
	*mail.Message
	body string
}

var errHangUp = errors.New("hang up")

// newInbox serves with STARTTLS, and TLS from the first byte on where implicit.
func newInbox(t testing.TB, implicit bool) *inbox {
	t.Helper()
	certified := httptest.NewTLSServer(nil)
	defer certified.Close()
	b := &inbox{t: t, roots: x509.NewCertPool(), secured: true}
	b.roots.AddCert(certified.Certificate())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		visit := &visit{inbox: b, conn: c}
		return visit, visit.at("EHLO", c.Hostname())
	}))
	s.TLSConfig = &tls.Config{Certificates: certified.TLS.Certificates}
	s.Domain, s.ErrorLog = "mx.example.com", log.New(io.Discard, "", 0)
	b.url = "smtp://" + l.Addr().String()
	if implicit {
		b.url = "smtps://" + l.Addr().String()
		l = tls.NewListener(l, s.TLSConfig)
	}
	serve(t, s, l)
	return b
}

func serve(t testing.TB, s *smtp.Server, l net.Listener) {
	done := make(chan struct{})
	go func() {
		_ = s.Serve(l)
		close(done)
	}()
	t.Cleanup(func() {
		check(t, l.Close())
		<-done
	})
}

// refuse answers each step from now on.
func (b *inbox) refuse(answer func(step, argument string) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answer = answer
}

// to lists the recipients of all letters, sorted.
func (b *inbox) to() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := []string{}
	for _, l := range b.letters {
		list = append(list, l.to)
	}
	slices.Sort(list)
	return list
}

// mailer sends to the inbox.
func (b *inbox) mailer() *Mailer {
	b.t.Helper()
	m, err := NewMailer(MailerConfig{URL: b.url, From: "Usher <usher@example.com>", RootCAs: b.roots})
	check(b.t, err)
	return m
}

// visit is a session of the inbox.
type visit struct {
	*inbox
	conn *smtp.Conn
	rcpt []string
}

func (v *visit) at(step, argument string) error {
	v.mu.Lock()
	answer := v.answer
	v.mu.Unlock()
	if answer == nil {
		return nil
	}
	err := answer(step, argument)
	if errors.Is(err, errHangUp) {
		_ = v.conn.Conn().Close()
	}
	return err
}

func (v *visit) Logout() error { return nil }

func (v *visit) Reset() {
	v.rcpt = nil
	_ = v.at("RSET", "")
}

func (v *visit) AuthMechanisms() []string { return []string{sasl.Plain, sasl.Login} }

func (v *visit) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "usher" || password != "s3cret" {
			return smtp.ErrAuthFailed
		}
		return v.at("AUTH", user)
	}), nil
}

func (v *visit) Mail(from string, _ *smtp.MailOptions) error {
	if _, ok := v.conn.TLSConnectionState(); !ok && v.secured {
		v.t.Error("a mail comes without TLS")
	}
	return v.at("MAIL", from)
}

func (v *visit) Rcpt(to string, _ *smtp.RcptOptions) error {
	v.rcpt = append(v.rcpt, to)
	return v.at("RCPT", to)
}

func (v *visit) Data(r io.Reader) error {
	all, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := v.at("DATA", v.rcpt[0]); err != nil {
		return err
	}
	read, err := mail.ReadMessage(bytes.NewReader(all))
	if err != nil {
		return err
	}
	v.mu.Lock()
	v.letters = append(v.letters, delivered{v.rcpt[0], read, string(all)})
	v.mu.Unlock()
	return v.at("sent", v.rcpt[0])
}

// admin makes somebody whom notices go to.
func (w *world) admin(address string) directory.Person {
	w.t.Helper()
	p, err := w.directory.Invite(w.t.Context(), operator, w.workspace, directory.Invitation{Email: address, Name: "Ada", Role: "owner"})
	check(w.t, err)
	check(w.t, w.directory.ReportLogin(w.t.Context(), operator, w.workspace, p.Subject))
	return p
}

// notice commits a notice to the admins, as of now.
func (w *world) notice(typ, subject string, n directory.Notice) directory.Message {
	w.t.Helper()
	n.Workspace, n.WorkspaceName, n.Time = w.workspace.Key, w.workspace.Name, w.clock.Now()
	data, err := json.Marshal(n)
	check(w.t, err)
	w.events++
	m := directory.Message{
		Root: w.workspace.Root, ID: fmt.Sprintf("m%04d", w.events), Kind: directory.MessageMail, To: w.workspace.ID, Type: typ,
		Subject: subject, Data: data, Created: w.clock.Now(), NextAt: w.clock.Now(), Version: 1,
	}
	w.commit(m)
	return m
}

func (w *world) commit(m directory.Message) {
	w.t.Helper()
	change := &directory.Change{Root: m.Root}
	change.Messages = []directory.Edit[directory.Message]{{After: &m}}
	check(w.t, w.store.Commit(w.t.Context(), change))
}

// mails is what a process does at one look.
func (w *world) mails(m *Mailer) {
	w.t.Helper()
	cfg := w.config()
	cfg.Mailer, cfg.PublicURL = m, "https://usher.example.com"
	(&mailRoom{cfg}).look(w.t.Context())
}

// waiting are the messages to a receiver that are neither delivered nor given up.
func (w *world) waiting(kind directory.MessageKind, to string) []directory.Message {
	w.t.Helper()
	list, err := w.store.MessagesTo(w.t.Context(), w.workspace.Root, kind, to, 1000)
	check(w.t, err)
	return list
}
