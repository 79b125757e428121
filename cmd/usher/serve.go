package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/delivery"
	"github.com/usher-scim/usher/directory"
)

type serveCmd struct {
	configFlag
	Addr              string        `default:"127.0.0.1:8080" env:"USHER_ADDR" placeholder:"HOST:PORT" help:"Address to listen on. Defaults to 127.0.0.1:8080; port 0 takes a free one."`
	PrivateAddress    string        `env:"USHER_PRIVATE_ADDRESS" placeholder:"HOST:PORT" help:"Address for /metrics, /debug/pprof/ and the probes, without credentials; without a host it is on loopback. Defaults to none."`
	TLSCert           string        `env:"USHER_TLS_CERT" placeholder:"FILE" help:"Certificate chain in PEM. A renewed file is taken up by itself."`
	TLSKey            string        `env:"USHER_TLS_KEY" placeholder:"FILE" help:"Private key of the certificate, in PEM."`
	TrustedProxies    []string      `env:"USHER_TRUSTED_PROXIES" placeholder:"CIDR,…" help:"Proxies whose X-Forwarded-For and X-Forwarded-Proto count: addresses or networks."`
	AllowPrivateHooks []string      `env:"USHER_ALLOW_PRIVATE_HOOKS" placeholder:"CIDR,…" help:"Private networks that webhooks and hooks may reach: addresses or networks. Plain HTTP is possible where they hold a loopback address. Defaults to none."`
	PrivateDiscovery  bool          `env:"USHER_PRIVATE_DISCOVERY" help:"Ask for a token at /ServiceProviderConfig too."`
	RateLimit         float64       `default:"100" env:"USHER_RATE_LIMIT" placeholder:"N" help:"Requests per second of one connection; 0 for no limit. Defaults to 100. Entra needs 25."`
	RateBurst         int           `default:"200" env:"USHER_RATE_BURST" placeholder:"N" help:"Requests of one connection at once. Defaults to 200."`
	AccessTokenTTL    time.Duration `name:"access-token-ttl" default:"1h" env:"USHER_ACCESS_TOKEN_TTL" placeholder:"TIME" help:"How long an OAuth 2.0 access token is good for, 24h at most. Defaults to 1h."`
	KeepRequests      span          `default:"30d" env:"USHER_KEEP_REQUESTS" placeholder:"TIME" help:"How long the provisioning log is kept, such as 30d or 12h; 0 for good. Defaults to 30d."`
	KeepEvents        span          `default:"90d" env:"USHER_KEEP_EVENTS" placeholder:"TIME" help:"How long events are kept for those who read the feed; 0 for good. Defaults to 90d."`
	KeepAudit         span          `default:"0" env:"USHER_KEEP_AUDIT" placeholder:"TIME" help:"How long audit entries are kept; 0 for good, which is the default."`
	KeepEphemeral     span          `default:"400d" env:"USHER_KEEP_EPHEMERAL" placeholder:"TIME" help:"How long an ephemeral person who has gone is known again, with the second factor; 0 for good. Defaults to 400d."`
	SMTP              string        `name:"smtp" env:"USHER_SMTP" placeholder:"URL" help:"Mail server that sends notices to admins: smtp://user:password@host:587, which wants STARTTLS, smtps://host:465, or file:///folder for a file of each. Defaults to none. A password belongs into USHER_SMTP, as others see flags."`
	MailFrom          string        `env:"USHER_MAIL_FROM" placeholder:"ADDRESS" help:"Sender of those mails, such as usher@example.com."`
	LogFormat         string        `default:"text" enum:"text,json" env:"USHER_LOG_FORMAT" placeholder:"FORMAT" help:"Log records as text or json. Defaults to text."`
	LogLevel          slog.Level    `default:"info" env:"USHER_LOG_LEVEL" placeholder:"LEVEL" help:"Least level that is logged: debug, info, warn or error. Defaults to info."`
	DrainDelay        time.Duration `default:"0s" env:"USHER_DRAIN_DELAY" placeholder:"TIME" help:"How long /readyz says no before the listener closes. Two intervals of the balancer's probe are right."`
	ReadyFile         string        `placeholder:"FILE" help:"File that gets the address once requests are served."`
}

// Help implements explainer.
func (c *serveCmd) Help() string {
	return "Makes the data folder at first use, and the key that seals secrets: USHER_KEY if it is set, else --key-file, else DIR.key " +
		"beside the folder. With --database there is no folder, and the key is made by you. Plain HTTP is served on loopback, or to trusted proxies that end TLS; everywhere else give a certificate."
}

