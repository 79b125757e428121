package main

import (
	"errors"
	"net/url"
	"path/filepath"

	"github.com/usher-scim/usher/delivery"
)

// newMailer makes the mailer of --smtp and --mail-from; nil: nobody is sent mails.
func newMailer(server, from string) (*delivery.Mailer, error) {
	switch {
	case server == "" && from == "":
		return nil, nil
	case server == "" || from == "":
		return nil, misuse(errors.New("--smtp and --mail-from belong together"), "give both, or neither and nobody gets mails")
	}
	m, err := delivery.NewMailer(delivery.MailerConfig{URL: server, From: from})
	if err != nil {
		return nil, &failure{
			err: err, status: exitUsage,
			hint: "write --smtp smtp://user:password@host:587 --mail-from usher@example.com; signs such as @ and : in a password as %40 and %3A",
		}
	}
	return m, nil
}

// folderURL is the address of a folder of mails.
func folderURL(folder string) string {
	path := filepath.ToSlash(folder)
	if path[0] != '/' { // C:\…
		path = "/" + path
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}
