package directory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/usher-scim/usher/scim"
)

// wordRequest makes the record of a request whose record did not go with a change.
func (d *Directory) wordRequest(ctx context.Context, root, connection string, a answered) (*Request, error) {
	n := a.note
	r := &Request{
		Root: root, Connection: connection, Time: a.at,
		RequestID: n.RequestID, Actor: n.actor, Address: n.Address,
		Method: cut(a.Method, 16), Path: shownPath(a.Path), Status: a.Status, Target: a.Target,
	}
	said := n // an operation of a bulk request is told by its method and path alone
	if a.Operation > 0 {
		said = &RequestNote{Method: a.Method, Path: a.Path}
	}
	var personal bool
	var err error
	if r.Subject, personal, err = d.whoseRequest(ctx, root, connection, said.wording(false), a.Target); err != nil {
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
	open := w.kind == kindOther || w.kind == kindGroup && (e.Kind != scim.KindUnknownMember || isRowID(e.Value))
	if e.Value == "" || open || w.mask.personal {
		return e.Problem()
	}
	shown := *e
	shown.Value = ""
	return shown.Problem()
}

// whoseRequest finds whose record it is, so that it can be found, and is erased, with the person; personal says that
// it may show personal values, since they are that person's. A name that no user has yet stands under a keyed hash:
// see forgetNames.
func (d *Directory) whoseRequest(
	ctx context.Context, root, connection string, w wording, target string,
) (subject string, personal bool, err error) {
	if w.kind != kindUser {
		return "", false, nil
	}
	byID, err := subjectOf(cmp.Or(target, w.id()), func(id string) (User, error) {
		return d.store.User(ctx, root, connection, id)
	})
	if err != nil {
		return "", false, err
	}
	name := w.personalName()
	byName, err := subjectOf(scim.FoldName(name), func(key string) (User, error) {
		return d.store.UserByName(ctx, root, connection, key)
	})
	switch {
	case err != nil:
		return "", false, err
	case byID != "":
		return byID, byName == "" || byName == byID, nil // one asked for the name of another one
	case byName != "" || name == "":
		return byName, byName != "", nil
	}
	key, err := d.tombstoneKey(ctx, root)
	return nameMark(key, name), true, err
}

// subjectOf is the subject of the user that is read by the key, or "".
func subjectOf(key string, read func(key string) (User, error)) (string, error) {
	if key == "" {
		return "", nil
	}
	u, err := read(key)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return u.Subject, err
}

// id is the id in the path.
func (w wording) id() string {
	if len(w.segs) == 2 && isRowID(w.segs[1]) {
		return w.segs[1]
	}
	return ""
}
