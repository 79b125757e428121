package scim

// Query is a list request: GET of a resource type's endpoint. See RFC 7644 §3.4.2.
type Query struct {
	// Filter is nil when none was sent. It is bound to the resource type.
	Filter *Filter
	// StartIndex is 1-based and at least 1.
	StartIndex int
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
