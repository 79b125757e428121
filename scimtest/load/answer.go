package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
)

// document is a user, a group or a list, as far as the checks look. Names are matched whatever their case is
// (RFC 7643 §2.1).
type document struct {
	resource
	TotalResults *int
	Resources    []resource
}

type resource struct {
	ID          string
	UserName    string
	DisplayName string
	Title       string
	Active      *bool
	Members     []struct{ Value string }
}

func decode(body []byte) (document, error) {
	var d document
	if err := json.Unmarshal(body, &d); err != nil {
		return d, fmt.Errorf("the answer is not JSON of the right shape: %w", err)
	}
	return d, nil
}

// want is nil if ok is true.
func want(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, args...)
}

func wantStatus(a answer, wanted int) error {
	return want(a.status == wanted, "status %d, want %d", a.status, wanted)
}

// sameUser checks an answer that must show the user, by itself or as the only one of a list. Decoding would cost as
// much as some servers need to answer, so that it is done only where the text is not what most servers write.
func (s *Server) sameUser(body []byte, u user) error {
	if s.Constant {
		return want(bytes.Contains(body, []byte(`"userName":"`)), "no user in the answer")
	}
	name := s.userName(u.number)
	if u.id != "" && bytes.Contains(body, []byte(`"id":"`+u.id+`"`)) && bytes.Contains(body, []byte(`"userName":"`+name+`"`)) &&
		bytes.Contains(body, []byte(`"active":`+strconv.FormatBool(u.active))) {
		return nil
	}
	d, err := decode(body)
	if err != nil {
		return err
	}
	got := d.resource
	if len(d.Resources) == 1 {
		got = d.Resources[0]
	}
	return want(u.id != "" && got.ID == u.id && got.UserName == name && got.Active != nil && *got.Active == u.active,
		"want user %s %s, active %t", u.id, name, u.active)
}

// pageOf checks a list's total and the number of users in it.
func (s *Server) pageOf(body []byte, total, users int) error {
	gotTotal, got := numberOf(body, "totalResults"), bytes.Count(body, []byte(`"userName":"`))
	if got == users && (gotTotal == total || s.Constant) {
		return nil
	}
	d, err := decode(body)
	if err != nil {
		return err
	}
	if d.TotalResults == nil {
		return errors.New("a list without totalResults")
	}
	if err := want(len(d.Resources) == users, "%d users on the page, want %d", len(d.Resources), users); err != nil {
		return err
	}
	if *d.TotalResults != total {
		return fmt.Errorf("%w: %d, want %d", errTotal, *d.TotalResults, total)
	}
	return nil
}

// patched checks the answer to a PATCH: 200 with the resource, or 204 (RFC 7644 §3.5.2).
func (s *Server) patched(a answer, u user) error {
	if a.status == http.StatusNoContent {
		return nil
	}
	if err := wantStatus(a, http.StatusOK); err != nil {
		return err
	}
	return s.sameUser(a.body, u)
}

func memberPatched(a answer) error {
	return want(a.status == http.StatusNoContent || a.status == http.StatusOK, "status %d, want 204 or 200", a.status)
}

// idOf is the id in the answer to a POST.
func idOf(a answer) (string, error) {
	if err := wantStatus(a, http.StatusCreated); err != nil {
		return "", err
	}
	var created struct{ ID string }
	if id := textOf(a.body, "id"); id != "" {
		return id, nil
	}
	if err := json.Unmarshal(a.body, &created); err != nil || created.ID == "" {
		return "", errors.New("a 201 without id")
	}
	return created.ID, nil
}

// textOf is the text after the first "name":", provided that it has no escapes and stands before any array or object
// but schemas: a server that writes the id first, or after schemas.
func textOf(body []byte, name string) string {
	before, rest, _ := bytes.Cut(body, []byte(`"`+name+`":"`))
	text, _, closed := bytes.Cut(rest, []byte(`"`))
	if !closed || bytes.Count(before, []byte("{")) != 1 || bytes.ContainsRune(text, '\\') {
		return ""
	}
	return string(text)
}

// numberOf is the number after the first "name":, -1 if there is none.
func numberOf(body []byte, name string) int {
	_, rest, _ := bytes.Cut(body, []byte(`"`+name+`":`))
	end := bytes.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	n, err := strconv.Atoi(string(rest[:max(end, 0)]))
	if err != nil {
		return -1
	}
	return n
}
