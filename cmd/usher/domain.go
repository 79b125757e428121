package main

import (
	"fmt"
	"time"

	"github.com/usher-scim/usher/directory"
)

type domainCmd struct {
	Claim   domainClaimCmd   `cmd:"" help:"Claim an e-mail domain, and say which DNS record proves it."`
	Check   domainCheckCmd   `cmd:"" help:"Look for the DNS record of a claimed domain."`
	List    domainListCmd    `cmd:"" help:"List the domains of a tenant."`
	Release domainReleaseCmd `cmd:"" help:"Give a domain up."`
}

type domainView struct {
	Name       string     `json:"name"`
	State      string     `json:"state"`     // proved or claimed
	Challenge  string     `json:"challenge"` // what the TXT record has to hold
	Failure    string     `json:"failure"`
	CreatedAt  *time.Time `json:"created_at"`
	VerifiedAt *time.Time `json:"verified_at"`
	CheckedAt  *time.Time `json:"checked_at"`
}

func newDomainView(d directory.Domain) domainView {
	v := domainView{
		Name: d.Name, State: "claimed", Challenge: d.Challenge, Failure: d.Failure,
		CreatedAt: timestamp(d.Created), VerifiedAt: timestamp(d.Verified), CheckedAt: timestamp(d.Checked),
	}
	if !d.Verified.IsZero() {
		v.State = "proved"
	}
	return v
}

func (v domainView) card(title string) *card {
	return newCard(title, "domain", v.Name, "state", v.State, "TXT record", v.Challenge, "last look", v.Failure)
}

type namedDomain struct {
	Name string `arg:"" help:"The domain, such as acme.example."`
	workspaceScope
}

type domainClaimCmd struct{ namedDomain }

// Run claims the domain.
func (c *domainClaimCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		d, err := f.ClaimDomain(a.ctx, a.actor(), w, c.Name)
		if err != nil {
			return err
		}
		v := newDomainView(d)
		return a.print(v, texts{
			v.card("Claimed domain " + d.Name + "."),
			line(fmt.Sprintf("\nNext: set the TXT record, then usher domain check %s --workspace %s", d.Name, w.Key)),
		})
	})
}

type domainCheckCmd struct{ namedDomain }

// Run looks for the record.
func (c *domainCheckCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		d, err := f.CheckDomain(a.ctx, a.actor(), w, c.Name)
		if err != nil {
			return err
		}
		v := newDomainView(d)
		return a.print(v, v.card("Domain "+d.Name))
	})
}

type domainListCmd struct{ workspaceScope }

// Run lists the domains.
func (c *domainListCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		all, err := f.Domains(a.ctx, w)
		if err != nil {
			return err
		}
		views := []domainView{}
		t := a.table("No domain yet. Claim one: usher domain claim NAME --workspace "+w.Key, "domain", "state", "checked", "last look")
		for _, d := range all {
			v := newDomainView(d)
			views = append(views, v)
			t.add(v.Name, v.State, when(d.Checked), v.Failure)
		}
		return a.print(views, t)
	})
}

type domainReleaseCmd struct {
	namedDomain
	consent
}

// Run gives the domain up.
func (c *domainReleaseCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		if err := c.ask(a, "domain "+c.Name+" from the tenant of workspace "+w.Key); err != nil {
			return err
		}
		if err := f.ReleaseDomain(a.ctx, a.actor(), w, c.Name); err != nil {
			return err
		}
		return a.print(deletedView{ID: c.Name, Deleted: true}, line("Released domain "+c.Name+"."))
	})
}
