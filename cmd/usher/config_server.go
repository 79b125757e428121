package main

import (
	"os"
	"strings"

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

// setting implements settled: the file comes after the command line and the environment, and before the defaults.
func (c *serveCmd) setting(flag string) (text string, ok bool) { return c.source.flag(flag) }

// flag is what the file says for a flag of serve, if it says anything.
func (c *configSource) flag(name string) (text string, ok bool) {
	key := strings.ReplaceAll(name, "-", "_")
	if name == "addr" {
		key = "listen"
	}
	switch n := c.places["server."+key]; {
	case n == nil || n.ShortTag() == "!!null":
		return "", false
	case n.Kind == yaml.SequenceNode:
		var items []string
		for _, item := range n.Content {
			items = append(items, item.Value)
		}
		return strings.Join(items, ","), true
	case key == "data" || key == "key_file" || key == "tls_cert" || key == "tls_key":
		return c.path(n.Value), true
	default:
		return n.Value, true
	}
}
