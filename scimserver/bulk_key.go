package scimserver

import (
	"net/http"

	"github.com/usher-scim/usher/scim"
)

// key is something that two operations may both be about: the result of one may then depend on the other, and they
// keep their order.
type key struct{ space, text string }

// The spaces of keys, beside those of the unique attributes.
const (
	spaceID      = "id"      // ids and externalIds: a member may be named by either (D-26)
	spaceBulkID  = "bulkId"  // what the request itself creates
	spaceVersion = "version" // one key: a resource that is deleted changes the groups that it was in (D-29)
)

// mode is how an operation is about a key. Operations that are about it in the same mode, other than alone, need no
// order among each other.
type mode int

const (
	alone mode = iota
	reads
	deletes
)

// keys are all that an operation is about.
type keys map[key]mode

func (k keys) add(space, text string, m mode) {
	if was, there := k[key{space, text}]; there && was != m {
		m = alone
	}
	k[key{space, text}] = m
}

// conflicts makes each unit wait for those before it that are about the same key.
func (job *bulkJob) conflicts(g *graph) *graph {
	type holders struct {
		mode        mode
		before, now []int // who has it before, and who has it now
	}
	shared := job.sharedKeys()
	held := make(map[key]*holders, len(shared))
	for i, u := range job.units {
		for k, m := range u.keys() {
			if !shared[k] {
				continue
			}
			h := held[k]
			if h == nil {
				h = &holders{}
				held[k] = h
			}
			if m == alone || m != h.mode {
				h.mode, h.before, h.now = m, h.now, nil
			}
			h.now = append(h.now, i)
			for _, b := range h.before {
				g.add(b, i)
			}
		}
	}
	return g
}

// sharedKeys are those that several operations are about: most are about one user, and share none.
func (job *bulkJob) sharedKeys() map[key]bool {
	n := 0
	for _, op := range job.ops {
		n += len(op.keys)
	}
	seen, shared := make(map[key]struct{}, n), map[key]bool{}
	for _, op := range job.ops {
		for k := range op.keys {
			if _, again := seen[k]; again {
				shared[k] = true
			}
			seen[k] = struct{}{}
		}
	}
	return shared
}

func (u *unit) keys() keys {
	if len(u.ops) == 1 {
		return u.ops[0].keys
	}
	var all keys
	for _, op := range u.ops {
		all = all.addAll(op.keys)
	}
	return all
}

// addAll returns the keys with the others among them.
func (k keys) addAll(others keys) keys {
	if k == nil {
		k = keys{}
	}
	for o, m := range others {
		k.add(o.space, o.text, m)
	}
	return k
}

// resource is the key of what the operation creates or changes. A path without id has none.
func (op *operation) resource() key {
	if op.Method == http.MethodPost {
		return key{spaceBulkID, op.BulkID}
	}
	if bulkID, ok := scim.BulkReference(op.id); ok {
		return key{spaceBulkID, bulkID}
	}
	return key{spaceID, op.id}
}
