package scim

// Filter is a parsed filter expression, bound to a resource type. See RFC 7644 §3.4.2.2.
type Filter struct {
	Root Node
	src  string
}

// String returns the filter as it was sent.
func (f *Filter) String() string { return f.src }

// Node is a node of a filter's syntax tree: *[And], *[Or], *[Not], *[Compare] or *[ValuePath].
type Node interface{ node() }

// And holds when all of its terms hold.
type And struct{ Terms []Node }

// Or holds when one of its terms holds.
type Or struct{ Terms []Node }

// Not holds when its term does not.
type Not struct{ Term Node }

// Compare is one attribute expression: path, operator, literal.
type Compare struct {
	Path    AttrPath
	Op      Operator
	Literal Value // bool, Number or string, of the attribute's type; nil for Present
	Pos     int   // byte offset of the expression in the filter
}

// ValuePath is attr[filter]: its filter must hold for one element of the attribute. Each path inside of Filter
// names a sub-attribute of Path.Attr and is bound to it by Attr.
type ValuePath struct {
	Path   AttrPath
	Filter Node
	Pos    int
}

func (*And) node()       {}
func (*Or) node()        {}
func (*Not) node()       {}
func (*Compare) node()   {}
func (*ValuePath) node() {}

// Operator is a comparison operator. See RFC 7644 table 3.
type Operator uint8

// The operators of RFC 7644 table 3.
const (
	Equal Operator = iota
	NotEqual
	Contains
	StartsWith
	EndsWith
	GreaterThan
	GreaterOrEqual
	LessThan
	LessOrEqual
	Present
)

// AttrPath is an attribute path as written (URN, attribute, sub-attribute) and what it was bound to. The common
// attributes (id, externalId, meta, schemas) and the row-backed ones (groups, members) are bound like any other.
type AttrPath struct {
	URN, Name, SubName string

	Schema *Schema    // the schema that declares Attr; nil for a common attribute
	Attr   *Attribute // nil until bound
	Sub    *Attribute // nil when there is no sub-attribute; the default "value" is filled in by binding (D-32)

	extension bool   // Schema is an extension: the attribute stands in the object under its URN
	key       string // its name in [Resource.Keys]; empty for what is not there
}
