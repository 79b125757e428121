package main

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// commands are all that the struct declares, from the top down.
func commands(c *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{c}
	for _, below := range c.Commands() {
		all = append(all, commands(below)...)
	}
	return all
}

func TestCommands_AllExplainThemselves(t *testing.T) {
	t.Parallel()
	all := commands(newRoot(new(cli), new(runner)))
	if len(all) < 140 {
		t.Fatalf("only %d commands", len(all))
	}
	for _, c := range all {
		if !strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: help %q is no sentence", c.CommandPath(), c.Short)
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if !strings.HasSuffix(f.Usage, ".") {
				t.Errorf("%s --%s: help %q is no sentence", c.CommandPath(), f.Name, f.Usage)
			}
		})
		var out, errs bytes.Buffer
		args := append(strings.Fields(c.CommandPath())[1:], "--help")
		if status := run(t.Context(), args, streams{nil, &out, &errs}); status != exitOK || errs.Len() > 0 {
			t.Errorf("%s --help: exit status %d: %s", c.CommandPath(), status, &errs)
		}
		for _, want := range []string{"Usage: " + c.CommandPath(), c.Short[:min(len(c.Short), 30)], "--data=DIR"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s --help does not say %q:\n%s", c.CommandPath(), want, &out)
			}
		}
	}
}

func TestHelp_ShowsAllThatACommandTakes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		args string
		want []string
	}{
		{"--help", []string{
			"Usage: usher <command> [flags]", "\nRun:\n  serve         Serve SCIM", "\nManage (also beside",
			"  completion ", `Run "usher <command> --help" for more`,
		}},
		{"help token", []string{"Usage: usher token <command> [flags]", "\nCommands:\n  create      Make a token.", "\nFlags of every command:\n"}},
		{"session end --help", []string{"Usage: usher session end --workspace=KEY [<id> ...] [flags]", "\nArguments:\n  [<id> ...]    Ids of sessions.\n"}},
		{"serve --help", []string{"\nMakes the data folder at first use,", "      --tls-key=FILE                  Private key of the certificate, in PEM\n" + strings.Repeat(" ", 38) + "($USHER_TLS_KEY)."}},
		{"app update --help", []string{"      --[no-]first-party          Ask nobody for consent.\n"}},
		{"check --help", []string{"  -y, --yes ", "      --timeout=30s "}},
	}
	for _, tt := range tests {
		var out, errs bytes.Buffer
		if status := run(t.Context(), strings.Fields(tt.args), streams{nil, &out, &errs}); status != exitOK || errs.Len() > 0 {
			t.Errorf("%s: exit status %d: %s", tt.args, status, &errs)
		}
		for _, want := range tt.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s does not say %q:\n%s", tt.args, want, &out)
			}
		}
	}
}

