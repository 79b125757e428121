package directory

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/usher-scim/usher/scim"
)

// announcements are the resource types of connections, compiled from what their workspaces declare. The zero value is
// empty. Whoever asks brings the rows that it has read, so nothing here has an age: a request sees what its
// credentials see, and the types of a connection stay the same pointers as long as nothing changes.
type announcements struct {
	mu sync.Mutex
	by map[string]*announcement // by the connection's id
}

// announcement is what was made of one connection's rows.
type announcement struct {
	epoch, announced, settled int64
	declarations              []Declaration
	schemas                   []string
	types                     []*scim.ResourceType
}

// maxAnnouncements bounds the memory; a full one starts again.
const maxAnnouncements = 1000

// builtIn are the types of a connection for which nothing is declared.
var builtIn = []*scim.ResourceType{scim.UserType(), scim.GroupType()}

// of returns the connection's types and what they rest on. Of the caller's rows and those that were compiled last the
// newer count, each for itself.
func (a *announcements) of(w Workspace, c Connection) ([]*scim.ResourceType, *Basis, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	known := a.by[c.ID]
	if known == nil && w.Epoch == 0 {
		return builtIn, nil, nil
	}
	made := known
	if known == nil || known.isOlder(w, c) {
		made = known.renewed(w, c)
		if err := made.compile(); err != nil {
			return builtIn, nil, err
		}
		if a.by == nil || len(a.by) >= maxAnnouncements {
			a.by = make(map[string]*announcement)
		}
		a.by[c.ID] = made
	}
	return made.types, &Basis{
		Workspace: c.Workspace, Connection: c.ID, Epoch: made.epoch, Announced: made.announced,
	}, nil
}

func (a *announcement) isOlder(w Workspace, c Connection) bool {
	return a.epoch < w.Epoch || a.announced < c.Announced || a.settled < c.Settled
}

// renewed takes what is new in the rows; a may be nil.
func (a *announcement) renewed(w Workspace, c Connection) *announcement {
	if a == nil {
		a = &announcement{epoch: -1, announced: -1}
	}
	n := *a
	if w.Epoch > n.epoch {
		n.epoch, n.declarations = w.Epoch, w.Declarations
	}
	if c.Announced > n.announced {
		n.announced, n.schemas = c.Announced, c.Schemas
	}
	n.settled = max(n.settled, c.Settled)
	return &n
}

func (a *announcement) compile() error {
	var list []*scim.Declaration
	for _, row := range a.declarations {
		d, err := row.parse()
		if err != nil {
			return err
		}
		if d.Schema != nil && !announces(a.schemas, d.Schema.ID) {
			continue
		}
		if d.Schema != nil {
			row.mark(d.Schema.Attributes, a.announced, a.settled)
		}
		list = append(list, d)
	}
	a.types = scim.ResourceTypes(list)
	return nil
}

// announces reports whether a list of schemas, nil being all, has the URN.
func announces(schemas []string, urn string) bool {
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

// parse reads the stored document.
func (d Declaration) parse() (*scim.Declaration, error) {
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
