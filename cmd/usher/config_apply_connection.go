package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory"
)

func (p *applier) connection(ctx context.Context, c *connectionConfig) error {
	w := p.done[c.Workspace]
	conn, err := p.Connection(ctx, w, c.Name)
	switch {
	case notFound(err):
		conn, err = p.createConnection(ctx, c, w)
	case err == nil:
		c.Settings.BrakeOpenUntil = conn.Settings.BrakeOpenUntil
		conn, err = p.updateConnection(ctx, c, conn)
	}
	if err != nil {
		return err
	}
	p.declared[conn.ID] = true
	if conn, err = p.Announce(ctx, p.by, conn, c.Announces); err != nil {
		return err
	}
	if err := p.hookSecret(ctx, c, conn); err != nil {
		return err
	}
	if err := p.signInSecret(ctx, c, conn); err != nil {
		return err
	}
	return p.tokens(ctx, c, conn)
}

func (p *applier) createConnection(ctx context.Context, c *connectionConfig, w directory.Workspace) (directory.Connection, error) {
	keys, err := p.samlSecret(c, nil, "")
	if err != nil {
		return directory.Connection{}, err
	}
	p.tellMetadata(c, nil)
	n := directory.NewConnection{Name: c.Name, Profile: c.profile(), Disabled: c.Disabled, Settings: c.Settings, Origin: c.origin}
	if keys != nil {
		n.SignInSecret = *keys
	}
	return p.CreateConnection(ctx, p.by, w, n)
}

func (p *applier) updateConnection(ctx context.Context, c *connectionConfig, conn directory.Connection) (directory.Connection, error) {
	known, err := p.SignInSecret(ctx, conn)
	if err != nil {
		return conn, err
	}
	keys, err := p.samlSecret(c, conn.Settings.SignIn, known)
	if err != nil {
		return conn, err
	}
	p.tellMetadata(c, conn.Settings.SignIn)
	return p.UpdateConnection(ctx, p.by, conn, directory.ConnectionChange{
		Profile: new(c.profile()), Settings: &c.Settings, SignInSecret: keys, Origin: &c.origin,
	})
}

// hookSecret takes the secret of the connection's hook. The one that is there already changes nothing.
func (p *applier) hookSecret(ctx context.Context, c *connectionConfig, conn directory.Connection) error {
	if c.HookSecret == (secretConfig{}) {
		return nil
	}
	text, err := p.secretText(c.HookSecret)
	if err != nil {
		return err
	}
	return p.SetHookSecret(ctx, p.by, conn, text)
}

func (c *connectionConfig) profile() string {
	if c.Profile == "" {
		return "generic"
	}
	return c.Profile
}

// tokens makes the supplied tokens those of the connection, and revokes those that were supplied before.
func (p *applier) tokens(ctx context.Context, c *connectionConfig, conn directory.Connection) error {
	var named []string
	for _, t := range c.Token {
		id, err := p.token(ctx, t, conn)
		if err != nil {
			return err
		}
		named = append(named, id)
	}
	all, err := p.Tokens(ctx, conn)
	if err != nil {
		return err
	}
	for _, t := range all {
		if t.Kind != directory.TokenSupplied || !t.Revoked.IsZero() || slices.Contains(named, t.ID) {
			continue
		}
		p.log.Info("no longer supplied, so it is revoked", "connection", conn.Name, "token", t.ID)
		if _, err := p.RevokeToken(ctx, p.by, conn, t.ID); err != nil {
			return err
		}
	}
	return nil
}

// token imports one token. One that has expired or was revoked is left out: a server has to start all the same.
func (p *applier) token(ctx context.Context, t tokenConfig, conn directory.Connection) (id string, err error) {
	text, err := p.secretText(t.secret())
	if err != nil {
		return "", err
	}
	expires, err := t.expiry()
	if err != nil {
		return "", err
	}
	if !expires.After(p.now) {
		p.log.Warn("the supplied token has expired", "connection", conn.Name, "from", t.secret().source(), "expired", expires.Format(time.DateOnly))
		return "", nil
	}
	issued, err := p.ImportToken(ctx, p.by, conn, text, expires)
	if err != nil && !issued.Revoked.IsZero() {
		p.log.Warn("the supplied token was revoked: supply another", "connection", conn.Name, "from", t.secret().source(), "token", issued.ID)
		return issued.ID, nil
	}
	return issued.ID, err
}

func (t tokenConfig) secret() secretConfig {
	return secretConfig{FromEnv: t.FromEnv, FromFile: t.FromFile}
}

// source says where a text comes from, never what it is.
func (t secretConfig) source() string {
	if t.FromEnv != "" {
		return "environment variable " + t.FromEnv
	}
	return "file " + t.FromFile
}

func (p *applier) secretText(t secretConfig) (string, error) {
	if t.FromEnv != "" {
		text := strings.TrimSpace(p.getenv(t.FromEnv))
		if text == "" {
			return "", hint(fmt.Errorf("the %s, which holds a secret, is not set", t.source()), "set it to 24 characters or more: openssl rand -base64 32")
		}
		return text, nil
	}
	text, err := readConfig(p.file.path(t.FromFile))
	if err == nil && len(text) > maxTokenFile {
		err = errors.New("it is too large")
	}
	if err != nil {
		return "", hint(fmt.Errorf("the %s, which holds a secret: %w", t.source(), err), "put the text into the file: 24 characters or more")
	}
	return strings.TrimSpace(string(text)), nil
}

// maxTokenFile is more than any token.
const maxTokenFile = 64 << 10

// releaseConnections makes editable again what the workspace's connections were declared to be and are no longer.
func (p *applier) releaseConnections(ctx context.Context, w directory.Workspace) error {
	all, err := p.Connections(ctx, w)
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.Origin == "" || p.declared[c.ID] {
			continue
		}
		p.log.Info("no longer declared: it stays, and can be changed from now on", "connection", c.Name, "workspace", w.Key, "was_in", c.Origin)
		if _, err := p.UpdateConnection(ctx, p.by, c, directory.ConnectionChange{Origin: new("")}); err != nil {
			return err
		}
	}
	return nil
}