func TestCommands_ErrorsSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	tests := []struct{ args, text, hint string }{
		{"workspac", "unexpected argument workspac, did you mean workspace?", "usher --help"},
		{"something-else-altogether", "unexpected argument something-else-altogether", "usher --help"},
		{"team", "expected one of create, list, update, delete", "usher team --help"},
		{"token creat", "unexpected argument creat, did you mean create?", "usher token --help"},
		{"version --jsn", "unknown flag --jsn, did you mean --json?", "usher version --help"},
		{"workspace list -z", "unknown shorthand flag: 'z' in -z", "usher workspace list --help"},
		{"workspace create", "missing argument <key>", "usher workspace create --help"},
		{"workspace create A B", "unexpected argument B", "usher workspace create --help"},
		{"token create", "missing flags: --workspace=KEY, --connection=NAME", "usher token create --help"},
		{"explain -w A -c b", "missing flags: --body=FILE or --claims=FILE or --user=USER", "usher explain --help"},
		{"explain -w A -c b --user x --body -", "--body and --user can't be used together", "usher explain --help"},
		{"workspace method A b", `<method>: must be one of manual, jit, scim, scim+jit, not "b"`, "usher workspace method --help"},
		{"member list -w A --status here", `--status: must be one of invited, active, deactivated, not "here"`, "usher member list --help"},
		{"version --data", "flag needs an argument: --data", "usher version --help"},
		{"event list -w A --limit many", `--limit: "many" is not a whole number`, "usher event list --help"},
		{"event list -w A --limit=-1", "--limit: it is 1 or more, not -1", "usher event list --help"},
		{"audit list -w A --limit 0", "--limit: it is 1 or more, not 0", "usher audit list --help"},
		{"audit list -w A --after -1", "--after: it is 0 or more, not -1", "usher audit list --help"},
		{"licence -w A --days 0", "--days: it is 1 or more, not 0", "usher licence --help"},
		{"job list -w A --limit 0", "--limit: it is 1 or more, not 0", "usher job list --help"},
		{"log list -w A --before 0", "--before: it is 1 or more, not 0", "usher log list --help"},
		{"log list -w A --limit 1001", "--limit: it is 1 to 1000, not 1001", "usher log list --help"},
		{"member list -w A --limit -1", "--limit: it is 1 to 1000, not -1", "usher member list --help"},
		{"session list -w A --limit 0", "--limit: it is 1 to 1000, not 0", "usher session list --help"},
		{"bench http://localhost --seconds x", `--seconds: "x" is not a number`, "usher bench --help"},
		{"bench http://localhost --timeout 5", `--timeout: "5" is not a duration such as 90s or 12h`, "usher bench --help"},
		{"bench http://localhost --rounds 0", "--rounds is 1 to 100, --seconds more than 0, --rate and --minutes no less than 0", "usher bench --help"},
		{"bench http://localhost --rate 25", "--tokens, --rate and --minutes are for --day", "usher bench --help"},
		{"bench http://localhost --minutes 0", "--tokens, --rate and --minutes are for --day", "usher bench --help"},
		{"bench http://localhost --day --rounds 3", "--other, --ops, --rounds and --seconds are not for --day", "usher bench --help"},
		{"bench http://localhost --day --users 1k,2k", "--day takes one size and one number of workers", "usher bench --help"},
		{"bench http://localhost --other-token x", "--other-token is for --other", "usher bench --help"},
		{"bench http://localhost --day --token x --tokens y", "--token and --tokens can't be used together", "usher bench --help"},
		{"check http://localhost --other-url http://localhost", "--other-url is for --other-token", "usher check --help"},
		{
			"token create -w A -c b --expires 9999999d",
			`--expires: "9999999d" is neither a number of days (1d to 36500d), nor a positive duration (720h), nor a time (2027-01-31T00:00:00Z)`,
			"usher token create --help",
		},
		{"version --json=perhaps", `--json: "perhaps" is not true or false`, "usher version --help"},
		{"app update x --no-first-party=perhaps", `--no-first-party: "perhaps" is not true or false`, "usher app update --help"},
	}
	for _, tt := range tests {
		var out, errs bytes.Buffer
		status := run(t.Context(), strings.Fields(tt.args), streams{nil, &out, &errs})
		if want := "usher: " + tt.text + "\nhint: " + tt.hint + "\n"; status != exitUsage || errs.String() != want || out.Len() > 0 {
			t.Errorf("%s: exit status %d, %q and %q, want %q", tt.args, status, &out, &errs, want)
		}
	}
}

// sample is a command of every kind of parameter.
type sample struct {
	sampleShared
	Name     string   `arg:"" help:"Name."`
	Rest     []string `arg:"" optional:"" help:"Rest."`
	Text     *string  `short:"t" help:"Text."`
	Yes      *bool    `negatable:"" help:"Yes."`
	Plain    bool     `help:"Plain."`
	Some     *[]string
	Whole    []string `sep:"none"`
	Sizes    []size   `default:"1k"`
	Workers  []int
	Count    int64         `default:"3"`
	TLSWait  time.Duration `default:"5s"`
	Fraction float64       `name:"part" default:"0.5"`
	Kind     string        `default:"a" enum:"a,b"`
}

