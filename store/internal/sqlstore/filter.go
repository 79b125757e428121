package sqlstore

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
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
}

func exactly(sql string, args ...any) condition { return condition{sql: sql, args: args, exact: true} }

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
		joined.exact = joined.exact && cond.exact
		if !cond.known() || cond.is(always) {
			continue
		}
		if joined.known() {
			joined.sql += " AND "
		}
		joined.sql += "(" + cond.sql + ")"
		joined.args = append(joined.args, cond.args...)
	}
	if joined.exact && !joined.known() {
		return always
	}
	return joined
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
		joined.sql += "SELECT r.seq FROM resource r WHERE " + inScope + " AND (" + cond.sql + ")"
		joined.args = append(append(joined.args, c.root, c.scope), cond.args...)
		joined.exact = joined.exact && cond.exact
	}
	joined.sql = "r.seq IN (" + joined.sql + ")"
	return joined
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
	return exactly("NOT ("+c.sql+")", c.args...)
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
	if cond, ok := c.column(n); ok {
		return cond, nil
	}
	rows, err := c.keyRows(n, "seq")
	if err != nil || !rows.known() {
		return rows, err
	}
	return exactly("r.seq IN ("+rows.sql+")", rows.args...), nil
}

// keyRows selects the rows of the side table that a comparison hits.
func (c *compiler) keyRows(n *scim.Compare, columns string) (condition, error) {
	attr, value, ok := n.Key()
	if !ok || !isIndexed(n.Path) || n.Op == scim.NotEqual {
		return unknown, nil
	}
	no, err := c.s.number(c.tx, attr)
	if errors.Is(err, directory.ErrNotFound) {
		no, err = 0, nil // no row has that attribute; number 0 is nobody's
	}
	if err != nil {
		return unknown, err
	}
	test := textTest("value", n.Op, value)
	if !test.known() {
		return unknown, nil
	}
	return exactly("SELECT "+columns+" FROM attribute WHERE root = ? AND scope = ? AND attr = ? AND "+test.sql,
		append([]any{c.root, c.scope, no}, test.args...)...), nil
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
	return condition{"r.seq IN (SELECT seq FROM (" + elems.sql + ") AS e)", elems.args, elems.exact}, nil
}

