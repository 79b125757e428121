package delivery

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	gomail "github.com/wneessen/go-mail"
)

// MailerConfig configures a [Mailer]. URL and From are required.
type MailerConfig struct {
	// URL says where mails go: smtp://user:password@host:587, which wants STARTTLS; smtps://host:465, which is TLS from the
	// first byte on; or file:///folder, which gets a file of each mail. smtp://host:25?tls=off is for a relay without TLS.
	URL string
	// From is the sender: usher@example.com, or Usher <usher@example.com>.
	From string
	// RootCAs sign the server's certificate. Defaults to those of the system.
	RootCAs *x509.CertPool
}

// Mailer sends mails by an SMTP server, or writes them into a folder. It is safe for concurrent use.
type Mailer struct {
	from   *mail.Address
	open   func(ctx context.Context) (postman, error)
	server string // for people; without the password
}

// postman takes letters one after the other: an SMTP session, or a folder.
type postman interface {
	// send hands a letter over. A *bounce says that this one is refused for good; any other error ends the session.
	send(ctx context.Context, m *gomail.Msg) error
	close()
}

// bounce is a letter that is refused for good, whoever else gets his.
type bounce struct{ text string }

// Error implements error.
func (b *bounce) Error() string { return b.text }

// NewMailer returns a mailer. It calls nobody yet.
func NewMailer(cfg MailerConfig) (*Mailer, error) {
	from, err := mail.ParseAddress(cfg.From)
	if err != nil || !mailable(from.Address) || from.Name != oneLine(from.Name) {
		return nil, fmt.Errorf("the sender %q is no e-mail address", cfg.From)
	}
	u, err := url.Parse(cfg.URL)
	if err != nil {
		return nil, errors.New("the URL of the mail server cannot be read") // which the error would repeat, with the password
	}
	m := &Mailer{from: from, server: u.Redacted()}
	switch u.Scheme {
	case "file":
		m.open, err = folderOf(u)
	case "smtp", "smtps":
		m.open, err = relayOf(u, cfg.RootCAs)
	default:
		err = fmt.Errorf("the scheme of the mail server is %q, not smtp, smtps or file", u.Scheme)
	}
	return m, err
}

// String says where mails go, without the password.
func (m *Mailer) String() string { return m.server }

func folderOf(u *url.URL) (func(context.Context) (postman, error), error) {
	path := filepath.FromSlash(u.Path)
	if on := strings.TrimLeft(path, `\/`); filepath.VolumeName(on) != "" { // file:///C:/…
		path = on
	}
	if u.Host != "" || !filepath.IsAbs(path) || u.RawQuery != "" {
		return nil, errors.New("the folder of mails is written file:///path, with an absolute path")
	}
	f := folder(path)
	return func(context.Context) (postman, error) { return f, nil }, nil
}

// The ports of submission (RFC 6409 §3.1, RFC 8314 §3.3).
const (
	portSubmission  = 587
	portSubmissions = 465
)

func relayOf(u *url.URL, roots *x509.CertPool) (func(context.Context) (postman, error), error) {
	r := &relay{host: u.Hostname(), port: portSubmission, implicit: u.Scheme == "smtps"}
	if r.implicit {
		r.port = portSubmissions
	}
	if text := u.Port(); text != "" {
		port, err := strconv.ParseUint(text, 10, 16)
		if err != nil || port == 0 {
			return nil, fmt.Errorf("the mail server's port is %q", text)
		}
		r.port = int(port)
	}
	if r.host == "" || strings.Trim(u.Path, "/") != "" || u.Fragment != "" {
		return nil, errors.New("the mail server is written smtp://user:password@host:587")
	}
	r.user = u.User.Username()
	r.password, _ = u.User.Password()
	r.tls = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: r.host, RootCAs: roots}
	if err := r.options(u); err != nil {
		return nil, err
	}
	return func(ctx context.Context) (postman, error) { return r.open(ctx) }, nil
}

// options reads what stands behind the question mark. A word that is misspelt must not leave a connection open.
func (r *relay) options(u *url.URL) error {
	for name, values := range u.Query() {
		if name != "tls" || len(values) != 1 || values[0] != "off" || r.implicit {
			return fmt.Errorf("the mail server's URL has the option %s=%s: smtp knows tls=off alone", name, strings.Join(values, ","))
		}
		r.clear = true
	}
	if r.clear && r.user != "" && !isLoopback(r.host) {
		return errors.New("the password would cross the network in the clear: leave tls=off out")
	}
	return nil
}

func isLoopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

func (r *relay) address() string { return net.JoinHostPort(r.host, strconv.Itoa(r.port)) }
