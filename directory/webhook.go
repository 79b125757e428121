package directory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory/internal/credential"
	"github.com/usher-scim/usher/directory/internal/ident"
	"github.com/usher-scim/usher/directory/internal/input"
)

// The audit actions of webhooks, and the type of their target.
const (
	ActionWebhookCreate  = "webhook.create"
	ActionWebhookEnable  = "webhook.enable"
	ActionWebhookDisable = "webhook.disable" // by the system: the receiver is gone, or has refused for days
	ActionWebhookDelete  = "webhook.delete"
	targetWebhook        = "Webhook"
)

// eventTypes are those that a webhook can ask for by name. A family such as member.* stands for all of its own, those
// to come too.
var eventTypes = []string{
	EventMemberJoined, EventMemberUpdated, EventMemberDeactivated, EventMemberReactivated, EventMemberLeft,
	EventGroupCreated, EventGroupUpdated, EventGroupDeleted,
	EventResourceCreated, EventResourceUpdated, EventResourceDeleted,
	"member.*", "group.*", "resource.*",
}

// NewWebhook is what is said of a new webhook.
type NewWebhook struct {
	URL   string
	Types []string // of events: "member.joined", "member.*"; none: all
}

// IssuedWebhook is a new webhook with the secret that signs its messages, which is shown this once.
type IssuedWebhook struct {
	Webhook
	Secret string // whsec_…
}

// CreateWebhook makes a webhook that hears of what happens in the workspace and below from now on.
func (d *Directory) CreateWebhook(ctx context.Context, by Actor, w Workspace, n NewWebhook) (IssuedWebhook, error) {
	if err := input.Address("webhook", n.URL); err != nil {
		return IssuedWebhook{}, err
	}
	types, err := checkEventTypes(n.Types)
	if err != nil {
		return IssuedWebhook{}, err
	}
	h := Webhook{Root: w.Root, ID: ident.New(tokenIDLength), URL: n.URL, Types: types, Version: 1}
	if w.ID != w.Root {
		h.Workspace = w.ID
	}
	if h.Position, err = d.lastPosition(ctx, w.Root); err != nil {
		return IssuedWebhook{}, err
	}
	text := credential.NewSigningSecret()
	key, err := credential.ParseSigningSecret(text)
	if err != nil {
		return IssuedWebhook{}, err
	}
	err = d.write(ctx, by, w, "", func(ctx context.Context, p *plan) error {
		if err := d.checkWebhooks(ctx, h.Root); err != nil {
			return err
		}
		h.Created = p.now
		p.Webhooks = append(p.Webhooks, insert(h))
		p.Secrets = append(p.Secrets, d.seal(h.Root, webhookSecretName(h.ID), key))
		return p.audit(ActionWebhookCreate, targetWebhook, h.ID, "", newWebhookDetail(h))
	})
	if err != nil {
		return IssuedWebhook{}, err
	}
	return IssuedWebhook{Webhook: h, Secret: text}, nil
}

// maxWebhooks bounds what one event sends, and how many senders of one tenant can hang at once.
const maxWebhooks = 50

func (d *Directory) checkWebhooks(ctx context.Context, root string) error {
	all, err := d.store.Webhooks(ctx, root)
	if err == nil && len(all) >= maxWebhooks {
		err = refuse(RefusedInvalid, "delete one that nobody needs, or pass the events on behind one of them",
			"the tenant has %d webhooks, which is the most", len(all))
	}
	return err
}

type webhookDetail struct {
	URL     string   `json:"url"`
	Types   []string `json:"types,omitempty"`
	Failure string   `json:"failure,omitempty"`
}

func newWebhookDetail(h Webhook) webhookDetail {
	return webhookDetail{URL: h.URL, Types: h.Types, Failure: h.Failure}
}

