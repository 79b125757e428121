package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Commands show in the order of the fields that declare them.
func init() { cobra.EnableCommandSorting = false }

// A command is a struct, and its fields are what it takes. Those of embedded structs count as its own. Their tags say:
//
//	cmd:""    a command below it, in a group, with aliases
//	arg:""    an argument, in its place; a list takes all that follow, optional:"" need not be there
//	neither   a flag, with a short form, or negatable:"" by --no-x; env is a variable that sets it as well; required:"",
//	          and xor for those of which one at most is given
//
// All have help, and a name where it is not the field's; values have a placeholder, a default and an enum. A list is
// separated by commas, but for sep:"none".
//
// What else a command does is in methods: those of runner, explainer, validator and settled.

// runner does something, and is no group of commands.
type runner interface{ Run(a *app) error }

// explainer has more to say than its line in the list of commands.
type explainer interface{ Help() string }

// validator has rules that no tag tells.
type validator interface{ Validate() error }

// settled has a place, such as a file, for flags that neither the command line nor the environment sets.
type settled interface {
	load() error
	setting(flag string) (text string, ok bool)
}

// command is a command of the command line.
type command struct {
	*cobra.Command
	line      any // the struct
	arguments []*parameter
	called    *runner // is set to the command that is
}

func newCommand(name string, tag reflect.StructTag, line reflect.Value, called *runner) *command {
	c := &command{line: line.Addr().Interface(), called: called}
	c.Command = &cobra.Command{Use: name, Short: tag.Get("help"), GroupID: tag.Get("group"), Aliases: list(tag.Get("aliases"))}
	c.Args, c.RunE = cobra.ArbitraryArgs, c.read
	c.Flags().SortFlags, c.PersistentFlags().SortFlags = false, false
	for _, f := range reflect.VisibleFields(line.Type()) {
		if f.Anonymous || !f.IsExported() {
			continue
		}
		switch p := newParameter(f, line.FieldByIndex(f.Index)); {
		case p.has("cmd"):
			c.AddCommand(newCommand(p.name, p.tag, p.field, called).Command)
		case p.has("arg"):
			c.arguments = append(c.arguments, p)
		default:
			c.addFlag(p)
		}
	}
	if e, ok := c.line.(explainer); ok {
		c.Long = e.Help()
	}
	c.Use = strings.Join(append([]string{name}, c.usage()...), " ")
	c.SetHelpFunc(c.help)
	return c
}

func (c *command) addFlag(p *parameter) {
	f := &pflag.Flag{Name: p.name, Shorthand: p.tag.Get("short"), Usage: p.help(), Value: p}
	if p.isBool() {
		f.NoOptDefVal = "true"
	}
	c.PersistentFlags().AddFlag(f)
	if p.has("negatable") {
		c.PersistentFlags().AddFlag(&pflag.Flag{Name: "no-" + p.name, Usage: p.help(), Value: negation{p}, NoOptDefVal: "true"})
	}
	if choices := p.choices(); choices != nil {
		_ = c.RegisterFlagCompletionFunc(p.name, cobra.FixedCompletions(choices, cobra.ShellCompDirectiveNoFileComp))
	}
}

// read sets what stands in the arguments, the environment and the settings, and checks all of it.
func (c *command) read(_ *cobra.Command, args []string) error {
	run, ok := c.line.(runner)
	if !ok {
		return c.misnamed(args)
	}
	if err := c.readArguments(args); err != nil {
		return err
	}
	flags := parameters(c.Flags())
	for _, step := range []func([]*parameter) error{readEnvironment, c.readSettings, checkGiven} {
		if err := step(flags); err != nil {
			return err
		}
	}
	if p, ok := c.line.(validator); ok {
		if err := p.Validate(); err != nil {
			return err
		}
	}
	*c.called = run
	return nil
}

// misnamed says which commands there are.
func (c *command) misnamed(args []string) error {
	var names []string
	for _, below := range c.Commands() {
		names = append(names, below.Name())
	}
	if len(args) == 0 {
		return fmt.Errorf("expected one of %s", strings.Join(names, ", "))
	}
	return unknown("unexpected argument "+args[0], "", args[0], names)
}

func (c *command) readArguments(args []string) error {
	for _, p := range c.arguments {
		if len(args) == 0 && !p.has("optional") {
			return fmt.Errorf("missing argument %s", p.term())
		}
		for len(args) > 0 {
			if err := p.Set(args[0]); err != nil {
				return fmt.Errorf("%s: %w", p.term(), err)
			}
			if args = args[1:]; !p.isList() {
				break
			}
		}
	}
	if len(args) > 0 {
		return fmt.Errorf("unexpected argument %s", args[0])
	}
	return nil
}

// readEnvironment sets flags that are not on the command line.
func readEnvironment(flags []*parameter) error {
	for _, p := range flags {
		variable := p.tag.Get("env")
		if text, ok := os.LookupEnv(variable); ok && !p.given {
			if err := p.Set(text); err != nil {
				return fmt.Errorf("%s: %w", variable, err)
			}
		}
	}
	return nil
}

// readSettings sets flags that are not in the environment either.
func (c *command) readSettings(flags []*parameter) error {
	s, ok := c.line.(settled)
	if !ok {
		return nil
	}
	if err := s.load(); err != nil {
		return err
	}
	for _, p := range flags {
		if text, ok := s.setting(p.name); ok && !p.given {
			if err := p.Set(text); err != nil {
				return fmt.Errorf("--%s: %w", p.name, err)
			}
		}
	}
	return nil
}

// checkGiven refuses flags that rule one another out, and says which are missing.
func checkGiven(flags []*parameter) error {
	var order []string
	terms, given := map[string][]string{}, map[string][]string{}
	for _, p := range flags {
		group := cmp.Or(p.tag.Get("xor"), p.name)
		if p.given {
			given[group] = append(given[group], "--"+p.name)
		}
		if p.has("required") && terms[group] == nil {
			order = append(order, group)
		}
		terms[group] = append(terms[group], p.term())
		if len(given[group]) > 1 {
			return fmt.Errorf("%s can't be used together", strings.Join(given[group], " and "))
		}
	}
	var missing []string
	for _, group := range order {
		if given[group] == nil {
			missing = append(missing, strings.Join(terms[group], " or "))
		}
	}
	if missing != nil {
		return fmt.Errorf("missing flags: %s", strings.Join(missing, ", "))
	}
	return nil
}

// flagError says which flag is wrong, and which one was meant.
func flagError(c *cobra.Command, err error) error {
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return fmt.Errorf("--%s: %w", e.GetFlag().Name, e.Unwrap())
	}
	e, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok || e.GetSpecifiedShortnames() != "" {
		return err
	}
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return unknown("unknown flag --"+e.GetSpecifiedName(), "--", e.GetSpecifiedName(), names)
}

// unknown is an error, with the name that was probably meant.
func unknown(text, dashes, name string, names []string) error {
	if near := nearest(name, names); near != "" {
		return fmt.Errorf("%s, did you mean %s%s?", text, dashes, near)
	}
	return errors.New(text)
}
