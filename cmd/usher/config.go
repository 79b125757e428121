package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// The types of this file are usher.yaml. Their JSON names are its keys, their comments the reference in
// docs/configuration.md and the descriptions of the JSON schema (go generate writes config_keys.go from them).

// config is a whole file.
type config struct {
	// Schema is for editors: the path of what "usher config schema" printed.
	Schema string `json:"$schema"`
	// Server is what serve has flags for. A flag or its variable of the environment wins over the file.
	Server serverConfig `json:"server"`
	// Workspaces are made, and kept as they are written here. A parent may stand anywhere in the list.
	Workspaces []workspaceConfig `json:"workspaces"`
	// Connections are made, and kept as they are written here.
	Connections []connectionConfig `json:"connections"`
	// Apps are clients of the OpenID Provider, for every tenant. They are registered, and kept as they are written here.
	Apps []appConfig `json:"apps"`
}

// serverConfig is the flags of serve, with _ for -.
type serverConfig struct {
	// Listen is the address to listen on: --addr.
	Listen string `json:"listen"`
	// Data is the data folder: --data.
	Data string `json:"data"`
	// Database is the URL of the PostgreSQL database that replicas share: --database.
	Database string `json:"database"`
	// KeyFile is the file of the sealing key: --key-file.
	KeyFile string `json:"key_file"`
	// PublicURL is the URL under which identity providers reach this server: --public-url.
	PublicURL string `json:"public_url"`
	// PrivateAddress is the address for metrics, profiles and probes: --private-address.
	PrivateAddress string `json:"private_address"`
	// TLSCert is the file of the certificate chain in PEM: --tls-cert.
	TLSCert string `json:"tls_cert"`
	// TLSKey is the file of the certificate's private key in PEM: --tls-key.
	TLSKey string `json:"tls_key"`
	// TrustedProxies are the addresses or networks whose forwarded headers count: --trusted-proxies.
	TrustedProxies []string `json:"trusted_proxies"`
	// AllowPrivateHooks are the private networks that webhooks and hooks may reach: --allow-private-hooks.
	AllowPrivateHooks []string `json:"allow_private_hooks"`
	// SMTP is the mail server that sends notices to admins, such as smtp://mx.example.com:587: --smtp. A password belongs into
	// USHER_SMTP.
	SMTP string `json:"smtp"`
	// MailFrom is the sender of those mails: --mail-from.
	MailFrom string `json:"mail_from"`
	// PrivateDiscovery asks for a token at /ServiceProviderConfig too: --private-discovery.
	PrivateDiscovery bool `json:"private_discovery"`
	// RateLimit is how many requests per second one connection may send, 0 for no limit: --rate-limit.
	RateLimit float64 `json:"rate_limit"`
	// RateBurst is how many requests one connection may send at once: --rate-burst.
	RateBurst int `json:"rate_burst"`
	// AccessTokenTTL is how long an OAuth 2.0 access token is good for, such as 1h: --access-token-ttl.
	AccessTokenTTL string `json:"access_token_ttl"`
	// KeepRequests is how long the provisioning log is kept, such as 30d or 12h, 0 for good: --keep-requests.
	KeepRequests string `json:"keep_requests"`
	// KeepEvents is how long events are kept for those who read the feed, 0 for good: --keep-events.
	KeepEvents string `json:"keep_events"`
	// KeepAudit is how long audit entries are kept, 0 for good: --keep-audit.
	KeepAudit string `json:"keep_audit"`
	// KeepEphemeral is how long an ephemeral person who has gone is known again, 0 for good: --keep-ephemeral.
	KeepEphemeral string `json:"keep_ephemeral"`
	// LogFormat is text or json: --log-format.
	LogFormat string `json:"log_format"`
	// LogLevel is the least level that is logged: --log-level.
	LogLevel string `json:"log_level"`
	// DrainDelay is how long /readyz says no before the listener closes, such as 10s: --drain-delay.
	DrainDelay string `json:"drain_delay"`
}

