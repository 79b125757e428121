package mapping

import "github.com/usher-scim/usher/scim"

// Mapping is a compiled set of rules. It is safe for concurrent use.
type Mapping struct {
	rules      Rules
	attributes []attribute
	computes   bool // there is an expression
	// roleAttribute and teamsAttribute stand in an extension; nil: there is none.
	roleAttribute, teamsAttribute *place
	roleClaim                     string
	accounts                      place
	groups                        groupIndex
	userType                      scim.Value
}

// Rules are what the mapping was compiled from. They must not be changed.
func (m *Mapping) Rules() Rules { return m.rules }

// AccountsAttribute is the attribute that lists accounts.
func (m *Mapping) AccountsAttribute() string { return m.accounts.text }

// Decide says what follows from a person and the rules, within the tree. Its errors are *[scim.Error]: they tell the
// IdP's admin which value cannot be used, where it stood, and what is allowed. Then nothing is to be changed (C5, M9).
func (m *Mapping) Decide(p Person, t Tree) (Decision, error) {
	d := decider{m: m, p: p, t: t}
	if err := d.profile(); err != nil {
		return Decision{}, err
	}
	if err := d.grants(); err != nil {
		return Decision{}, err
	}
	return d.Decision, nil
}

// decider is one run of [Mapping.Decide].
type decider struct {
	m         *Mapping
	p         Person
	t         Tree
	variables map[string]any // of expressions; nil until one is computed
	matched   []*groupRule   // the rules whose group the person is in, by priority
	Decision
}

// maxNotes bounds what one decision has to say.
const maxNotes = 50

func (d *decider) note(s string) {
	if len(d.Notes) < maxNotes {
		d.Notes = append(d.Notes, s)
	}
}
