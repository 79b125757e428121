package delivery

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// relay is an SMTP server (RFC 5321) that takes our mails on.
type relay struct {
	host           string
	port           int
	user, password string
	implicit       bool // TLS from the first byte on
	clear          bool // no TLS
	tls            *tls.Config
}

const (
	sessionStep  = time.Minute     // of a mail, at most: who gives up after the last byte may have it sent twice
	sessionGrace = 5 * time.Second // for the mail that is on its way when we are asked to stop
)

// session is a connection to a relay.
type session struct {
	client *gomail.Client
	conn   net.Conn
	stop   func() bool
}

func (r *relay) open(ctx context.Context) (postman, error) {
	conn, err := r.dial(ctx)
	if err != nil {
		return nil, err
	}
	s := &session{conn: conn}
	s.stop = context.AfterFunc(ctx, func() {
		time.AfterFunc(sessionGrace, s.drop)
	})
	if s.client, err = gomail.NewClient(r.host, r.settings(conn)...); err == nil {
		err = s.client.DialWithContext(ctx)
	}
	if err != nil {
		s.stop()
		s.drop()
		return nil, err
	}
	return s, nil
}

// drop ends a session that hangs.
func (s *session) drop() { _ = s.conn.Close() }

func (r *relay) settings(conn net.Conn) []gomail.Option {
	policy := gomail.TLSMandatory
	switch {
	case r.clear:
		policy = gomail.NoTLS
	case r.implicit:
		policy = gomail.TLSOpportunistic // the connection has it already
	}
	o := []gomail.Option{
		gomail.WithPort(r.port), gomail.WithTLSPolicy(policy), gomail.WithTLSConfig(r.tls), gomail.WithTimeout(sessionStep),
		gomail.WithDialContextFunc(func(context.Context, string, string) (net.Conn, error) { return conn, nil }),
	}
	if r.user == "" {
		return o
	}
	mechanisms := []gomail.SMTPAuthType{
		gomail.SMTPAuthSCRAMSHA256PLUS, gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin,
	}
	return append(o, gomail.WithOpportunisticSMTPAuth(mechanisms...), gomail.WithUsername(r.user), gomail.WithPassword(r.password))
}

// dial is in the place of the library's own, which leaves a connection open when the server does not greet or has no TLS.
func (r *relay) dial(ctx context.Context) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: dialTimeout}
	if r.implicit {
		return (&tls.Dialer{NetDialer: dialer, Config: r.tls}).DialContext(ctx, "tcp", r.address())
	}
	return dialer.DialContext(ctx, "tcp", r.address())
}

// send implements postman.
func (s *session) send(_ context.Context, m *gomail.Msg) error {
	err := s.client.Send(m)
	var sent *gomail.SendError
	switch {
	case m.IsDelivered(): // whatever came after it
		return nil
	case errors.As(err, &sent) && isFinal(sent):
		return &bounce{answerOf(sent)}
	}
	return err
}

// isFinal reports whether the server refuses this mail for good. What it says of the sender, and by 5.7 of what it lets us
// do, is about us: it will take the mail when that is put right (RFC 3463 §3.8).
func isFinal(e *gomail.SendError) bool {
	if e.Reason != gomail.ErrSMTPRcptTo && e.Reason != gomail.ErrSMTPDataClose {
		return false
	}
	return e.ErrorCode() >= 500 && !strings.HasPrefix(e.EnhancedStatusCode(), "5.7.")
}

// close implements postman.
func (s *session) close() {
	s.stop()
	_ = s.client.Close()
	s.drop()
}

// answerOf is what the server has said, as far as it concerns an operator: no address.
func answerOf(e *gomail.SendError) string {
	if e.ErrorCode() == 0 {
		return "the mail server broke off: " + e.Reason.String()
	}
	return strings.TrimSpace(fmt.Sprintf("the mail server refused: %s %d %s", e.Reason, e.ErrorCode(), e.EnhancedStatusCode()))
}

// mailFailure says in short why a mail could not be handed over.
func mailFailure(err error) string {
	var sent *gomail.SendError
	if errors.As(err, &sent) {
		return answerOf(sent)
	}
	return "the mail server: " + cmp.Or(oneLine(err.Error()), "no answer")
}
