package directory

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/usher-scim/usher/directory/internal/ident"
)

// loginDetail is the detail of a login's audit entry.
type loginDetail struct {
	Workspace   string   `json:"workspace"` // key
	MatchedBy   string   `json:"matched_by"`
	Linked      bool     `json:"linked,omitempty"` // the identity is known from now on
	Role        string   `json:"role"`
	SessionRole string   `json:"session_role,omitempty"`
	Methods     []string `json:"methods,omitempty"`
	NeedsFactor bool     `json:"needs_factor,omitempty"`
	Notes       []string `json:"notes,omitempty"`
	UserAgent   string   `json:"user_agent,omitempty"`
}

// record leaves the audit entries, the events, the record in the provisioning log, and the notices.
func (l *login) record(context.Context) error {
	if err := l.recordPerson(); err != nil {
		return err
	}
	s := l.signed.Session
	_, m := l.nearest()
	detail := loginDetail{
		Workspace: l.entered.Key, MatchedBy: l.who.by, Linked: l.who.identity == nil, Role: m.Role, SessionRole: s.AssertedRole,
		Methods: s.Methods, NeedsFactor: l.signed.NeedsFactor, Notes: l.notes(), UserAgent: s.UserAgent,
	}
	if err := l.audit(ActionSessionCreate, targetSession, s.ID, s.Subject, detail); err != nil {
		return err
	}
	l.Requests = append(l.Requests, l.request())
	return nil
}

// recordPerson tells of what the login has changed of the person.
func (l *login) recordPerson() error {
	if l.v == nil || !l.v.who.isNew && !l.v.isChange() {
		return nil
	}
	action := l.action()
	detail := newUserDetail(l.v.user, nil)
	detail.Memberships, detail.Profile, detail.Notes = l.v.changes, l.v.altered, l.v.decision.Notes
	if err := l.audit(action, targetSubject, l.who.ID, l.who.ID, detail); err != nil {
		return err
	}
	if err := l.v.tell(nil); err != nil || action == ActionUserUpdate {
		return err
	}
	_, m := l.nearest()
	return l.notify(l.pol.home.Workspace, NoticeUserCreated, l.who.ID, Notice{
		Connection: l.pol.connection.Name, Method: l.method, Person: l.signed.Subject.Name, Email: l.signed.Subject.Email, Role: m.Role,
	})
}

// action is what becomes of the person.
func (l *login) action() string {
	if l.v.who.isNew {
		return ActionUserCreate
	}
	return ActionUserUpdate
}

// request is the record in the provisioning log.
func (l *login) request() Request {
	i, s := l.r.Identity, l.signed.Session
	var did []string
	if l.v != nil {
		if said := didUser(l.action(), nil, l.v.changes, l.notes()); said != "" {
			did = append(did, said)
		}
	}
	did = append(did, fmt.Sprintf("signed in to %s, found by %s", l.entered.Key, l.who.by))
	if s.AssertedRole != "" {
		did = append(did, "as "+s.AssertedRole+" for this session")
	}
	if l.signed.NeedsFactor {
		did = append(did, "a second factor is asked for")
	}
	return Request{
		Root: l.Root, Connection: l.pol.connection.ID, Time: l.now, RequestID: l.by.RequestID, Actor: l.by.Name, Address: l.by.Address,
		Method: loginMethod, Path: "/sso/" + l.pol.connection.ID, Status: 302, Subject: s.Subject, Target: s.Subject,
		Asked: "sign in " + i.Email, Did: strings.Join(did, "; "),
	}
}

// notify plans a mail to the admins of a workspace (J10).
func (p *plan) notify(w Workspace, typ, subject string, n Notice) error {
	n.Workspace, n.WorkspaceName, n.Time = w.Key, w.Name, p.now
	data, err := json.Marshal(n)
	if err != nil {
		return err
	}
	p.Messages = append(p.Messages, insert(Message{
		Root: p.Root, ID: ident.NewRow(p.now), Kind: MessageMail, To: w.ID, Type: typ, Subject: subject, Data: data,
		Created: p.now, NextAt: p.now, Version: 1,
	}))
	return nil
}
