package mapping

import (
	"fmt"
	"strings"

	"github.com/usher-scim/usher/scim"
)

// The bounds of the accounts attribute.
const (
	maxAccounts     = 1000
	maxAccountText  = 64 << 10
	maxAccountTexts = 3 // how often a text may stand in a text
)

// entry is one account of the accounts attribute.
type entry struct {
	where   string // "accounts[1]"
	account string
	roles   []roleValue
	teams   []string // nil: it says nothing of teams
	status  string   // as sent
	active  bool
}

// accounts reads the accounts attribute (C3). listed reports that there is one, if only an empty one: then the entries
// are the whole truth.
func (d *decider) accounts() (entries []entry, listed bool, err error) {
	p := &d.m.accounts
	v, present := p.raw(d.p.Attributes, d.p.Login)
	if !present {
		return nil, d.m.rules.AccountsOnly, nil
	}
	r := accountReader{d: d}
	if err := r.value(p.name(), v, 0); err != nil {
		return nil, true, err
	}
	return r.entries, true, d.checkAccounts(r.entries)
}

// name is the attribute without its URN.
func (p *place) name() string {
	if p.attr != "" {
		return p.attr
	}
	return p.text
}

// checkAccounts refuses an account that stands there twice, and one that the connection cannot grant: other tenants'
// and unknown ones look the same.
func (d *decider) checkAccounts(entries []entry) error {
	seen := make(map[string]string, len(entries))
	for _, e := range entries {
		if before, twice := seen[e.account]; twice {
			return scim.NewError(scim.KindBadAccounts, e.where+": the same account as "+before, e.account, "each account once")
		}
		seen[e.account] = e.where
		if _, ok := d.t.Workspaces[e.account]; !ok {
			return scim.NewError(scim.KindUnknownAccount, e.where, e.account, d.t.keys())
		}
	}
	return nil
}

// accountReader collects the entries from the shapes in which they come: a list of texts, one text (T-138), objects.
type accountReader struct {
	d       *decider
	entries []entry
}

func (r *accountReader) value(where string, v scim.Value, depth int) error {
	switch v := v.(type) {
	case scim.Array:
		for i, e := range v {
			if err := r.value(fmt.Sprintf("%s[%d]", where, i), e, depth); err != nil {
				return err
			}
		}
		return nil
	case string:
		return r.text(where, v, depth)
	case scim.Number:
		return r.add(entry{where: where, account: string(v), active: true})
	case *scim.Object:
		return r.json(where, string(scim.AppendJSON(nil, v)), depth)
	case nil:
		return nil
	}
	return scim.NewError(scim.KindBadAccounts, where, shown(v), accountShapes)
}

const accountShapes = `account ids, or JSON such as {"accountId":"ACC123","roles":"Editor"}`

// text reads bare ids, or JSON.
func (r *accountReader) text(where, s string, depth int) error {
	switch {
	case len(s) > maxAccountText:
		return scim.NewError(scim.KindBadAccounts, where+": too long", s, fmt.Sprintf("at most %d bytes", maxAccountText))
	case depth > maxAccountTexts:
		return scim.NewError(scim.KindBadAccounts, where+": texts in texts in texts", s, accountShapes)
	case strings.ContainsAny(s, `{}[]":/#`):
		return r.json(where, s, depth)
	}
	ids := split(s)
	for i, id := range ids {
		at := where
		if len(ids) > 1 {
			at = fmt.Sprintf("%s[%d]", where, i)
		}
		if err := r.add(entry{where: at, account: id, active: true}); err != nil {
			return err
		}
	}
	return nil
}

func (r *accountReader) add(e entry) error {
	if len(r.entries) == maxAccounts {
		return scim.NewError(scim.KindBadAccounts, e.where+": too many", e.account, fmt.Sprintf("at most %d accounts", maxAccounts))
	}
	r.entries = append(r.entries, e)
	return nil
}
