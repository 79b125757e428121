package main

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory"
)

type webhookCmd struct {
	Create webhookCreateCmd `cmd:"" help:"Have events sent to an address, signed. The secret is shown this once."`
	List   webhookListCmd   `cmd:"" help:"List the webhooks of a workspace."`
	Enable webhookEnableCmd `cmd:"" help:"Enable a webhook that failed for too long."`
	Delete webhookDeleteCmd `cmd:"" help:"Delete a webhook."`
}

type webhookView struct {
	ID        string     `json:"id"`
	URL       string     `json:"url"`
	Secret    string     `json:"secret,omitempty"` // once
	Types     []string   `json:"types"`            // none: all
	Position  int64      `json:"position"`
	State     string     `json:"state"` // enabled, failing or disabled
	Failures  int        `json:"failures"`
	Failure   string     `json:"failure"`
	NextAt    *time.Time `json:"next_at"`
	CreatedAt *time.Time `json:"created_at"`
}

func newWebhookView(h directory.Webhook) webhookView {
	v := webhookView{
		ID: h.ID, URL: h.URL, Types: append([]string{}, h.Types...), Position: h.Position, State: "enabled", Failures: h.Failures,
		Failure: h.Failure, NextAt: timestamp(h.NextAt), CreatedAt: timestamp(h.Created),
	}
	switch {
	case !h.Disabled.IsZero():
		v.State = "disabled"
	case h.Failures > 0:
		v.State = "failing"
	}
	return v
}

func (v webhookView) card(title string) *card {
	return newCard(title, "address", v.URL, "secret", v.Secret, "id", v.ID, "events", cmp.Or(strings.Join(v.Types, ", "), "all"),
		"state", v.State, "failure", v.Failure)
}

type webhookCreateCmd struct {
	URL string `arg:"" help:"Address, https."`
	workspaceScope
	Type []string `placeholder:"TYPE,…" help:"Only events of these types: member.joined, or member.* for all of a kind."`
}

// Run makes the webhook.
func (c *webhookCreateCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		h, err := f.CreateWebhook(a.ctx, a.actor(), w, directory.NewWebhook{URL: c.URL, Types: c.Type})
		if err != nil {
			return err
		}
		v := newWebhookView(h.Webhook)
		v.Secret = h.Secret
		return a.print(v, texts{v.card("Created a webhook."), line("\nKeep the secret now: it is not shown again. The app checks signatures with it (Standard Webhooks).")})
	})
}

type webhookListCmd struct{ workspaceScope }

// Run lists the webhooks.
func (c *webhookListCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		all, err := f.Webhooks(a.ctx, w)
		if err != nil {
			return err
		}
		views := []webhookView{}
		t := a.table("No webhook yet. Make one: usher webhook create URL --workspace "+w.Key, "address", "state", "events", "failures", "failure", "id")
		for _, h := range all {
			v := newWebhookView(h)
			views = append(views, v)
			t.add(v.URL, v.State, cmp.Or(strings.Join(v.Types, ", "), "all"), strconv.Itoa(v.Failures), v.Failure, v.ID)
		}
		return a.print(views, t)
	})
}

type namedWebhook struct {
	ID string `arg:"" help:"Id of the webhook."`
	workspaceScope
}

type webhookEnableCmd struct{ namedWebhook }

// Run enables the webhook.
func (c *webhookEnableCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		h, err := f.EnableWebhook(a.ctx, a.actor(), w, c.ID)
		if err != nil {
			return err
		}
		v := newWebhookView(h)
		return a.print(v, v.card("Enabled webhook "+h.ID+"."))
	})
}

type webhookDeleteCmd struct {
	namedWebhook
	consent
}

// Run deletes the webhook.
func (c *webhookDeleteCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		if err := c.ask(a, "webhook "+c.ID); err != nil {
			return err
		}
		if err := f.DeleteWebhook(a.ctx, a.actor(), w, c.ID); err != nil {
			return err
		}
		return a.print(deletedView{ID: c.ID, Deleted: true}, line("Deleted webhook "+c.ID+"."))
	})
}
