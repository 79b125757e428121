package main

import (
	"time"

	"github.com/usher-scim/usher/directory"
)

type signingKeyCmd struct {
	List   signingKeyListCmd   `cmd:"" help:"List the keys that the key set shows."`
	Rotate signingKeyRotateCmd `cmd:"" help:"Begin to sign with the next keys, which apps know already."`
}

type signingKeyView struct {
	ID        string     `json:"id"`
	Algorithm string     `json:"algorithm"`
	State     string     `json:"state"` // signing, next or previous
	CreatedAt *time.Time `json:"created_at"`
}

func newSigningKeyView(s directory.Signer) signingKeyView {
	v := signingKeyView{ID: s.ID, Algorithm: s.Algorithm, State: "previous", CreatedAt: timestamp(s.Created)}
	switch {
	case s.Signs:
		v.State = "signing"
	case s.Next:
		v.State = "next"
	}
	return v
}

type signingKeyListCmd struct{}

// Run lists the keys.
func (c *signingKeyListCmd) Run(a *app) error {
	return a.with(false, func(f *folder) error { return a.printSigningKeys(f, "") })
}

func (a *app) printSigningKeys(f *folder, title string) error {
	all, err := f.Signers(a.ctx)
	if err != nil {
		return err
	}
	views := []signingKeyView{}
	t := a.table("No signing key yet: the first login of an app makes them.", "id", "algorithm", "state", "created")
	for _, s := range all {
		v := newSigningKeyView(s)
		views = append(views, v)
		t.add(v.ID, v.Algorithm, v.State, when(s.Created))
	}
	if title != "" {
		return a.print(views, texts{line(title), t})
	}
	return a.print(views, t)
}

type signingKeyRotateCmd struct{}

// Run rotates the keys. Those of before stay in the key set for a week.
func (c *signingKeyRotateCmd) Run(a *app) error {
	return a.with(false, func(f *folder) error {
		if err := f.RotateSigningKeys(a.ctx, a.actor()); err != nil {
			return err
		}
		return a.printSigningKeys(f, "Rotated the signing keys.")
	})
}
