package directory

import (
	"context"
	"encoding/json"
	"time"
)

// Inspection is what a person's last login by a connection brought, and what was made of it (J13).
type Inspection struct {
	Time       time.Time       `json:"time"`
	Connection string          `json:"connection"` // id
	Issuer     string          `json:"issuer"`
	Name       string          `json:"subject_id"` // the identity provider's
	Principal  string          `json:"principal,omitempty"`
	Attributes json.RawMessage `json:"attributes"` // bounded; see Cut
	Cut        bool            `json:"cut,omitempty"`
	Methods    []string        `json:"methods,omitempty"`
	Context    string          `json:"context,omitempty"`
	// MatchedBy is "link", "principal", "e-mail", "consent" or "new".
	MatchedBy   string             `json:"matched_by"`
	SessionRole string             `json:"session_role,omitempty"`
	Role        string             `json:"role"`
	Memberships []membershipChange `json:"memberships,omitempty"`
	Profile     []string           `json:"profile,omitempty"` // attributes that got other values
	Notes       []string           `json:"notes,omitempty"`
}

// Inspections lists what the last logins of a person brought, one for each identity, of the workspace and below.
func (d *Directory) Inspections(ctx context.Context, w Workspace, subject string) ([]Inspection, error) {
	return nil, errNotBuilt
}
