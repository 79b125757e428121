package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/usher-scim/usher/sso/saml"
)

type checkSSOCmd struct {
	File     string `arg:"" placeholder:"FILE" help:"Metadata of an identity provider, or a response that a browser has posted: XML or base64; - reads standard input."`
	Metadata string `placeholder:"FILE" help:"The identity provider's metadata, to which a response is held."`
	EntityID string `name:"entity-id" placeholder:"URL" help:"Usher's entity ID, for which a response must be made."`
	ACS      string `name:"acs" placeholder:"URL" help:"Usher's ACS URL, to which it must be sent."`
}

// Help implements explainer.
func (c *checkSSOCmd) Help() string {
	return "Says what is signed, with what and by whom, which attributes are there, which checks it would not pass, and what to change at the " +
		"identity provider. A response is judged as of when it was made. Values of attributes are never shown. Exit status 1 says that there are findings."
}

// Run explains the file.
func (c *checkSSOCmd) Run(a *app) error {
	if c.File == "-" && c.Metadata == "-" {
		return hint(errors.New("standard input can be read once"), "put one of the two into a file")
	}
	explainer := saml.Explainer{EntityID: c.EntityID, ACS: c.ACS, Now: a.now()}
	if c.Metadata != "" {
		text, err := a.readMetadata(c.Metadata)
		if err != nil {
			return err
		}
		if explainer.Provider, err = saml.ReadMetadata(text, a.now()); err != nil {
			return hint(fmt.Errorf("the metadata cannot be used: %w", err), "usher check-sso %s", c.Metadata)
		}
	}
	text, err := a.readCapture(c.File)
	if err != nil {
		return err
	}
	report, err := explainer.Explain(text)
	if err != nil {
		return hint(fmt.Errorf("it cannot be read: %w", err), "copy the whole value of SAMLResponse, or download the metadata")
	}
	if err := a.print(report, reportTexts(report, c.missing())); err != nil {
		return err
	}
	if len(report.Findings) > 0 {
		return errors.New("it would be refused, or soon will be")
	}
	return nil
}

// missing are the flags with which more could be looked at in a response.
func (c *checkSSOCmd) missing() string {
	var flags []string
	for _, f := range [][2]string{{c.Metadata, "--metadata"}, {c.EntityID, "--entity-id"}, {c.ACS, "--acs"}} {
		if f[0] == "" {
			flags = append(flags, f[1])
		}
	}
	return strings.Join(flags, ", ")
}

func (a *app) readCapture(name string) ([]byte, error) {
	input, err := a.readMetadata(name)
	if err != nil {
		return nil, err
	}
	text, err := saml.Captured(input)
	if err != nil {
		return nil, hint(err, "copy the whole value of SAMLResponse, or download the metadata")
	}
	return text, nil
}

func reportTexts(r saml.Report, missing string) texts {
	facts := newCard("It is a " + r.Kind + ".")
	if r.Kind == "metadata" {
		facts.title = "It is the metadata of an identity provider."
	}
	for _, f := range r.Facts {
		facts.pairs = append(facts.pairs, [2]string{f.Name, f.Value})
	}
	all := texts{facts}
	switch {
	case len(r.Findings) > 0:
	case r.Kind == "response" && missing != "":
		return append(all, line("\nNothing stands against it, as far as it can be looked at without "+missing+"."))
	default:
		return append(all, line("\nNothing stands against it."))
	}
	all = append(all, line(fmt.Sprintf("\nFindings: %d", len(r.Findings))))
	for _, f := range r.Findings {
		all = append(all, newCard(printable(f.Text), "code", string(f.Code), "fix", f.Fix))
	}
	return all
}