type sampleShared struct{ Shared int }

func (s *sample) Run(*app) error { return nil }

func readSample(args ...string) (s sample, err error) {
	var called runner
	c := newCommand("sample", "", reflect.ValueOf(&s).Elem(), &called)
	c.SilenceErrors, c.SilenceUsage = true, true
	c.SetArgs(args)
	err = c.Execute()
	return s, err
}

func TestParameters_AreSetByTheirTypes(t *testing.T) {
	t.Parallel()
	defaults := func(change func(*sample)) sample {
		s := sample{Name: "x", Sizes: []size{1000}, Count: 3, TLSWait: 5 * time.Second, Fraction: 0.5, Kind: "a"}
		change(&s)
		return s
	}
	tests := []struct {
		args string
		want sample
	}{
		{"x", defaults(func(*sample) {})},
		{"-", defaults(func(s *sample) { s.Name = "-" })},
		{"x a,b -", defaults(func(s *sample) { s.Rest = []string{"a,b", "-"} })},
		{"-- -x --yes", defaults(func(s *sample) { s.Name, s.Rest = "-x", []string{"--yes"} })},
		{"--text - x --shared 7", defaults(func(s *sample) { s.Text, s.Shared = new("-"), 7 })},
		{"-t -- x", defaults(func(s *sample) { s.Text = new("--") })},
		{"x --text=", defaults(func(s *sample) { s.Text = new("") })},
		{"x --yes --plain", defaults(func(s *sample) { s.Yes, s.Plain = new(true), true })},
		{"x --no-yes", defaults(func(s *sample) { s.Yes = new(false) })},
		{"x --no-yes --yes --plain=no", defaults(func(s *sample) { s.Yes = new(true) })},
		{"x --some a,b --some=c", defaults(func(s *sample) { s.Some = &[]string{"a", "b", "c"} })},
		{`x --some a\,b,c,`, defaults(func(s *sample) { s.Some = &[]string{"a,b", "c"} })},
		{"x --some=", defaults(func(s *sample) { s.Some = new([]string) })},
		{"x --whole a,b --whole=c", defaults(func(s *sample) { s.Whole = []string{"a,b", "c"} })},
		{"x --sizes 2k,3m --sizes 7", defaults(func(s *sample) { s.Sizes = []size{2000, 3000000, 7} })},
		{"x --sizes=", defaults(func(s *sample) { s.Sizes = []size{} })},
		{"x --workers 1,8 --count -4", defaults(func(s *sample) { s.Workers, s.Count = []int{1, 8}, -4 })},
		{"x --tls-wait 2m --part 1e3 --kind b", defaults(func(s *sample) { s.TLSWait, s.Fraction, s.Kind = 2*time.Minute, 1000, "b" })},
	}
	for _, tt := range tests {
		got, err := readSample(strings.Fields(tt.args)...)
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(sample{})); err != nil || diff != "" {
			t.Errorf("%s: %v, -want +got:\n%s", tt.args, err, diff)
		}
	}
}

func TestDashed(t *testing.T) {
	t.Parallel()
	for field, want := range map[string]string{
		"Data": "data", "RateLimit": "rate-limit", "TLSCert": "tls-cert", "BaseURL": "base-url", "JSON": "json", "ID": "id",
	} {
		if got := dashed(field); got != want {
			t.Errorf("%s: %s, want %s", field, got, want)
		}
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text          string
		indent, width int
		want          string
	}{
		{"", 0, 80, ""},
		{"short", 4, 80, "short"},
		{"one two three four five six", 2, 22, "one two three four\n  five six"},
		{"a\nb", 2, 80, "a\n  b"},
		{"a-word-that-is-wider-than-all-there-is here", 0, 20, "a-word-that-is-wider-than-all-there-is\nhere"},
		{"one two three four five six", 70, 60, "one two three four\n" + strings.Repeat(" ", 70) + "five six"},
	}
	for _, tt := range tests {
		if got := fold(tt.text, tt.indent, tt.width); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
	}
}
