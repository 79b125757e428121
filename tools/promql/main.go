package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v4"
)

func main() {
	var errs []error
	for _, name := range os.Args[1:] {
		errs = append(errs, check(name))
	}
	if err := errors.Join(errs...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// file is what holds expressions: rules of Prometheus, or a dashboard of Grafana.
type file struct {
	Groups []struct {
		Rules []struct{ Alert, Record, Expr string }
	}
	Panels []struct {
		Title, Type string
		Targets     []struct{ Expr string }
	}
}

func check(name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	read := yaml.Unmarshal
	if strings.HasSuffix(name, ".json") {
		read = json.Unmarshal
	}
	var f file
	if err := read(text, &f); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	p, found := parser.NewParser(parser.Options{}), 0
	var errs []error
	expression := func(of, expr string) {
		found++
		// Grafana puts a length of time there.
		if _, err := p.ParseExpr(strings.ReplaceAll(expr, "$__rate_interval", "1m")); err != nil {
			errs = append(errs, fmt.Errorf("%s: %s: %w\n  %s", name, of, err, expr))
		}
	}
	for _, g := range f.Groups {
		for _, r := range g.Rules {
			expression(r.Alert+r.Record, r.Expr)
		}
	}
	for _, p := range f.Panels {
		for _, t := range p.Targets {
			expression(p.Title, t.Expr)
		}
	}
	if found == 0 {
		errs = append(errs, fmt.Errorf("%s: no expression in it", name))
	}
	return errors.Join(errs...)
}
