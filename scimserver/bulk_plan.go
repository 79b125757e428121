package scimserver

import (
	"cmp"
	"container/heap"
	"context"
	"slices"
)

// unit is what is run as a whole: one operation, or several that refer to each other in a circle.
type unit struct {
	ops    []*operation // in the order of the request
	circle bool
}

// plan puts the units into the order in which one after the other would be run: that of the request, except that what
// is referred to comes first. Operations on the same thing keep the order of the request among each other, unless a
// reference says otherwise.
func (job *bulkJob) plan(ctx context.Context) {
	job.findKeys(ctx)
	job.units = job.circles()
	order := sequence(job.references(job.graph()), job.conflicts(job.graph()))
	units := make([]*unit, len(order))
	for at, i := range order {
		units[at] = job.units[i]
	}
	job.units = units
}

// graph says which unit waits for which others.
type graph struct {
	next  [][]int // who waits for it
	waits []int   // for how many it waits
}

func (job *bulkJob) graph() *graph {
	n := len(job.units)
	return &graph{next: make([][]int, n), waits: make([]int, n)}
}

func (g *graph) add(before, after int) {
	g.next[before] = append(g.next[before], after)
	g.waits[after]++
}

// remove takes out a unit that is done, and returns who waited for it.
func (g *graph) remove(i int) []int {
	for _, n := range g.next[i] {
		g.waits[n]--
	}
	return g.next[i]
}

// references makes each unit wait for those that create what it refers to.
func (job *bulkJob) references(g *graph) *graph {
	at := make([]int, len(job.ops))
	for i, u := range job.units {
		for _, op := range u.ops {
			at[op.index] = i
		}
	}
	for i, u := range job.units {
		for _, op := range u.ops {
			for _, used := range op.uses {
				if at[used] != i {
					g.add(at[used], i)
				}
			}
		}
	}
	return g
}

// sequence lists all units: next is always the first of those that wait for nothing. When none is left, the order and
// the references contradict each other, and the first one whose references are done is next.
func sequence(refs, order *graph) []int {
	n := len(refs.waits)
	list, queued := make([]int, 0, n), make([]bool, n)
	ready := &queue{}
	offer := func(i int, free bool) {
		if free && !queued[i] {
			queued[i] = true
			heap.Push(ready, i)
		}
	}
	for i := range n {
		offer(i, refs.waits[i] == 0 && order.waits[i] == 0)
	}
	for len(list) < n {
		for i := 0; ready.Len() == 0; i++ {
			offer(i, refs.waits[i] == 0)
		}
		i := heap.Pop(ready).(int)
		list = append(list, i)
		for _, next := range slices.Concat(refs.remove(i), order.remove(i)) {
			offer(next, refs.waits[next] == 0 && order.waits[next] == 0)
		}
	}
	return list
}

// queue is a heap of numbers of units: the first one comes out first.
type queue []int

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i] < q[j] }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(i any)        { *q = append(*q, i.(int)) }

func (q *queue) Pop() any {
	last := len(*q) - 1
	i := (*q)[last]
	*q = (*q)[:last]
	return i
}

// circles makes the units: the strongly connected components of operations and their references, by R. E. Tarjan's
// algorithm, in the order of the request.
func (job *bulkJob) circles() []*unit {
	n := len(job.ops)
	t := tarjan{ops: job.ops, found: make([]int, n), low: make([]int, n)}
	for i := range n {
		if t.found[i] == 0 {
			t.visit(i)
		}
	}
	slices.SortFunc(t.units, func(a, b *unit) int { return cmp.Compare(a.ops[0].index, b.ops[0].index) })
	return t.units
}

type tarjan struct {
	ops   []*operation
	found []int // when it was found, from 1 on; 0: not yet
	low   []int // the earliest one on the stack that can be reached from it
	stack []int
	count int
	units []*unit
}

// placed is the low of what is in a unit.
const placed = -1

func (t *tarjan) visit(i int) {
	t.count++
	t.found[i], t.low[i] = t.count, t.count
	t.stack = append(t.stack, i)
	circle := false
	for _, used := range t.ops[i].uses {
		circle = circle || used == i
		if t.found[used] == 0 {
			t.visit(used)
		}
		if t.low[used] != placed {
			t.low[i] = min(t.low[i], t.low[used])
		}
	}
	if t.low[i] == t.found[i] {
		t.unit(i, circle)
	}
}

// unit takes a whole component, which i was the first of, off the stack.
func (t *tarjan) unit(i int, circle bool) {
	at := len(t.stack) - 1
	for t.stack[at] != i {
		at--
	}
	members := t.stack[at:]
	t.stack = t.stack[:at]
	slices.Sort(members)
	u := &unit{circle: circle || len(members) > 1}
	for _, m := range members {
		t.low[m] = placed
		u.ops = append(u.ops, t.ops[m])
	}
	t.units = append(t.units, u)
}
