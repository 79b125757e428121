package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/usher-scim/usher/scimtest/load"
)

// readTenants reads a connection from each line of a file: a token, or a base URL and a token.
func readTenants(name, base string) ([]load.Config, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var all []load.Config
	lines := bufio.NewScanner(file)
	for number := 1; lines.Scan(); number++ {
		words := strings.Fields(lines.Text())
		c := load.Config{Name: fmt.Sprintf("tenant %d", len(all)+1), BaseURL: base}
		switch len(words) {
		case 0:
			continue
		case 1:
			c.Token = words[0]
		case 2:
			c.BaseURL, c.Token = words[0], words[1]
		default:
			return nil, fmt.Errorf("%s: line %d has more than a base URL and a token", name, number)
		}
		all = append(all, c)
	}
	if len(all) == 0 && lines.Err() == nil {
		return nil, fmt.Errorf("%s: no tokens in it", name)
	}
	return all, lines.Err()
}

func (c *benchCmd) day(ctx context.Context, a *app, p *progress, tenants []*load.Server) error {
	d := load.Day{
		Tenants: tenants, Users: int(c.Users[0]), Rate: *c.Rate, Time: time.Duration(*c.Minutes * float64(time.Minute)), Progress: p.step,
	}
	if len(c.Workers) > 0 {
		d.Lanes = c.Workers[0]
	}
	report, err := d.Run(ctx)
	p.clear()
	if err := errors.Join(c.printDay(a, report), err); err != nil {
		return err
	}
	if len(report.Faults) > 0 {
		return errReported
	}
	return nil
}

func (c *benchCmd) printDay(a *app, r *load.DayReport) error {
	if a.JSON {
		return printJSON(a.out, r)
	}
	return r.WriteText(a.out)
}