// Run serves until a signal asks to stop. A second signal ends the process at once.
func (c *serveCmd) Run(a *app) error {
	ctx, stop := signal.NotifyContext(a.ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	if err := errors.Join(c.checkLimits(), a.checkPublicFlag()); err != nil {
		return err
	}
	if a.JSON {
		c.LogFormat = "json"
	}
	log := newBufferedLog(a.err)
	defer log.flush()
	a.err = log
	collectLessOften()
	a.ctx, a.log = ctx, c.logger(a)

	o, err := c.observe(a)
	if err != nil {
		return err
	}
	return errors.Join(c.open(a, o), o.close())
}

// open opens what a server needs, and serves.
func (c *serveCmd) open(a *app, o observers) error {
	mailer, err := newMailer(c.SMTP, c.MailFrom)
	if err != nil {
		return err
	}
	l, err := c.listener(a)
	if err != nil {
		return err
	}
	allowed, err := parseNetworks("--allow-private-hooks", c.AllowPrivateHooks)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	a.retention = directory.Retention{
		Requests: c.KeepRequests.kept(), Events: c.KeepEvents.kept(), Audit: c.KeepAudit.kept(), Ephemeral: c.KeepEphemeral.kept(),
	}
	a.client = delivery.NewClient(delivery.ClientConfig{AllowedNetworks: allowed})
	unlock, err := a.lockFolder()
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer unlock()
	f, err := a.openFolder(true)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	if err := c.apply(a, f, os.Getenv); err != nil {
		return errors.Join(err, l.Close(), f.close())
	}
	err = c.serve(a, l, f, o, mailer)
	a.log.Info("stopped")
	return errors.Join(err, f.close())
}

// checkLimits refuses numbers that would be read as something else: a limit that is NaN limits nobody.
func (c *serveCmd) checkLimits() error {
	switch {
	case !(c.RateLimit >= 0) || math.IsInf(c.RateLimit, 0):
		return misuse(fmt.Errorf("--rate-limit %g", c.RateLimit), "give a number of requests per second, such as 100, or 0 for no limit")
	case c.RateBurst < 1:
		return misuse(fmt.Errorf("--rate-burst %d", c.RateBurst), "give a number of requests from 1 on, such as 200")
	case c.AccessTokenTTL < time.Second || c.AccessTokenTTL > 24*time.Hour:
		return misuse(fmt.Errorf("--access-token-ttl %s", c.AccessTokenTTL), "give a time from 1s to 24h")
	case c.DrainDelay < 0:
		return misuse(fmt.Errorf("--drain-delay %s", c.DrainDelay), "give a time, such as 10s, or 0s for none")
	}
	return nil
}

// rateLimit is the limit of the flags, where 0 stands for none.
func (c *serveCmd) rateLimit() usher.RateLimit {
	if c.RateLimit == 0 {
		return usher.RateLimit{PerSecond: -1}
	}
	return usher.RateLimit{PerSecond: c.RateLimit, Burst: c.RateBurst}
}

// heapGoal is where the heap stops to grow to a multiple of what lives in it. A list of 100,000 members in one PUT is
// some 60 MiB while it is at work, and that multiple of it is more than it should cost.
const heapGoal = 128 << 20

// ballast is never touched, so that it takes no memory; the collector counts it as living. What does live is some 4 MiB,
// and a multiple of that alone would be a collection every few hundred requests: a tenth of the rate. Twice the ballast
// is 11 MiB more in memory, and no request costs less.
var ballast []byte

// collectLessOften lets the heap grow by 2.5 times what lives in it and the ballast. Towards heapGoal it is collected as
// often as is needed to stay below, for at most half of the processors' time. GOGC and GOMEMLIMIT have the last word.
func collectLessOften() {
	if os.Getenv("GOGC") == "" {
		ballast = make([]byte, 4<<20)
		debug.SetGCPercent(250)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(heapGoal + int64(len(ballast)))
	}
}

func (c *serveCmd) serve(a *app, l *listener, f *folder, o observers, mailer *delivery.Mailer) error {
	public := c.publicURL(a, l, f)
	server, err := usher.New(usher.Config{
		Directory: f.Directory, Client: a.client, Mailer: mailer, PublicURL: public, TrustedProxies: l.proxies, PrivateDiscovery: c.PrivateDiscovery, Log: a.log,
		RateLimit: c.rateLimit(), AccessTokenTTL: c.AccessTokenTTL, Observe: o.observer(),
	})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	if err := a.recordPublicURL(f.Directory, public); err != nil {
		return errors.Join(err, l.Close())
	}
	o.serve(a, server)
	if err := c.announce(a, l, o.private, public, mailer); err != nil {
		return errors.Join(err, l.Close())
	}
	go giveBackWhenQuiet(a.ctx)
	return l.serve(a.ctx, server, c.DrainDelay)
}

func (c *serveCmd) logger(a *app) *slog.Logger {
	o := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(a.err, o))
	}
	return slog.New(slog.NewTextHandler(a.err, o))
}

