package directory

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory/internal/credential"
	"github.com/usher-scim/usher/directory/internal/ident"
)

// BreakGlassAge is how long a login without the identity provider can be used.
const BreakGlassAge = 15 * time.Minute

// breakGlassMethod is what stands among the methods of such a session.
const breakGlassMethod = "break_glass"

// BreakGlass makes a one-time login for an owner of the workspace, good for fifteen minutes: for when SSO is broken
// (B11). The text goes into a URL of the sign-in face. subject may be an id or an e-mail address.
func (d *Directory) BreakGlass(ctx context.Context, by Actor, w Workspace, subject string) (text string, err error) {
	text = credential.Glass.New(w.Root)
	err = d.writeIn(ctx, by, w, func(ctx context.Context, p *plan, t *tree, b *branch) error {
		m, err := d.owner(ctx, b, subject)
		if err != nil {
			return err
		}
		p.Attempts = append(p.Attempts, insert(Attempt{
			Root: w.Root, Hash: credential.Hash(text), Workspace: b.Key, Subject: m.Subject, Created: p.now, Expires: p.now.Add(BreakGlassAge),
		}))
		return p.audit(ActionBreakGlassCreate, targetSubject, m.Subject, m.Subject, sessionDetail{Workspace: b.ID})
	})
	return text, err
}

// owner finds the owner of a workspace by id or by e-mail address.
func (d *Directory) owner(ctx context.Context, b *branch, who string) (*Membership, error) {
	ids := []string{who}
	if strings.Contains(who, "@") {
		all, err := d.store.SubjectsByEmail(ctx, b.Root, who, maxNamesakes)
		if err != nil {
			return nil, err
		}
		ids = nil
		for _, s := range all {
			ids = append(ids, s.ID)
		}
	}
	roles := rolesThatOwn(b.roles)
	for _, id := range ids {
		m, err := d.store.Membership(ctx, b.Root, b.ID, id)
		if there, err := found(err); err != nil {
			return nil, err
		} else if there && (m.owns(roles) || m.Status == StatusInvited && !m.Blocked && slices.Contains(roles, m.Role)) {
			return &m, nil
		}
	}
	return nil, refuse(RefusedNotFound, "name a member whose role has "+PermissionOwn+"; list the people of the workspace to see them",
		"workspace %s has no owner %q", b.Key, who)
}

// RedeemBreakGlass uses the login up. IP rules hold, but no second factor is asked for: the command line has vouched.
func (d *Directory) RedeemBreakGlass(ctx context.Context, text, address, userAgent string) (Signed, error) {
	unknown := &LoginError{Code: LoginUnknownState}
	root, ok := credential.Glass.Root(text)
	if !ok {
		return Signed{}, unknown
	}
	var signed Signed
	by := Actor{Name: "break-glass", Address: address}
	err := d.write(ctx, by, Workspace{Root: root, ID: root}, "", func(ctx context.Context, p *plan) error {
		a, err := d.store.Attempt(ctx, root, credential.Hash(text))
		if there, err := found(err); err != nil {
			return err
		} else if !there || !p.now.Before(a.Expires) {
			return unknown
		}
		t, err := d.treeOf(ctx, root, true)
		if err != nil {
			return err
		}
		b := t.keys[a.Workspace]
		if b == nil {
			return unknown
		}
		p.Config, p.workspace = t.config, b.ID
		if err := checkAddress(SurfaceSSO, address, b); err != nil {
			return err
		}
		p.Attempts = append(p.Attempts, remove(a))
		signed, err = d.planBreakGlass(ctx, p, b, a, userAgent)
		return err
	})
	return signed, err
}

func (d *Directory) planBreakGlass(ctx context.Context, p *plan, b *branch, a Attempt, userAgent string) (Signed, error) {
	m, err := d.owner(ctx, b, a.Subject)
	if err != nil {
		return Signed{}, &LoginError{LoginNoAccess, errors.New("the person owns the workspace no more")}
	}
	if m.Status == StatusInvited {
		after := *m
		after.setStatus(StatusActive, m.StatusSource, StatusActive, p.now)
		if err := p.tellMember(p.editMembership(m, &after), nil); err != nil {
			return Signed{}, err
		}
	} else {
		p.Holds = append(p.Holds, *m)
	}
	who, err := d.store.Subject(ctx, a.Root, a.Subject)
	if err != nil {
		return Signed{}, err
	}
	rules, token := b.posture(), credential.Session.New(a.Root)
	s := Session{
		Root: a.Root, ID: ident.NewRow(p.now), Hash: credential.Hash(token), Subject: a.Subject, Workspace: b.ID, Home: b.ID,
		Methods: []string{breakGlassMethod}, AuthTime: p.now, State: SessionLive, Created: p.now, Seen: p.now, Idle: rules.idle,
		Expires: p.now.Add(rules.max), Address: p.by.Address, UserAgent: bounded(userAgent, maxUserAgent), Version: 1,
	}
	s.Ends = s.ends()
	p.Sessions = append(p.Sessions, insert(s))
	if err := p.notify(b.Workspace, NoticeBreakGlassUsed, who.ID, Notice{Person: who.Name, Email: who.Email}); err != nil {
		return Signed{}, err
	}
	return Signed{Session: s, Token: token, Subject: who},
		p.audit(ActionBreakGlassUse, targetSession, s.ID, s.Subject, sessionDetail{Workspace: b.ID})
}
