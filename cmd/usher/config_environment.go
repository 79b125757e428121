package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// environmentOrigin is what is named as the origin of a connection that variables declare.
const environmentOrigin = "the environment"

// environmentPrefix is that of the variables that declare one connection (X11).
const environmentPrefix = "USHER_CONNECTION_"

// addEnvironment adds the connection that the environment declares, and its workspace unless the file has it.
func (c *configSource) addEnvironment(getenv func(string) string) error {
	e := environment{getenv: getenv}
	if e.text("NAME") == "" {
		return nil
	}
	conn := e.connection()
	if e.err != nil {
		return e.err
	}
	if conn.Workspace == "" {
		return hint(fmt.Errorf("%sWORKSPACE is not set", environmentPrefix), "set it to the key of the connection's workspace")
	}
	c.Connections = append(c.Connections, conn)
	if !slices.ContainsFunc(c.Workspaces, func(w workspaceConfig) bool { return w.Key == conn.Workspace }) {
		c.Workspaces = append(c.Workspaces, workspaceConfig{
			Key: conn.Workspace, DefaultRole: e.text("DEFAULT_ROLE"), origin: environmentOrigin,
		})
	}
	checked := configSource{config: c.config, places: places{}}
	if found := checked.check(); len(found) > 0 {
		return hint(fmt.Errorf("%s…: %s", environmentPrefix, found[0].What), "%s", found[0].Hint)
	}
	return nil
}

// environment reads variables, and keeps the first error.
type environment struct {
	getenv func(string) string
	err    error
}

func (e *environment) text(name string) string { return e.getenv(environmentPrefix + name) }

// yes reads a switch.
func (e *environment) yes(name string, otherwise bool) bool {
	text := e.text(name)
	if text == "" {
		return otherwise
	}
	b, err := strconv.ParseBool(text)
	if err != nil && e.err == nil {
		e.err = hint(fmt.Errorf("%s%s is %q", environmentPrefix, name, text), "set it to true or false")
	}
	return b
}

func (e *environment) connection() connectionConfig {
	c := connectionConfig{
		origin: environmentOrigin, Name: e.text("NAME"), Workspace: e.text("WORKSPACE"), Profile: e.text("PROFILE"),
	}
	c.Settings.NoCreate = !e.yes("ALLOW_CREATE", true)
	c.Settings.HardDelete = e.yes("HARD_DELETE", false)
	c.Settings.RemoveInactive = e.yes("REMOVE_INACTIVE", false)
	c.Settings.Principal = e.text("PRINCIPAL")
	c.Settings.BasePath = e.text("BASE_PATH")
	c.Settings.Mapping.UserType = e.text("USER_TYPE")
	t := tokenConfig{FromFile: e.text("TOKEN_FILE"), Expires: e.text("TOKEN_EXPIRES")}
	if e.text("TOKEN") != "" {
		t.FromEnv = environmentPrefix + "TOKEN"
	}
	if cmp.Or(t.FromEnv, t.FromFile) != "" {
		c.Token = tokenConfigs{t}
	}
	return c
}