// listener checks the flags that decide who may reach the server, and opens its socket.
func (c *serveCmd) listener(a *app) (*listener, error) {
	proxies, err := parseNetworks("--trusted-proxies", c.TrustedProxies)
	if err != nil {
		return nil, err
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return nil, misuse(errors.New("--tls-cert and --tls-key belong together"), "give both, or neither and let a proxy end TLS")
	}
	if err := c.refuseInsecure(proxies); err != nil {
		return nil, err
	}
	l := &listener{proxies: proxies, log: a.log}
	if c.TLSCert != "" {
		if l.tls, err = serverTLS(c.TLSCert, c.TLSKey); err != nil {
			return nil, err
		}
	}
	if l.Listener, err = net.Listen("tcp", c.Addr); err != nil {
		return nil, hint(err, "another server may be there already; choose another --addr, or port 0 for a free one")
	}
	return l, nil
}

// refuseInsecure refuses to listen where tokens would cross a network in the clear.
func (c *serveCmd) refuseInsecure(proxies []netip.Prefix) error {
	host, _, err := splitAddress("--addr", c.Addr)
	if err != nil {
		return err
	}
	if c.TLSCert != "" || len(proxies) > 0 || isLoopbackHost(host) {
		return nil
	}
	return hint(fmt.Errorf("refusing to serve plain HTTP on %s: tokens would cross the network in the clear", c.Addr),
		"give --tls-cert and --tls-key, or name the proxy that ends TLS with --trusted-proxies, or listen on 127.0.0.1")
}

// splitAddress reads the address of a flag. A port may have a name.
func splitAddress(flag, text string) (host string, port int, err error) {
	host, name, err := net.SplitHostPort(text)
	if err == nil {
		port, err = net.LookupPort("tcp", name)
	}
	if err != nil {
		return "", 0, misuse(fmt.Errorf("%s %q: %w", flag, text, err), "write host and port, such as 127.0.0.1:8080; a port is 65535 at most")
	}
	return host, port, nil
}

// publicURL is the configured URL, else the recorded one, else that of a listener on loopback. A recorded URL that
// only this machine reaches follows the listener: it was never more than the address of the run before.
func (c *serveCmd) publicURL(a *app, l *listener, f *folder) string {
	if a.PublicURL == "" && isLoopbackURL(f.publicURL) && isLoopbackURL(l.url()) {
		return l.url()
	}
	return f.publicURL
}

// announce says where everything is: as a block for people, as a record where records are read by programs.
func (c *serveCmd) announce(a *app, l *listener, p *private, public string, mailer *delivery.Mailer) error {
	if err := c.writeReadyFile(l); err != nil {
		return err
	}
	kind, rows := a.rows()
	mails := ""
	if mailer != nil {
		mails = mailer.String()
	}
	if c.LogFormat == "json" {
		a.log.Info("serving", "address", l.url(), "public_url", public, "private_url", p.url(), strings.TrimSuffix(kind, " folder"), rows, "key", a.keySource(), "mails", mails, "version", version().Version)
	} else {
		_, _ = newCard("Usher "+version().Version+" is serving.", "address", l.url(), "public URL", public, "private URL", p.url(),
			kind, rows, "key", a.keySource(), "mails", mails, "trusted proxies", strings.Join(c.TrustedProxies, ", ")).WriteTo(a.err)
	}
	c.warn(a, l, public)
	return nil
}

// writeReadyFile comes before anything says that there is a server: without the file it ends.
func (c *serveCmd) writeReadyFile(l *listener) error {
	if c.ReadyFile == "" {
		return nil
	}
	if err := writeWhole(c.ReadyFile, l.Addr().String()+"\n"); err != nil {
		return hint(fmt.Errorf("--ready-file: %w", err), "name a file in a folder that is there and can be written to")
	}
	return nil
}

// warn tells what will not work or is not safe, and can only be meant that way for a moment.
func (c *serveCmd) warn(a *app, l *listener, public string) {
	if !isLoopbackURL(l.url()) && isLoopbackURL(public) {
		a.log.Warn("base URLs name an address of this machine only: set --public-url to what identity providers reach", "public_url", public)
	}
	if info, err := os.Stat(a.Data); err == nil && info.Mode().Perm()&0o077 != 0 {
		a.log.Warn("the data folder is open to others: chmod 700", "data", a.Data, "mode", info.Mode().Perm().String())
	}
	if info, err := os.Stat(a.keyFile()); !errors.Is(err, fs.ErrNotExist) && err == nil && info.Mode().Perm()&0o077 != 0 {
		a.log.Warn("the key file is open to others: chmod 600", "key", a.keyFile(), "mode", info.Mode().Perm().String())
	}
}

// parseNetworks reads the addresses and networks of a flag.
func parseNetworks(flag string, texts []string) ([]netip.Prefix, error) {
	var networks []netip.Prefix
	for _, text := range texts {
		text = strings.TrimSpace(text)
		if addr, err := netip.ParseAddr(text); err == nil {
			networks = append(networks, netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()))
			continue
		}
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, misuse(fmt.Errorf("%s: %q is neither an address nor a network", flag, text), "write 10.1.2.3 or 10.0.0.0/8, separated by commas")
		}
		networks = append(networks, prefix.Masked())
	}
	return networks, nil
}
