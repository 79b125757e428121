package main

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/mapping"
)

// connectionSettings are the flags of a connection's rules. Those that are not given stay as they are.
type connectionSettings struct {
	Create         *bool     `negatable:"" help:"Let the connection create users. --no-create: updates only."`
	HardDelete     *bool     `negatable:"" help:"DELETE erases the person for good."`
	RemoveInactive *bool     `negatable:"" help:"Who is not active loses the membership, instead of being deactivated."`
	EmailUserName  *bool     `name:"email-user-name" negatable:"" help:"Refuse a userName that is none of the user's e-mails."`
	RoleDiscovery  *bool     `negatable:"" help:"Announce the roles and teams that can be granted, for Okta's identity governance."`
	Scope          *string   `enum:"own,workspace" placeholder:"SCOPE" help:"own: the connection sees its own users (the default). workspace: also members whom no other connection owns, to take them over."`
	Key            *string   `enum:"userName,email" placeholder:"KEY" help:"email: userName eq also finds the user whose primary e-mail it is."`
	Principal      *string   `placeholder:"ATTRIBUTE" help:"Attribute by which a person is recognised. Defaults to externalId."`
	Required       *[]string `placeholder:"PATH,…" help:"Attributes without which a user is refused."`
	Grant          *[]string `placeholder:"ROLE,…" help:"Roles that the connection may grant. Without a list: all that are not privileged."`
	UnknownRoles   *string   `enum:"refuse,default" placeholder:"WHAT" help:"What to do with a person for whom a role is named that the workspace does not have: refuse (the default), or give the default role."`
	Mapping        string    `placeholder:"FILE" help:"YAML or JSON file of the mapping: attributes, role_attribute, groups, …; - reads standard input."`
	Predecessor    *string   `placeholder:"ID" help:"Id of a deleted connection, whose people this one takes over."`
	Hook           *string   `placeholder:"URL" help:"Address that is asked about each change."`
	BasePath       *string   `placeholder:"PATH" help:"Another path under which the connection is reached, such as /nx/v2/scim/v2/idp."`
}

// given reports whether any of the flags was.
func (s connectionSettings) given() bool { return !reflect.ValueOf(s).IsZero() }

// apply sets what the flags say.
func (s connectionSettings) apply(a *app, to *directory.ConnectionSettings) error {
	if s.Create != nil {
		to.NoCreate = !*s.Create
	}
	give(&to.HardDelete, s.HardDelete)
	give(&to.RemoveInactive, s.RemoveInactive)
	give(&to.EmailUserName, s.EmailUserName)
	give(&to.RoleDiscovery, s.RoleDiscovery)
	give(&to.Scope, s.Scope)
	give(&to.Key, s.Key)
	give(&to.Principal, s.Principal)
	give(&to.Required, s.Required)
	give(&to.Roles, s.Grant)
	give(&to.Predecessor, s.Predecessor)
	give(&to.Hook, s.Hook)
	give(&to.BasePath, s.BasePath)
	if s.Mapping == "" {
		give(&to.Mapping.UnknownRoles, s.UnknownRoles)
		return nil
	}
	text, err := a.readInput(s.Mapping)
	if err != nil {
		return err
	}
	to.Mapping, err = parseMapping(s.Mapping, text)
	give(&to.Mapping.UnknownRoles, s.UnknownRoles)
	return err
}

// parseMapping reads the rules of a mapping as they stand in a configuration file.
func parseMapping(name string, text []byte) (rules mapping.Rules, err error) {
	root, err := parseYAML(text)
	if err != nil {
		return rules, hint(fmt.Errorf("%s:%s", name, syntaxProblem(err)), "docs/configuration.md has the keys, below connections[].settings.mapping")
	}
	if root == nil {
		return rules, nil
	}
	d := &decoder{places: places{}}
	d.value(root, reflect.ValueOf(&rules).Elem(), "")
	k := &checker{configSource: &configSource{places: d.places}, problems: d.problems}
	if len(k.problems) == 0 {
		k.enums(reflect.ValueOf(&rules).Elem(), "")
		k.rules(rules, "")
	}
	k.problems.sort()
	var all []error
	for _, p := range k.problems {
		all = append(all, fmt.Errorf("%s:%s", name, p))
	}
	if len(all) > 0 {
		return rules, hint(errors.Join(all...), "%s", k.problems[0].Hint)
	}
	return rules, nil
}
