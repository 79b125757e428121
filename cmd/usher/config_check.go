package main

import (
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// checker looks for what has the right form but cannot be meant: unknown names, contradictions, values out of range.
type checker struct {
	*configSource
	problems   problems
	workspaces map[string]*workspaceConfig // by key
}

func (c *configSource) check() problems {
	k := &checker{configSource: c, workspaces: map[string]*workspaceConfig{}}
	k.enums(reflect.ValueOf(&c.config).Elem(), "")
	k.server("server")
	for i := range c.Workspaces {
		k.workspaceKey(&c.Workspaces[i], index("workspaces", i))
	}
	for i := range c.Workspaces {
		k.workspace(&c.Workspaces[i], index("workspaces", i))
	}
	for i := range c.Connections {
		k.connection(i, index("connections", i))
	}
	for i := range c.Apps {
		k.app(i, index("apps", i))
	}
	return k.problems
}

func index(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// at reports a problem of the value at the path.
func (k *checker) at(path, hint, format string, args ...any) {
	p := problem{Line: 1, Column: 1, Path: path, What: fmt.Sprintf(format, args...), Hint: hint}
	if n := k.places.node(path); n != nil {
		p.Line, p.Column = n.Line, n.Column
	}
	k.problems = append(k.problems, p)
}

// refused reports an error of one of the directory's own checks.
func (k *checker) refused(path string, err error) {
	if r, ok := err.(*directory.Refusal); ok {
		k.at(path, r.Hint, "%s", r.Message)
	} else if err != nil {
		k.at(path, "", "%s", err)
	}
}

// enums looks at every field that has few values.
func (k *checker) enums(v reflect.Value, path string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			k.enums(v.Elem(), path)
		}
	case reflect.Slice:
		for i := range v.Len() {
			k.enums(v.Index(i), index(path, i))
		}
	case reflect.Struct:
		for _, f := range fieldsOf(v.Type()) {
			name := jsonName(f)
			k.enums(v.FieldByIndex(f.Index), below(path, name))
			k.enum(v.FieldByIndex(f.Index), choices(v.Type(), name), below(path, name))
		}
	}
}

func (k *checker) enum(v reflect.Value, allowed []string, path string) {
	if len(allowed) == 0 || v.Kind() != reflect.String || v.String() == "" || slices.Contains(allowed, v.String()) {
		return
	}
	hint := "write one of " + strings.Join(allowed, ", ")
	if near := nearest(v.String(), allowed); near != "" {
		hint = fmt.Sprintf("did you mean %s? There are %s", near, strings.Join(allowed, ", "))
	}
	k.at(path, hint, "%s cannot be %q", label(path), v.String())
}

func (k *checker) server(path string) {
	s := k.Server
	for key, list := range map[string][]string{"trusted_proxies": s.TrustedProxies, "allow_private_hooks": s.AllowPrivateHooks} {
		if _, err := parseNetworks(key, list); err != nil {
			k.at(below(path, key), "write 10.1.2.3 or 10.0.0.0/8", "%s", err)
		}
	}
	if (s.TLSCert == "") != (s.TLSKey == "") {
		k.at(path, "write both, or neither and let a proxy end TLS", "tls_cert and tls_key belong together")
	}
	if what, hint := wrongURL(s.Database); s.Database != "" && what != "" {
		k.at(path+".database", hint, "%s", what)
	}
	if s.PublicURL != "" {
		if _, err := usher.ParsePublicURL(s.PublicURL); err != nil {
			k.at(path+".public_url", "write the URL that identity providers reach, such as https://scim.example.com", "%s", err)
		}
	}
	for key, text := range map[string]string{"access_token_ttl": s.AccessTokenTTL, "drain_delay": s.DrainDelay} {
		if _, err := time.ParseDuration(text); text != "" && err != nil {
			k.at(below(path, key), "write a time such as 90s, 10m or 1h", "%s is no time: %q", key, text)
		}
	}
	for key, text := range map[string]string{
		"keep_requests": s.KeepRequests, "keep_events": s.KeepEvents, "keep_audit": s.KeepAudit, "keep_ephemeral": s.KeepEphemeral,
	} {
		if text != "" && new(span).UnmarshalText([]byte(text)) != nil {
			k.at(below(path, key), "write days such as 30d, a time such as 12h, or 0 for good", "%s is no time: %q", key, text)
		}
	}
	if s.RateLimit < 0 || s.RateBurst < 0 {
		k.at(path+".rate_limit", "write requests per second, such as 100, or 0 for no limit", "a limit cannot be below 0")
	}
	if s.LogLevel != "" && new(slog.Level).UnmarshalText([]byte(s.LogLevel)) != nil {
		k.at(path+".log_level", "write debug, info, warn or error", "log_level cannot be %q", s.LogLevel)
	}
}

// keyForm is the form of a workspace's key.
var keyForm = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