// Webhooks lists the webhooks of the workspace and of those below it.
func (d *Directory) Webhooks(ctx context.Context, w Workspace) ([]Webhook, error) {
	all, err := d.store.Webhooks(ctx, w.Root)
	if err != nil || w.ID == w.Root {
		return all, err
	}
	t, err := d.treeOf(ctx, w.Root, false)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(h Webhook) bool { return !t.workspaces[h.Workspace].within(w.ID) }), nil
}

// Webhook finds a webhook of the workspace, or of one below it, by id.
func (d *Directory) Webhook(ctx context.Context, w Workspace, id string) (Webhook, error) {
	all, err := d.Webhooks(ctx, w)
	if err != nil {
		return Webhook{}, err
	}
	if i := slices.IndexFunc(all, func(h Webhook) bool { return h.ID == id }); i >= 0 {
		return all[i], nil
	}
	return Webhook{}, refuse(RefusedNotFound, "list the webhooks of the workspace to see their ids",
		"workspace %s has no webhook %q", w.Key, id)
}

// DeleteWebhook deletes a webhook with its secret.
func (d *Directory) DeleteWebhook(ctx context.Context, by Actor, w Workspace, id string) error {
	return d.write(ctx, by, w, "", func(ctx context.Context, p *plan) error {
		h, err := d.Webhook(ctx, w, id)
		if err != nil {
			return err
		}
		p.Webhooks = append(p.Webhooks, remove(h))
		p.Secrets = append(p.Secrets, Secret{Root: h.Root, Name: webhookSecretName(id), Sealed: []byte{}})
		return p.audit(ActionWebhookDelete, targetWebhook, id, "", newWebhookDetail(h))
	})
}

// EnableWebhook lets a webhook that was disabled go on where it stopped, and one that waits after a failure try at once.
func (d *Directory) EnableWebhook(ctx context.Context, by Actor, w Workspace, id string) (Webhook, error) {
	var after Webhook
	err := d.write(ctx, by, w, "", func(ctx context.Context, p *plan) error {
		before, err := d.Webhook(ctx, w, id)
		if err != nil {
			return err
		}
		if after = before; before.Disabled.IsZero() && before.Failures == 0 {
			return nil
		}
		after.Disabled, after.NextAt, after.Failures, after.Failure = time.Time{}, time.Time{}, 0, ""
		after.Version++
		p.Webhooks = append(p.Webhooks, update(before, after))
		return p.audit(ActionWebhookEnable, targetWebhook, id, "", newWebhookDetail(before))
	})
	return after, err
}

// checkEventTypes returns the types in order, each once.
func checkEventTypes(types []string) ([]string, error) {
	for _, t := range types {
		if !slices.Contains(eventTypes, t) {
			return nil, refuse(RefusedInvalid, "choose from "+strings.Join(eventTypes, ", ")+"; none for all",
				"there is no event of the type %q", t)
		}
	}
	return input.Set(types), nil
}

// wants reports whether the webhook hears of events of the type.
func (h Webhook) wants(eventType string) bool {
	family, _, _ := strings.Cut(eventType, ".")
	return len(h.Types) == 0 || slices.Contains(h.Types, eventType) || slices.Contains(h.Types, family+".*")
}

// lastPosition is that of the last event of the root. A store is not asked for it often enough to have a question of
// its own: it is found by steps of halves, each the look-up of one row.
func (d *Directory) lastPosition(ctx context.Context, root string) (int64, error) {
	var last int64
	for step := int64(1) << 48; step > 0; step /= 2 {
		next, err := d.store.Events(ctx, root, last+step-1, 1)
		if err != nil {
			return 0, err
		}
		if len(next) > 0 {
			last = next[0].Seq
		}
	}
	return last, nil
}

func webhookSecretName(id string) string { return "webhook/" + id }

// signingKey opens a signing secret.
func (d *Directory) signingKey(ctx context.Context, root, name string) ([]byte, error) {
	secret, err := d.store.Secret(ctx, root, name)
	if err != nil {
		return nil, fmt.Errorf("secret %q: %w", name, err)
	}
	return d.open(secret)
}
