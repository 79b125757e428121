package directory

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scim"
)

func TestHook_X8_WhoIsAsked(t *testing.T) {
	t.Parallel()
	asked := func(name string) Hook {
		return func(context.Context, HookQuestion) (HookAnswer, error) { return HookAnswer{Refused: name}, nil }
	}
	with := Connection{Settings: ConnectionSettings{Hook: "https://app.example.com"}}
	for _, row := range []struct {
		name       string
		hooks      *hooks
		connection Connection
		want       string
	}{
		{"nobody", &hooks{}, Connection{}, ""},
		{"the embedder's", &hooks{always: asked("always")}, Connection{}, "always"},
		{"the embedder's before the address", &hooks{always: asked("always"), addressed: asked("addressed")}, with, "always"},
		{"the address", &hooks{addressed: asked("addressed")}, with, "addressed"},
		{"no address", &hooks{addressed: asked("addressed")}, Connection{}, ""},
		{"an address that nobody asks", &hooks{}, with, errHookNone.Error()},
	} {
		hook, got := row.hooks.of(row.connection), ""
		if hook != nil {
			a, err := hook(t.Context(), HookQuestion{})
			if got = a.Refused; err != nil {
				got = err.Error()
			}
		}
		if got != row.want {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}

func TestHook_X8_TheReasonIsOneLineOfText(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ sent, want string }{
		{"no seat is left", "no seat is left"},
		{"  no seat\r\n\tis left ", "no seat is left"},
		{"no\x00seat\x1b[31m", "no seat [31m"},
		{"no \xff seat", "no \uFFFD seat"},
		{"\u202eevil", "evil"},
		{"\n", "no reason was given"},
		{strings.Repeat("é", 300), strings.Repeat("é", 300)},
		{strings.Repeat("é", 301), strings.Repeat("é", 299) + "…"},
	} {
		if got := hookRefused(row.sent); got.Value != row.want || got.Status() != 403 {
			t.Errorf("%q: %d %q, want 403 %q", row.sent, got.Status(), got.Value, row.want)
		}
	}
}

func TestHook_X8_WhatItsAnswerMakes(t *testing.T) {
	t.Parallel()
	tree := mapping.Tree{Home: "ACC1", Workspaces: map[string]mapping.Workspace{
		"ACC1": {Key: "ACC1", DefaultRole: "member", Roles: []string{"admin", "member", "owner"}, Granted: []string{"admin", "member"}},
		"ACC2": {Key: "ACC2", DefaultRole: "viewer", Roles: []string{"viewer"}, Granted: []string{"viewer"}},
	}}
	group, by := mapping.Reason{Rule: `group rule "Sales"`}, mapping.Reason{Rule: "hook"}
	wanted := []HookMembership{{
		Workspace: "ACC1", Role: "member", Teams: []string{"red"}, Status: StatusActive,
		Why: &HookReasons{Membership: group, Role: group},
	}}
	with := func(change func(*HookMembership)) []HookMembership {
		changed, why := slices.Clone(wanted), *wanted[0].Why
		changed[0].Why = &why
		change(&changed[0])
		return changed
	}
	before := with(func(*HookMembership) {})
	admin, owner, none, teams, blank, noTeams := "admin", "owner", "nobody", []string{"red", "blue", "red"}, []string{" "}, []string{}
	deactivated, invited := StatusDeactivated, StatusInvited
	for _, row := range []struct {
		name   string
		answer []HookChange
		want   any // []HookMembership, or a part of the cause
	}{
		{"nothing", nil, wanted},
		{"a role", []HookChange{{Workspace: "ACC1", Role: &admin}}, with(func(m *HookMembership) { m.Role, m.Why.Role = "admin", by })},
		{"teams, in order and once", []HookChange{{Workspace: "ACC1", Teams: &teams}}, with(func(m *HookMembership) {
			m.Teams, m.Why.Teams = []string{"blue", "red"}, by
		})},
		{"no teams", []HookChange{{Workspace: "ACC1", Teams: &noTeams}}, with(func(m *HookMembership) { m.Teams, m.Why.Teams = nil, by })},
		{"a status", []HookChange{{Workspace: "ACC1", Status: &deactivated}}, with(func(m *HookMembership) {
			m.Status, m.Why.Status = StatusDeactivated, by
		})},
		{"dropped", []HookChange{{Workspace: "ACC1", Drop: true}}, []HookMembership{}},
		{"dropped, and never wanted", []HookChange{{Workspace: "ACC2", Drop: true}}, wanted},
		{"one more", []HookChange{{Workspace: "ACC2"}}, append(slices.Clone(wanted), HookMembership{
			Workspace: "ACC2", Role: "viewer", Status: StatusActive,
			Why: &HookReasons{Membership: by, Role: mapping.Reason{Rule: "default"}},
		})},
		{"unknown workspace", []HookChange{{Workspace: "ACC3"}}, `"ACC3"`},
		{"the same workspace twice", []HookChange{{Workspace: "ACC1"}, {Workspace: "ACC1"}}, "twice"},
		{"M9: unknown role", []HookChange{{Workspace: "ACC1", Role: &none}}, `no role "nobody"`},
		{"B11: a role that is not granted", []HookChange{{Workspace: "ACC1", Role: &owner}}, `may not grant the role "owner"`},
		{"a role of another workspace", []HookChange{{Workspace: "ACC2", Role: &admin}}, `no role "admin"`},
		{"a status that nobody is given", []HookChange{{Workspace: "ACC1", Status: &invited}}, `"invited"`},
		{"a team without a name", []HookChange{{Workspace: "ACC1", Teams: &blank}}, "blank"},
		{"dropped with a role", []HookChange{{Workspace: "ACC1", Drop: true, Role: &admin}}, "dropped"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got, err := HookAnswer{Memberships: row.answer}.apply(wanted, tree)
			if diff := cmp.Diff(before, wanted); diff != "" {
				t.Errorf("what was wanted has changed (-before +after):\n%s", diff)
			}
			if cause, ok := row.want.(string); ok {
				var e *scim.Error
				if !errors.As(err, &e) || e.Kind != scim.KindHookFailed || !strings.Contains(e.Cause.Error(), cause) {
					t.Errorf("= %v, want a failure that says %s", err, cause)
				}
			} else if diff := cmp.Diff(row.want, any(got)); diff != "" || err != nil {
				t.Errorf("%v, memberships (-want +got):\n%s", err, diff)
			}
		})
	}
}
