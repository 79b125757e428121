package main

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// Whatever serve has a flag for can be written in the file, under the flag's name with _ for -.
func TestConfigServer_EveryFlagHasAKey(t *testing.T) {
	t.Parallel()
	parser := newParser(new(cli), streams{})
	serve := slices.IndexFunc(parser.Model.Children, func(n *kong.Node) bool { return n.Name == "serve" })
	apart := []string{"help", "config", "ready-file", "json"}
	keys := names(fieldsOf(reflect.TypeFor[serverConfig]()))
	for _, f := range slices.Concat(parser.Model.Flags, parser.Model.Children[serve].Flags) {
		key := strings.ReplaceAll(f.Name, "-", "_")
		if key == "addr" {
			key = "listen"
		}
		if !slices.Contains(apart, f.Name) && !slices.Contains(keys, key) {
			t.Errorf("--%s has no key server.%s", f.Name, key)
		}
	}
	if len(keys) < 15 {
		t.Errorf("only %d keys", len(keys))
	}
}
