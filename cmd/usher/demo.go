package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/delivery"
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scimclient"
	"github.com/usher-scim/usher/scimtest"
	"github.com/usher-scim/usher/sso/ssotest"
)

type demoCmd struct {
	Addr string `default:"127.0.0.1:0" env:"USHER_ADDR" placeholder:"HOST:PORT" help:"Loopback address to listen on. Defaults to a free port."`
	Once bool   `help:"Exit after the tables."`
}

// demoIDPs are the identity providers of the demo, each with a connection of its own.
var demoIDPs = []string{"okta", "entra"}

const demoWorkspace = "ACME"

// demo is a running demo.
type demo struct {
	app    *app
	folder *folder
	server *usher.Server
	idp    *ssotest.Provider   // of those who sign in at the first connection
	saml   *ssotest.SAMLServer // and at the second
	shown  demoView

	workspace directory.Workspace
	entries   []directory.AuditEntry
	names     map[string]string // of connections, by id
}

// demoConnection is a connection of the demo with what became of its provider's runs.
type demoConnection struct {
	connectionView
	Token   string             `json:"token"`
	Reports []*scimtest.Report `json:"reports"`
}

// demoView is the whole demo as JSON.
type demoView struct {
	BaseURL     string           `json:"base_url"` // of the first connection
	Token       string           `json:"token"`
	SignInURL   string           `json:"sign_in_url"`
	SAMLURL     string           `json:"saml_sign_in_url"`
	Passed      bool             `json:"passed"`
	Connections []demoConnection `json:"connections"`
	Members     []memberView     `json:"members"`
	Audit       []auditCount     `json:"audit"`
}

