package admin

import (
	"time"

	"github.com/usher-scim/usher/directory"
)

// Webhook is an address that hears of events.
type Webhook struct {
	ID         string     `json:"id" doc:"Names it."`
	Workspace  string     `json:"workspace" doc:"The key of the workspace: it hears of that and of those below."`
	URL        string     `json:"url" doc:"Where messages go, by POST, signed (Standard Webhooks)."`
	Types      []string   `json:"types,omitempty" doc:"The types of events that it hears of; not there: all."`
	Position   int64      `json:"position" doc:"Of the last event that it has taken."`
	Failures   int        `json:"failures" doc:"How often it failed since it last took an event."`
	Failure    string     `json:"failure,omitempty" doc:"How it failed last."`
	NextAt     *time.Time `json:"next_at,omitempty" doc:"Before this, nothing is tried."`
	DisabledAt *time.Time `json:"disabled_at,omitempty" doc:"Since when it hears nothing, because it failed for too long."`
	CreatedAt  time.Time  `json:"created_at" doc:"When it was made."`
	Version    int64      `json:"version" doc:"Rises with every change; the ETag."`
}

func (w Webhook) version() int64 { return w.Version }

// IssuedWebhook is a new webhook with its secret.
type IssuedWebhook struct {
	Webhook
	Secret string `json:"secret" doc:"What signs its messages, whsec_…, shown this once."`
}

// NewWebhook makes a webhook.
type NewWebhook struct {
	URL   string   `json:"url" doc:"An https:// address."`
	Types []string `json:"types,omitzero" doc:"The types of events that it hears of, such as member.joined or member.*. Defaults to all."`
}

func webhookRoutes() []route {
	const (
		all = "/workspaces/{workspace}/webhooks"
		one = all + "/{webhook}"
	)
	return []route{
		answer(route{
			method: "GET", pattern: all, name: "listWebhooks", summary: "List the webhooks of a workspace and of those below",
			scope: directory.ScopeWebhooksWrite, query: paged,
		}, (*call).listWebhooks),
		accept(route{
			method: "POST", pattern: all, name: "createWebhook", summary: "Make a webhook",
			doc: "It hears of what happens from now on, so the key must have the scope events.read too. " +
				"A tenant has 50 at most. Its secret is in this answer and nowhere else.",
			scope: directory.ScopeWebhooksWrite, creates: true,
			example: example{body: `{"url": "https://app.example.com/usher", "types": ["member.*"]}`},
		}, (*call).createWebhook),
		answer(route{
			method: "GET", pattern: one, name: "getWebhook", summary: "Read a webhook", scope: directory.ScopeWebhooksWrite,
		}, (*call).getWebhook),
		answer(route{
			method: "DELETE", pattern: one, name: "deleteWebhook", summary: "Delete a webhook", scope: directory.ScopeWebhooksWrite, matches: true,
		}, (*call).deleteWebhook),
		answer(route{
			method: "POST", pattern: one + "/enable", name: "enableWebhook", summary: "Let a webhook hear of events again",
			doc: "It goes on where it stopped.", scope: directory.ScopeWebhooksWrite,
		}, (*call).enableWebhook),
	}
}

// showWebhook returns what shows webhooks of the workspace's tenant.
func (c *call) showWebhook() (func(directory.Webhook) Webhook, error) {
	keys, err := c.keys(c.workspace.Root)
	return func(h directory.Webhook) Webhook {
		if h.Workspace == "" {
			h.Workspace = h.Root
		}
		return Webhook{
			ID: h.ID, Workspace: keys[h.Workspace], URL: h.URL, Types: h.Types, Position: h.Position, Failures: h.Failures,
			Failure: h.Failure, NextAt: when(h.NextAt), DisabledAt: when(h.Disabled), CreatedAt: h.Created, Version: h.Version,
		}
	}, err
}

func (c *call) listWebhooks() (List[Webhook], error) {
	show, err := c.showWebhook()
	if err != nil {
		return List[Webhook]{}, err
	}
	all, err := c.Directory.Webhooks(c.ctx, c.workspace)
	if err != nil {
		return List[Webhook]{}, err
	}
	return pageOf(c, all, func(h directory.Webhook) string { return h.ID }, show)
}

func (c *call) createWebhook(in NewWebhook) (IssuedWebhook, error) {
	if !c.key.Has(directory.ScopeEventsRead) {
		return IssuedWebhook{}, newProblem(forbidden, "use a key that has it",
			"a webhook hears of events, and the key does not have the scope %s", directory.ScopeEventsRead)
	}
	show, err := c.showWebhook()
	if err != nil {
		return IssuedWebhook{}, err
	}
	h, err := c.Directory.CreateWebhook(c.ctx, c.by, c.workspace, directory.NewWebhook{URL: in.URL, Types: in.Types})
	if err != nil {
		return IssuedWebhook{}, err
	}
	c.location("workspaces", c.workspace.Key, "webhooks", h.ID)
	return IssuedWebhook{Webhook: show(h.Webhook), Secret: h.Secret}, nil
}

func (c *call) getWebhook() (Webhook, error) {
	show, err := c.showWebhook()
	if err != nil {
		return Webhook{}, err
	}
	h, err := c.Directory.Webhook(c.ctx, c.workspace, c.path("webhook"))
	return show(h), err
}

func (c *call) deleteWebhook() (none, error) {
	h, err := c.Directory.Webhook(c.ctx, c.workspace, c.path("webhook"))
	if err != nil {
		return none{}, err
	}
	if err := c.match(h.Version); err != nil {
		return none{}, err
	}
	return none{}, c.Directory.DeleteWebhook(c.ctx, c.by, c.workspace, h.ID)
}

func (c *call) enableWebhook() (Webhook, error) {
	show, err := c.showWebhook()
	if err != nil {
		return Webhook{}, err
	}
	h, err := c.Directory.EnableWebhook(c.ctx, c.by, c.workspace, c.path("webhook"))
	return show(h), err
}
