package sqlstore

import (
	"math"
	"strings"
	"time"

	"github.com/usher-scim/usher/scim"
)

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
	case c.isName(a.Name):
		literal, _ := n.Literal.(string)
		return wholeTest("r.name_key", n.Op, scim.FoldName(literal)), true
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
