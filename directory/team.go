package directory

import (
	"context"
	"fmt"
	"slices"

	"github.com/usher-scim/usher/directory/internal/input"
)

// TeamChange is what of a team gets another value; nil fields stay.
type TeamChange struct {
	Description *string
	Version     int64 // that the change rests on, else it is refused; 0 is any
}

// Teams lists the workspace's teams, by name.
func (d *Directory) Teams(ctx context.Context, w Workspace) ([]Team, error) {
	return d.store.Teams(ctx, w.Root, w.ID)
}

type teamDetail struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
}

// CreateTeam adds a team to the workspace.
func (d *Directory) CreateTeam(ctx context.Context, by Actor, w Workspace, t Team) (Team, error) {
	t.Root, t.Workspace, t.Version = w.Root, w.ID, 1
	if err := t.check(); err != nil {
		return Team{}, err
	}
	err := d.editTeams(ctx, by, w, func(_ context.Context, p *plan, known []Team) error {
		if slices.ContainsFunc(known, t.isNamesake) {
			return refuse(RefusedExists, "choose another name", "workspace %s has a team %q", w.Key, t.Name)
		}
		return p.insertTeam(&t)
	})
	return t, err
}

func (t Team) check() error {
	if err := input.Name("team name", t.Name); err != nil {
		return err
	}
	return input.Description("team", t.Description)
}

func (t Team) isNamesake(other Team) bool { return t.Name == other.Name }

func (p *plan) insertTeam(t *Team) error {
	t.Created = p.now
	p.Teams = append(p.Teams, insert(*t))
	return p.auditIn(t.Workspace, ActionTeamCreate, targetTeam, t.Name, "", teamDetail{t.Name, t.Description})
}

// UpdateTeam changes what is said of a team.
func (d *Directory) UpdateTeam(ctx context.Context, by Actor, w Workspace, name string, c TeamChange) (Team, error) {
	var after Team
	err := d.editTeams(ctx, by, w, func(_ context.Context, p *plan, known []Team) error {
		before, err := teamOf(w, known, name)
		if err != nil {
			return err
		}
		if err := rests(c.Version, before.Version); err != nil {
			return err
		}
		after = before
		set(&after.Description, c.Description)
		if after == before {
			return nil
		}
		if err := after.check(); err != nil {
			return err
		}
		after.Version++
		p.Teams = append(p.Teams, update(before, after))
		return p.audit(ActionTeamUpdate, targetTeam, name, "", teamDetail{name, after.Description})
	})
	return after, err
}

// DeleteTeam removes a team that nobody is in.
func (d *Directory) DeleteTeam(ctx context.Context, by Actor, w Workspace, name string) error {
	return d.editTeams(ctx, by, w, func(ctx context.Context, p *plan, known []Team) error {
		t, err := teamOf(w, known, name)
		if err != nil {
			return err
		}
		n, err := d.countPeople(ctx, PeopleQuery{Root: w.Root, Workspaces: []string{w.ID}, Team: name})
		if err != nil {
			return err
		}
		if n > 0 {
			return refuse(RefusedInUse, "take them out of it first", "%s of workspace %s are in the team %q", members(n), w.Key, name)
		}
		p.Teams = append(p.Teams, remove(t))
		p.Reconfigures = true // a plan that puts somebody into it conflicts
		return p.audit(ActionTeamDelete, targetTeam, name, "", teamDetail{name, t.Description})
	})
}

func (d *Directory) editTeams(
	ctx context.Context, by Actor, w Workspace, build func(context.Context, *plan, []Team) error,
) error {
	return d.write(ctx, by, w, "", func(ctx context.Context, p *plan) error {
		if _, _, err := d.place(ctx, p, w); err != nil {
			return err
		}
		known, err := d.store.Teams(ctx, w.Root, w.ID)
		if err != nil {
			return err
		}
		return build(ctx, p, known)
	})
}

func teamOf(w Workspace, known []Team, name string) (Team, error) {
	i := slices.IndexFunc(known, Team{Name: name}.isNamesake)
	if i < 0 {
		return Team{}, refuse(RefusedNotFound, "list the teams to see their names, which tell upper from lower case",
			"workspace %s has no team %q", w.Key, name)
	}
	return known[i], nil
}

// countPeople counts the members that a query finds.
func (d *Directory) countPeople(ctx context.Context, q PeopleQuery) (int, error) {
	n := 0
	for _, err := range d.eachPerson(ctx, q) {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

func members(n int) string {
	if n == 1 {
		return "1 member"
	}
	return fmt.Sprintf("%d members", n)
}
