package main

import (
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v4"
)

// configFlag is the flag of commands that take a configuration file.
type configFlag struct {
	Config string `env:"USHER_CONFIG" placeholder:"FILE" help:"Configuration file: server settings, workspaces, connections. See docs/configuration.md."`

	source *configSource // what was read of it
}

// load reads the file, if there is one, and what the environment declares.
func (c *configFlag) load() (err error) {
	c.source = &configSource{places: places{}}
	if c.Config != "" {
		if c.source, err = mustLoad(c.Config); err != nil {
			return err
		}
	}
	return c.source.addEnvironment(os.Getenv)
}

// BeforeResolve implements kong's hook: flags that neither the command line nor the environment set come from the
// file (flags > environment > file > defaults).
func (c *serveCmd) BeforeResolve(ctx *kong.Context) error {
	for _, f := range ctx.Flags() {
		if f.Name == "config" {
			c.Config, _ = ctx.FlagValue(f).(string)
		}
	}
	if err := c.load(); err != nil {
		return err
	}
	ctx.AddResolver(kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, f *kong.Flag) (any, error) {
		if slices.ContainsFunc(f.Envs, func(name string) bool { _, set := os.LookupEnv(name); return set }) {
			return nil, nil
		}
		return c.source.flag(f.Name), nil
	}))
	return nil
}

// flag is what the file says for a flag of serve, nil when it says nothing.
func (c *configSource) flag(name string) any {
	key := strings.ReplaceAll(name, "-", "_")
	if name == "addr" {
		key = "listen"
	}
	switch n := c.places["server."+key]; {
	case n == nil || n.ShortTag() == "!!null":
		return nil
	case n.Kind == yaml.SequenceNode:
		var items []string
		for _, item := range n.Content {
			items = append(items, item.Value)
		}
		return strings.Join(items, ",")
	case key == "data" || key == "key_file" || key == "tls_cert" || key == "tls_key":
		return c.path(n.Value)
	default:
		return n.Value
	}
}
