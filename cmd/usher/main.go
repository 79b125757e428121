package main

import (
	"context"
	"fmt"
	"os"

	"github.com/usher-scim/usher/store/sqlite"
)

func main() {
	if err := sqlite.MultiThread(); err != nil {
		fmt.Fprintln(os.Stderr, "usher:", err)
		os.Exit(1)
	}
	os.Exit(run(context.Background(), os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}
