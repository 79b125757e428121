package main

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory"
)

func (k *checker) connection(i int, path string) {
	c := &k.Connections[i]
	if c.Name == "" {
		k.at(path, "add name: okta", "a connection needs a name")
	}
	for _, other := range k.Connections[:i] {
		if other.Name == c.Name && other.Workspace == c.Workspace && c.Name != "" {
			k.at(path+".name", "names are unique in a workspace: choose another", "a connection %s of workspace %s stands above", c.Name, c.Workspace)
			break
		}
	}
	w := k.workspaces[c.Workspace]
	switch {
	case c.Workspace == "":
		k.at(path, "add workspace: KEY", "a connection needs a workspace")
	case w == nil:
		k.unknownWorkspace(c.Workspace, path+".workspace", "the workspace")
	default:
		k.announces(c, w, path+".announces")
		k.grants(c, path+".settings")
	}
	k.settings(c.Settings, path+".settings")
	k.signIn(c, w, path)
	if c.HookSecret != (secretConfig{}) {
		k.secret(c.HookSecret, "a secret", path+".hook_secret")
	}
	for j, t := range c.Token {
		at := index(path+".token", j)
		if len(c.Token) == 1 && k.places[at] == nil {
			at = path + ".token"
		}
		k.token(t, at)
	}
}

func (k *checker) announces(c *connectionConfig, w *workspaceConfig, path string) {
	var urns []string
	for _, d := range w.Schemas {
		if d.document != nil && d.document.Schema != nil {
			urns = append(urns, d.document.ID())
		}
	}
	for i, urn := range c.Announces {
		if !slices.ContainsFunc(urns, func(u string) bool { return strings.EqualFold(u, urn) }) {
			k.at(index(path, i), "the workspace declares "+listOr(urns, "none"), "workspace %s declares no schema %q", w.Key, urn)
		}
	}
}

func listOr(list []string, none string) string {
	if len(list) == 0 {
		return none
	}
	return strings.Join(list, ", ")
}

// reach lists the keys of the workspace and of those below it, where a connection can grant.
func (k *checker) reach(key string) []string {
	keys := []string{key}
	for i := 0; i < len(keys); i++ {
		for j := range k.Workspaces {
			if w := &k.Workspaces[j]; w.Parent == keys[i] && !slices.Contains(keys, w.Key) {
				keys = append(keys, w.Key)
			}
		}
	}
	return keys
}

// roles are the names that exist in the workspaces.
func (k *checker) roles(keys []string) []string {
	var names []string
	for _, key := range keys {
		if w := k.workspaces[key]; w != nil {
			names = append(names, w.roleNames()...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// grants looks whether the roles and accounts that the settings name can be granted.
func (k *checker) grants(c *connectionConfig, path string) {
	below := k.reach(c.Workspace)
	for i, role := range c.Settings.Roles {
		k.role(role, k.roles(below), index(path+".roles", i))
	}
	for i, rule := range c.Settings.Mapping.Groups {
		at := index(path+".mapping.groups", i)
		in := below[:1]
		for j, account := range rule.Accounts {
			if slices.Contains(below, account) {
				in = append(slices.Clone(in), account)
				continue
			}
			k.at(index(at+".accounts", j), "a connection grants in its own workspace and below: "+strings.Join(below, ", "),
				"the group rule names the workspace %q", account)
		}
		if rule.Role != "" {
			k.role(rule.Role, k.roles(in), at+".role")
		}
	}
}

func (k *checker) role(role string, known []string, path string) {
	if slices.Contains(known, role) {
		return
	}
	hint := "the roles are " + strings.Join(known, ", ") + "; names are compared with upper and lower case"
	if near := nearest(role, known); near != "" {
		hint = fmt.Sprintf("did you mean %s? Names are compared with upper and lower case", near)
	}
	k.at(path, hint, "there is no role %q", role)
}

func (k *checker) settings(s directory.ConnectionSettings, path string) {
	k.refused(path+".base_path", directory.CheckBasePath(s.BasePath))
	if s.Hook != "" {
		if u, err := url.Parse(s.Hook); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			k.at(path+".hook", "write a URL such as https://app.example.com/usher-hook", "the hook %q is no address", s.Hook)
		}
	}
	if b := s.Brake; b != nil && (b.Members < 0 || b.Percent < 0 || b.Percent > 100) {
		k.at(path+".brake", "members from 0 on, percent from 0 to 100", "the brake is out of range")
	}
	k.rules(s.Mapping, path+".mapping")
}

func (k *checker) secret(s secretConfig, what, path string) {
	if (s.FromEnv == "") == (s.FromFile == "") {
		k.at(path, "write from_env: NAME or from_file: PATH; the text itself never stands in the file", "%s comes from exactly one place", what)
	}
}

func (k *checker) token(t tokenConfig, path string) {
	k.secret(t.secret(), "a token", path)
	if t.Expires == "" {
		k.at(path, "add expires: 2027-01-31; one year from now is usual", "a token needs an end")
		return
	}
	if _, err := t.expiry(); err != nil {
		k.at(path+".expires", "write 2027-01-31 or 2027-01-31T00:00:00Z", "%q is no date", t.Expires)
	}
}

// expiry is when the token expires: a date counts in UTC and to its end.
func (t tokenConfig) expiry() (time.Time, error) {
	if day, err := time.Parse(time.DateOnly, t.Expires); err == nil {
		return day.AddDate(0, 0, 1), nil
	}
	return time.Parse(time.RFC3339, t.Expires)
}
