package requestlog

import "github.com/usher-scim/usher/scim"

// Worded is what the log says of a request: what was asked, and the masked body.
func Worded(n *Note, personal bool) (asked, body string) {
	w := n.wording(personal)
	return w.asked(), w.body()
}

// CauseOf is the cause in a record of a user's request.
func CauseOf(e *scim.Error, personal bool) string {
	return cause(e, wording{kind: kindUser, mask: masker{kind: kindUser, personal: personal}})
}

// KeepsParsed reports that the note has what was parsed of its body.
func KeepsParsed(n *Note) bool { return n.document != nil }
