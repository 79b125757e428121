package scim

// Query is a list request: GET of a resource type's endpoint, or a search. See RFC 7644 §3.4.2 and RFC 9865.
type Query struct {
	// Filter is nil when none was sent. It is bound to the resource type.
	Filter *Filter
	// Sort is nil when none was asked for; the order is then that of creation (T-068).
	Sort *Sort
	// StartIndex is 1-based and at least 1. It means nothing beside After.
	StartIndex int
	// After continues behind that place of the same list: paging by cursor. Nil begins at StartIndex.
	After *Position
	// Count is the page size, already cut to the server's maximum; 0 asks for the total only.
	Count int
	// Show says which attributes the answer has, so that a backend need not load groups or members.
	Show Projection
}

// Page is the answer to a [Query].
type Page struct {
	// Total is the number of all matches, not only of this page.
	Total   int
	Records []*Record
	// More tells that matches follow behind the last record. A page may be shorter than Count and still have more, as
	// long as it has one record when Count is not 0.
	More bool
}

// Sort is sortBy and sortOrder, bound to a resource type (RFC 7644 §3.4.2.3). A nil Sort is the order of creation.
type Sort struct {
	// Path is what is compared: never a complex attribute without a sub-attribute. A nil Path.Attr is an attribute
	// that this type lacks and another one has: every resource of this type is without a value.
	Path       AttrPath
	Descending bool
}

// Position is the place of one resource in a list: what a page by cursor begins behind. It is made of the resource
// and not of its number, so that a walk neither skips nor repeats what was there all the time, whatever comes and goes
// around it (RFC 9865 §1).
type Position struct {
	// Missing tells that the resource has no value to sort by: last in ascending order, first in descending.
	Missing bool
	// Key is the value as [Attribute.Fold] writes it; of what identifies a resource (id, externalId, a User's
	// userName, a Group's displayName) it is the whole folded value, which Fold would cut. Empty without Sort.
	Key string
	// Seq is [Record.Seq]. It settles equal keys, in ascending order always, and is the whole order without Sort.
	Seq int64
}

// Precondition is an If-Match or If-None-Match header, parsed. The zero value always holds.
// See RFC 7644 §3.14 and RFC 9110 §13.1; what is compared is D-29.
type Precondition struct {
	// Any is "*".
	Any bool
	// Tags are the entity tags without quotes and without the weak mark: "3" or "3.5f0c".
	Tags []string
}

// Write carries what Create, Replace, Patch and Delete have in common.
type Write struct {
	// IfMatch is the version that the caller expects.
	IfMatch Precondition
	// Show says what the answer has. A nil Show asks for no body: a backend then fills ID, Version and times
	// only, and reads neither groups nor members.
	Show *Projection
}
