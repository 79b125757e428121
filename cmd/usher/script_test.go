package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience bounds what a script waits for; a slow machine must not fail it.
const patience = 30 * time.Second

// until calls try until it says that it is done, and fails the script when that takes too long.
func until(ts *testscript.TestScript, limit time.Duration, try func() (done bool, state string)) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		done, state := try()
		if done {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			ts.Fatalf("after %s: %s", limit, state)
		}
	}
}

// await waits for a file and sets the environment variable to its text: await ADDR ready
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await VAR file")
	}
	until(ts, patience, func() (bool, string) {
		data, err := os.ReadFile(ts.MkAbs(args[1]))
		if err != nil {
			return false, err.Error()
		}
		ts.Setenv(args[0], strings.TrimSpace(string(data)))
		return true, ""
	})
}

// field sets an environment variable to a value of the JSON object that the last command printed: field TOKEN token
func field(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: field VAR key")
	}
	var object map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &object))
	value, ok := object[args[1]]
	if !ok {
		ts.Fatalf("no %q in %v", args[1], object)
	}
	ts.Setenv(args[0], fmt.Sprint(value))
}

// mode checks a file's permissions: mode 700 data
func mode(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: mode octal file")
	}
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := strconv.FormatUint(uint64(info.Mode().Perm()), 8); (got == args[0]) == neg {
		ts.Fatalf("mode of %s is %s", args[1], got)
	}
}

// grant asks a token URL with client credentials until it answers with the status, at most for so long, and sets the
// environment variable to the access token: grant 200 1s ACCESS URL id secret
func grant(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 6 {
		ts.Fatalf("usage: grant code time VAR URL id secret")
	}
	limit, err := time.ParseDuration(args[1])
	ts.Check(err)
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {args[4]}, "client_secret": {args[5]}}
	until(ts, limit, func() (bool, string) {
		res, err := http.PostForm(args[3], form)
		if err != nil {
			return false, err.Error()
		}
		defer res.Body.Close()
		var answer struct {
			AccessToken string `json:"access_token"`
			Description string `json:"error_description"`
		}
		ts.Check(json.NewDecoder(res.Body).Decode(&answer))
		ts.Setenv(args[2], answer.AccessToken)
		return strconv.Itoa(res.StatusCode) == args[0], res.Status + " " + answer.Description
	})
}

// status asks a URL until it answers with the status, at most for so long: status 401 1s URL [token]
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: status code time URL [token]")
	}
	limit, err := time.ParseDuration(args[1])
	ts.Check(err)
	until(ts, limit, func() (bool, string) {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, args[2], http.NoBody)
		ts.Check(err)
		if len(args) > 3 {
			req.Header.Set("Authorization", "Bearer "+args[3])
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return false, err.Error()
		}
		ts.Check(res.Body.Close())
		return strconv.Itoa(res.StatusCode) == args[0], res.Status
	})
}
