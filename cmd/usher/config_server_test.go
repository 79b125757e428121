package main

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// Whatever serve has a flag for can be written in the file, under the flag's name with _ for -.
func TestConfigServer_EveryFlagHasAKey(t *testing.T) {
	t.Parallel()
	serve, _, err := newRoot(new(cli), new(runner)).Find([]string{"serve"})
	if err != nil {
		t.Fatal(err)
	}
	apart := []string{"help", "config", "ready-file", "json"}
	keys := names(fieldsOf(reflect.TypeFor[serverConfig]()))
	check := func(f *pflag.Flag) {
		key := strings.ReplaceAll(f.Name, "-", "_")
		if key == "addr" {
			key = "listen"
		}
		if !slices.Contains(apart, f.Name) && !slices.Contains(keys, key) {
			t.Errorf("--%s has no key server.%s", f.Name, key)
		}
	}
	serve.LocalFlags().VisitAll(check)
	serve.InheritedFlags().VisitAll(check)
	if len(keys) < 15 {
		t.Errorf("only %d keys", len(keys))
	}
}
