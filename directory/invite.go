package directory

import (
	"cmp"
	"context"
	"encoding/json"

	"github.com/usher-scim/usher/directory/internal/ident"
	"github.com/usher-scim/usher/directory/internal/input"
	"github.com/usher-scim/usher/directory/internal/profile"
	"github.com/usher-scim/usher/scim"
)

// Invitation asks for a membership by hand.
type Invitation struct {
	Email, Name string
	// Subject is the id of somebody whom the tenant knows already. Empty: found by Email, or new.
	Subject string
	Role    string // the workspace's default one when empty
	Teams   []string
}

// maxNamesakes bounds how many people with one e-mail are looked at.
const maxNamesakes = 20

// Invite makes a membership that is invited until the first login. The person is the one of this tenant who has the
// e-mail, when there is exactly one who can be trusted to be that, else somebody new.
func (d *Directory) Invite(ctx context.Context, by Actor, w Workspace, i Invitation) (Person, error) {
	if err := i.check(); err != nil {
		return Person{}, err
	}
	var subject string
	err := d.writeIn(ctx, by, w, func(ctx context.Context, p *plan, t *tree, b *branch) error {
		who, err := d.invitee(ctx, b, i)
		if err != nil {
			return err
		}
		isNew := who == nil
		if isNew {
			who = p.insertInvitee(b.Root, i)
		}
		subject = who.ID
		m, err := d.invited(ctx, p, b, subject, i)
		if err != nil {
			return err
		}
		if err := d.dropRemoval(ctx, p, b, subject); err != nil {
			return err
		}
		return d.planByHand(ctx, p, t, b, p.editMembership(nil, m), ActionMemberInvite, who)
	})
	if err != nil {
		return Person{}, err
	}
	return d.Member(ctx, w, subject)
}

func (i Invitation) check() error {
	if i.Subject == "" {
		if err := input.Email(i.Email); err != nil {
			return err
		}
	}
	if i.Name == "" {
		return nil
	}
	return input.Name("name", i.Name)
}

// invitee finds whom the invitation means; nil is somebody new.
func (d *Directory) invitee(ctx context.Context, b *branch, i Invitation) (*Subject, error) {
	if i.Subject != "" {
		who, err := d.store.Subject(ctx, b.Root, i.Subject)
		if there, err := found(err); err != nil || there {
			return &who, err
		}
		return nil, refuse(RefusedNotFound, "give the e-mail instead", "there is no person %q", i.Subject)
	}
	namesakes, err := d.store.SubjectsByEmail(ctx, b.Root, i.Email, maxNamesakes)
	if err != nil {
		return nil, err
	}
	var trusted []Subject
	for _, s := range namesakes {
		if ok, err := d.trusts(ctx, b, s, i.Email); err != nil {
			return nil, err
		} else if ok {
			trusted = append(trusted, s)
		}
	}
	switch len(trusted) {
	case 0:
		return nil, nil
	case 1:
		return &trusted[0], nil
	}
	ids := make([]string, len(trusted))
	for i, s := range trusted {
		ids[i] = s.ID
	}
	return nil, refuse(RefusedInvalid, "invite one of them by id: "+shortList(ids), "%d people have the e-mail %s", len(trusted), i.Email)
}

// trusts reports that somebody with the e-mail of an invitation is whom it means: a member of the tenant whose e-mail
// was given by hand, or by connections that could grant access here anyway. What the identity provider of another part of
// the tenant says, by SCIM or at a login, is no reason to let its user in here, also where the tenant has proved the domain.
func (d *Directory) trusts(ctx context.Context, b *branch, s Subject, email string) (bool, error) {
	who, err := d.person(ctx, s.Root, s.ID)
	if err != nil {
		return false, err
	}
	removal, err := d.removal(ctx, b, s.ID)
	if err != nil || len(who.memberships) == 0 && removal == nil {
		return false, err
	}
	users, err := d.store.UsersOf(ctx, s.Root, s.ID)
	if err != nil {
		return false, err
	}
	links, err := d.store.LinksOf(ctx, s.Root, s.ID)
	if err != nil {
		return false, err
	}
	for id := range knownBy(users, links) {
		c, err := d.store.Connection(ctx, s.Root, id)
		if there, err := found(err); err != nil || there && !b.within(c.Workspace) {
			return false, err
		}
	}
	if len(users) > 0 {
		return true, nil
	}
	return isVouchedFor(links, email)
}

// knownBy collects the connections that have a user of somebody, or by which somebody has signed in.
func knownBy(users []User, links []Link) map[string]bool {
	ids := map[string]bool{}
	for _, u := range users {
		ids[u.Connection] = true
	}
	for _, k := range links {
		ids[k.Connection] = true
	}
	return ids
}

// isVouchedFor reports that the address of who signs in was verified by an identity provider: in many a person writes any
// address into the own account. Of who does not sign in nobody has said one that would have to be verified.
func isVouchedFor(links []Link, email string) (bool, error) {
	signsIn := false
	for _, k := range links {
		if k.Kind != LinkIdentity {
			continue
		}
		signsIn = true
		var last Inspection
		if k.Last == nil {
			continue
		}
		if err := json.Unmarshal(k.Last, &last); err != nil {
			return false, err
		}
		if last.VerifiedEmail != "" && scim.FoldName(last.VerifiedEmail) == scim.FoldName(email) {
			return true, nil
		}
	}
	return !signsIn, nil
}

// insertInvitee plans somebody new, with what the invitation says as the profile.
func (p *plan) insertInvitee(root string, i Invitation) *Subject {
	s := Subject{
		Root: root, ID: ident.NewRow(p.now), Name: cmp.Or(i.Name, i.Email), Email: i.Email,
		Profile: profile.New(i.Name, i.Email), Created: p.now, Modified: p.now, Version: 1,
	}
	p.Subjects = append(p.Subjects, insert(s))
	return &s
}

// invited is the membership that an invitation asks for.
func (d *Directory) invited(ctx context.Context, p *plan, b *branch, subject string, i Invitation) (*Membership, error) {
	_, err := d.store.Membership(ctx, b.Root, b.ID, subject)
	if there, err := found(err); err != nil {
		return nil, err
	} else if there {
		return nil, refuse(RefusedExists, "change the membership instead", "%s is a member of workspace %s", cmp.Or(i.Email, subject), b.Key)
	}
	m := Membership{
		Root: b.Root, Workspace: b.ID, Subject: subject, Role: b.DefaultRole, RoleSource: SourceDefault,
		Teams: input.Set(i.Teams), TeamsSource: SourceManual, Status: StatusInvited, StatusSource: SourceManual,
	}
	if i.Role != "" {
		if _, ok := b.role(i.Role); !ok {
			return nil, unknownRole(b, i.Role)
		}
		m.Role, m.RoleSource = i.Role, SourceManual
	}
	return &m, d.planTeams(ctx, p, b, m.Teams)
}

// dropRemoval forgets that the person was a member before: there is nothing to restore.
func (d *Directory) dropRemoval(ctx context.Context, p *plan, b *branch, subject string) error {
	removal, err := d.removal(ctx, b, subject)
	if removal != nil {
		p.Removals = append(p.Removals, remove(*removal))
	}
	return err
}
