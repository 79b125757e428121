package scim

import (
	"strings"
	"unicode/utf8"
)

// The bounds of a filter or a path, so that neither deep recursion nor a long expression costs more than its
// length. Real clients stay below ten nodes.
const (
	maxFilterBytes = 8 << 10
	maxFilterDepth = 32
	maxFilterNodes = 200
)

// filterParser reads the grammar of RFC 7644 figure 1 by recursive descent. Its result is not bound yet.
type filterParser struct {
	lex     lexer
	tok     token // the next token, not consumed
	t       *ResourceType
	profile Profile
	where   string // what is parsed, for errors: "filter", "Operations[2].path"
	syntax  Kind
	depth   int
	nodes   int
	inside  bool // between the brackets of a value path
}

// newFilterParser checks what needs no parsing. syntax is the kind of a syntax error outside of brackets.
func newFilterParser(src, where string, syntax Kind, t *ResourceType, p Profile) (*filterParser, error) {
	if len(src) > maxFilterBytes {
		return nil, NewError(KindFilterTooComplex, where, src[:maxShown], "at most 8192 bytes")
	}
	if !utf8.ValidString(src) {
		return nil, NewError(syntax, where, src, "UTF-8 text")
	}
	ps := &filterParser{lex: lexer{src: src}, t: t, profile: p, where: where, syntax: syntax}
	ps.advance()
	return ps, nil
}

// ParseFilter parses a filter and binds it to the resource type. See RFC 7644 §3.4.2.2.
//
// Two rewritings keep the tree small for whoever evaluates it. `a eq null` becomes `not (a pr)` and `a ne null`
// becomes `a pr` (null is "no value", RFC 7643 §2.5), so that no null literal is left. `a[f].b op x`, which the
// RFC's grammar lacks and Entra sends (T-055), becomes `a[f and b op x]`, for `ne` its negation.
func ParseFilter(src string, t *ResourceType, p Profile) (*Filter, error) {
	root, err := parseFilter(src, t, p)
	if err != nil {
		return nil, err
	}
	b := binder{t: t, profile: p, where: "filter"}
	if err := b.bind(root, nil); err != nil {
		return nil, err
	}
	return &Filter{Root: root, src: src}, nil
}

// parseFilter reads a filter without binding it; t says which schema URNs there are.
func parseFilter(src string, t *ResourceType, p Profile) (Node, error) {
	ps, err := newFilterParser(src, "filter", KindBadFilter, t, p)
	if err != nil {
		return nil, err
	}
	root, err := ps.or()
	if err != nil {
		return nil, err
	}
	if ps.tok.kind != tokenEnd {
		return nil, ps.expected(`"and", "or" or the end`)
	}
	return root, nil
}

func (p *filterParser) advance() { p.tok = p.lex.next() }

// expected is the error that the next token is not what the grammar wants here.
func (p *filterParser) expected(what string) error {
	if p.tok.kind == tokenBad {
		what = `a closing quote (")`
	}
	kind := p.syntax
	if p.inside {
		kind = KindBadFilter
	}
	return NewError(kind, place(p.where, p.tok.pos), p.tok.found(), what)
}

// enter counts a node and a level; every recursive rule calls it and leaves by leave.
func (p *filterParser) enter() error {
	p.depth++
	p.nodes++
	if p.depth > maxFilterDepth || p.nodes > maxFilterNodes {
		return NewError(KindFilterTooComplex, place(p.where, p.tok.pos), "", "32 levels and 200 conditions at most")
	}
	return nil
}

func (p *filterParser) leave() { p.depth-- }

// word reports whether the next token is the keyword, in any case.
func (p *filterParser) word(keyword string) bool {
	return p.tok.kind == tokenWord && equalName(p.tok.text, keyword)
}

// or reads terms joined by "or", which binds weakest.
func (p *filterParser) or() (Node, error) {
	terms, err := p.joined("or", p.and)
	if err != nil || len(terms) == 1 {
		return first(terms), err
	}
	return &Or{Terms: terms}, nil
}

func (p *filterParser) and() (Node, error) {
	terms, err := p.joined("and", p.term)
	if err != nil || len(terms) == 1 {
		return first(terms), err
	}
	return &And{Terms: terms}, nil
}

func first(terms []Node) Node {
	if len(terms) == 0 {
		return nil
	}
	return terms[0]
}

func (p *filterParser) joined(keyword string, rule func() (Node, error)) ([]Node, error) {
	var terms []Node
	for {
		n, err := rule()
		if err != nil {
			return nil, err
		}
		terms = append(terms, n)
		if !p.word(keyword) {
			return terms, nil
		}
		p.advance()
	}
}

// term reads a group, a negation, or an attribute expression.
func (p *filterParser) term() (Node, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	switch {
	case p.tok.kind == tokenOpen:
		return p.group()
	case p.word("not") && p.peek() == tokenOpen:
		p.advance()
		n, err := p.group()
		if err != nil {
			return nil, err
		}
		return &Not{Term: n}, nil
	case p.tok.kind == tokenWord:
		return p.attribute()
	}
	return nil, p.expected(`an attribute, "not (" or "("`)
}

func (p *filterParser) peek() tokenKind {
	ahead := p.lex
	return ahead.next().kind
}

func (p *filterParser) group() (Node, error) {
	p.advance()
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.tok.kind != tokenClose {
		return nil, p.expected(`"and", "or" or ")"`)
	}
	p.advance()
	return n, nil
}

