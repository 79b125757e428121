package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// alter runs statements, each apart, on a database of PostgreSQL, or on a file, which is made when there is none:
// sql FILE|URL SCRIPT
func alter(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sql FILE|URL SCRIPT")
	}
	driver, address := "sqlite", ts.MkAbs(args[0])
	if strings.HasPrefix(args[0], "postgres:") {
		driver, address = "pgx", args[0]
	}
	db, err := sql.Open(driver, address)
	ts.Check(err)
	for statement := range strings.SplitAfterSeq(ts.ReadFile(args[1]), ";\n") {
		_, err = db.Exec(statement)
		ts.Check(err)
	}
	ts.Check(db.Close())
}

// crowdTable writes a table of so many users: crowd 501 users.csv
func crowdTable(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: crowd N FILE")
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	var b strings.Builder
	b.WriteString("userName,title\n")
	for i := range n {
		fmt.Fprintf(&b, "user%d@example.com,Title %d\n", i, i%7)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(b.String()), 0o600))
}

// questions are what an installation is asked, to be compared with another one.
var questions = []string{
	"workspace list", "workspace show ACC123", "role list -w ACC123", "team list -w ACC123", "connection list -w ACC123",
	"connection show okta -w ACC123", "connection list -w MOVE", "token list -w ACC123 -c okta", "client-secret list -w ACC123 -c okta",
	"schema list -w ACC123", "resource-type list -w ACC123", "user list -w ACC123 -c okta",
	"group list -w ACC123 -c okta", "member list -w ACC123", "member list -w SUB --inherited", "member removed -w ACC123",
	"domain list -w ACC123", "job list -w MOVE", "log list -w ACC123", "licence -w ACC123", "webhook list -w ACC123",
	"apikey list -w ACC123", "audit list -w ACC123", "event list -w ACC123", "export -w ACC123", "export -w MOVE",
}

// ask writes what the installation answers to all questions: ask FILE
func ask(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: ask FILE")
	}
	var b strings.Builder
	for _, q := range questions {
		words := strings.Fields(q)
		if words[0] != "export" {
			words = append(words, "--json")
		}
		ts.Check(ts.Exec("usher", words...))
		fmt.Fprintf(&b, "usher %s\n%s\n", q, ts.ReadFile("stdout"))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o600))
}

// scimPage asks for a page of a list, writes its ids, and sets the environment variable to the cursor of the next one:
// page VAR FILE URL TOKEN
func scimPage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: page VAR FILE URL TOKEN")
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, args[2], http.NoBody)
	ts.Check(err)
	req.Header.Set("Authorization", "Bearer "+args[3])
	res, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer res.Body.Close()
	var list struct {
		NextCursor string `json:"nextCursor"`
		Resources  []struct {
			ID string `json:"id"`
		}
	}
	ts.Check(json.NewDecoder(res.Body).Decode(&list))
	if len(list.Resources) == 0 {
		ts.Fatalf("%s: nobody is on the page", res.Status)
	}
	ts.Setenv(args[0], list.NextCursor)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), fmt.Append(nil, list.Resources), 0o600))
}