// workspaceConfig is a workspace with what is in it.
type workspaceConfig struct {
	origin string // see configSource

	// Key is the workspace's key: 1 to 64 of A-Z, a-z, 0-9 and -.
	Key string `json:"key"`
	// Name is for people. Defaults to the key.
	Name string `json:"name"`
	// Parent is the key of the workspace above, of this file. Empty: it is the root of a tree.
	Parent string `json:"parent"`
	// DefaultRole is the role of a member to whom nothing gives another. Defaults to the first of roles, else to member.
	DefaultRole string `json:"default_role"`
	// Roles are those that exist. Absent: owner, admin and the default role. Others that exist already stay.
	Roles []roleConfig `json:"roles"`
	// Teams are those that exist from the start. Others are made as they are granted, unless settings.known_teams is on.
	Teams []teamConfig `json:"teams"`
	// Domains are e-mail domains that the tenant claims. Each has to be proved by a DNS record before it counts.
	Domains []string `json:"domains"`
	// Schemas declare attributes of users and groups, as "usher schema create" takes them. See docs/schemas.md.
	Schemas []declarationConfig `json:"schemas"`
	// ResourceTypes declare kinds of resources beside users and groups, as "usher resource-type create" takes them.
	ResourceTypes []declarationConfig `json:"resource_types"`
	// Settings are what the admin of the workspace decides.
	Settings directory.WorkspaceSettings `json:"settings"`
}

// roleConfig is a role. A bare name is a role without permissions.
type roleConfig struct {
	// Name is compared with upper and lower case.
	Name string `json:"name"`
	// Description is for people.
	Description string `json:"description"`
	// Permissions are Usher's own (workspace.own, security.manage, integrations.manage, members.manage, audit.read) and
	// the app's.
	Permissions []string `json:"permissions"`
}

// teamConfig is a team. A bare name is a team without a description.
type teamConfig struct {
	// Name is compared with upper and lower case.
	Name string `json:"name"`
	// Description is for people.
	Description string `json:"description"`
}

// declarationConfig is a schema or resource type: in a file of its own, or written out in place.
type declarationConfig struct {
	// File is the JSON file of the declaration, as seen from the folder of the configuration file.
	File string `json:"file"`

	document *scim.Declaration // of File, or written out
}

// connectionConfig is a connection with its tokens.
type connectionConfig struct {
	origin string // see configSource

	// Workspace is the key of the workspace, of this file.
	Workspace string `json:"workspace"`
	// Name is unique in the workspace.
	Name string `json:"name"`
	// Profile is the preset of quirks: okta, entra, … Defaults to generic.
	Profile string `json:"profile"`
	// Disabled makes the connection disabled. Pausing, resuming and disabling stay possible at runtime.
	Disabled bool `json:"disabled"`
	// Announces are the URNs of the workspace's schemas that the connection announces. Absent: all.
	Announces []string `json:"announces"`
	// Settings are the connection's own rules.
	Settings directory.ConnectionSettings `json:"settings"`
	// Token is a bearer token that you supply, or a list of them: while one replaces another, both are good. One that is
	// taken out of the file is revoked. Without any, make tokens with "usher token create".
	Token tokenConfigs `json:"token"`
	// HookSecret signs what is asked at settings.hook: whsec_ and 24 to 64 bytes in base64. Without it, make one with
	// "usher connection hook-secret".
	HookSecret secretConfig `json:"hook_secret"`
	// SignInSecret is the client secret that the identity provider has given for settings.sign_in. Without it, give it with
	// "usher connection sign-in".
	SignInSecret secretConfig `json:"sign_in_secret"`
	// SignInMetadata is the identity provider's metadata, for a sign-in by SAML: in a file, or the XML itself. It says issuer,
	// addresses and certificates; what else settings.sign_in says holds beside it.
	SignInMetadata metadataConfig `json:"sign_in_metadata"`
}

// metadataConfig is the metadata of an identity provider: in a file of its own, or written out in place.
type metadataConfig struct {
	// File is the XML file of the metadata, as seen from the folder of the configuration file.
	File string `json:"file"`

	text []byte // of File, or written out
}