// Run shows the product in a data folder that is gone afterwards.
func (c *demoCmd) Run(a *app) (err error) {
	if a.JSON && !c.Once {
		return misuse(errors.New("--json needs --once"), "usher demo --once --json")
	}
	ctx, stop := signal.NotifyContext(a.ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	dir, err := os.MkdirTemp("", "usher-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	a.ctx, a.Data, a.Database, a.KeyFile, a.PublicURL = ctx, filepath.Join(dir, "usher-data"), "", "", ""
	a.log = slog.New(slog.DiscardHandler)

	l, err := c.listener(a)
	if err != nil {
		return err
	}
	f, err := a.openFolder(true)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	err = c.serve(a, l, f)
	return errors.Join(err, f.close())
}

func (c *demoCmd) listener(a *app) (*listener, error) {
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil || !isLoopbackHost(host) {
		return nil, hint(fmt.Errorf("--addr %q: the demo listens on loopback only", c.Addr), "write 127.0.0.1 and a port")
	}
	socket, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return nil, hint(err, "leave --addr out for a free port")
	}
	return &listener{Listener: socket, log: a.log}, nil
}

// serve runs the server and the demo side by side, until the demo or the person in front of it is done.
func (c *demoCmd) serve(a *app, l *listener, f *folder) error {
	f.publicURL = l.url()
	idp, err := ssotest.Start(ssotest.Config{People: demoPeople()})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer func() { _ = idp.Close() }()
	bySAML, err := ssotest.StartSAML(demoPeople(), nil)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer func() { _ = bySAML.Close() }()
	mailer, err := newMailer(folderURL(a.demoMails()), "usher@demo.example")
	if err != nil {
		return errors.Join(err, l.Close())
	}
	server, err := usher.New(usher.Config{
		Directory: f.Directory, Mailer: mailer, PublicURL: f.publicURL, Log: a.log, RateLimit: usher.RateLimit{PerSecond: -1},
		Client: delivery.NewClient(delivery.ClientConfig{AllowedNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}),
	})
	if err == nil {
		err = a.recordPublicURL(f.Directory, f.publicURL)
	}
	if err != nil {
		return errors.Join(err, l.Close())
	}
	ctx, stop := context.WithCancel(a.ctx)
	defer stop()
	served := make(chan error, 1)
	go func() { served <- l.serve(ctx, server, 0) }()

	err = c.show(&demo{app: a, folder: f, server: server, idp: idp, saml: bySAML})
	if err == nil && !c.Once {
		<-a.ctx.Done()
	}
	stop()
	return errors.Join(err, <-served)
}

// demoMails is the folder of what the demo's admins would get by e-mail.
func (a *app) demoMails() string { return filepath.Join(filepath.Dir(a.Data), "mails") }

func (c *demoCmd) show(d *demo) error {
	d.say("Usher demo: two identity providers, one directory. Nothing here outlives it.\n")
	if err := d.provision(); err != nil {
		return err
	}
	if err := d.openSignIn(); err != nil {
		return err
	}
	if err := d.openSAML(); err != nil {
		return err
	}
	if err := d.read(); err != nil {
		return err
	}
	if err := d.print(c.Once); err != nil {
		return err
	}
	if !d.shown.Passed {
		return errMissed
	}
	return nil
}

// provision lets each provider play its sequences and then provision its people.
func (d *demo) provision() error {
	a := d.app
	var err error
	d.workspace, err = d.folder.CreateWorkspace(a.ctx, a.actor(), directory.NewWorkspace{
		Key: demoWorkspace, Name: "Acme Inc.", Settings: directory.WorkspaceSettings{Method: directory.MethodBoth},
	})
	if err != nil {
		return err
	}
	d.shown.Passed = true
	for _, idp := range demoIDPs {
		c, err := d.connect(idp)
		if err != nil {
			return err
		}
		d.shown.Connections = append(d.shown.Connections, c)
	}
	d.shown.BaseURL, d.shown.Token = d.shown.Connections[0].BaseURL, d.shown.Connections[0].Token
	return a.ctx.Err()
}

func (d *demo) connect(idp string) (demoConnection, error) {
	a := d.app
	conn, err := d.folder.CreateConnection(a.ctx, a.actor(), d.workspace, directory.NewConnection{
		Name: idp, Profile: idp, Settings: directory.ConnectionSettings{Principal: "userName"},
	})
	if err != nil {
		return demoConnection{}, err
	}
	token, err := d.folder.CreateToken(a.ctx, a.actor(), conn, a.now().AddDate(0, 0, 1))
	if err != nil {
		return demoConnection{}, err
	}
	c := demoConnection{Token: token.Text}
	client := &scimclient.Client{BaseURL: d.server.BaseURL(conn.ID), Token: token.Text}
	simulated, err := d.watch(idp+": the provider's own sequence, step by step", func(o scimtest.Options) (*scimtest.Report, error) {
		o.Purge = true // its test people go; those that follow stay
		return scimtest.Simulate(a.ctx, client, idp, o)
	})
	if err != nil {
		return demoConnection{}, err
	}
	provisioned, err := d.watch(idp+": ten people, two groups, one leaver", func(o scimtest.Options) (*scimtest.Report, error) {
		return scimtest.Provision(a.ctx, client, idp, o)
	})
	if err != nil {
		return demoConnection{}, err
	}
	c.Reports = []*scimtest.Report{simulated, provisioned}
	if conn, err = d.folder.Connection(a.ctx, d.workspace, conn.ID); err != nil {
		return demoConnection{}, err
	}
	c.connectionView = d.folder.connectionView(d.workspace, conn)
	return c, nil
}

// watch plays something under a progress line, and leaves a line that says what became of it.
func (d *demo) watch(title string, play func(scimtest.Options) (*scimtest.Report, error)) (*scimtest.Report, error) {
	p := newProgress(d.app.err)
	report, err := play(scimtest.Options{
		Progress: func(done, total int, s scimtest.Step) { p.step(done, total, s.Name) },
	})
	if err != nil {
		return nil, err
	}
	passed, _, _ := report.Counts()
	p.done(!report.Failed(), fmt.Sprintf("%-54s %2d of %2d steps %6d ms", title, passed, len(report.Steps), report.Duration.Milliseconds()))
	for _, s := range report.Missed() {
		_, _ = fmt.Fprintf(d.app.err, "        %s %s: %s\n", s.ID, s.Name, s.Detail)
	}
	d.shown.Passed = d.shown.Passed && !report.Failed()
	return report, nil
}

// say tells a person something; programs read the JSON.
func (d *demo) say(text string) { _, _ = fmt.Fprintln(d.app.err, text) }
