package directory

import (
	"cmp"
	"context"
	"reflect"
	"slices"
	"time"

	"github.com/usher-scim/usher/directory/internal/profile"
	"github.com/usher-scim/usher/mapping"
)

// The types of notices to the admins of a workspace (J10).
const (
	NoticeSignInEnabled  = "signin.enabled"
	NoticeSignInDisabled = "signin.disabled"
	NoticeSignInChanged  = "signin.changed"
	NoticeUserCreated    = "user.created" // by a login
	NoticeTokenExpires   = "token.expires"
	// NoticeCertificateExpires is about one by which an identity provider signs.
	NoticeCertificateExpires = "certificate.expires"
	// NoticeKeysExpire is about those of our own keys of SAML.
	NoticeKeysExpire     = "keys.expire"
	NoticeRecoveryUsed   = "recovery.used"   // to the person
	NoticeBreakGlassUsed = "breakglass.used" // past the identity provider
)

// Notice is the Data of a message of kind mail: what is to be said, never a secret nor an assertion. Those of one type
// and workspace that wait together make one digest.
type Notice struct {
	Workspace     string    `json:"workspace"` // key
	WorkspaceName string    `json:"workspace_name"`
	Connection    string    `json:"connection,omitempty"` // name
	By            string    `json:"by,omitempty"`         // actor
	Method        Method    `json:"method,omitempty"`
	Person        string    `json:"person,omitempty"` // name
	Email         string    `json:"email,omitempty"`
	Role          string    `json:"role,omitempty"`
	Time          time.Time `json:"time"`
	Expires       time.Time `json:"expires,omitzero"`
}

// Recipient is somebody who is told of a notice.
type Recipient struct {
	Subject, Name, Email string
	Language             string // BCP 47; may be empty
}

// maxRecipients bounds to how many admins a notice goes.
const maxRecipients = 100

// Recipients are those to whom a notice goes: the active members of the workspace, or else of the nearest one above,
// whose role holds PermissionSecurity or PermissionOwn, and who have an address. A recovery code that was used is told to
// the person.
func (d *Directory) Recipients(ctx context.Context, m Message) ([]Recipient, error) {
	if m.Type == NoticeRecoveryUsed {
		who, err := d.store.Subject(ctx, m.Root, m.Subject)
		if there, err := found(err); err != nil || !there || who.Email == "" {
			return nil, err
		}
		return []Recipient{newRecipient(who)}, nil
	}
	t, err := d.treeOf(ctx, m.Root, false)
	if err != nil {
		return nil, err
	}
	for b := t.workspaces[m.To]; b != nil; b = b.above {
		list, err := d.admins(ctx, b)
		if err != nil || len(list) > 0 {
			return list, err
		}
	}
	return nil, nil
}

func (d *Directory) admins(ctx context.Context, b *branch) ([]Recipient, error) {
	var list []Recipient
	for _, r := range b.roles {
		if !slices.Contains(r.Permissions, PermissionSecurity) && !slices.Contains(r.Permissions, PermissionOwn) {
			continue
		}
		q := PeopleQuery{Root: b.Root, Workspaces: []string{b.ID}, Role: r.Name, Status: StatusActive}
		for p, err := range d.eachPerson(ctx, q) {
			if err != nil {
				return nil, err
			}
			if p.Who.Email != "" && !p.Blocked {
				list = append(list, newRecipient(p.Who))
			}
			if len(list) == maxRecipients {
				return list, nil
			}
		}
	}
	return list, nil
}

func newRecipient(s Subject) Recipient {
	return Recipient{Subject: s.ID, Name: s.Name, Email: s.Email, Language: profile.Profile(s.Profile).Text(mapping.TargetLanguage)}
}

// noticeOfMethod plans the mail about a change of how people come in, if that changes.
func (p *plan) noticeOfMethod(before, after Workspace) error {
	was, is := cmp.Or(before.Settings.Method, MethodSCIM), cmp.Or(after.Settings.Method, MethodSCIM)
	switch {
	case was == is:
		return nil
	case is.TakesJIT() && !was.TakesJIT():
		return p.notify(after, NoticeSignInEnabled, "", Notice{By: p.by.Name, Method: is})
	case was.TakesJIT() && !is.TakesJIT():
		return p.notify(after, NoticeSignInDisabled, "", Notice{By: p.by.Name, Method: is})
	}
	return p.notify(after, NoticeSignInChanged, "", Notice{By: p.by.Name, Method: is})
}

// noticeOfSignIn plans the mail about a change of a connection's sign-in, if that changes.
func (p *plan) noticeOfSignIn(w Workspace, before, after Connection) error {
	was, is := before.Settings.SignIn, after.Settings.SignIn
	if reflect.DeepEqual(was, is) {
		return nil
	}
	typ := NoticeSignInChanged
	switch {
	case is.on() && !was.on():
		typ = NoticeSignInEnabled
	case was.on() && !is.on():
		typ = NoticeSignInDisabled
	}
	return p.notify(w, typ, "", Notice{Connection: after.Name, By: p.by.Name, Method: w.Settings.Method})
}
