package delivery

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/usher-scim/usher/internal/page"
)

// tongue is one of the languages in which we write, with every sentence of it. Each language has a file.
type tongue struct {
	code     string
	time     string // layout
	greeting string // format: to whom
	when, by string
	more     string // format: how many
	foot     string // format: the workspace
	letters  map[string]words
}

// words are what letters about one type of notice say. Either an intro and a list tell of the notices, or each has
// paragraphs of its own.
type words struct {
	subject func(letter) string // behind the name of the workspace
	intro   func(letter) string
	item    func(told) string
	tell    func(letter, told) string
	by      bool                // who did it is told as well
	closing func(letter) string // nil: there is nothing more to say
}

var tongues = []tongue{english, german}

// matchTongue finds the best of them: English when there is none.
var matchTongue = language.NewMatcher([]language.Tag{language.English, language.German})

// tongueOf is the language of a workspace, else of the recipient.
func tongueOf(codes ...string) tongue {
	_, i := language.MatchStrings(matchTongue, codes...)
	return tongues[i]
}

func (t tongue) moment(at time.Time, zone *time.Location) string {
	if at.IsZero() {
		return ""
	}
	return at.In(zone).Format(t.time)
}

// write makes the texts of a mail, whose two parts say the same.
func (t tongue) write(l letter) (subject, text string, html []byte, err error) {
	subject = oneLine(l.Workspace + ": " + t.letters[l.Type].subject(l))
	foot := fmt.Sprintf(t.foot, l.Workspace)
	if l.Server != "" {
		foot += ", " + l.Server
	}
	body := t.body(l)
	html, err = page.Text(letterPage(t.code, subject, body, foot))
	return subject, plain(body) + "\n\n-- \n" + foot + "\n", html, err
}

// block is a paragraph, or a list.
type block struct{ Lines, Items []string }

func paragraph(lines ...string) block { return block{Lines: lines} }

func (t tongue) body(l letter) []block {
	w := t.letters[l.Type]
	all := []block{paragraph(fmt.Sprintf(t.greeting, l.To))}
	if w.intro != nil {
		all = append(all, paragraph(w.intro(l)), list(w, l))
		if l.More > 0 {
			all = append(all, paragraph(fmt.Sprintf(t.more, l.More)))
		}
	} else {
		for _, n := range l.Notices {
			all = append(all, paragraph(w.tell(l, n)), t.facts(w, n))
		}
	}
	if w.closing != nil {
		all = append(all, paragraph(w.closing(l)))
	}
	return all
}

func list(w words, l letter) block {
	var b block
	for _, n := range l.Notices {
		b.Items = append(b.Items, w.item(n))
	}
	return b
}

func (t tongue) facts(w words, n told) block {
	b := paragraph(t.when + n.Time)
	if w.by {
		b.Lines = append(b.Lines, t.by+n.By)
	}
	return b
}

func plain(body []block) string {
	paragraphs := make([]string, len(body))
	for i, b := range body {
		paragraphs[i] = strings.Join(b.Lines, "\n")
		if b.Items != nil {
			paragraphs[i] = "* " + strings.Join(b.Items, "\n* ")
		}
	}
	return strings.Join(paragraphs, "\n\n")
}

// behind is a text with what stands before it, or nothing.
func behind(before, text, after string) string {
	if text == "" {
		return ""
	}
	return before + text + after
}
