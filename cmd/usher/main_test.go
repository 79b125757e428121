package main

import (
	"io"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// asUsher makes the test binary be usher, for tests that start it as a process of its own.
const asUsher = "USHER_TEST_AS_USHER"

// onLeash is the value of asUsher for processes that must not outlive the test, whose pipe is their standard input.
const onLeash = "on a leash"

func TestMain(m *testing.M) {
	if as := os.Getenv(asUsher); as != "" {
		if as == onLeash {
			go func() {
				_, _ = io.Copy(io.Discard, os.Stdin)
				os.Exit(1)
			}()
		}
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
			"ask":      ask,
			"await":    await,
			"crowd":    crowdTable,
			"field":    field,
			"grant":    grant,
			"mode":     mode,
			"page":     scimPage,
			"postgres": startPostgres,
			"program":  runProgram,
			"sql":      alter,
			"status":   status,
		},
	})
}
