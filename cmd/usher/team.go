package main

import (
	"time"

	"github.com/usher-scim/usher/directory"
)

type teamCmd struct {
	Create teamCreateCmd `cmd:"" help:"Make a team."`
	List   teamListCmd   `cmd:"" help:"List the teams of a workspace."`
	Update teamUpdateCmd `cmd:"" help:"Change the description of a team."`
	Delete teamDeleteCmd `cmd:"" help:"Delete a team that nobody is in."`
}

type teamView struct {
	Name        string     `json:"name"`
	Workspace   string     `json:"workspace"`
	Description string     `json:"description"`
	CreatedAt   *time.Time `json:"created_at"`
}

func newTeamView(w directory.Workspace, t directory.Team) teamView {
	return teamView{t.Name, w.Key, t.Description, timestamp(t.Created)}
}

func (v teamView) card(title string) *card {
	return newCard(title, "name", v.Name, "workspace", v.Workspace, "description", v.Description)
}

type teamCreateCmd struct {
	Name string `arg:"" help:"Name of the team; upper and lower case count."`
	workspaceScope
	Description string `help:"What it is for."`
}

// Run makes the team.
func (c *teamCreateCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		t, err := f.CreateTeam(a.ctx, a.actor(), w, directory.Team{Name: c.Name, Description: c.Description})
		if err != nil {
			return err
		}
		v := newTeamView(w, t)
		return a.print(v, v.card("Created team "+t.Name+"."))
	})
}

type teamListCmd struct{ workspaceScope }

// Run lists the teams.
func (c *teamListCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		all, err := f.Teams(a.ctx, w)
		if err != nil {
			return err
		}
		views := []teamView{}
		t := a.table("No team yet. Teams are made as they are granted, or with: usher team create NAME --workspace "+w.Key,
			"name", "created", "description")
		for _, team := range all {
			views = append(views, newTeamView(w, team))
			t.add(team.Name, when(team.Created), team.Description)
		}
		return a.print(views, t)
	})
}

type teamUpdateCmd struct {
	Name string `arg:"" help:"Name of the team."`
	workspaceScope
	Description *string `required:"" help:"What it is for."`
}

// Run changes the team.
func (c *teamUpdateCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		t, err := f.UpdateTeam(a.ctx, a.actor(), w, c.Name, directory.TeamChange{Description: c.Description})
		if err != nil {
			return err
		}
		v := newTeamView(w, t)
		return a.print(v, v.card("Updated team "+t.Name+"."))
	})
}

type teamDeleteCmd struct {
	Name string `arg:"" help:"Name of the team."`
	workspaceScope
	consent
}

// Run deletes the team.
func (c *teamDeleteCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		if err := c.ask(a, "team "+c.Name+" of workspace "+w.Key); err != nil {
			return err
		}
		if err := f.DeleteTeam(a.ctx, a.actor(), w, c.Name); err != nil {
			return err
		}
		return a.print(deletedView{ID: c.Name, Deleted: true}, line("Deleted team "+c.Name+"."))
	})
}
