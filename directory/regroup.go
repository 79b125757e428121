package directory

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scim"
)

// maxRegrouped is how many people's memberships change together with a group. More are left to a job.
const (
	maxRegrouped       = 500
	maxRegroupedHooked = 20
)

// regrouping is a change of a group, seen from the people in it.
type regrouping struct {
	before, after *Group // nil: made, or deleted
	rows          []MembersEdit
}

// regroup plans what the change means for the people in the group, where groups grant anything (M10).
func (c *Client) regroup(ctx context.Context, p *plan, ch regrouping) error {
	pol, err := c.directory.policy(ctx, p, c.Connection)
	if err != nil {
		return err
	}
	was, is := pol.grantsBy(ch.before), pol.grantsBy(ch.after)
	nested := pol.nested()
	if !was && !is && !nested {
		return nil
	}
	out, in, err := c.affected(ctx, ch, was != is || nested)
	if err != nil || len(out)+len(in) == 0 {
		return err
	}
	limit := maxRegrouped
	if c.directory.hooked(pol.connection) { // each of them is asked about
		limit = maxRegroupedHooked
	}
	if nested || len(out)+len(in) > limit {
		return p.regroupJobs(c, ch, out, in)
	}
	return c.reprovision(ctx, p, pol, slices.Concat(out, in), func(id string, groups []GroupOf) []GroupOf {
		return withGroup(groups, ch, slices.Contains(in, id))
	})
}

// grantsBy reports whether a rule is about the group.
func (pol *policy) grantsBy(g *Group) bool {
	return g != nil && slices.ContainsFunc(pol.rules, func(r mapping.GroupRule) bool {
		return strings.EqualFold(r.Group, g.DisplayName) || g.ExternalID != "" && r.Group == g.ExternalID
	})
}

// nested reports whether a rule counts the members of groups inside a group.
func (pol *policy) nested() bool {
	return slices.ContainsFunc(pol.rules, func(r mapping.GroupRule) bool { return r.Nested })
}

// affected lists who is in the group no more, and who is in it of those for whom that is new; everybody when the group
// itself means something else than before.
func (c *Client) affected(ctx context.Context, ch regrouping, everybody bool) (out, in []string, err error) {
	reset := ch.after == nil
	for _, rows := range ch.rows {
		out = append(out, rows.Remove...)
		reset = reset || rows.Reset
		for _, m := range rows.Add {
			in = append(in, m.ID)
		}
	}
	if ch.before == nil || ch.before.Members == 0 || !everybody && !reset {
		return out, in, nil
	}
	members, err := c.directory.store.Members(ctx, ch.before.Root, ch.before.ID, "", 0)
	gone := make(map[string]bool, len(out))
	for _, id := range out {
		gone[id] = true
	}
	for _, m := range members {
		switch {
		case reset && !slices.Contains(in, m.ID):
			out = append(out, m.ID)
		case !reset && !gone[m.ID]:
			in = append(in, m.ID)
		}
	}
	return out, in, err
}

// withGroup is the list of groups with the change in it.
func withGroup(groups []GroupOf, ch regrouping, in bool) []GroupOf {
	g := ch.after
	if g == nil {
		g = ch.before
	}
	others := slices.DeleteFunc(slices.Clone(groups), func(o GroupOf) bool { return o.ID == g.ID })
	if !in {
		return others
	}
	return append(others, GroupOf{ID: g.ID, DisplayName: g.DisplayName, ExternalID: g.ExternalID, Direct: true})
}

// reprovision plans anew what the documents of users mean. groups, unless nil, corrects the groups that are read.
func (c *Client) reprovision(
	ctx context.Context, p *plan, pol *policy, ids []string, groups func(id string, read []GroupOf) []GroupOf,
) error {
	of, err := c.directory.store.GroupsOf(ctx, c.Connection.Root, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		u, err := c.directory.store.User(ctx, c.Connection.Root, c.Connection.ID, id)
		if errors.Is(err, ErrNotFound) { // a group in the group, or deleted
			continue
		}
		if err != nil {
			return err
		}
		in := of[id]
		if groups != nil {
			in = groups(id, in)
		}
		if err := c.reprovisionUser(ctx, p, pol, u, in); err != nil {
			return err
		}
	}
	return nil
}

