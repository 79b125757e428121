package saml

import (
	"errors"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
)

// check refuses one thing, by a code of its own.
type check[T any] struct {
	code   directory.LoginCode
	refuse func(T) error // nil: there is nothing to refuse
}

// run runs checks in order, until one of them refuses.
func run[T any](off switches, checks []check[T], on T) error {
	for _, c := range checks {
		if instead := off[c.code]; instead != nil {
			instead(on)
			continue
		}
		if err := c.refuse(on); err != nil {
			return &sso.Refused{Code: c.code, Cause: err}
		}
	}
	return nil
}

// causeOf is what a check has said, without its code.
func causeOf(err error) error {
	if refused, ok := errors.AsType[*sso.Refused](err); ok {
		return refused.Cause
	}
	return err
}

// switches are checks that are not run, and what is done in their place. A test has them, which shows what each check is
// for, and [Explainer.Explain], which signs nobody in: it tells what else would be refused.
type switches map[directory.LoginCode]func(on any)
