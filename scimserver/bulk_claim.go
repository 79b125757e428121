package scimserver

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"github.com/usher-scim/usher/scim"
)

// findKeys finds what each operation is about: what its path names, and what its data claims and mentions. A rename and
// a removal are also about what they free, which is what the resource has, or gets on the way.
func (job *bulkJob) findKeys(ctx context.Context) {
	unique := map[*scim.ResourceType]names{}
	for _, t := range job.x.caller.Types {
		unique[t] = uniqueNames(t)
	}
	held := map[key]keys{}
	for _, op := range job.ops {
		if op.Err == nil {
			op.claim(unique[op.typ], held)
		}
	}
	job.readHeld(ctx, unique, held)
	for _, op := range job.ops {
		if op.Err == nil {
			op.lock(held)
		}
	}
}

// claim finds the keys in the data, and adds those that the resource holds from then on to held.
func (op *operation) claim(unique names, held map[key]keys) {
	c := claims{unique: unique, keys: keys{}}
	c.find("", op.Data)
	op.keys = c.keys
	op.frees = c.held != nil || op.Method == http.MethodDelete
	if c.held != nil {
		to := op.resource()
		if others := held[to]; others != nil {
			others.addAll(c.held)
		} else {
			held[to] = c.held
		}
	}
}

// lock adds the keys that do not stand in the data.
func (op *operation) lock(held map[key]keys) {
	to := op.resource()
	if op.frees {
		op.keys.addAll(held[to])
	}
	if op.Method != http.MethodPost { // who refers to what a POST creates waits for it in any case
		op.keys.add(to.space, to.text, alone)
	}
	if op.Method == http.MethodDelete {
		op.keys.add(spaceVersion, "", deletes)
	}
	if op.Version != "" {
		op.keys.add(spaceVersion, "", reads)
	}
}

// readHeld reads what those stored resources hold that operations may take something away from: else a name that one
// operation frees could be gone to a later one before an earlier one has asked for it in vain. Nothing is read when
// there is nothing that could be asked for.
func (job *bulkJob) readHeld(ctx context.Context, unique map[*scim.ResourceType]names, held map[key]keys) {
	type address struct {
		typ *scim.ResourceType
		id  string
	}
	wanted := map[address]*operation{}
	claiming := false
	for _, op := range job.ops {
		claiming = claiming || len(op.keys) > 0
		if op.frees && op.resource().space == spaceID {
			wanted[address{op.typ, op.id}] = op
		}
	}
	if !claiming {
		return
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	slots := make(chan struct{}, bulkWidth)
	for _, op := range wanted {
		slots <- struct{}{}
		wg.Go(func() {
			found := job.read(ctx, op, unique[op.typ])
			mu.Lock()
			defer mu.Unlock()
			to := op.resource()
			held[to] = held[to].addAll(found)
			<-slots
		})
	}
	wg.Wait()
}

// read is what a stored resource holds. Of one that cannot be read it is nothing, and the operation will say why.
func (job *bulkJob) read(ctx context.Context, op *operation, unique names) keys {
	var err error
	defer caught(&err)
	show, _ := scim.ParseProjection(op.typ, "", "groups,members")
	rec, err := job.x.caller.Backend.Get(ctx, op.typ, op.id, show)
	if err != nil {
		return nil
	}
	r, err := op.typ.Load(rec)
	if err != nil {
		return nil
	}
	c := claims{unique: unique, keys: keys{}}
	c.find("externalId", r.ExternalID)
	c.find("", r.Attributes)
	return c.held
}

// names are attributes by their names in lower case.
type names map[string]*scim.Attribute

// uniqueNames are the attributes of which no two resources have the same value.
func uniqueNames(t *scim.ResourceType) names {
	found := names{}
	found.addUnique(t.Schema)
	for _, e := range t.Extensions {
		found.addUnique(e.Schema)
	}
	return found
}

func (n names) addUnique(s *scim.Schema) {
	for _, a := range s.Attributes {
		if a.Uniqueness != scim.UniqueNone {
			n[strings.ToLower(a.Name)] = a
		}
	}
}

// claims collects the keys of a body. It looks at no more than names and texts, and may find too much: that costs time
// and nothing else.
type claims struct {
	unique names
	keys   keys
	held   keys // of these, what the resource has from then on
}

// find looks through a value that belongs to the attribute of that name.
func (c *claims) find(name string, v scim.Value) {
	switch v := v.(type) {
	case string:
		c.text(name, v)
	case scim.Number:
		c.text(name, string(v))
	case scim.Array:
		for _, e := range v {
			c.find(name, e)
		}
	case *scim.Object:
		c.object(v)
	}
}

// object looks through an object; one with path and value is an operation of a PATCH.
func (c *claims) object(o *scim.Object) {
	if o == nil {
		return
	}
	path, _ := o.Get("path")
	target, _ := path.(string)
	for _, m := range o.Members {
		if target != "" && strings.EqualFold(m.Name, "value") {
			c.find(target, m.Value)
		} else {
			c.find(m.Name, m.Value)
		}
	}
}

func (c *claims) text(name, value string) {
	if bulkID, ok := scim.BulkReference(value); ok {
		c.keys.add(spaceBulkID, bulkID, reads)
		return
	}
	name = lastName(name)
	if a := c.unique[name]; a != nil {
		if folded, ok := a.Fold(value); ok {
			c.hold(name, folded)
		}
		return
	}
	switch name {
	case "externalid":
		c.hold(spaceID, value)
	case "value", "members", "manager": // ids, among others
		c.keys.add(spaceID, value, reads)
	}
}

func (c *claims) hold(space, text string) {
	if c.held == nil {
		c.held = keys{}
	}
	c.held.add(space, text, alone)
	c.keys.add(space, text, alone)
}

// lastName is the attribute or sub-attribute that a path ends in, in lower case.
func lastName(path string) string {
	path, _, _ = strings.Cut(path, "[")
	path = path[strings.LastIndexByte(path, ':')+1:]
	return strings.ToLower(path[strings.LastIndexByte(path, '.')+1:])
}
