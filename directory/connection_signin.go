package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The connections by which people sign in: who finds them, and their client secrets.

// offered returns the connection if people can sign in by it.
func (d *Directory) offered(ctx context.Context, root, id string) (Connection, error) {
	c, err := d.lettingIn(ctx, root, id)
	if err == nil && c.State != StateEnabled {
		err = &LoginError{LoginNotOffered, fmt.Errorf("connection %q is %s", c.Name, c.State)}
	}
	return c, err
}

// lettingIn returns the connection if people may be signed in by it.
func (d *Directory) lettingIn(ctx context.Context, root, id string) (Connection, error) {
	c, err := d.store.Connection(ctx, root, id)
	switch there, err := found(err); {
	case err != nil:
		return c, err
	case !there:
		return c, &LoginError{LoginNotOffered, errors.New("there is no such connection")}
	case !c.Settings.SignIn.on():
		return c, &LoginError{LoginNotOffered, fmt.Errorf("connection %q has no sign-in, or it is disabled", c.Name)}
	case !c.LetsIn():
		return c, &LoginError{LoginNotOffered, fmt.Errorf("connection %q is %s", c.Name, c.State)}
	}
	return c, nil
}

// rootOf is the root of the connection of that id.
func (d *Directory) rootOf(ctx context.Context, id string) (string, error) {
	root, err := d.store.RootOf(ctx, id)
	if there, err := found(err); err != nil {
		return "", err
	} else if !there {
		return "", &LoginError{LoginNotOffered, errors.New("there is no such connection")}
	}
	return root, nil
}

// LogoutConnection finds the connection of that id whose identity provider can end sessions, whichever root it is of. A pause
// leaves who is signed in, so it leaves their logouts too (M17); where nobody is let in any more, all sessions are over. A
// [LoginError] says why there is none, and comes with the connection where there is one.
func (d *Directory) LogoutConnection(ctx context.Context, id string) (Connection, error) {
	root, err := d.rootOf(ctx, id)
	if err != nil {
		return Connection{}, err
	}
	return d.lettingIn(ctx, root, id)
}

// SignInConnection finds the connection of that id by which people can sign in, whichever root it is of, with its
// workspace. A [LoginError] says why there is none.
func (d *Directory) SignInConnection(ctx context.Context, id string) (Connection, Workspace, error) {
	root, err := d.rootOf(ctx, id)
	if err != nil {
		return Connection{}, Workspace{}, err
	}
	c, err := d.offered(ctx, root, id)
	if err != nil {
		return Connection{}, Workspace{}, err
	}
	w, err := d.WorkspaceOf(ctx, c)
	return c, w, err
}

// WorkspaceOf is the workspace of a connection, whatever its state.
func (d *Directory) WorkspaceOf(ctx context.Context, c Connection) (Workspace, error) {
	return d.store.Workspace(ctx, c.Root, c.Workspace)
}

// SignInConnections lists those of the workspace, or of the nearest one above that has any: for home-realm discovery.
func (d *Directory) SignInConnections(ctx context.Context, w Workspace) ([]Connection, error) {
	t, err := d.treeOf(ctx, w.Root, false)
	if err != nil {
		return nil, err
	}
	all, err := d.signIns(ctx, t, w.Root)
	if err != nil {
		return nil, err
	}
	for b := t.workspaces[w.ID]; b != nil; b = b.above {
		var own []Connection
		for _, c := range all {
			if c.Workspace == b.ID {
				own = append(own, c)
			}
		}
		if len(own) > 0 {
			return own, nil
		}
	}
	return nil, nil
}

// maxOffered is how many connections of workspaces below are offered to somebody with an address.
const maxOffered = 20

