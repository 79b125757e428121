package conformance

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// Level is how strongly the RFC asks for something (RFC 2119).
type Level string

// The levels. A server that misses a Must does not conform; a Should is a warning, a May information.
const (
	Must   Level = "MUST"
	Should Level = "SHOULD"
	May    Level = "MAY"
)

// Rule is one testable statement of an RFC, in this project's words.
type Rule struct {
	ID        string `json:"id"` // "R-062"
	Level     Level  `json:"level"`
	Section   string `json:"section"` // "RFC 7644 §3.4.2.2"
	Area      string `json:"area"`    // the group of rules that it is shown in: "filters"
	Statement string `json:"statement"`
}

//go:embed catalog.tsv
var catalogText string

// Catalog returns all rules in the order of their ids. The slice is the caller's.
func Catalog() []Rule { return slices.Clone(catalog()) }

var catalog = sync.OnceValue(func() []Rule {
	var rules []Rule
	for line := range strings.Lines(catalogText) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		rules = append(rules, Rule{ID: f[0], Level: Level(f[1]), Section: f[2], Area: f[3], Statement: f[4]})
	}
	return rules
})

var catalogByID = sync.OnceValue(func() map[string]Rule {
	byID := make(map[string]Rule, len(catalog()))
	for _, r := range catalog() {
		byID[r.ID] = r
	}
	return byID
})

// Area is a group of rules, as reports show them.
type Area struct {
	Slug    string `json:"slug"`
	Title   string `json:"title"`
	Section string `json:"section"` // where the RFC speaks of it
}

// Areas returns the groups in the order of reports.
func Areas() []Area { return slices.Clone(areas) }

var areas = []Area{
	{"transport", "Transport and media type", "RFC 7644 §3.8"},
	{"discovery", "Discovery", "RFC 7644 §4"},
	{"security", "Authentication and security", "RFC 7644 §7"},
	{"errors", "Errors", "RFC 7644 §3.12"},
	{"attributes", "Attributes", "RFC 7643 §2"},
	{"users", "Users", "RFC 7643 §4.1"},
	{"groups", "Groups", "RFC 7643 §4.2"},
	{"create", "Creating", "RFC 7644 §3.3"},
	{"read", "Reading and listing", "RFC 7644 §3.4"},
	{"filters", "Filters", "RFC 7644 §3.4.2.2"},
	{"sorting", "Sorting", "RFC 7644 §3.4.2.3"},
	{"paging", "Paging", "RFC 7644 §3.4.2.4"},
	{"cursors", "Paging by cursor", "RFC 9865"},
	{"projection", "Choosing attributes", "RFC 7644 §3.9"},
	{"search", "Searching by POST", "RFC 7644 §3.4.3"},
	{"put", "Replacing with PUT", "RFC 7644 §3.5.1"},
	{"patch", "Modifying with PATCH", "RFC 7644 §3.5.2"},
	{"patch-add", "PATCH add", "RFC 7644 §3.5.2.1"},
	{"patch-remove", "PATCH remove", "RFC 7644 §3.5.2.2"},
	{"patch-replace", "PATCH replace", "RFC 7644 §3.5.2.3"},
	{"delete", "Deleting", "RFC 7644 §3.6"},
	{"bulk", "Bulk requests", "RFC 7644 §3.7"},
	{"etags", "Versions", "RFC 7644 §3.14"},
	{"me", "The caller's own resource", "RFC 7644 §3.11"},
}
