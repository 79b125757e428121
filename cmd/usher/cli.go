package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"time"

	"github.com/spf13/cobra"

	"github.com/usher-scim/usher/delivery"
	"github.com/usher-scim/usher/directory"
)

// Exit statuses.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// cli is the whole command line: commands, flags, environment and defaults.
type cli struct {
	globals

	Serve        serveCmd        `cmd:"" group:"run" help:"Serve SCIM until a signal asks to stop."`
	Demo         demoCmd         `cmd:"" group:"run" help:"Show it: Okta and Entra provision people into a throw-away directory."`
	Simulate     simulateCmd     `cmd:"" group:"run" help:"Play an identity provider against any SCIM server."`
	Check        checkCmd        `cmd:"" group:"run" help:"Test any SCIM server against the RFCs, and say what it misses."`
	CheckSSO     checkSSOCmd     `cmd:"" name:"check-sso" group:"run" help:"Explain the SAML metadata or a captured response of an identity provider, and what would be refused."`
	Bench        benchCmd        `cmd:"" group:"run" help:"Measure any SCIM server: rates and latencies of checked answers."`
	Doctor       doctorCmd       `cmd:"" group:"run" help:"Check the installation, with a hint for whatever is wrong."`
	Config       configCmd       `cmd:"" group:"run" help:"Check a configuration file."`
	Completion   completionCmd   `cmd:"" group:"run" help:"Print the script by which a shell completes commands."`
	Version      versionCmd      `cmd:"" group:"run" help:"Print the version."`
	Workspace    workspaceCmd    `cmd:"" group:"manage" help:"What people get access to."`
	Role         roleCmd         `cmd:"" group:"manage" help:"Named sets of permissions in a workspace."`
	Team         teamCmd         `cmd:"" group:"manage" help:"Named sets of members of a workspace."`
	Connection   connectionCmd   `cmd:"" group:"manage" help:"Links from a workspace to an identity provider."`
	Token        tokenCmd        `cmd:"" group:"manage" help:"Bearer credentials of a connection."`
	ClientSecret clientSecretCmd `cmd:"" group:"manage" help:"OAuth 2.0 client credentials of a connection."`
	Schema       schemaCmd       `cmd:"" group:"manage" help:"Attributes that a workspace adds to users, groups and its own resource types."`
	ResourceType resourceTypeCmd `cmd:"" group:"manage" help:"Kinds of resources that a workspace adds to users and groups."`
	User         userCmd         `cmd:"" group:"manage" help:"The users of a workspace."`
	Group        groupCmd        `cmd:"" group:"manage" help:"The groups of a connection."`
	Member       memberCmd       `cmd:"" group:"manage" help:"Who has access to a workspace, by which role, and why."`
	Import       importCmd       `cmd:"" group:"manage" help:"Bring users, groups and members in from files or from another SCIM server."`
	Export       exportCmd       `cmd:"" group:"manage" help:"Write users, groups and members out, as an import takes them."`
	Backup       backupCmd       `cmd:"" group:"manage" help:"Copy the database into one file while the server runs."`
	Restore      restoreCmd      `cmd:"" group:"manage" help:"Make a data folder of a backup."`
	Migrate      migrateCmd      `cmd:"" group:"manage" help:"Bring the tables up to date, or move them to PostgreSQL."`
	Domain       domainCmd       `cmd:"" group:"manage" help:"E-mail domains that a tenant has proved to be its own."`
	Explain      explainCmd      `cmd:"" group:"manage" help:"Say what a connection would make of somebody, and why. Nothing is written."`
	Job          jobCmd          `cmd:"" group:"manage" help:"Background work, such as a move of many users."`
	Log          logCmd          `cmd:"" group:"manage" help:"The provisioning log: what identity providers asked, and what failed."`
	Licence      licenceCmd      `cmd:"" group:"manage" help:"How many members were active, day by day."`
	Webhook      webhookCmd      `cmd:"" group:"manage" help:"Addresses that events are sent to."`
	Session      sessionCmd      `cmd:"" group:"manage" help:"Who is signed in."`
	App          appCmd          `cmd:"" group:"manage" help:"Apps that people sign in to through Usher."`
	SigningKey   signingKeyCmd   `cmd:"" group:"manage" help:"Keys with which apps are told who signed in."`
	BreakGlass   breakGlassCmd   `cmd:"" group:"manage" help:"Make a one-time login for an owner, for when sign-in is broken."`
	APIKey       apiKeyCmd       `cmd:"" name:"apikey" group:"manage" help:"Credentials of the admin API."`
	Audit        auditCmd        `cmd:"" group:"manage" help:"Who did what, from where."`
	Event        eventCmd        `cmd:"" group:"manage" help:"Facts for the app."`
}

