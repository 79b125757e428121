package directory

import (
	"context"
	"errors"

	"github.com/usher-scim/usher/scim"
)

// planClaims returns the claims of an edit, or refuses a value that another resource of the type has. The look-up says
// so in words; the store has the last word on a race.
func (c *Client) planClaims(ctx context.Context, t *scim.ResourceType, before, after []scim.UniqueValue) (Claims, error) {
	claims := Claims{Before: claimKeys(before), After: claimKeys(after)}
	for _, v := range after {
		if hasClaim(before, v) {
			continue
		}
		free, err := c.isFree(ctx, t, v)
		if err != nil {
			return Claims{}, err
		}
		if !free {
			return Claims{}, scim.NewError(scim.KindTaken, v.Path, v.Text,
				"a value that no other "+t.Name+" of this connection has")
		}
	}
	return claims, nil
}

func claimKeys(values []scim.UniqueValue) []scim.Key {
	var keys []scim.Key
	for _, v := range values {
		keys = append(keys, v.Key)
	}
	return keys
}

// hasClaim reports whether the value was there before: a change of case is no other value.
func hasClaim(values []scim.UniqueValue, v scim.UniqueValue) bool {
	for _, was := range values {
		if was.Key == v.Key {
			return true
		}
	}
	return false
}

func (c *Client) isFree(ctx context.Context, t *scim.ResourceType, v scim.UniqueValue) (bool, error) {
	_, err := c.directory.store.Claimed(ctx, c.Connection.Root, c.Connection.ID, t.ID, v.Key)
	switch {
	case err == nil:
		return false, nil
	case !errors.Is(err, ErrNotFound):
		return false, err
	case v.Building:
		return c.isUnused(ctx, t, v)
	}
	return true, nil
}

// isUnused looks through the documents, as long as not all of their values have been claimed. In a connection of so
// many that they cannot be looked through, the claims alone count until then.
func (c *Client) isUnused(ctx context.Context, t *scim.ResourceType, v scim.UniqueValue) (bool, error) {
	profile, _ := scim.ProfileByName("generic")
	filter, err := scim.ParseFilter(v.Path+" eq "+string(scim.AppendJSON(nil, v.Text)), t, profile)
	if err != nil {
		return false, err
	}
	page, err := c.directory.store.Resources(ctx, ListQuery{
		Root: c.Connection.Root, Connection: c.Connection.ID, Type: t, Filter: filter, StartIndex: 1, Limit: 1,
	})
	if errors.Is(err, ErrTooMany) {
		return true, nil
	}
	return page.Total == 0, err
}

// checkStamp refuses to edit what was stored under declarations of which this client knows nothing: it would drop
// values that it does not see.
func (c *Client) checkStamp(stamp int64) error {
	if stamp != 0 && c.basis == nil {
		return ErrStale
	}
	return nil
}
