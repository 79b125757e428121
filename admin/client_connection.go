package admin

import (
	"context"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"
)

// Connections lists the connections of a workspace.
func (c *Client) Connections(ctx context.Context, workspace string) ([]Connection, error) {
	return every[Connection](ctx, c, within(workspace, "connections"))
}

// Connection reads a connection by name or id.
func (c *Client) Connection(ctx context.Context, workspace, connection string) (Connection, error) {
	return get[Connection](ctx, c, within(workspace, "connections", connection), nil)
}

// CreateConnection makes a connection.
func (c *Client) CreateConnection(ctx context.Context, workspace string, n NewConnection) (Connection, error) {
	return post[Connection](ctx, c, within(workspace, "connections"), n)
}

// UpdateConnection changes a connection. Settings that are zero stay as they are; to give one its default again, send
// null by other means.
func (c *Client) UpdateConnection(ctx context.Context, workspace, connection string, change ConnectionChange) (Connection, error) {
	return patch[Connection](ctx, c, within(workspace, "connections", connection), change)
}

// DeleteConnection deletes a connection; name is its name once more. Its people stay.
func (c *Client) DeleteConnection(ctx context.Context, workspace, connection, name string) error {
	return c.delete(ctx, within(workspace, "connections", connection), name)
}

// PauseConnection pauses a connection.
func (c *Client) PauseConnection(ctx context.Context, workspace, connection string) (Connection, error) {
	return post[Connection](ctx, c, within(workspace, "connections", connection, "pause"), nil)
}

// ResumeConnection lets a paused or disabled connection work again.
func (c *Client) ResumeConnection(ctx context.Context, workspace, connection string) (Connection, error) {
	return post[Connection](ctx, c, within(workspace, "connections", connection, "resume"), nil)
}

// DisableConnection disables a connection.
func (c *Client) DisableConnection(ctx context.Context, workspace, connection string) (Connection, error) {
	return post[Connection](ctx, c, within(workspace, "connections", connection, "disable"), nil)
}

// MoveUsers moves the users of a connection to another one, or says what that would come to.
func (c *Client) MoveUsers(ctx context.Context, workspace, connection string, m Move) (MoveReport, error) {
	return post[MoveReport](ctx, c, within(workspace, "connections", connection, "move"), m)
}

// ReleaseLeavers lets the leavers of a connection through for an hour.
func (c *Client) ReleaseLeavers(ctx context.Context, workspace, connection string) (Connection, error) {
	return post[Connection](ctx, c, within(workspace, "connections", connection, "release"), nil)
}

// RollBackLeavers gives those who left within the last hour their memberships back.
func (c *Client) RollBackLeavers(ctx context.Context, workspace, connection string) (RolledBack, error) {
	return post[RolledBack](ctx, c, within(workspace, "connections", connection, "rollback"), nil)
}

// RotateHookSecret makes the secret that signs the questions to the hook.
func (c *Client) RotateHookSecret(ctx context.Context, workspace, connection string) (HookSecret, error) {
	return post[HookSecret](ctx, c, within(workspace, "connections", connection, "hook-secret"), nil)
}

// Preview explains what a connection would make of somebody.
func (c *Client) Preview(ctx context.Context, workspace, connection string, of PreviewInput) (Preview, error) {
	return post[Preview](ctx, c, within(workspace, "connections", connection, "preview"), of)
}

// Tokens lists the tokens and client secrets of a connection.
func (c *Client) Tokens(ctx context.Context, workspace, connection string) ([]Token, error) {
	return every[Token](ctx, c, within(workspace, "connections", connection, "tokens"))
}

// Token reads a token.
func (c *Client) Token(ctx context.Context, workspace, connection, id string) (Token, error) {
	return get[Token](ctx, c, within(workspace, "connections", connection, "tokens", id), nil)
}

// CreateToken makes a token or client secret.
func (c *Client) CreateToken(ctx context.Context, workspace, connection string, n NewToken) (IssuedToken, error) {
	return post[IssuedToken](ctx, c, within(workspace, "connections", connection, "tokens"), n)
}

// RevokeToken revokes a token.
func (c *Client) RevokeToken(ctx context.Context, workspace, connection, id string) error {
	return c.delete(ctx, within(workspace, "connections", connection, "tokens", id), "")
}

// RotateToken makes the token that will replace another.
func (c *Client) RotateToken(ctx context.Context, workspace, connection, id string, r Rotation) (IssuedToken, error) {
	return post[IssuedToken](ctx, c, within(workspace, "connections", connection, "tokens", id, "rotate"), r)
}

