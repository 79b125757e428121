package delivery

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/usher-scim/usher/directory"
)

// hookBody is the text of a question.
type hookBody struct {
	Type       string         `json:"type"` // hookType
	Connection hookConnection `json:"connection"`
	directory.HookQuestion
}

type hookConnection struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Profile string `json:"profile"`
}

const hookType = "provisioning.hook"

// HTTPHook asks the address of the connection that a change comes by (directory.Config.AddressedHook): it posts the
// question as JSON, signed like a webhook, with the idempotency key as its id. The receiver answers 200 with a
// directory.HookAnswer, or 204 to let the change pass. Connections without an address pass. now defaults to time.Now.
func HTTPHook(client *Client, now func() time.Time) directory.Hook {
	if now == nil {
		now = time.Now
	}
	return func(ctx context.Context, q directory.HookQuestion) (directory.HookAnswer, error) {
		address := q.Connection.Settings.Hook
		if address == "" {
			return directory.HookAnswer{}, nil
		}
		body, err := json.Marshal(hookBody{
			Type:         hookType,
			Connection:   hookConnection{ID: q.Connection.ID, Name: q.Connection.Name, Profile: q.Connection.Profile},
			HookQuestion: q,
		})
		if err != nil {
			return directory.HookAnswer{}, err
		}
		a, err := client.post(ctx, address, signed(q.Secret, q.IdempotencyKey, now(), body), body)
		if err != nil {
			return directory.HookAnswer{}, fmt.Errorf("%s: %w", Reason(err), err)
		}
		return a.hook()
	}
}

// hook reads the answer of a hook. It is strict: a name that is misspelt must not let pass what was to be refused.
func (a answer) hook() (directory.HookAnswer, error) {
	switch a.status {
	case http.StatusOK:
	case http.StatusNoContent:
		return directory.HookAnswer{}, nil
	default:
		return directory.HookAnswer{}, fmt.Errorf("the hook answered %d, not 200 or 204", a.status)
	}
	var read struct {
		Refused     *string                `json:"refused"`
		Memberships []directory.HookChange `json:"memberships"`
	}
	if !bytes.HasPrefix(bytes.TrimLeft(a.body, " \t\r\n"), []byte("{")) { // null would let the change pass
		return directory.HookAnswer{}, errors.New("the hook's answer is no JSON object")
	}
	if err := jsonv2.Unmarshal(a.body, &read, jsonv2.RejectUnknownMembers(true)); err != nil {
		return directory.HookAnswer{}, fmt.Errorf("the hook's answer cannot be read: %w", err)
	}
	made := directory.HookAnswer{Memberships: read.Memberships}
	switch {
	case read.Refused == nil:
	case *read.Refused == "":
		return directory.HookAnswer{}, errors.New(`the hook's answer has an empty "refused": give the reason, or leave it out`)
	case len(read.Memberships) > 0:
		return directory.HookAnswer{}, errors.New(`the hook's answer both refuses and changes`)
	default:
		made.Refused = *read.Refused
	}
	return made, nil
}
