package main

import (
	"errors"
	"reflect"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso/saml"
)

// What a configuration says of sign-in by SAML: the identity provider's metadata stands in the place of its issuer, addresses
// and certificates. Who writes the file vouches for them.

// decode implements [custom]: a mapping of file alone, else the XML itself.
func (m *metadataConfig) decode(d *decoder, n *yaml.Node, path string) {
	if n.Kind == yaml.ScalarNode && strings.HasPrefix(strings.TrimSpace(n.Value), "<") {
		m.text = []byte(n.Value)
		return
	}
	if n.Kind != yaml.MappingNode {
		d.problem(n, path, metadataForm, "%s is neither a file nor XML: %s", label(path), describe(n))
		return
	}
	d.object(n, reflect.ValueOf(m).Elem(), path)
}

const metadataForm = "write file: PATH, or the XML itself"

// metadata reads the metadata into the rules of the connection. It returns false where there is something wrong with it.
func (k *checker) metadata(c *connectionConfig, path string) bool {
	m, at, rules := &c.SignInMetadata, path+".sign_in_metadata", directory.SignIn{Protocol: directory.ProtocolSAML}
	before := len(k.problems)
	switch {
	case k.places[at] == nil:
		return true
	case m.File != "":
		at += ".file"
		var err error
		if m.text, err = readConfig(k.path(m.File)); err != nil {
			k.at(at, "paths begin at the folder of the configuration file", "%s", err)
			return false
		}
	case m.text == nil:
		k.at(at, metadataForm, "there is no metadata")
		return false
	}
	if c.Settings.SignIn != nil {
		rules = *c.Settings.SignIn
	}
	k.twice(rules.SAML, path+".settings.sign_in.saml")
	if len(k.problems) > before {
		return false
	}
	in, err := saml.ReadImport(&rules, m.text, k.now)
	switch {
	case errors.Is(err, saml.ErrOtherProtocol):
		k.at(at, "write protocol: saml, or take the metadata away", "only sign-in by SAML has metadata")
	case err != nil:
		k.at(at, "usher check-sso FILE says what stands in it", "%s", err)
	case rules.Issuer != "" && rules.Issuer != in.EntityID:
		k.at(path+".settings.sign_in.issuer", "take issuer away, or name the metadata of that identity provider",
			"the metadata is of %q, not of %q", in.EntityID, rules.Issuer)
	default:
		c.Settings.SignIn = in.Rules
	}
	return len(k.problems) == before
}

// twice reports what the metadata says as well.
func (k *checker) twice(rules *directory.SAML, path string) {
	if rules == nil {
		return
	}
	for _, field := range []struct {
		key     string
		written bool
	}{
		{"sso_url", rules.SSO != ""},
		{"logout_url", rules.Logout != ""},
		{"logout_answer_url", rules.LogoutAnswer != ""},
		{"certificates", len(rules.Certificates) > 0},
	} {
		if field.written {
			k.at(below(path, field.key), "take it away, or write all of it here and no metadata", "%s stands in the metadata", field.key)
		}
	}
}

// samlSecret is what the rules need in the place of the known secret, unless the file supplies it; nil: nothing.
func (p *applier) samlSecret(c *connectionConfig, before *directory.SignIn, known string) (*string, error) {
	if c.SignInSecret != (secretConfig{}) {
		return nil, nil
	}
	return saml.SecretFor(before, c.Settings.SignIn, known, p.now)
}

// tellMetadata says in the log what the metadata changes. A server starts with one whose time is over, too: so it has run until now.
func (p *applier) tellMetadata(c *connectionConfig, before *directory.SignIn) {
	if c.SignInMetadata.text == nil {
		return
	}
	if _, err := saml.ReadImport(c.Settings.SignIn, c.SignInMetadata.text, p.now); err != nil {
		p.log.Warn("the metadata is taken all the same", "connection", c.Name, "workspace", c.Workspace, "error", err)
	}
	if in, err := saml.ReadImport(before, c.SignInMetadata.text, time.Time{}); err == nil && before != nil {
		for _, change := range in.Changes {
			p.log.Info("metadata: "+change, "connection", c.Name, "workspace", c.Workspace)
		}
	}
}
