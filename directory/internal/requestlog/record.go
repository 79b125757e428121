package requestlog

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory/internal/ident"
	"github.com/usher-scim/usher/scim"
)

// Record is a directory.Request.
type Record struct {
	Root, Connection string
	Seq              int64
	Time             time.Time
	RequestID        string
	Actor, Address   string
	Method, Path     string
	Status           int
	ScimType         string
	Subject, Target  string
	Asked, Did       string
	Cause, Fix       string
	Body             string
}

// Change completes the record of a change that was made for the request: what it did, and to what, is in it.
func (n *Note) Change(r Record) Record {
	say := n.wording(r.Subject != "")
	r.Method, r.Path, r.Status = n.Method, shown(say.segs), successOf(n.Method)
	if say.kind == kindBulk {
		r.Asked = "an operation of a bulk request"
	} else {
		r.Asked, r.Body = say.asked(), say.body()
	}
	return r
}

// word makes the record of a request whose record did not go with a change.
func (l *Log) word(ctx context.Context, root, connection string, a answered) (*Record, error) {
	n := a.note
	r := &Record{
		Root: root, Connection: connection, Time: a.at,
		RequestID: n.RequestID, Actor: n.actor, Address: n.Address,
		Method: cut(a.Method, 16), Path: shownPath(a.Path), Status: a.Status, Target: a.Target,
	}
	said := n // an operation of a bulk request is told by its method and path alone
	if a.Operation > 0 {
		said = &Note{Method: a.Method, Path: a.Path}
	}
	var personal bool
	var err error
	if r.Subject, personal, err = l.whose(ctx, root, connection, said.wording(false), a.Target); err != nil {
		return nil, err
	}
	say := said.wording(personal)
	r.Asked, r.Body, r.Did = say.asked(), say.body(), a.did()
	if a.Operation > 0 {
		r.Asked = fmt.Sprintf("operation %d of a bulk request: %s", a.Operation, r.Asked)
	}
	if e := a.Refused; e != nil {
		r.ScimType, r.Cause, r.Fix = e.ScimType(), cause(e, say), e.Fix()
	}
	return r, nil
}

// did says what came of it.
func (a *answered) did() string {
	switch {
	case a.Refused != nil:
		return "nothing: it was refused"
	case a.note.isBulk(), a.Method == methodGet, a.Method == methodHead, strings.HasSuffix(a.Path, "/.search"):
		return ""
	}
	return "nothing: it was so already"
}

// cause is the problem, without the value where that may be personal and the record is nobody's.
func cause(e *scim.Error, w wording) string {
	open := w.kind == kindOther || w.kind == kindGroup && (e.Kind != scim.KindUnknownMember || ident.IsRow(e.Value))
	if e.Value == "" || open || w.mask.personal {
		return e.Problem()
	}
	shown := *e
	shown.Value = ""
	return shown.Problem()
}

// whose finds whose record it is, so that it can be found, and is erased, with the person; personal says that
// it may show personal values, since they are that person's. A name that no user has yet stands under a keyed hash:
// see [NameMark].
func (l *Log) whose(
	ctx context.Context, root, connection string, w wording, target string,
) (subject string, personal bool, err error) {
	if w.kind != kindUser {
		return "", false, nil
	}
	byID, err := subjectBy(cmp.Or(target, w.id()), func(id string) (string, error) {
		return l.Users.SubjectByID(ctx, root, connection, id)
	})
	if err != nil {
		return "", false, err
	}
	name := w.personalName()
	byName, err := subjectBy(scim.FoldName(name), func(key string) (string, error) {
		return l.Users.SubjectByName(ctx, root, connection, key)
	})
	switch {
	case err != nil:
		return "", false, err
	case byID != "":
		return byID, byName == "" || byName == byID, nil // one asked for the name of another one
	case byName != "" || name == "":
		return byName, byName != "", nil
	}
	key, err := l.Users.Key(ctx, root)
	return NameMark(key, name), true, err
}

func subjectBy(key string, read func(key string) (subject string, err error)) (string, error) {
	if key == "" {
		return "", nil
	}
	return read(key)
}

// id is the id in the path.
func (w wording) id() string {
	if len(w.segs) == 2 && ident.IsRow(w.segs[1]) {
		return w.segs[1]
	}
	return ""
}

// The provisioning log holds names of people, and must lose them with the person (X3). A record of somebody whom the
// directory knows has the subject's id. One that came before, such as a refused create, stands under a keyed hash of
// the name, so that it can be found when a person of that name is erased, and by nothing else.

// namePrefix begins what stands in the place of the subject in a record about a name that no user had.
const namePrefix = "name:"

// NameMark stands in the place of the subject in a record about a name that no user had.
func NameMark(key []byte, name string) string {
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte("request\x00" + scim.FoldName(name)))
	return namePrefix + hex.EncodeToString(mac.Sum(nil))
}

// IsNameMark tells a mark from the id of a subject.
func IsNameMark(subject string) bool { return strings.HasPrefix(subject, namePrefix) }