// appConfig is an app that people sign in to through Usher.
type appConfig struct {
	// ID is the client id: 3 to 64 of A-Z, a-z, 0-9, . and -.
	ID string `json:"id"`
	// Name is for people. Defaults to the id.
	Name string `json:"name"`
	// RedirectURIs are where a login returns to. They are compared to the letter.
	RedirectURIs []string `json:"redirect_uris"`
	// PostLogoutURIs are where a logout may return to.
	PostLogoutURIs []string `json:"post_logout_uris"`
	// BackchannelLogoutURI is where the app is told of sessions that have ended.
	BackchannelLogoutURI string `json:"backchannel_logout_uri"`
	// FirstParty asks nobody for consent.
	FirstParty bool `json:"first_party"`
	// Algorithm is what its ID tokens are signed with. Absent: RS256.
	Algorithm string `json:"algorithm"`
	// Public is an app without a secret: in a browser or on a device. PKCE is asked of every app.
	Public bool `json:"public"`
	// Secret is the client secret that you supply, 24 characters or more.
	Secret secretConfig `json:"secret"`
}

// secretConfig says where a secret comes from, which never stands in the file itself. Exactly one of both is set.
type secretConfig struct {
	// FromEnv names the variable of the environment that holds the text.
	FromEnv string `json:"from_env"`
	// FromFile is the file that holds the text, as seen from the folder of the configuration file.
	FromFile string `json:"from_file"`
}

// tokenConfigs is one token or a list of them.
type tokenConfigs []tokenConfig

// tokenConfig says where the text of a token comes from, which never stands in the file itself. Exactly one of FromEnv
// and FromFile is set.
type tokenConfig struct {
	// FromEnv names the variable of the environment that holds the text.
	FromEnv string `json:"from_env"`
	// FromFile is the file that holds the text, as seen from the folder of the configuration file.
	FromFile string `json:"from_file"`
	// Expires is when the token expires, as in RFC 3339 or as a date: 2027-01-31.
	Expires string `json:"expires"`
}

// configSource is a configuration with the places of its values.
type configSource struct {
	config
	origin string // what read-only objects name: the file's base name, or the environment
	folder string // that relative paths start from
	text   []byte
	places places
	now    time.Time
}

// maxConfig is more than any file that people write.
const maxConfig = 8 << 20

// loadConfig reads a file and checks it whole. Problems are in the file; an error is that there is none. At the zero time
// nothing in it is over.
func loadConfig(path string, now time.Time) (*configSource, problems, error) {
	text, err := readConfig(path)
	if err != nil {
		return nil, nil, hint(err, "name a configuration file with --config or USHER_CONFIG; examples/ has some to start from")
	}
	c := &configSource{origin: filepath.Base(path), folder: filepath.Dir(path), text: text, now: now}
	found := c.decode()
	for i := range c.Workspaces {
		c.Workspaces[i].origin = c.origin
	}
	for i := range c.Connections {
		c.Connections[i].origin = c.origin
	}
	if c.places[""] != nil {
		found = found.and(c.check())
	}
	found.sort()
	return c, found, nil
}

func readConfig(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxConfig+1))
	if err == nil && len(text) > maxConfig {
		err = fmt.Errorf("%s has more than %d bytes", path, maxConfig)
	}
	return text, err
}

// mustLoad is loadConfig for commands that need a file without problems. What was good once does not keep a server from starting.
func mustLoad(path string) (*configSource, error) {
	c, found, err := loadConfig(path, time.Time{})
	if err != nil || len(found) == 0 {
		return c, err
	}
	first := fmt.Errorf("%s:%s", path, found[0])
	if len(found) > 1 {
		first = errors.Join(first, fmt.Errorf("and %d more", len(found)-1))
	}
	return nil, hint(first, "usher config check %s", path)
}

// path is a file that the configuration names.
func (c *configSource) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(c.folder, name)
}
