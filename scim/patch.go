package scim

// PatchOp is the verb of a PATCH operation. See RFC 7644 §3.5.2.
type PatchOp uint8

// The verbs of RFC 7644 §3.5.2.
const (
	OpAdd PatchOp = iota
	OpRemove
	OpReplace
)

var patchOps = [...]string{OpAdd: "add", OpRemove: "remove", OpReplace: "replace"}

// String returns the verb as RFC 7644 §3.5.2 spells it.
func (o PatchOp) String() string { return patchOps[o] }

// Operation is one operation of a PATCH, its path parsed and bound, its value coerced to the type of its target.
type Operation struct {
	Op PatchOp
	// Path is never nil after [ParsePatch]: an operation without path, or on a whole extension, is split into one
	// operation for each attribute that its value gives.
	Path *Path
	// Value is nil when it was absent or means "no value" (null, [], by D-13 ""). Otherwise it is an [Array] for a
	// whole multi-valued attribute, an *[Object] for complex values, where a member with a nil value clears that
	// sub-attribute (T-082), or a simple value. Never a password (C9).
	Value Value
	// HasValue reports that "value" was sent, even as null.
	HasValue bool

	where string // "Operations[2]", for errors
}

// addsNothing reports an "add" of null to a list or to the elements that a filter selects: no change.
func (op *Operation) addsNothing() bool {
	p := op.Path
	return op.Op == OpAdd && op.Value == nil && p.Attr != nil && p.Sub == nil && (p.Filter != nil || p.Attr.MultiValued)
}

// Patch is a PATCH request body, parsed and bound to a resource type. It is not changed by its methods.
type Patch struct {
	Type       *ResourceType
	Operations []Operation
	Warnings   []string

	profile Profile
	ids     []mention
}

// mention is an "id" in an operation's value.
type mention struct{ id, where string }

// CheckID refuses a patch whose values carry another id than the resource's (D-08, T-078). The document does not
// hold the id, so whoever applies the patch calls this first.
func (p *Patch) CheckID(id string) error {
	for _, m := range p.ids {
		if m.id != id {
			return NewError(KindReadOnly, m.where, m.id, "the id of the resource, "+id+", or none")
		}
	}
	return nil
}

// Path is the target of an operation: attribute, optional value filter, optional sub-attribute; or a whole
// extension (Attr nil, Schema set). See RFC 7644 §3.5.2 figure 7.
type Path struct {
	Schema *Schema // nil for a common attribute
	Attr   *Attribute
	Filter Node // nil when there is none
	Sub    *Attribute
	src    string
}

// String returns the path as it was sent.
func (p *Path) String() string { return p.src }

// whole reports that the path names an attribute as a whole: no filter, no sub-attribute.
func (p *Path) whole() bool { return p.Attr != nil && p.Filter == nil && p.Sub == nil }

func (p *Path) readOnly() bool {
	return p.Attr != nil && p.Attr.Mutability == ReadOnly || p.Sub != nil && p.Sub.Mutability == ReadOnly
}

// isPassword reports that the target is the password, whose value is never kept (C9).
func (p *Path) isPassword() bool {
	return p.Attr != nil && p.Attr.Mutability == WriteOnly && p.Attr.Name == "password"
}

// MemberDelta is the net effect of a PATCH (or PUT) on a group's members, computed without reading the list.
// Applied in this order: Reset, then Remove and Select, then Add.
type MemberDelta struct {
	// Reset drops every present member first.
	Reset bool
	// Remove are ids that shall not be members afterwards; removing one that is not there is a success.
	Remove []string
	// Add are members that shall be there afterwards; adding one that is there changes nothing (R-124, T-093).
	Add []MemberRef
	// Select, when not nil, are conditions whose evaluation needs the list: every present member that one of them
	// matches is removed too. Rare: only for selectors other than `value eq "id"`.
	Select []Node
}

// IsZero reports that the delta changes nothing.
func (d MemberDelta) IsZero() bool {
	return !d.Reset && len(d.Remove) == 0 && len(d.Add) == 0 && len(d.Select) == 0
}
