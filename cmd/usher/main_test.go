package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// asUsher makes the test binary be usher, for tests that start it as a process of its own.
const asUsher = "USHER_TEST_AS_USHER"

func TestMain(m *testing.M) {
	if os.Getenv(asUsher) != "" {
		main()
	}
	testscript.Main(m, map[string]func(){"usher": main})
}

// TestScripts runs testdata/script: the command line as people and scripts use it.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("USHER_DATA", env.WorkDir+"/data")
			env.Setenv("USER", "tester")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"await":  await,
			"field":  field,
			"grant":  grant,
			"mode":   mode,
			"status": status,
		},
	})
}
