package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/usher-scim/usher/scimtest/load"
)

// dayReport is a day and what it cost the server.
type dayReport struct {
	*load.DayReport
	Store   string  `json:"store"`
	Settled int     `json:"settled_users"`
	Before  float64 `json:"mib_before"`
	Peak    float64 `json:"mib_peak"`
}

// runDay plays Entra's day to an Usher with as many connections as there are tenants.
func runDay(parent context.Context, o options) error {
	b, ctx, err := prepare(parent, o)
	if err != nil {
		return err
	}
	defer b.stop()
	u, err := b.startUsher(ctx, "usher")
	if err != nil {
		return err
	}
	tenants, err := b.connectTenants(ctx, u)
	if err != nil {
		return err
	}
	if err := u.restart(ctx); err != nil { // the memory that the filling took is no part of the day
		return err
	}
	b.processes["usher"] = u.process
	r := dayReport{Store: cmp.Or(o.database, "SQLite, synchronous=FULL"), Settled: o.settled, Before: u.rss()}
	if o.database != "" {
		r.Store = "PostgreSQL"
	}
	r.DayReport, err = load.Day{
		Tenants: tenants, Users: o.users[0], Rate: o.rate, Lanes: o.workers[0],
		Time: time.Duration(o.minutes * float64(time.Minute)), Progress: progress,
	}.Run(ctx)
	r.Peak = u.peak()
	if len(r.Faults) > 0 && err == nil {
		err = errors.New("there were wrong answers")
	}
	return errors.Join(r.write(o.json), err)
}

// connectTenants makes the connections, and the users that are there before the day begins.
func (b *bench) connectTenants(ctx context.Context, u *usherServer) ([]*load.Server, error) {
	tenants := make([]*load.Server, b.tenants)
	for i := range tenants {
		name := fmt.Sprintf("T%03d", i+1)
		progress(i, b.tenants, "tenants")
		url, token, err := u.connect(ctx, name)
		if err != nil {
			return nil, err
		}
		if tenants[i], err = load.NewServer(load.Config{Name: name, BaseURL: url, Token: token}); err != nil {
			return nil, err
		}
		if err := tenants[i].Seed(ctx, b.settled/b.tenants, nil); err != nil {
			return nil, err
		}
	}
	return tenants, nil
}

func (r dayReport) write(asJSON bool) error {
	if isTerminal {
		fmt.Fprintln(os.Stderr)
	}
	if asJSON {
		return writeJSON(os.Stdout, r)
	}
	fmt.Printf("store: %s; users before the day: %d\n", r.Store, r.Settled)
	if err := r.WriteText(os.Stdout); err != nil {
		return err
	}
	_, err := fmt.Printf("\nresident memory of the server: %.0f MiB before, %.0f MiB at its peak in the day\n", r.Before, r.Peak)
	return err
}