// elements selects the (seq, elem) that the filter inside of brackets may match.
func (c *compiler) elements(n scim.Node) (condition, error) {
	switch n := n.(type) {
	case *scim.And:
		return c.elementSets(n.Terms, " INTERSECT ", false)
	case *scim.Or:
		return c.elementSets(n.Terms, " UNION ", true)
	case *scim.Compare:
		return c.keyRows(n, "seq, elem")
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
		joined.exact = joined.exact && set.exact
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

// column answers a comparison of what has a column; ok is false when the attribute has none.
func (c *compiler) column(n *scim.Compare) (condition, bool) {
	a := n.Path.Attr
	switch {
	case n.Path.Schema == nil:
		return c.common(n)
	case c.isRows(a):
		return c.rows(a.Name, n.Path.Sub, n), true
	case n.Path.Schema.ID != c.typ.Schema.ID:
		return unknown, false
	case c.typ.ID == typeUser && a.Name == "userName", c.typ.ID == typeGroup && a.Name == "displayName":
		literal, _ := n.Literal.(string)
		return nameTest(n.Op, scim.FoldName(literal)), true
	case c.typ.ID == typeUser && a.Name == "active":
		if n.Op == scim.Present {
			return always, true
		}
		return exactly("r.active = ?", flag(n.Literal == true)), true
	}
	return unknown, false
}

// common answers id, externalId and meta.
func (c *compiler) common(n *scim.Compare) (condition, bool) {
	literal, _ := n.Literal.(string)
	switch n.Path.Attr.Name {
	case "id":
		return wholeTest("r.id", n.Op, literal), true
	case "externalId":
		test := wholeTest("r.external_id", n.Op, literal)
		if test.known() {
			test.sql += " AND r.external_id <> ''" // none is not ""
		}
		return test, true
	case "meta":
		return c.meta(n), true
	}
	return unknown, true
}

func (c *compiler) meta(n *scim.Compare) condition {
	if n.Path.Sub == nil {
		return always // meta pr
	}
	switch n.Path.Sub.Name {
	case "created":
		return timeTest("r.created", n)
	case "lastModified":
		return timeTest("r.modified", n)
	case "resourceType":
		doc := &scim.Object{}
		doc.Set("meta", &scim.Object{Members: []scim.Member{{Name: "resourceType", Value: c.typ.Name}}})
		if (&scim.Filter{Root: n}).MatchObject(doc) {
			return always
		}
		return never
	}
	return unknown
}

// wholeTest compares a column that holds the whole value, where keys may be cut: order agrees with that of keys
// only for literals that a key holds whole.
func wholeTest(column string, op scim.Operator, literal string) condition {
	if len(literal) > scim.MaxKey && op != scim.Equal && op != scim.StartsWith {
		return unknown
	}
	return textTest(column, op, literal)
}

// nameTest compares userName or a Group's displayName. A substring is looked for in the whole index: narrow rows,
// and an exact answer where a scan of documents would meet its bound.
func nameTest(op scim.Operator, key string) condition {
	switch op {
	case scim.Contains:
		return exactly(`r.name_key LIKE ? ESCAPE '\'`, "%"+escapeLike(key)+"%")
	case scim.EndsWith:
		return exactly(`r.name_key LIKE ? ESCAPE '\'`, "%"+escapeLike(key))
	}
	return wholeTest("r.name_key", op, key)
}

func escapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}

// timeTest compares an instant.
func timeTest(column string, n *scim.Compare) condition {
	if n.Op == scim.Present {
		return always
	}
	key, ok := n.Path.Sub.Fold(n.Literal)
	t, err := time.Parse(instantKey, key)
	if !ok || err != nil {
		return unknown
	}
	ops := map[scim.Operator]string{
		scim.Equal: " = ?", scim.GreaterThan: " > ?", scim.GreaterOrEqual: " >= ?",
		scim.LessThan: " < ?", scim.LessOrEqual: " <= ?",
	}
	op, ok := ops[n.Op]
	if !ok {
		return unknown
	}
	return exactly(column+op, instant(t))
}

// instantKey is how scim.Attribute.Fold writes a dateTime.
const instantKey = "2006-01-02T15:04:05.000000000Z"

// instant is nanos for any year: what a column cannot hold lies before or behind all that it can.
func instant(t time.Time) int64 {
	switch {
	case t.Year() < 1678:
		return math.MinInt64
	case t.Year() > 2261:
		return math.MaxInt64
	}
	return t.UnixNano()
}

// isRows reports that the attribute is kept as member rows.
func (c *compiler) isRows(a *scim.Attribute) bool {
	return c.typ.ID == typeUser && a.Name == "groups" || c.typ.ID == typeGroup && a.Name == "members"
}

// someRows holds for every User with groups and every Group with members: no comparison of an element holds without
// one. Who is in a group through another one is directly in that other one.
var someRows = condition{sql: "r.links > 0"}

// rows answers what member rows can: whether there are any, and whose they are.
func (c *compiler) rows(name string, sub *scim.Attribute, n *scim.Compare) condition {
	if n.Op == scim.Present && (sub == nil || sub.Name == "value") {
		return exactly(someRows.sql)
	}
	if sub == nil || n.Op != scim.Equal {
		return someRows
	}
	id, _ := n.Literal.(string)
	switch {
	case sub.Name == "value" && name == "members":
		return exactly("r.seq IN (SELECT grp FROM member WHERE root = ? AND id = ?)", c.root, id)
	case sub.Name == "value":
		return exactly("r.seq IN ("+membersOf+")", c.root, c.root, c.root, id, c.root, c.root)
	case sub.Name == "type" && name == "groups":
		if key, _ := sub.Fold(n.Literal); key == "direct" {
			return exactly(someRows.sql)
		}
	}
	return someRows
}

// membersOf selects who is in a group, directly or through the groups in it. CROSS JOIN is read from left to right: a
// planner without statistics might begin with all members of all groups.
const membersOf = `SELECT u.seq FROM member m CROSS JOIN resource u
	WHERE m.root = ? AND u.root = ? AND u.id = m.id AND m.grp IN (
		WITH RECURSIVE below(grp) AS (
			SELECT seq FROM resource WHERE root = ? AND id = ?
			UNION
			SELECT g.seq FROM below CROSS JOIN member m CROSS JOIN resource g
				WHERE m.root = ? AND m.grp = below.grp AND m.type = 'Group' AND g.root = ? AND g.id = m.id
		) SELECT grp FROM below)`

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
