package mapping

import (
	"fmt"
	"strings"

	"github.com/usher-scim/usher/scim"
)

// source is a compiled [Attribute.Source]: alternatives, the first that has a value counts.
type source []alternative

// alternative is one place, or several whose texts are joined by a space.
type alternative struct {
	text   string
	places []place
}

const (
	maxSource       = 1 << 10
	maxAlternatives = 16
)

// parseSource reads "emails.value | name.givenName + name.familyName". The marks count with spaces around them only, for
// the names of claims may contain them.
func parseSource(text string, t *scim.ResourceType) (source, error) {
	if len(text) > maxSource {
		return nil, fmt.Errorf("longer than %d bytes", maxSource)
	}
	var s source
	for part := range strings.SplitSeq(text, " | ") {
		a, err := parseAlternative(strings.TrimSpace(part), t)
		if err != nil {
			return nil, err
		}
		if s = append(s, a); len(s) > maxAlternatives {
			return nil, fmt.Errorf("more than %d alternatives", maxAlternatives)
		}
	}
	return s, nil
}

func parseAlternative(text string, t *scim.ResourceType) (alternative, error) {
	a := alternative{text: text}
	for part := range strings.SplitSeq(text, " + ") {
		part = strings.TrimSpace(part)
		if part == "" {
			return a, fmt.Errorf("an empty alternative")
		}
		p, err := parsePlace(part, t)
		if err != nil {
			return a, err
		}
		a.places = append(a.places, p)
	}
	return a, nil
}

// value is what the alternative brings, for a target of the given type; nil when it brings nothing.
func (a *alternative) value(kind string, o *scim.Object, login bool) scim.Value {
	p := &a.places[0]
	switch {
	case len(a.places) > 1:
		return a.joined(o, login)
	case p.onlyClaim() && !login:
		return nil
	case kind == TypeList:
		if all := p.values(o, login); len(all) == 1 {
			return all[0]
		} else if len(all) > 1 {
			return scim.Array(all)
		}
		return nil
	}
	return p.value(o, login)
}

func (a *alternative) joined(o *scim.Object, login bool) scim.Value {
	var parts []string
	for i := range a.places {
		if s, ok := text(a.places[i].value(o, login)); ok {
			parts = append(parts, s)
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return strings.Join(parts, " ")
}
