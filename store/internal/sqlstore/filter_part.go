package sqlstore

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/usher-scim/usher/scim"
)

// How `co` and `ew` are answered: no order of an index helps them, so all of it is read, in one go. Its rows are narrow
// and there is no document among them (docs/decisions/0022).

func isPart(op scim.Operator) bool { return op == scim.Contains || op == scim.EndsWith }

// wholeTexts is a column of a resource that holds texts whole, with an index by (root, scope, column).
type wholeTexts struct {
	name   string
	having string // what the index is limited to
}

// wholeColumn is that of the attribute that is compared; ok is false when it has none.
func (c *compiler) wholeColumn(n *scim.Compare) (col wholeTexts, ok bool) {
	a := n.Path.Attr
	switch {
	case n.Path.Schema == nil:
		return wholeTexts{"external_id", " AND external_id <> ''"}, a.Name == "externalId"
	case n.Path.Schema.ID != c.typ.Schema.ID:
		return wholeTexts{}, false
	}
	return wholeTexts{name: "name_key"}, c.isName(a.Name)
}

// columnPart looks for a part of a column's texts.
func (c *compiler) columnPart(col wholeTexts, n *scim.Compare) (condition, error) {
	literal, _ := n.Literal.(string)
	if col.name == "name_key" {
		literal = scim.FoldName(literal)
	}
	test, err := c.part(col.name, n.Op, literal)
	if err != nil || !test.known() {
		return unknown, err
	}
	if cond, ok, err := c.fromMemory(textIndex{scopeNumbers: scopeNumbers{c.root, c.scope}, column: col}, n, test, literal); ok || err != nil {
		return cond, err
	}
	rows := " FROM resource WHERE root = ? AND scope = ?" + col.having + " AND "
	scope := []any{c.root, c.scope}
	test.args = slices.Concat(scope, test.args)
	if !c.s.engine.Dialect.Concurrent { // the index of SQLite has the number as well; + keeps it from that by numbers
		test.sql = "SELECT +seq" + rows + test.sql
		return among(test), nil
	}
	test.sql = "SELECT seq" + rows + col.name + " IN (SELECT " + col.name + rows + test.sql + ")"
	test.args = slices.Concat(scope, test.args)
	return among(test), nil
}

// keyPart looks for a part of the attribute's keys. Those that are cut may have it where they are cut off.
func (c *compiler) keyPart(attr int64, op scim.Operator, value string) (condition, error) {
	test, err := c.part("value", op, value)
	if err != nil || !test.known() {
		return unknown, err
	}
	var cut int
	err = c.tx.row([]any{&cut}, `SELECT count(*) FROM (SELECT 1 FROM attribute
		WHERE root = $1 AND scope = $2 AND attr = $3 AND `+isCut+` LIMIT 1) AS one`, c.root, c.scope, attr)
	if cut > 0 {
		test.sql, test.exact = "("+test.sql+" OR "+isCut+")", false
	}
	return test, err
}

// isCut holds for all keys that are cut, which are longer than any that is whole. The index attribute_cut has the same
// condition, and so finds at once whether there are any.
var isCut = "octet_length(value) > " + strconv.Itoa(scim.MaxKey)

// part tests a column of folded text. Nothing is known where there are more rows than may be read.
func (c *compiler) part(column string, op scim.Operator, text string) (condition, error) {
	n, err := c.s.total(c.tx, c.root, c.scope)
	if err != nil || n > c.s.opt.ScanKeys || !utf8.ValidString(text) {
		return unknown, err
	}
	test := c.s.engine.Dialect.part(column, op, text)
	test.exact, test.wide, test.large = !strings.ContainsAny(text, noncharacters), true, n >= c.s.opt.TextsFrom
	return test, nil
}

// noncharacters are what an engine may write in place of a character that it cannot hold: then they are part of
// texts that have no such character.
const noncharacters = "\uFDD0\uFDD1\uFDD2"

// part is the test in SQL. Where LIKE takes upper and lower case of ASCII as the same, which folded texts may tell
// apart, bytes are compared: that of text would also end at a NUL.
func (d Dialect) part(column string, op scim.Operator, text string) condition {
	bytes := []byte(text)
	switch {
	case text == "":
		return exactly("1 = 1")
	case d.Like != "" && op == scim.Contains:
		return exactly(column+` LIKE ? ESCAPE '\'`, "%"+escapeLike(text)+"%")
	case d.Like != "":
		return exactly(column+` LIKE ? ESCAPE '\'`, "%"+escapeLike(text))
	case op == scim.Contains:
		return exactly("instr(CAST("+column+" AS BLOB), ?) > 0", bytes)
	}
	return exactly("substr(CAST("+column+" AS BLOB), ?) = ?", -len(bytes), bytes)
}
