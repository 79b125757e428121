package load

import (
	"net/http"
	"net/url"
	"strings"
)

// findUser is how Entra matches somebody whom it knows.
func (s *Server) findUser(u user) call { return s.find(`userName eq "`+s.userName(u.number)+`"`, 1, u) }

// findNobody is how Entra looks whether somebody new is there already.
func (s *Server) findNobody(number int) call {
	return s.findNothing("/Users?filter=" + url.QueryEscape(`userName eq "`+s.userName(number)+`"`))
}

func (s *Server) findNoGroup(name string) call {
	return s.findNothing("/Groups?excludedAttributes=members&filter=" + url.QueryEscape(`displayName eq "`+name+`"`))
}

func (s *Server) findNothing(path string) call {
	return call{"GET", path, nil, func(a answer) error {
		if err := wantStatus(a, http.StatusOK); err != nil || s.Constant {
			return err
		}
		return s.pageOf(a.body, 0, 0)
	}}
}

// emptyGroupBody is a group as Entra creates it: the members come later.
func emptyGroupBody(name string) []byte {
	return []byte(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"externalId":"` + strings.ReplaceAll(name, " ", "-") +
		`","displayName":"` + name + `"}`)
}

// entraChangeBody replaces two attributes, by an operation each.
func entraChangeBody(title string) []byte {
	return patchBody(`{"op":"Replace","path":"title","value":"` + title + `"},` +
		`{"op":"Replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"` + title + ` Desk"}`)
}

// titled checks the answer to a change: 204, or the user with the new title.
func (s *Server) titled(a answer, u user, title string) error {
	if err := s.patched(a, u); err != nil || a.status == http.StatusNoContent || s.Constant {
		return err
	}
	if textOf(a.body, "title") == title {
		return nil
	}
	d, err := decode(a.body)
	if err != nil {
		return err
	}
	return want(d.Title == title, "title %q, want %q", d.Title, title)
}

func (s *Server) readPerson(p *person) call {
	c := s.readUser(p.user)
	if p.title == "" {
		return c
	}
	c.check = func(a answer) error {
		if err := wantStatus(a, http.StatusOK); err != nil {
			return err
		}
		return s.titled(a, p.user, p.title)
	}
	return c
}