// SignInByEmail lists the connections by which somebody with the address may sign in: those of the root that has proved the
// address's domain. It tells nothing of the person. Where the root has none of its own it lists those of the workspaces below,
// unless they are many. The domain is not theirs: a face offers them with their workspace's name, and leads to none by itself.
func (d *Directory) SignInByEmail(ctx context.Context, address string) ([]Connection, error) {
	_, name, _ := strings.Cut(address, "@")
	owner, err := d.store.DomainOwner(ctx, strings.ToLower(name))
	if there, err := found(err); err != nil || !there {
		return nil, err
	}
	t, err := d.treeOf(ctx, owner.Root, false)
	if err != nil {
		return nil, err
	}
	all, err := d.signIns(ctx, t, owner.Root)
	if err != nil {
		return nil, err
	}
	own := slices.DeleteFunc(slices.Clone(all), func(c Connection) bool { return c.Workspace != c.Root })
	switch {
	case len(own) > 0:
		return own, nil
	case len(all) > maxOffered:
		return nil, nil
	}
	return all, nil
}

// signIns lists the connections of a root by which people can sign in. The tree keeps those with rules for it, which move
// its Config.
func (d *Directory) signIns(ctx context.Context, t *tree, root string) ([]Connection, error) {
	known := t.signIns.Load()
	if known == nil {
		all, err := d.store.Connections(ctx, root, "")
		if err != nil {
			return nil, err
		}
		all = slices.DeleteFunc(all, func(c Connection) bool { return !c.LetsIn() })
		known = &all
		t.signIns.Store(known)
	}
	return *known, nil
}

func signInSecretName(connection string) string { return "sign-in/" + connection }

// signInSecretField is what audit entries call the client secret.
const signInSecretField = "sign_in_secret"

// SetSignInSecret seals the client secret that the identity provider has given; empty: there is none any more.
func (d *Directory) SetSignInSecret(ctx context.Context, by Actor, c Connection, secret string) error {
	_, err := d.ChangeSignInSecret(ctx, by, c, func(Connection, string) (string, error) { return secret, nil })
	return err
}

// ChangeSignInSecret makes the secret of the one that is there, such as the next keys of SAML: whoever else changes it at the
// same time does so before or after. It may be asked again, when others were first, with the connection as it is then.
func (d *Directory) ChangeSignInSecret(ctx context.Context, by Actor, c Connection, next func(c Connection, known string) (string, error)) (Connection, error) {
	var after Connection
	err := d.editConnection(ctx, by, c, func(ctx context.Context, p *plan, before Connection) error {
		known, err := d.SignInSecret(ctx, before)
		if err != nil {
			return err
		}
		secret, err := next(before, known)
		if err != nil {
			return err
		}
		p.Secrets = append(p.Secrets, d.sealSignInSecret(before, secret))
		after = before
		p.updateConnection(before, &after) // so that one of two who have read the same secret is refused
		detail := newConnectionDetail(before)
		detail.Changed = []string{signInSecretField}
		return p.audit(ActionConnectionUpdate, targetConnection, c.ID, "", detail)
	})
	return after, err
}

// secretAfter is the secret that a change gives; nil: the one that is there stays. Keys of SAML are no client secret, and the
// other way round: what was there before another protocol goes, so that it is sent to nobody, and nobody brings keys along.
func (d *Directory) secretAfter(ctx context.Context, before, after Connection, given *string) (*string, error) {
	if given != nil || before.Settings.SignIn.IsSAML() == after.Settings.SignIn.IsSAML() {
		return given, nil
	}
	has, err := d.HasSignInSecret(ctx, before)
	if !has {
		return nil, err
	}
	return new(""), err
}

// sealSignInSecret is the secret as it is kept; an empty one is dropped.
func (d *Directory) sealSignInSecret(c Connection, secret string) Secret {
	if secret == "" {
		return Secret{Root: c.Root, Name: signInSecretName(c.ID)}
	}
	return d.seal(c.Root, signInSecretName(c.ID), []byte(secret))
}

// HasSignInSecret reports whether there is a client secret.
func (d *Directory) HasSignInSecret(ctx context.Context, c Connection) (bool, error) {
	_, err := d.store.Secret(ctx, c.Root, signInSecretName(c.ID))
	return found(err)
}

// SignInSecret opens the client secret; empty: there is none.
func (d *Directory) SignInSecret(ctx context.Context, c Connection) (string, error) {
	s, err := d.store.Secret(ctx, c.Root, signInSecretName(c.ID))
	if there, err := found(err); err != nil || !there {
		return "", err
	}
	plain, err := d.open(s)
	return string(plain), err
}
