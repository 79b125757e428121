package scim

import "strings"

// Print writes a tree in canonical form: parsing the text gives an equal tree. Values are quoted as JSON, and
// parentheses stand only where precedence needs them.
func Print(n Node) string {
	var b strings.Builder
	printNode(&b, n)
	return b.String()
}

func printNode(b *strings.Builder, n Node) {
	switch n := n.(type) {
	case *Or:
		printTerms(b, n.Terms, " or ")
	case *And:
		printTerms(b, n.Terms, " and ")
	case *Not:
		b.WriteString("not (")
		printNode(b, n.Term)
		b.WriteByte(')')
	case *ValuePath:
		b.WriteString(n.Path.String() + "[")
		printNode(b, n.Filter)
		b.WriteByte(']')
	case *Compare:
		b.WriteString(n.Path.String() + " " + n.Op.String())
		if n.Op != Present {
			b.WriteByte(' ')
			b.Write(AppendJSON(nil, n.Literal))
		}
	}
}

func printTerms(b *strings.Builder, terms []Node, separator string) {
	for i, t := range terms {
		if i > 0 {
			b.WriteString(separator)
		}
		if !needsGroup(t, separator) {
			printNode(b, t)
			continue
		}
		b.WriteByte('(')
		printNode(b, t)
		b.WriteByte(')')
	}
}

// needsGroup reports whether the term would be read differently without parentheses.
func needsGroup(term Node, separator string) bool {
	switch term.(type) {
	case *Or:
		return true
	case *And:
		return separator == " and "
	}
	return false
}