// CompleteRotation revokes the old token of a rotation.
func (c *Client) CompleteRotation(ctx context.Context, workspace, connection, id string) (Token, error) {
	return post[Token](ctx, c, within(workspace, "connections", connection, "tokens", id, "complete"), nil)
}

// CancelRotation revokes the next token of a rotation.
func (c *Client) CancelRotation(ctx context.Context, workspace, connection, id string) (Token, error) {
	return post[Token](ctx, c, within(workspace, "connections", connection, "tokens", id, "cancel"), nil)
}

// Groups lists the groups that the identity provider has pushed.
func (c *Client) Groups(ctx context.Context, workspace, connection string) ([]Group, error) {
	return every[Group](ctx, c, within(workspace, "connections", connection, "groups"))
}

// Jobs lists the background work of a workspace and below.
func (c *Client) Jobs(ctx context.Context, workspace string) ([]Job, error) {
	return every[Job](ctx, c, within(workspace, "jobs"))
}

// Webhooks lists the webhooks of a workspace and of those below.
func (c *Client) Webhooks(ctx context.Context, workspace string) ([]Webhook, error) {
	return every[Webhook](ctx, c, within(workspace, "webhooks"))
}

// Webhook reads a webhook.
func (c *Client) Webhook(ctx context.Context, workspace, id string) (Webhook, error) {
	return get[Webhook](ctx, c, within(workspace, "webhooks", id), nil)
}

// CreateWebhook makes a webhook.
func (c *Client) CreateWebhook(ctx context.Context, workspace string, n NewWebhook) (IssuedWebhook, error) {
	return post[IssuedWebhook](ctx, c, within(workspace, "webhooks"), n)
}

// DeleteWebhook deletes a webhook.
func (c *Client) DeleteWebhook(ctx context.Context, workspace, id string) error {
	return c.delete(ctx, within(workspace, "webhooks", id), "")
}

// EnableWebhook lets a webhook hear of events again.
func (c *Client) EnableWebhook(ctx context.Context, workspace, id string) (Webhook, error) {
	return post[Webhook](ctx, c, within(workspace, "webhooks", id, "enable"), nil)
}

// Schemas lists the schemas that a workspace declares.
func (c *Client) Schemas(ctx context.Context, workspace string) ([]Declaration, error) {
	return every[Declaration](ctx, c, within(workspace, "schemas"))
}

// Schema reads a declared schema by its URN.
func (c *Client) Schema(ctx context.Context, workspace, urn string) (Declaration, error) {
	return get[Declaration](ctx, c, within(workspace, "schemas", urn), nil)
}

// DeclareSchema declares a schema.
func (c *Client) DeclareSchema(ctx context.Context, workspace string, schema jsontext.Value) (Declaration, error) {
	return post[Declaration](ctx, c, within(workspace, "schemas"), schema)
}

// RedeclareSchema replaces a schema.
func (c *Client) RedeclareSchema(ctx context.Context, workspace, urn string, schema jsontext.Value) (Declaration, error) {
	var out Declaration
	err := c.send(ctx, http.MethodPut, within(workspace, "schemas", urn), nil, schema, &out)
	return out, err
}

// UndeclareSchema takes a schema back, and with it its values.
func (c *Client) UndeclareSchema(ctx context.Context, workspace, urn string) error {
	return c.delete(ctx, within(workspace, "schemas", urn), urn)
}

// ResourceTypes lists the resource types that a workspace declares.
func (c *Client) ResourceTypes(ctx context.Context, workspace string) ([]Declaration, error) {
	return every[Declaration](ctx, c, within(workspace, "resource-types"))
}

// ResourceType reads a declared resource type by its name.
func (c *Client) ResourceType(ctx context.Context, workspace, name string) (Declaration, error) {
	return get[Declaration](ctx, c, within(workspace, "resource-types", name), nil)
}

// DeclareResourceType declares a resource type.
func (c *Client) DeclareResourceType(ctx context.Context, workspace string, t jsontext.Value) (Declaration, error) {
	return post[Declaration](ctx, c, within(workspace, "resource-types"), t)
}

// UndeclareResourceType takes a resource type back, and with it its resources.
func (c *Client) UndeclareResourceType(ctx context.Context, workspace, name string) error {
	return c.delete(ctx, within(workspace, "resource-types", name), name)
}