// globals are the flags that every command takes.
type globals struct {
	Data      string `default:"usher-data" env:"USHER_DATA" placeholder:"DIR" help:"Data folder. Defaults to usher-data."`
	Database  string `env:"USHER_DATABASE" placeholder:"URL" help:"PostgreSQL database that replicas share, such as postgres://usher@db/usher. Defaults to SQLite in the data folder."`
	KeyFile   string `env:"USHER_KEY_FILE" placeholder:"FILE" help:"File of the sealing key, unless USHER_KEY holds it. Defaults to DIR.key."`
	PublicURL string `env:"USHER_PUBLIC_URL" placeholder:"URL" help:"URL under which identity providers reach this server. Defaults to what serve last recorded."`
	JSON      bool   `help:"Print JSON."`
}

// streams are standard input, output and error.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// app is what commands run with.
type app struct {
	globals
	streams
	ctx context.Context
	log *slog.Logger
	now func() time.Time
	// client calls webhooks and hooks; nil in commands that serve nobody.
	client *delivery.Client
	// retention is how long logs are kept; only a server drops anything.
	retention directory.Retention
	// span is told of the parts of changes; nil: nobody is.
	span directory.Span
}

// run parses and runs one command line and returns the exit status.
func run(ctx context.Context, args []string, s streams) int {
	if len(args) == 0 {
		args = []string{"--help"}
	}
	var line cli
	var called runner
	root := newRoot(&line, &called)
	root.SetArgs(args)
	root.SetOut(s.out)
	root.SetErr(s.err)
	if last, err := root.ExecuteC(); err != nil {
		return fail(s.err, usageError(last, err))
	}
	if called == nil {
		return exitOK // it was for help
	}
	warnings := slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	a := &app{globals: line.globals, streams: s, ctx: ctx, log: warnings, now: time.Now}
	if err := called.Run(a); err != nil {
		return fail(s.err, err)
	}
	return exitOK
}

// newRoot makes the commands of the command line. Calling one sets called.
func newRoot(line *cli, called *runner) *cobra.Command {
	root := newCommand("usher", "", reflect.ValueOf(line).Elem(), called).Command
	root.Short = "The door between a company's identity provider and your app: SCIM 2.0 provisioning and sign-in from Okta, Microsoft Entra ID and others."
	root.SilenceErrors, root.SilenceUsage = true, true
	root.AddGroup(&cobra.Group{ID: "run", Title: "Run:"},
		&cobra.Group{ID: "manage", Title: "Manage (also beside a running server, on the same data folder):"})
	root.CompletionOptions.DisableDefaultCmd = true // there is one of our own
	root.SetHelpCommandGroupID("run")
	root.PersistentFlags().BoolP("help", "h", false, "Show what there is to know of a command.")
	root.SetFlagErrorFunc(flagError)
	root.InitDefaultHelpCmd()
	if help, _, err := root.Find([]string{"help"}); err == nil {
		help.Short, help.Args = "Help about any command.", knownTopic
	}
	return root
}

// knownTopic refuses help on what is no command.
func knownTopic(help *cobra.Command, args []string) error {
	topic, rest, err := help.Root().Find(args)
	if err != nil || len(rest) == 0 {
		return err
	}
	var names []string
	for _, below := range topic.Commands() {
		names = append(names, below.Name())
	}
	err = unknown("unexpected argument "+rest[0], "", rest[0], names)
	return misuse(err, "%s --help", topic.CommandPath())
}

// misuse is hint for an error of what stands on the command line, or in a variable in place of it.
func misuse(err error, format string, args ...any) error {
	return &failure{err: err, hint: fmt.Sprintf(format, args...), status: exitUsage}
}

// usageError adds to an error of a command line where the command's help is.
func usageError(c *cobra.Command, err error) error {
	if f, ok := errors.AsType[*failure](err); ok {
		return f // of a configuration file: it says more
	}
	return misuse(err, "%s", c.CommandPath()+" --help")
}
