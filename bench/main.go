package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/usher-scim/usher/scimtest/load"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		if wrong, ok := errors.AsType[*load.Error](err); ok {
			fmt.Fprintln(os.Stderr, "hint:", wrong.Hint())
		}
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	o, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	switch {
	case o.serve != "":
		return serve(ctx, o)
	case o.day:
		return runDay(ctx, o)
	}
	b, err := start(ctx, o)
	if err != nil {
		return err
	}
	defer b.stop()
	report, err := b.measure(ctx)
	if err != nil {
		return err
	}
	if o.json {
		return writeJSON(os.Stdout, report)
	}
	return report.writeTable(os.Stdout)
}

// options are the flags.
type options struct {
	before   string
	binary   string
	database string
	dir      string
	json     bool
	ops      []string
	rounds   int
	slice    time.Duration
	targets  []string
	token    string
	users    []int
	usherURL string
	workers  []int

	day     bool
	minutes float64
	rate    float64
	settled int
	tenants int

	serve       string
	synchronous string
}

func parse(args []string) (options, error) {
	var o options
	set := flag.NewFlagSet("bench", flag.ContinueOnError)
	quick := set.Bool("quick", false, "1k users, 8 workers, slices of 0.3 s: a look, not a measurement")
	users := set.String("users", "1k,100k", "sizes of the directory, such as 10k,100k,1m; with -day the users of the initial cycle")
	workers := set.String("workers", "1,8,32", "numbers of concurrent clients; with -day of each tenant")
	ops := set.String("ops", "", "operations (default: all but sw, co, patch-entra and bulk)")
	targets := set.String("targets", strings.Join(targetNames, ","), "servers")
	seconds := set.Float64("seconds", 1, "length of one slice: one operation on one server")
	set.StringVar(&o.before, "before", "", "binary of an earlier usher, to be measured in the same run")
	set.StringVar(&o.binary, "binary", "", "binary of usher (default: built from this tree)")
	set.StringVar(&o.database, "database", "", "URL of an empty PostgreSQL database for usher and thin-pg (default: SQLite)")
	set.IntVar(&o.rounds, "rounds", 3, "slices of each operation on each server, alternating")
	set.BoolVar(&o.json, "json", false, "print JSON")
	set.StringVar(&o.dir, "dir", os.TempDir(), "where the databases are put: the disk that is measured")
	set.StringVar(&o.usherURL, "usher-url", "", "base URL of a connection of a running, empty Usher (default: build and start one)")
	set.StringVar(&o.token, "token", "", "its token")
	set.BoolVar(&o.day, "day", false, "Entra's day to an Usher with many tenants, instead of the table")
	set.IntVar(&o.tenants, "tenants", 100, "with -day: connections, in a workspace each")
	set.Float64Var(&o.rate, "rate", 25, "with -day: requests a second of each tenant; 0: as many as are answered")
	set.Float64Var(&o.minutes, "minutes", 5, "with -day: its length; 0: the initial cycle alone")
	settled := set.String("settled", "", "with -day: users that are there before it begins, such as 1m")
	set.StringVar(&o.serve, "serve", "", "be a yardstick: const, thin or thin-pg (used by the bench itself)")
	set.StringVar(&o.synchronous, "synchronous", "FULL", "SQLite's pragma of thin")
	if err := set.Parse(args); err != nil {
		return o, err
	}
	if *quick {
		*users, *workers, *seconds = "1k", "8", 0.3
	}
	if o.day && !isSet(set, "workers") {
		*workers = "4"
	}
	o.slice = time.Duration(*seconds * float64(time.Second))
	var errs [6]error
	o.users, errs[0] = list(*users, load.ParseSize)
	o.workers, errs[1] = list(*workers, positive)
	if *ops != "" {
		o.ops = strings.Split(*ops, ",")
		errs[2] = load.CheckOperations(o.ops)
	}
	o.targets, errs[3] = names("server", *targets, targetNames)
	if *settled != "" {
		o.settled, errs[4] = load.ParseSize(*settled)
	}
	if isSet(set, "targets") {
		errs[5] = o.lacking()
	}
	o.targets = slices.DeleteFunc(o.targets, func(name string) bool {
		return name == "before" && o.before == "" || name == "thin-pg" && o.database == ""
	})
	return o, errors.Join(errs[:]...)
}

// lacking is what must be said beside a server that was asked for by its name.
func (o *options) lacking() error {
	switch {
	case slices.Contains(o.targets, "thin-pg") && o.database == "":
		return errors.New("-targets thin-pg: it wants a database: add -database postgres://user@host/empty, or leave it out")
	case slices.Contains(o.targets, "before") && o.before == "":
		return errors.New("-targets before: it wants a binary: add -before FILE, or leave it out")
	}
	return nil
}

func isSet(set *flag.FlagSet, name string) (found bool) {
	set.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}

// list reads "1k,100k".
func list(text string, read func(string) (int, error)) ([]int, error) {
	var all []int
	for _, word := range strings.Split(text, ",") {
		n, err := read(word)
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, nil
}

func positive(word string) (int, error) {
	n, err := strconv.Atoi(word)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q is not a number such as 8", word)
	}
	return n, nil
}

// names reads a list of known words and returns them in the order in which they are known.
func names(what, list string, known []string) ([]string, error) {
	words := strings.Split(list, ",")
	for _, word := range words {
		if !slices.Contains(known, word) {
			return nil, fmt.Errorf("no %s %q: there are %s", what, word, strings.Join(known, ", "))
		}
	}
	return slices.DeleteFunc(slices.Clone(known), func(k string) bool { return !slices.Contains(words, k) }), nil
}
