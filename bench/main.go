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
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
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
	if o.serve != "" {
		return serve(ctx, o)
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
		return report.writeJSON(os.Stdout)
	}
	return report.writeTable(os.Stdout)
}

// options are the flags.
type options struct {
	before   string
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

	serve       string
	synchronous string
}

func parse(args []string) (options, error) {
	var o options
	set := flag.NewFlagSet("bench", flag.ContinueOnError)
	quick := set.Bool("quick", false, "1k users, 8 workers, slices of 0.3 s: a look, not a measurement")
	users := set.String("users", "1k,100k", "sizes of the directory")
	workers := set.String("workers", "1,8,32", "numbers of concurrent clients")
	ops := set.String("ops", strings.Join(operationNames(), ","), "operations")
	targets := set.String("targets", strings.Join(targetNames, ","), "servers")
	seconds := set.Float64("seconds", 1, "length of one slice: one operation on one server")
	set.StringVar(&o.before, "before", "", "binary of an earlier usher, to be measured in the same run")
	set.IntVar(&o.rounds, "rounds", 3, "slices of each operation on each server, alternating")
	set.BoolVar(&o.json, "json", false, "print JSON")
	set.StringVar(&o.dir, "dir", os.TempDir(), "where the databases are put: the disk that is measured")
	set.StringVar(&o.usherURL, "usher-url", "", "base URL of a connection of a running, empty Usher (default: build and start one)")
	set.StringVar(&o.token, "token", "", "its token")
	set.StringVar(&o.serve, "serve", "", "be a yardstick: const or thin (used by the bench itself)")
	set.StringVar(&o.synchronous, "synchronous", "FULL", "SQLite's pragma of thin")
	if err := set.Parse(args); err != nil {
		return o, err
	}
	if *quick {
		*users, *workers, *seconds = "1k", "8", 0.3
	}
	o.slice = time.Duration(*seconds * float64(time.Second))
	var errs [4]error
	o.users, errs[0] = numbers(*users)
	o.workers, errs[1] = numbers(*workers)
	o.ops, errs[2] = names("operation", *ops, operationNames())
	o.targets, errs[3] = names("server", *targets, targetNames)
	if o.before == "" {
		o.targets = slices.DeleteFunc(o.targets, func(name string) bool { return name == "before" })
	}
	return o, errors.Join(errs[:]...)
}

// numbers reads "1k,100k".
func numbers(list string) ([]int, error) {
	var all []int
	for _, word := range strings.Split(list, ",") {
		digits, isThousands := strings.CutSuffix(word, "k")
		n, err := strconv.Atoi(digits)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is not a number such as 8 or 100k", word)
		}
		if isThousands {
			n *= 1000
		}
		all = append(all, n)
	}
	return all, nil
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