func (c *Client) reprovisionUser(ctx context.Context, p *plan, pol *policy, u User, groups []GroupOf) error {
	r, err := c.userType().Load(c.bareUserRecord(u))
	if err != nil {
		return err
	}
	who, err := c.directory.person(ctx, u.Root, u.Subject)
	if err != nil {
		return err
	}
	v, err := c.provision(ctx, p, pol, u, r, who, groups)
	if err != nil {
		var refused *scim.Error
		if errors.As(err, &refused) && refused.Kind != scim.KindHookFailed { // what the user's own document says is no fault of the group
			c.directory.log.WarnContext(ctx, "membership left as it is", "user", u.ID, "error", err)
			return nil
		}
		return err
	}
	if !v.isChange() {
		return nil
	}
	return v.record(ActionMemberUpdate, userDetail{UserName: u.UserName}, nil)
}

// jobRegroup is the kind of job that gives a large group's people what it grants.
const jobRegroup = "regroup"

// regroupState is such a job's: those who are in the group no more, or who is in it now.
type regroupState struct {
	Removed []string `json:"removed,omitempty"`
	Present bool     `json:"present,omitempty"`
}

// removedOfJob is how many of those who left the group one job takes: its state is written with each slice.
const removedOfJob = 1000

// regroupJobs leave the rest to jobs, in the same transaction: the removals first.
func (p *plan) regroupJobs(c *Client, ch regrouping, out, in []string) error {
	g := ch.before
	if g == nil {
		g = ch.after
	}
	for some := range slices.Chunk(out, removedOfJob) {
		if err := p.regroupJob(c.Connection.ID, g.ID, regroupState{Removed: some}, len(some)); err != nil {
			return err
		}
	}
	if len(in) == 0 {
		return nil
	}
	return p.regroupJob(c.Connection.ID, g.ID, regroupState{Present: true}, len(in))
}

func (p *plan) regroupJob(connection, group string, state regroupState, total int) error {
	text, err := json.Marshal(state)
	if err != nil {
		return err
	}
	j := p.newJob(jobRegroup, connection, group)
	j.State, j.Total = text, total
	p.Jobs = append(p.Jobs, insert(j))
	return nil
}

// reruleJobs leave to jobs what other group rules of a connection mean for those who are in the groups already.
func (d *Directory) reruleJobs(ctx context.Context, p *plan, before, after *Connection) error {
	was, is := before.Settings.Mapping.Groups, after.Settings.Mapping.Groups
	if reflect.DeepEqual(was, is) {
		return nil
	}
	seen := map[string]bool{}
	for _, r := range slices.Concat(was, is) {
		g, err := d.ruledGroup(ctx, after, r.Group)
		if errors.Is(err, ErrNotFound) || err == nil && (seen[g.ID] || g.Members == 0) {
			continue
		}
		if err != nil {
			return err
		}
		seen[g.ID] = true
		if err := p.regroupJob(after.ID, g.ID, regroupState{Present: true}, g.Members); err != nil {
			return err
		}
	}
	return nil
}

// ruledGroup finds the group that a rule names: by displayName, else by externalId.
func (d *Directory) ruledGroup(ctx context.Context, c *Connection, name string) (Group, error) {
	g, err := d.store.GroupByName(ctx, c.Root, c.ID, scim.FoldName(name))
	if !errors.Is(err, ErrNotFound) {
		return g, err
	}
	filter, err := scim.ParseFilter("externalId eq "+string(scim.AppendJSON(nil, name)), scim.GroupType(), scim.Profile{})
	if err != nil { // no identifier that a group could have
		return Group{}, ErrNotFound
	}
	q := ListQuery{Root: c.Root, Connection: c.ID, Type: scim.GroupType(), Filter: filter, StartIndex: 1, Limit: 1}
	found, err := d.store.Groups(ctx, q)
	if err == nil && len(found.Groups) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Group{}, err
	}
	return found.Groups[0], nil
}