func (k *checker) workspaceKey(w *workspaceConfig, path string) {
	switch {
	case w.Key == "":
		k.at(path, "add key: ACC123", "a workspace needs a key")
	case !keyForm.MatchString(w.Key):
		k.at(path+".key", "use 1 to 64 of A-Z, a-z, 0-9 and -, such as ACC123", "the workspace key %q is not valid", w.Key)
	case k.workspaces[w.Key] != nil:
		k.at(path+".key", "keys are unique: choose another, or put both together", "a workspace with the key %s stands above", w.Key)
	default:
		k.workspaces[w.Key] = w
	}
}

func (k *checker) workspace(w *workspaceConfig, path string) {
	k.parent(w, path)
	seen := map[string]bool{}
	for i, r := range w.Roles {
		k.name("role", r.Name, seen, index(path+".roles", i))
	}
	if len(w.Roles) > 0 && w.DefaultRole != "" && !seen[w.DefaultRole] {
		names := slices.Sorted(maps.Keys(seen))
		k.at(path+".default_role", "the roles are "+strings.Join(names, ", ")+"; names are compared with upper and lower case",
			"the default role %q is none of the workspace's roles", w.DefaultRole)
	}
	seen = map[string]bool{}
	for i, t := range w.Teams {
		k.name("team", t.Name, seen, index(path+".teams", i))
	}
	seen = map[string]bool{}
	for i, domain := range w.Domains {
		k.name("domain", strings.ToLower(domain), seen, index(path+".domains", i))
	}
	k.security(w.Settings.Security, path+".settings.security")
	k.declarations(w, path)
}

// name looks at the name of something of which each may be there once.
func (k *checker) name(what, name string, seen map[string]bool, path string) {
	switch {
	case strings.TrimSpace(name) == "":
		k.at(path, "add a name", "a %s needs a name", what)
	case strings.TrimSpace(name) != name:
		k.at(path, "take the blanks away", "the %s %q begins or ends with a blank", what, name)
	case seen[name]:
		k.at(path, "keep one of them", "the %s %s stands here twice", what, name)
	}
	seen[name] = true
}

func (k *checker) parent(w *workspaceConfig, path string) {
	if w.Parent == "" {
		return
	}
	if k.workspaces[w.Parent] == nil {
		k.unknownWorkspace(w.Parent, path+".parent", "the parent")
		return
	}
	seen := map[string]bool{w.Key: true}
	for above := w.Parent; above != ""; {
		if seen[above] {
			k.at(path+".parent", "the topmost workspace has no parent", "the parents of %s go round in a circle", w.Key)
			return
		}
		seen[above] = true
		next := k.workspaces[above]
		if next == nil {
			return
		}
		above = next.Parent
	}
}

func (k *checker) unknownWorkspace(key, path, what string) {
	var keys []string
	for i := range k.Workspaces {
		keys = append(keys, k.Workspaces[i].Key)
	}
	hint := "declare it under workspaces"
	if near := nearest(key, keys); near != "" {
		hint = fmt.Sprintf("did you mean %s? Keys are case-sensitive", near)
	}
	k.at(path, hint, "%s %q is no workspace of this file", what, key)
}

func (w *workspaceConfig) roleNames() []string {
	var names []string
	for _, r := range w.Roles {
		names = append(names, r.Name)
	}
	if len(names) == 0 {
		names = []string{"owner", "admin"} // which a workspace gets for which no roles are named
	}
	if !slices.Contains(names, w.defaultRole()) {
		names = append(names, w.defaultRole())
	}
	return names
}

// defaultRole is the one that is meant when none is written.
func (w *workspaceConfig) defaultRole() string {
	switch {
	case w.DefaultRole != "":
		return w.DefaultRole
	case len(w.Roles) > 0:
		return w.Roles[0].Name
	}
	return "member"
}

// declarations reads the files of declarations and looks whether they go together.
func (k *checker) declarations(w *workspaceConfig, path string) {
	k.declarationList(w.Schemas, path+".schemas", func(d *scim.Declaration) bool { return d.Schema != nil })
	k.declarationList(w.ResourceTypes, path+".resource_types", func(d *scim.Declaration) bool { return d.Type != nil })
	var all []*scim.Declaration
	for _, d := range slices.Concat(w.Schemas, w.ResourceTypes) {
		if d.document == nil {
			return // which is reported
		}
		all = append(all, d.document)
	}
	if err := scim.CheckDeclarations(all); len(all) > 0 && err != nil {
		k.at(path+".schemas", "change one of the declarations", "%s", err)
	}
}

func (k *checker) declarationList(list []declarationConfig, path string, fits func(*scim.Declaration) bool) {
	for i := range list {
		d, at := &list[i], index(path, i)
		if d.File != "" {
			k.declarationFile(d, at+".file")
		}
		if d.document != nil && !fits(d.document) {
			k.at(at, "schemas stand under schemas, resource types under resource_types", "%s is of the other kind", d.document.ID())
		}
	}
}

func (k *checker) declarationFile(d *declarationConfig, path string) {
	text, err := readConfig(k.path(d.File))
	if err != nil {
		k.at(path, "paths begin at the folder of the configuration file", "%s", err)
		return
	}
	if d.document, err = (declarationFile{File: d.File}).parse(text); err != nil {
		k.at(path, "docs/schemas.md shows the shape of a declaration", "%s", err)
	}
}
