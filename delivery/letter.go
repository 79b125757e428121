package delivery

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"

	"github.com/usher-scim/usher/directory"
)

// maxListed is how many notices of a digest are told one by one.
const maxListed = 50

// letter is what we write about: notices of one type, to one recipient. Texts are one line each, whoever has chosen
// them.
type letter struct {
	Type      string
	To        string // name, else address
	Workspace string
	Notices   []told // the first ones
	Count     int
	More      int    // that are not among Notices
	Server    string // public URL
}

type told struct {
	Connection, By, Method, Person, Email, Role string
	Time, Expires                               string
}

// errUnknownNotice is a message that a newer version has written.
var errUnknownNotice = errors.New("a notice of a type that this version does not know")

// notices reads the messages of a group.
func notices(group []directory.Message) ([]directory.Notice, error) {
	if english.letters[group[0].Type].subject == nil {
		return nil, errUnknownNotice
	}
	list := make([]directory.Notice, len(group))
	for i, m := range group {
		if err := json.Unmarshal(m.Data, &list[i]); err != nil {
			return nil, fmt.Errorf("message %s: %w", m.ID, err)
		}
	}
	return list, nil
}

func (t tongue) letter(typ string, list []directory.Notice, to directory.Recipient, zone *time.Location, server string) letter {
	l := letter{
		Type: typ, To: oneLine(to.Name), Workspace: oneLine(list[0].WorkspaceName), Count: len(list), More: max(0, len(list)-maxListed),
		Server: server,
	}
	if l.To == "" {
		l.To = oneLine(to.Email)
	}
	for _, n := range list[:len(list)-l.More] {
		l.Notices = append(l.Notices, told{
			Connection: oneLine(n.Connection), By: oneLine(n.By), Method: oneLine(string(n.Method)), Person: oneLine(n.Person),
			Email: oneLine(n.Email), Role: oneLine(n.Role), Time: t.moment(n.Time, zone), Expires: t.moment(n.Expires, zone),
		})
	}
	return l
}

// compose makes the mail of a letter. Its Message-ID follows from the messages and the recipient: who gets it twice can
// tell.
func (t tongue) compose(l letter, from *mail.Address, to directory.Recipient, group []directory.Message, now time.Time) (*gomail.Msg, error) {
	if !mailable(to.Email) {
		return nil, &bounce{"the recipient has no address that a mail can be sent to"}
	}
	subject, text, html, err := t.write(l)
	if err != nil {
		return nil, err
	}
	id := messageID(group, to, from)
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithBoundary("usher-"+id[:16]))
	m.FromMailAddress(from)
	addressee := &mail.Address{Address: to.Email}
	if to.Name != to.Email {
		// net/mail leaves a backslash as it is beside letters that it encodes, and then no reader finds the address.
		addressee.Name = strings.ReplaceAll(oneLine(to.Name), `\`, "")
	}
	m.ToMailAddress(addressee)
	m.Subject(subject)
	m.SetDateWithValue(now)
	m.SetMessageIDWithValue(id)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834 §5: nobody's absence is told to us
	m.SetGenHeader("Content-Language", t.code)
	m.SetBodyString(gomail.TypeTextPlain, text)
	m.AddAlternativeString(gomail.TypeTextHTML, string(html))
	return m, nil
}

func messageID(group []directory.Message, to directory.Recipient, from *mail.Address) string {
	ids := []string{to.Subject}
	for _, m := range group {
		ids = append(ids, m.Root+"/"+m.ID)
	}
	slices.Sort(ids)
	hash := sha256.Sum256([]byte(strings.Join(ids, "\n")))
	return hex.EncodeToString(hash[:16]) + "@" + from.Address[strings.LastIndex(from.Address, "@")+1:]
}

// maxLine is how many characters of a text that somebody else has chosen stand in a mail.
const maxLine = 120

// oneLine makes a text fit for a header and a line of a mail: what is no character to be seen, such as a line break or a
// mark that turns the direction of writing, becomes a space, and runs of those one.
func oneLine(text string) string {
	fields := strings.FieldsFunc(strings.ToValidUTF8(text, " "), func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) })
	runes := []rune(strings.Join(fields, " "))
	if len(runes) > maxLine {
		return string(runes[:maxLine-1]) + "…"
	}
	return string(runes)
}

// plainAddress is what we send to: no quoted local part, which mail servers read in different ways, and nothing that has a
// meaning in SMTP.
var plainAddress = regexp.MustCompile(`^[^\s"(),:;<>@\[\\\]\x00-\x20\x7f]{1,64}@[^\s"(),:;<>@\[\\\]\x00-\x20\x7f]{1,190}$`)

// mailable reports whether an address can be sent to. That somebody is reached there is another question.
func mailable(address string) bool {
	if !plainAddress.MatchString(address) || oneLine(address) != address && len([]rune(address)) <= maxLine {
		return false
	}
	parsed, err := mail.ParseAddress(address)
	return err == nil && parsed.Address == address && parsed.Name == ""
}
