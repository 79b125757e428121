package scimclient

// Group is the core Group. See RFC 7643 §4.2.
type Group struct {
	Received `json:"-"`

	Schemas    []string `json:"schemas,omitempty"` // filled in when empty
	ID         string   `json:"id,omitempty"`
	ExternalID string   `json:"externalId,omitempty"`
	Meta       Meta     `json:"meta,omitzero"`

	DisplayName string `json:"displayName,omitempty"`
	// Members may be very many: Options.ExcludedAttributes leaves them out of an answer, and [Patch] changes some of
	// them without the others. Nil is not sent; an empty slice empties the group.
	Members []Member `json:"members,omitzero"`
}

// Member is a user or a group in a group.
type Member struct {
	Value   string `json:"value,omitempty"` // the id
	Ref     string `json:"$ref,omitempty"`
	Type    string `json:"type,omitempty"` // "User" or "Group"
	Display string `json:"display,omitempty"`
}
