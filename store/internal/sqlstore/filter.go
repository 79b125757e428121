package sqlstore

import (
	"errors"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// condition is a filter, or a part of one, as SQL over resource r. It holds for every resource that the filter
// matches; when it is exact, for no other. The empty condition holds always and is not exact: nothing is known.
type condition struct {
	sql   string // with ? for each argument; see number
	args  []any
	exact bool
	set   string // the query of a condition that is "r.seq IN (query)", over the same arguments; else ""
	wide  bool   // all of an index is read for it: see part
	large bool   // of a part: the scope is so large that its texts are kept in memory
}

func exactly(sql string, args ...any) condition { return condition{sql: sql, args: args, exact: true} }

// among holds for the resources whose sequence numbers a query selects: all of the scope.
func among(rows condition) condition {
	rows.set, rows.sql = rows.sql, "r.seq IN ("+rows.sql+")"
	return rows
}

// The constant conditions.
var (
	unknown = condition{}
	always  = exactly("1 = 1")
	never   = exactly("1 = 0")
)

func (c condition) known() bool { return c.sql != "" }

// is reports that the condition is that constant.
func (c condition) is(constant condition) bool { return c.sql == constant.sql && c.exact }

// compiler turns the filters of one scope into conditions.
type compiler struct {
	s           *Store
	tx          *Tx
	root, scope int64
	typ         *scim.ResourceType
	texts       map[textIndex]*corpus // what is in memory, from before the snapshot that tx reads
	missed      []textIndex           // what should be
	news        map[int64]news        // what is newer than it, by its place in the log
}

func (c *compiler) node(n scim.Node) (condition, error) {
	switch n := n.(type) {
	case *scim.And:
		return c.terms(n.Terms, c.and)
	case *scim.Or:
		return c.terms(n.Terms, c.or)
	case *scim.Not:
		cond, err := c.node(n.Term)
		return negate(cond), err
	case *scim.ValuePath:
		return c.valuePath(n)
	case *scim.Compare:
		return c.compare(n)
	}
	return unknown, nil
}

func (c *compiler) terms(nodes []scim.Node, join func([]condition) condition) (condition, error) {
	conds := make([]condition, len(nodes))
	for i, n := range nodes {
		var err error
		if conds[i], err = c.node(n); err != nil {
			return unknown, err
		}
	}
	return join(conds), nil
}

// and joins what is known of the terms; a term of which nothing is known is left to Filter.Match. Without terms it
// holds always.
func (c *compiler) and(conds []condition) condition {
	joined := condition{exact: true}
	for _, cond := range conds {
		if cond.is(never) {
			return never
		}
		exact := joined.exact && cond.exact
		switch {
		case !cond.known() || cond.is(always):
		case !joined.known():
			joined = cond
		default:
			joined = joined.with(cond)
		}
		joined.exact = exact
	}
	if joined.exact && !joined.known() {
		return always
	}
	return joined
}

// with is the conjunction of two.
func (c condition) with(other condition) condition {
	return condition{
		sql: "(" + c.sql + ") AND (" + other.sql + ")", args: slices.Concat(c.args, other.args),
		exact: c.exact && other.exact, wide: c.wide || other.wide,
	}
}

// or is the union of the terms' sets: each is then found by its own index, where an OR would have every resource
// looked at. When nothing is known of one term, nothing is known of all, unless another holds always. Without terms it
// holds never.
func (c *compiler) or(conds []condition) condition {
	if slices.ContainsFunc(conds, func(cond condition) bool { return cond.is(always) }) {
		return always
	}
	conds = slices.DeleteFunc(conds, func(cond condition) bool { return cond.is(never) })
	if len(conds) == 0 {
		return never
	}
	joined := condition{exact: true}
	for i, cond := range conds {
		if !cond.known() {
			return unknown
		}
		if i > 0 {
			joined.sql += " UNION "
		}
		query, args := c.selected(cond)
		joined.sql += query
		joined.args = append(joined.args, args...)
		joined.exact, joined.wide = joined.exact && cond.exact, joined.wide || cond.wide
	}
	return among(joined)
}

// selected is the query for the sequence numbers of a condition's resources.
func (c *compiler) selected(cond condition) (query string, args []any) {
	if cond.set != "" {
		return cond.set, cond.args
	}
	return "SELECT r.seq FROM resource r WHERE " + inScope + " AND (" + cond.sql + ")",
		append([]any{c.root, c.scope}, cond.args...)
}

// negate can only turn around what is exact: the complement of "at least these" is not "at least those".
func negate(c condition) condition {
	switch {
	case !c.exact:
		return unknown
	case c.is(always):
		return never
	case c.is(never):
		return always
	}
	return condition{sql: "NOT (" + c.sql + ")", args: c.args, exact: true, wide: c.wide}
}

// compare answers one comparison from a column, from member rows or from the side table. `ne` is the negation of
// `eq` everywhere (scim.Filter.Match).
func (c *compiler) compare(n *scim.Compare) (condition, error) {
	if n.Op == scim.NotEqual {
		eq := *n
		eq.Op = scim.Equal
		cond, err := c.compare(&eq)
		return negate(cond), err
	}
	if column, ok := c.wholeColumn(n); ok && isPart(n.Op) {
		return c.columnPart(column, n)
	}
	if cond, ok := c.column(n); ok {
		return cond, nil
	}
	test, err := c.keyTest(n)
	if err != nil || !test.known() {
		return unknown, err
	}
	if isPart(n.Op) && test.attr != 0 { // 0 is no attribute here, and a column there
		of := textIndex{scopeNumbers: scopeNumbers{c.root, c.scope}, attr: test.attr}
		if cond, ok, err := c.fromMemory(of, n, test.condition, test.text); ok || err != nil {
			return cond, err
		}
	}
	return among(c.keyRows(test, "seq")), nil
}

// keyTest is a condition over the column value of an attribute's rows in the side table.
type keyTest struct {
	condition
	attr int64  // its number; 0: no row has that attribute
	text string // what is compared with
}

// keyTest is the test that a comparison makes.
func (c *compiler) keyTest(n *scim.Compare) (keyTest, error) {
	attr, value, ok := n.Key()
	if !ok && !isPart(n.Op) || attr == "" || !isIndexed(n.Path) || n.Op == scim.NotEqual {
		return keyTest{}, nil
	}
	no, err := c.s.number(c.tx, attr)
	if errors.Is(err, directory.ErrNotFound) {
		no, err = 0, nil
	}
	if err != nil {
		return keyTest{}, err
	}
	test := textTest("value", n.Op, value)
	if isPart(n.Op) {
		test, err = c.keyPart(no, n.Op, value)
	}
	return keyTest{condition: test, attr: no, text: value}, err
}

// keyRows selects the rows of the side table that a test hits.
func (c *compiler) keyRows(test keyTest, columns string) condition {
	rows := test.condition
	rows.sql = "SELECT " + columns + " FROM attribute WHERE root = ? AND scope = ? AND attr = ? AND " + rows.sql
	rows.args = append([]any{c.root, c.scope, test.attr}, rows.args...)
	return rows
}

// isIndexed reports whether the side table has rows of all that a bound path leads to.
func isIndexed(path scim.AttrPath) bool {
	a := path.Attr
	if path.Sub != nil {
		a = path.Sub
	}
	return a.Indexed && !a.Building && !path.Attr.Building
}

// valuePath answers attr[filter]: set algebra over (seq, elem), so that all conditions meet in one element.
func (c *compiler) valuePath(n *scim.ValuePath) (condition, error) {
	if c.isRows(n.Path.Attr) {
		if one, ok := n.Filter.(*scim.Compare); ok && one.Op != scim.NotEqual {
			return c.rows(n.Path.Attr.Name, one.Path.Attr, one), nil
		}
		return someRows, nil
	}
	elems, err := c.elements(n.Filter)
	if err != nil || !elems.known() {
		return unknown, err
	}
	elems.sql = "SELECT seq FROM (" + elems.sql + ") AS e"
	return among(elems), nil
}

// elements selects the (seq, elem) that the filter inside of brackets may match.
func (c *compiler) elements(n scim.Node) (condition, error) {
	switch n := n.(type) {
	case *scim.And:
		return c.elementSets(n.Terms, " INTERSECT ", false)
	case *scim.Or:
		return c.elementSets(n.Terms, " UNION ", true)
	case *scim.Compare:
		test, err := c.keyTest(n)
		if err != nil || !test.known() {
			return unknown, err
		}
		return c.keyRows(test, "seq, elem"), nil
	}
	return unknown, nil
}

// elementSets joins the sets of the terms. needAll tells that a term of which nothing is known spoils the whole. Of no
// terms nothing is known.
func (c *compiler) elementSets(terms []scim.Node, op string, needAll bool) (condition, error) {
	joined := condition{exact: len(terms) > 0}
	for _, t := range terms {
		set, err := c.elements(t)
		if err != nil || needAll && !set.known() {
			return unknown, err
		}
		joined.exact, joined.wide = joined.exact && set.exact, joined.wide || set.wide
		if !set.known() {
			continue
		}
		if joined.known() {
			joined.sql += op
		}
		joined.sql += "SELECT seq, elem FROM (" + set.sql + ") AS s"
		joined.args = append(joined.args, set.args...)
	}
	return joined, nil
}

// textTest compares a column of folded text; unknown when the engine would not do it by index.
func textTest(column string, op scim.Operator, value string) condition {
	switch op {
	case scim.Equal:
		return exactly(column+" = ?", value)
	case scim.Present:
		return exactly(column + " <> ''")
	case scim.GreaterThan:
		return exactly(column+" > ?", value)
	case scim.GreaterOrEqual:
		return exactly(column+" >= ?", value)
	case scim.LessThan:
		return exactly(column+" < ?", value)
	case scim.LessOrEqual:
		return exactly(column+" <= ?", value)
	case scim.StartsWith:
		return prefixTest(column, value)
	}
	return unknown
}

// prefixTest is a range: from the prefix to the first text behind all that begin with it.
func prefixTest(column, prefix string) condition {
	end, ok := successor(prefix)
	switch {
	case !utf8.ValidString(prefix):
		return unknown
	case !ok:
		return exactly(column+" >= ?", prefix)
	}
	return exactly(column+" >= ? AND "+column+" < ?", prefix, end)
}

// successor is the least text greater than all that begin with prefix, in the order of code points, which is that
// of UTF-8 bytes.
func successor(prefix string) (string, bool) {
	for prefix != "" {
		r, size := utf8.DecodeLastRuneInString(prefix)
		prefix = prefix[:len(prefix)-size]
		switch {
		case r == 0xD7FF: // surrogates are no text
			return prefix + "\uE000", true
		case r < utf8.MaxRune:
			return prefix + string(r+1), true
		}
	}
	return "", false
}

// number replaces each ? of a text by $1, $2, … in order. Values never stand in the text.
func number(sql string) string {
	b := make([]byte, 0, len(sql)+32)
	n := int64(0)
	for i := range len(sql) {
		if sql[i] != '?' {
			b = append(b, sql[i])
			continue
		}
		n++
		b = strconv.AppendInt(append(b, '$'), n, 10)
	}
	return string(b)
}
