package pagetest

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// inline are the elements beside which white space is seen.
var inline = []string{"a", "b", "code", "i", "small", "span"}

// Outline is a page as a browser understands it: a line for each element, with what is in it below, and for each text but
// the style.
func Outline(page string) string {
	var b strings.Builder
	for n := range parse(page).ChildNodes() {
		outline(&b, n, 0)
	}
	return b.String()
}

func parse(page string) *html.Node {
	document, err := html.Parse(strings.NewReader(page))
	if err != nil {
		panic(err) // a string can always be read
	}
	return document
}

func outline(b *strings.Builder, n *html.Node, depth int) {
	indent := strings.Repeat("  ", depth)
	switch n.Type {
	case html.TextNode:
		if text := seen(n); text != "" {
			fmt.Fprintf(b, "%s%q\n", indent, text)
		}
	case html.ElementNode:
		fmt.Fprintf(b, "%s<%s", indent, n.Data)
		for _, a := range n.Attr {
			fmt.Fprintf(b, " %s=%q", a.Key, a.Val)
		}
		b.WriteString(">\n")
	default:
		fmt.Fprintf(b, "%s%s\n", indent, n.Data)
	}
	for child := range n.ChildNodes() {
		outline(b, child, depth+1)
	}
}

// seen is a text without the white space that no reader sees.
func seen(n *html.Node) string {
	switch n.Parent.Data {
	case "pre", "script":
		return n.Data
	case "style":
		return ""
	}
	text := strings.Join(strings.Fields(n.Data), " ")
	if strings.TrimLeft(n.Data, " \n\t") != n.Data && isInline(n.PrevSibling) && (text != "" || isInline(n.NextSibling)) {
		text = " " + text
	}
	if text != " " && strings.TrimRight(n.Data, " \n\t") != n.Data && isInline(n.NextSibling) && text != "" {
		text += " "
	}
	return text
}

func isInline(n *html.Node) bool {
	return n != nil && n.Type == html.ElementNode && slices.Contains(inline, n.Data)
}
