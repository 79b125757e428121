package announce

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-scim/usher/scim"
)

// Declaration is what of a directory.Declaration the types are made of.
type Declaration struct {
	ID    string
	Body  []byte
	Since map[string]int64
}

// Parse reads the stored document.
func (d Declaration) Parse() (*scim.Declaration, error) {
	o, err := scim.ParseJSON(d.Body, scim.Limits{})
	if err != nil {
		return nil, fmt.Errorf("directory: declaration %s: %s", d.ID, err)
	}
	parsed, err := scim.ParseDeclaration(o)
	if err != nil {
		return nil, fmt.Errorf("directory: declaration %s: %w", d.ID, err)
	}
	return parsed, nil
}

// Epochs say how new the rows are.
type Epochs struct {
	Epoch     int64 // of the declarations; 0: nothing was ever declared
	Announced int64 // since which the announced schemas hold
	Settled   int64 // up to which the documents have the declared form
}

// Rows are those of a connection and its workspace that its types rest on.
type Rows struct {
	Epochs
	Declarations []Declaration
	Schemas      []string // announced; nil: all
}

// builtIn are the types of a connection for which nothing is declared.
var builtIn = []*scim.ResourceType{scim.UserType(), scim.GroupType()}

// Types compiles the rows.
func (r Rows) Types() ([]*scim.ResourceType, error) {
	var list []*scim.Declaration
	for _, row := range r.Declarations {
		d, err := row.Parse()
		if err != nil {
			return nil, err
		}
		if d.Schema != nil && !Includes(r.Schemas, d.Schema.ID) {
			continue
		}
		if d.Schema != nil {
			row.mark(d.Schema.Attributes, r.Announced, r.Settled)
		}
		list = append(list, d)
	}
	return scim.ResourceTypes(list), nil
}

// Includes reports whether a list of announced schemas, nil being all, has the URN.
func Includes(schemas []string, urn string) bool {
	return schemas == nil || slices.ContainsFunc(schemas, func(s string) bool { return strings.EqualFold(s, urn) })
}

// mark gives attributes their generation. What a connection announces anew begins anew: while it was not announced its
// index was not kept.
func (d Declaration) mark(attrs []*scim.Attribute, announced, settled int64) {
	for _, a := range attrs {
		a.Generation = max(d.Since[strings.ToLower(a.Name)], announced, 1)
		a.Building = a.Generation > settled
		for _, sub := range a.SubAttributes {
			sub.Generation, sub.Building = a.Generation, a.Building
		}
	}
}
