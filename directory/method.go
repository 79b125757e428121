package directory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// MethodChange is what another method of provisioning would come to (J1, J2).
type MethodChange struct {
	From, To Method
	// Blocked has to be switched off before: the methods exclude each other.
	Blocked []string
	// Stops and Begins are what an admin is asked to confirm.
	Stops, Begins []string
}

// MethodChange says what would stop and begin with another method. It changes nothing.
func (d *Directory) MethodChange(ctx context.Context, w Workspace, to Method) (MethodChange, error) {
	if err := to.check(); err != nil {
		return MethodChange{}, err
	}
	after := w
	after.Settings.Method = to
	return d.methodChange(ctx, w, after)
}

// checkMethod refuses a change of the method as long as what it would stop is on (J2): SCIM while tokens are good,
// just-in-time provisioning while people sign in.
func (d *Directory) checkMethod(ctx context.Context, before, after Workspace) error {
	was, is := before.Settings.Method, after.Settings.Method
	if was.TakesSCIM() == is.TakesSCIM() && was.TakesJIT() == is.TakesJIT() {
		return nil
	}
	c, err := d.methodChange(ctx, before, after)
	if err != nil || len(c.Blocked) == 0 {
		return err
	}
	return refuse(RefusedInUse, "disable those connections or revoke their tokens first, go by way of manual, or choose scim+jit to have both",
		"with the method %q would stop: %s", c.To, shortList(c.Blocked))
}

func (d *Directory) methodChange(ctx context.Context, before, after Workspace) (MethodChange, error) {
	was, is := before.Settings.Method, after.Settings.Method
	c := MethodChange{From: cmp.Or(was, MethodSCIM), To: cmp.Or(is, MethodSCIM)}
	connections, err := d.store.Connections(ctx, after.Root, after.ID)
	if err != nil {
		return c, err
	}
	for _, k := range connections {
		if err := d.methodAt(ctx, &c, k, after.DefaultRole); err != nil {
			return c, err
		}
	}
	return c, nil
}

// methodAt adds what the change means to one connection.
func (d *Directory) methodAt(ctx context.Context, c *MethodChange, k Connection, role string) error {
	live, err := d.hasLiveTokens(ctx, k)
	if err != nil {
		return err
	}
	live = live && k.State == StateEnabled
	add := func(list *[]string, format string, args ...any) { *list = append(*list, fmt.Sprintf(format, args...)) }
	switch {
	case live && c.From.TakesSCIM() && !c.To.TakesSCIM():
		add(&c.Blocked, "SCIM of %q", k.Name)
	case live && c.To.TakesSCIM() && !c.From.TakesSCIM():
		add(&c.Begins, "SCIM of %q provisions", k.Name)
	}
	switch on := k.Settings.SignIn.on(); {
	case on && c.From.TakesJIT() && !c.To.TakesJIT():
		if c.To.TakesSCIM() {
			add(&c.Blocked, "sign-in by %q", k.Name)
		} else {
			add(&c.Stops, "new people by sign-in of %q", k.Name)
		}
	case on && c.To.TakesJIT() && !c.From.TakesJIT():
		add(&c.Begins, "sign-in by %q makes members, with the role %s unless the login names another", k.Name, role)
	}
	return nil
}

func (d *Directory) hasLiveTokens(ctx context.Context, c Connection) (bool, error) {
	tokens, err := d.store.Tokens(ctx, c.Root, c.ID)
	now := d.now()
	return slices.ContainsFunc(tokens, func(t Token) bool { return t.Live(now) }), err
}
