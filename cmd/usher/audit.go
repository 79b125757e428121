package main

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

type auditCmd struct {
	List       auditListCmd       `cmd:"" help:"List the audit log of a workspace."`
	Verify     auditVerifyCmd     `cmd:"" help:"Recompute the sealed chain, and say where it was altered."`
	Checkpoint auditCheckpointCmd `cmd:"" help:"Print the signed head of the chain, to be kept elsewhere."`
}

type auditView struct {
	Seq        int64           `json:"seq"`
	ID         string          `json:"id"`
	Time       *time.Time      `json:"time"`
	Actor      string          `json:"actor"`
	Action     string          `json:"action"`
	TargetType string          `json:"target_type"`
	Target     string          `json:"target"`
	Connection string          `json:"connection"` // id
	Subject    string          `json:"subject"`
	RequestID  string          `json:"request_id"`
	Address    string          `json:"address"`
	Detail     json.RawMessage `json:"detail"`
}

func newAuditView(e directory.AuditEntry) auditView {
	return auditView{
		Seq: e.Seq, ID: e.ID, Time: timestamp(e.Time), Actor: e.Actor, Action: e.Action, TargetType: e.TargetType, Target: e.Target,
		Connection: e.Connection, Subject: e.Subject, RequestID: e.RequestID, Address: e.Address, Detail: rawOrNull(e.Detail),
	}
}

type auditListCmd struct {
	workspaceScope
	paging
}

// auditLog is the audit log of a workspace.
func (f *folder) auditLog(a *app, w directory.Workspace) entryLog[directory.AuditEntry] {
	return entryLog[directory.AuditEntry]{
		next: func(after int64, limit int) ([]directory.AuditEntry, error) {
			return f.AuditLog(a.ctx, w, after, limit)
		},
		seq: func(e directory.AuditEntry) int64 { return e.Seq },
	}
}

// Run lists the audit log.
func (c *auditListCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		names, err := f.connectionNames(a, w)
		if err != nil {
			return err
		}
		entries, err := f.auditLog(a, w).page(c.paging)
		if err != nil {
			return err
		}
		views := []auditView{}
		t := a.table("Nothing has happened yet.", "time", "actor", "action", "target", "detail")
		for _, e := range entries {
			views = append(views, newAuditView(e))
			t.add(auditRow(e, names)...)
		}
		return a.print(views, t)
	})
}

// connectionNames are the names of the workspace's connections by id.
func (f *folder) connectionNames(a *app, w directory.Workspace) (map[string]string, error) {
	names := map[string]string{}
	workspaces, err := f.Workspaces(a.ctx)
	if err != nil {
		return nil, err
	}
	for _, other := range workspaces {
		if other.Root != w.Root { // a connection grants in its own workspace and below
			continue
		}
		all, err := f.Connections(a.ctx, other)
		if err != nil {
			return nil, err
		}
		for _, c := range all {
			names[c.ID] = c.Name
		}
	}
	return names, nil
}

// auditRow is an entry for people: whoever came with a token is called by the connection's name.
func auditRow(e directory.AuditEntry, connections map[string]string) []string {
	actor := e.Actor
	if strings.HasPrefix(actor, "token:") && connections[e.Connection] != "" {
		actor = connections[e.Connection]
	}
	name, rest := summary(e.Detail)
	return []string{when(e.Time), actor, e.Action, cmp.Or(name, e.Target), clip(rest, 60)}
}

// How the values of a detail are shown to people: some name what the entry is about, some are ids, which JSON has,
// and of some only the number counts.
var (
	naming  = []string{"user_name", "display_name", "name", "key"}
	ids     = []string{"user", "group", "external_id"}
	counted = []string{"added", "removed"}
)

// summary puts a JSON object of details in a few words: the name in it, and "changed title active, added 2".
func summary(detail []byte) (name, rest string) {
	values, err := scim.ParseJSON(detail, scim.Limits{})
	if err != nil {
		return "", ""
	}
	var words []string
	for _, m := range values.Members {
		label := strings.ReplaceAll(m.Name, "_", " ") + " "
		list, _ := m.Value.(scim.Array)
		switch {
		case name == "" && slices.Contains(naming, m.Name):
			name = brief(m.Value)
		case slices.Contains(ids, m.Name), m.Name == "profile" && list != nil: // which follows from the rest
		case m.Name == "memberships":
			for _, ch := range list {
				words = append(words, membershipWords(ch))
			}
		case slices.Contains(counted, m.Name):
			words = append(words, label+strconv.Itoa(len(list)))
		default:
			words = append(words, label+brief(m.Value))
		}
	}
	return name, strings.Join(words, ", ")
}

// membershipWords says what happened to one membership: "joined ACC123 as Editor", "left ACC123", "in ACC123 now Viewer,
// deactivated".
func membershipWords(v scim.Value) string {
	o, ok := v.(*scim.Object)
	if !ok {
		return ""
	}
	text := func(from *scim.Object, name string) string {
		value, _ := from.Get(name)
		t, _ := value.(string)
		return t
	}
	state := func(name string) *scim.Object {
		value, _ := o.Get(name)
		s, _ := value.(*scim.Object)
		return s
	}
	workspace, before, after := text(o, "workspace"), state("before"), state("after")
	switch {
	case after == nil:
		return "left " + workspace
	case before == nil:
		return "joined " + workspace + " as " + text(after, "role")
	case text(before, "status") == text(after, "status"):
		return "in " + workspace + " now " + text(after, "role")
	}
	return "in " + workspace + " now " + text(after, "status")
}

func brief(v scim.Value) string {
	switch v := v.(type) {
	case string:
		return v[lastOfURN(v):]
	case scim.Array:
		words := make([]string, len(v))
		for i := range v {
			words[i] = brief(v[i])
		}
		return strings.Join(words, " ")
	}
	return string(scim.AppendJSON(nil, v))
}

// lastOfURN is where the attribute's name in "urn:…:2.0:User:department" begins, 0 in any other text.
func lastOfURN(text string) int {
	if !strings.HasPrefix(text, "urn:") {
		return 0
	}
	return strings.LastIndexByte(text, ':') + 1
}
