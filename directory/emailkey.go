package directory

import (
	"context"
	"errors"

	"github.com/usher-scim/usher/scim"
)

// KeyEmail is the [ConnectionSettings.Key] of a connection whose client knows people by e-mail: what it looks for as
// userName may be the primary e-mail address (M6).
const KeyEmail = "email"

// listByKey answers a look-up by userName of a connection with [KeyEmail]: the user of that name, else the one whose
// primary e-mail address it is. It never finds more than one. ok is false for every other request.
func (c *Client) listByKey(ctx context.Context, t *scim.ResourceType, q scim.Query) (page scim.Page, ok bool, err error) {
	if c.Connection.Settings.Key != KeyEmail || q.Filter == nil {
		return page, false, nil
	}
	name, ok := q.Filter.UserName()
	if !ok {
		return page, false, nil
	}
	u, err := c.userByKey(ctx, name)
	if errors.Is(err, ErrNotFound) {
		return page, true, nil
	}
	if err != nil {
		return page, true, listError(q, err)
	}
	records, err := c.userRecords(ctx, []User{u}, q.Show.Shows("groups") || q.Sort.Uses("groups"))
	if err != nil {
		return page, true, err
	}
	q.Filter = nil
	page, err = q.Answer(records)
	return page, true, err
}

func (c *Client) userByKey(ctx context.Context, key string) (User, error) {
	u, err := c.directory.store.UserByName(ctx, c.Connection.Root, c.Connection.ID, scim.FoldName(key))
	if !errors.Is(err, ErrNotFound) {
		return u, err
	}
	return c.userByEmail(ctx, key, "")
}

// userByEmail returns the oldest user whose primary e-mail address it is, but for the one with that id.
func (c *Client) userByEmail(ctx context.Context, email, but string) (User, error) {
	filter, err := scim.EmailFilter(c.userType(), email)
	if err != nil {
		return User{}, err
	}
	q := c.query(c.userType(), scim.Query{Filter: filter, Count: 100})
	for users, err := range c.directory.userPages(ctx, q) {
		if err != nil {
			return User{}, err
		}
		for _, u := range users {
			r, err := c.userType().Load(c.bareUserRecord(u))
			if err != nil {
				return User{}, err
			}
			if u.ID != but && r.HasEmail(email) {
				return u, nil
			}
		}
	}
	return User{}, ErrNotFound
}

// checkKeyFree refuses a user whom a look-up by key could take for another one of a connection with [KeyEmail]: whose
// primary e-mail address is another's, or another's userName, or whose userName is another's primary e-mail address.
// stored is the user as it was, nil when it is new: what does not change is not looked up again.
func (c *Client) checkKeyFree(ctx context.Context, id string, stored, wanted *scim.Resource) error {
	if c.Connection.Settings.Key != KeyEmail {
		return nil
	}
	email, name := wanted.Email(), wanted.Text("userName")
	if email != "" && (stored == nil || !stored.HasEmail(email)) {
		other, err := c.directory.store.UserByName(ctx, c.Connection.Root, c.Connection.ID, scim.FoldName(email))
		if err == nil && other.ID == id || errors.Is(err, ErrNotFound) {
			_, err = c.userByEmail(ctx, email, id)
		}
		if err := keyTaken(err, "emails.value", email); err != nil {
			return err
		}
	}
	if stored == nil || scim.FoldName(stored.Text("userName")) != scim.FoldName(name) {
		_, err := c.userByEmail(ctx, name, id)
		return keyTaken(err, "userName", name)
	}
	return nil
}

// keyTaken makes the refusal of a look-up that has found somebody.
func keyTaken(err error, attribute, value string) error {
	return free(err, scim.NewError(scim.KindTaken, attribute, value,
		"one that no other User of this connection has as userName or primary e-mail address, by which its client knows people"))
}
