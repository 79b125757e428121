package main

import (
	"fmt"
)

type doctorCmd struct {
	TLSCert string `env:"USHER_TLS_CERT" placeholder:"FILE" help:"Certificate that serve uses. Defaults to what the public URL shows."`
}

// Help implements explainer.
func (c *doctorCmd) Help() string {
	return "Looks at the data folder, its permissions, disk, schema and key, or at the database, its server's settings and the key, at the identity providers by which people sign in, and at the public URL: " +
		"whether it is reached, its certificate, and the clock. Exit status 1 says that something failed."
}

// The outcomes of a check.
const (
	statusOK   = "ok"
	statusWarn = "warn"
	statusFail = "fail"
)

// finding is the outcome of one check.
type finding struct {
	Check  string `json:"check"`
	Status string `json:"status"`
	Text   string `json:"text"`
	Hint   string `json:"hint"`
}

// doctor gathers findings.
type doctor struct {
	*app
	tlsCert  string
	findings []finding
}

func (d *doctor) ok(check, format string, args ...any) {
	d.findings = append(d.findings, finding{check, statusOK, fmt.Sprintf(format, args...), ""})
}

func (d *doctor) warn(check, hint, format string, args ...any) {
	d.findings = append(d.findings, finding{check, statusWarn, fmt.Sprintf(format, args...), hint})
}

func (d *doctor) fail(check, hint, format string, args ...any) {
	d.findings = append(d.findings, finding{check, statusFail, fmt.Sprintf(format, args...), hint})
}

type doctorView struct {
	Healthy  bool      `json:"healthy"`
	Findings []finding `json:"findings"`
}

// Run checks everything.
func (c *doctorCmd) Run(a *app) error {
	d := &doctor{app: a, tlsCert: c.TLSCert}
	d.checkFolder()
	d.checkPublicURL()
	return d.report()
}

func (d *doctor) report() error {
	view := doctorView{Healthy: true, Findings: d.findings}
	t := d.table("Nothing was checked.", "check", "", "finding")
	for _, f := range d.findings {
		view.Healthy = view.Healthy && f.Status != statusFail
		t.add(f.Check, f.Status, f.Text)
		if f.Hint != "" {
			t.add("", "", "hint: "+f.Hint)
		}
	}
	if err := d.print(view, t); err != nil {
		return err
	}
	if !view.Healthy {
		return errReported
	}
	return nil
}