// attribute reads `attr op literal`, `attr[filter]` or `attr[filter].sub op literal`.
func (p *filterParser) attribute() (Node, error) {
	start := p.tok
	path, err := p.attrPath()
	if err != nil {
		return nil, err
	}
	if !p.adjacent(start, tokenOpenBracket) {
		return p.comparison(path, start.pos, nil)
	}
	if p.inside {
		return nil, p.expected("no value filter inside a value filter")
	}
	n, end, err := p.brackets()
	if err != nil {
		return nil, err
	}
	vp := &ValuePath{Path: path, Filter: n, Pos: start.pos}
	sub, err := p.subAfter(end)
	if err != nil || sub == "" {
		return vp, err
	}
	return p.comparison(AttrPath{Name: sub}, end.end, vp)
}

// adjacent reports whether the next token is of the kind and follows prev without white space.
func (p *filterParser) adjacent(prev token, kind tokenKind) bool {
	return p.tok.kind == kind && p.tok.pos == prev.end
}

// attrPath reads a word as an attribute path.
func (p *filterParser) attrPath() (AttrPath, error) {
	path, ok := splitAttr(p.tok.text, p.t, p.profile)
	if !ok {
		return path, p.expected("an attribute name such as userName or name.givenName")
	}
	p.advance()
	return path, nil
}

// brackets reads "[filter]" and returns the closing bracket too.
func (p *filterParser) brackets() (Node, token, error) {
	p.advance()
	p.inside = true
	n, err := p.or()
	p.inside = false
	if err != nil {
		return nil, token{}, err
	}
	end := p.tok
	if end.kind != tokenCloseBracket {
		return nil, end, p.expected(`"and", "or" or "]"`)
	}
	p.advance()
	return n, end, nil
}

// subAfter reads ".sub" right after a closing bracket; "" means that there is none.
func (p *filterParser) subAfter(bracket token) (string, error) {
	if !p.adjacent(bracket, tokenWord) {
		return "", nil
	}
	name, ok := strings.CutPrefix(p.tok.text, ".")
	if !ok || !isAttrName(name) {
		return "", p.expected(`"." and the name of a sub-attribute`)
	}
	p.advance()
	return name, nil
}

// comparison reads `op literal` after path. With a value path in, the comparison is one more condition on its
// elements.
func (p *filterParser) comparison(path AttrPath, pos int, in *ValuePath) (Node, error) {
	c := &Compare{Path: path, Pos: pos}
	if err := p.operator(c); err != nil {
		return nil, err
	}
	negate := false
	if c.Op != Present && c.Literal == nil {
		negate = c.Op == Equal
		c.Op = Present
	}
	if in == nil {
		return negated(c, negate), nil
	}
	if c.Op == NotEqual {
		c.Op, negate = Equal, true
	}
	in.Filter = conjunction(in.Filter, c)
	return negated(in, negate), nil
}

func negated(n Node, negate bool) Node {
	if negate {
		return &Not{Term: n}
	}
	return n
}

func conjunction(n Node, c *Compare) Node {
	if and, ok := n.(*And); ok {
		return &And{Terms: append(and.Terms[:len(and.Terms):len(and.Terms)], c)}
	}
	return &And{Terms: []Node{n, c}}
}

var operators = [...]string{
	Equal: "eq", NotEqual: "ne", Contains: "co", StartsWith: "sw", EndsWith: "ew", GreaterThan: "gt",
	GreaterOrEqual: "ge", LessThan: "lt", LessOrEqual: "le", Present: "pr",
}

// String returns the operator as RFC 7644 table 3 spells it.
func (o Operator) String() string { return operators[o] }

func (p *filterParser) operator(c *Compare) error {
	for op, name := range operators {
		if p.word(name) {
			p.advance()
			c.Op = Operator(op)
			return p.literal(c)
		}
	}
	return p.expected("an operator: " + strings.Join(operators[:], ", "))
}

func (p *filterParser) literal(c *Compare) error {
	if c.Op == Present {
		return nil
	}
	v, ok := p.value()
	if !ok {
		return p.expected("a value: a string in double quotes, a number, true, false or null")
	}
	if v == nil && c.Op != Equal && c.Op != NotEqual {
		return p.expected("a value; null can be compared by eq and ne only")
	}
	p.advance()
	c.Literal = v
	return nil
}

// value reads the next token as a literal.
func (p *filterParser) value() (Value, bool) {
	switch p.tok.kind {
	case tokenString:
		s, ok := unquote(p.tok.text)
		return s, ok
	case tokenWord:
		return p.bareLiteral(p.tok.text)
	}
	return nil, false
}

func (p *filterParser) bareLiteral(word string) (Value, bool) {
	switch {
	case word == "true":
		return true, true
	case word == "false":
		return false, true
	case word == "null":
		return nil, true
	case isNumber(word):
		return Number(word), true
	case p.profile.Has(QuirkUnquotedLiterals) && isBareWord(word):
		return word, true // D-05, T-053
	}
	return nil, false
}

// isBareWord reports whether an unquoted word may stand for a string: names, mail addresses, ids, dates. Commas,
// backslashes and the like are signs of a broken expression (T-130) and are refused.
func isBareWord(s string) bool {
	for _, r := range s {
		if r < utf8.RuneSelf && !isNameByte(byte(r)) && !strings.ContainsRune(".:@+/", r) {
			return false
		}
	}
	return s != ""
}

// isNumber reports whether s is a JSON number (RFC 8259 §6).
func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole := digits(s)
	if whole == 0 || whole > 1 && s[0] == '0' {
		return false
	}
	s = s[whole:]
	if frac, ok := strings.CutPrefix(s, "."); ok {
		n := digits(frac)
		if n == 0 {
			return false
		}
		s = frac[n:]
	}
	if s == "" {
		return true
	}
	if s[0] != 'e' && s[0] != 'E' {
		return false
	}
	s = s[1:]
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	return s != "" && digits(s) == len(s)
}

func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}
