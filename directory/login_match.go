package directory

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory/internal/ident"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scim"
)

// How a login finds its person, in this order: by its link, by the principal that SCIM sends too, by a verified e-mail
// address in a proved domain where linking is allowed; else it is somebody new (design of matching, X12). Nobody is
// found whom SCIM has deleted, and an account with a privileged role is linked by its holder alone (B11).

// matched is whom a login is taken for.
type matched struct {
	person
	by        string // matchLink, …
	identity  *Link  // nil: there is none yet
	principal *Link
	documents []User // of SCIM, of every connection
}

// What a login was matched by.
const (
	matchLink      = "link"
	matchPrincipal = "principal"
	matchEmail     = "e-mail"
	matchConsent   = "consent"
	matchNew       = "new"
)

// match finds the person of the identity; wanted is who asks to be linked, if anybody does.
func (l *login) match(ctx context.Context, wanted string) (matched, error) {
	if i := &l.r.Identity; l.rules.PrincipalClaim == "email" && !i.EmailVerified {
		i.Principal = "" // an address counts only when it is verified
	}
	m, err := l.known(ctx)
	if err != nil {
		return m, err
	}
	subject, by, err := l.subject(ctx, &m, wanted)
	if err != nil {
		return m, err
	}
	if subject == "" {
		m.by = matchNew
		m.person, err = l.somebodyNew(ctx)
		return m, err
	}
	m.by = by
	m.person, err = l.d.person(ctx, l.Root, subject)
	if there, err := found(err); err != nil {
		return m, err
	} else if !there {
		return m, &LoginError{LoginDeleted, errors.New("the person is not there any more")}
	}
	if m.documents, err = l.d.store.UsersOf(ctx, l.Root, subject); err != nil {
		return m, err
	}
	return m, l.checkAlive(ctx, m)
}

// known reads the links of identity and principal, as far as their people are there.
func (l *login) known(ctx context.Context) (m matched, err error) {
	read := func(kind LinkKind, key [32]byte) (*Link, error) {
		row, err := l.d.store.Link(ctx, l.Root, l.pol.connection.ID, kind, key)
		if there, err := found(err); err != nil || !there {
			return nil, err
		}
		return &row, nil
	}
	i := l.r.Identity
	if m.identity, err = read(LinkIdentity, IdentityKey(i.Issuer, i.Subject)); err != nil {
		return m, err
	}
	if m.identity != nil && m.identity.protocol() != l.rules.Protocol {
		return m, &LoginError{LoginLinkedElsewhere, fmt.Errorf("whom %s calls so is linked, and need not be whom %s does",
			m.identity.protocol(), l.rules.Protocol)}
	}
	if i.Principal == "" {
		return m, nil
	}
	m.principal, err = read(LinkPrincipal, principalKey(i.Principal))
	return m, err
}

// subject finds the id of whom the identity means; empty: nobody who is known.
func (l *login) subject(ctx context.Context, m *matched, wanted string) (subject, by string, err error) {
	switch {
	case wanted != "" && m.identity != nil && m.identity.Subject != wanted:
		return "", "", &LoginError{LoginLinkedElsewhere, errors.New("the identity is linked to another person")}
	case wanted != "":
		return wanted, matchConsent, nil
	case m.identity != nil:
		return m.identity.Subject, matchLink, nil
	case m.principal != nil:
		return m.principal.Subject, matchPrincipal, l.checkPrincipal(ctx, m.principal.Subject)
	}
	if subject, err = l.byPrincipal(ctx); err != nil || subject != "" {
		return subject, matchPrincipal, err
	}
	if subject, err = l.byTombstone(ctx); err != nil || subject != "" {
		return subject, matchPrincipal, err
	}
	if subject, err = l.byEmail(ctx); err == nil && subject == "" {
		err = l.checkErased(ctx)
	}
	return subject, matchEmail, err
}

// byPrincipal finds the user of the connection whose principal it is, from before people signed in by it.
func (l *login) byPrincipal(ctx context.Context) (string, error) {
	principal := l.r.Identity.Principal
	if principal == "" {
		return "", nil
	}
	c := l.pol.connection
	switch path := c.principalPath(); {
	case strings.EqualFold(path, "externalId"):
		u, err := l.d.store.UserByExternalID(ctx, c.Root, c.ID, principal)
		return subjectOf(u, err)
	case strings.EqualFold(path, "userName"):
		u, err := l.d.store.UserByName(ctx, c.Root, c.ID, scim.FoldName(principal))
		if there, err := found(err); err != nil || !there {
			return "", err
		}
		return l.hasPrincipal(ctx, u)
	default:
		return l.byAttribute(ctx, path, principal)
	}
}

// byAttribute finds the one user who has the principal in an attribute.
func (l *login) byAttribute(ctx context.Context, path, principal string) (string, error) {
	t := l.client.userType()
	f, err := scim.ParseFilter(path+` eq `+string(scim.AppendJSON(nil, principal)), t, l.client.Profile)
	if err != nil {
		return "", err
	}
	page, err := l.d.store.Users(ctx, l.client.query(t, scim.Query{Filter: f, StartIndex: 1, Count: 2}))
	if err != nil || len(page.Users) != 1 {
		return "", err
	}
	return l.hasPrincipal(ctx, page.Users[0])
}

// hasPrincipal finds the person of a user who was looked up by the principal, without regard to case and width. An identity
// provider may well tell apart what these look-ups fold, so the text has to be the same but for ASCII case; and one of
// another case is nobody for whom another identity is linked.
func (l *login) hasPrincipal(ctx context.Context, u User) (string, error) {
	r, err := l.client.userType().Load(l.client.bareUserRecord(u))
	if err != nil {
		return "", err
	}
	switch is := l.client.principalOf(r); {
	case is == l.r.Identity.Principal:
		return u.Subject, nil
	case isSameASCII(is, l.r.Identity.Principal):
		return u.Subject, l.checkUnlinked(ctx, u.Subject)
	}
	return "", nil
}

// isSameASCII reports texts that differ in the case of ASCII letters at most. [strings.EqualFold] takes the Kelvin sign for
// a k.
func isSameASCII(a, b string) bool {
	lower := func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}
	return strings.Map(lower, a) == strings.Map(lower, b)
}

// byTombstone finds by the principal who was deleted by SCIM, for checkAlive to refuse or, where an admin has let the person
// in again, to let in. It refuses whom any of the names of the identity says to be deleted (J2). A name finds nobody:
// whoever writes that of another into the own account would be that person.
func (l *login) byTombstone(ctx context.Context) (string, error) {
	if strings.EqualFold(l.pol.connection.principalPath(), "externalId") {
		gone, err := l.deleted(ctx, grave{tombstonePrincipal, l.r.Identity.Principal})
		if err != nil {
			return "", err
		}
		if gone != nil {
			return gone.Subject, l.checkUnlinked(ctx, gone.Subject)
		}
	}
	for _, g := range l.namedGraves() {
		gone, err := l.deleted(ctx, g)
		if err != nil {
			return "", err
		}
		if gone == nil {
			continue
		}
		memberships, err := l.d.store.MembershipsOf(ctx, l.Root, gone.Subject)
		if err != nil {
			return "", err
		}
		if !l.byHand(memberships, gone.Created) {
			return "", errDeleted
		}
	}
	return "", nil
}

// errDeleted refuses whom SCIM has deleted.
var errDeleted = &LoginError{LoginDeleted, errors.New("SCIM has deleted the user; SCIM or an admin brings the person back")}

// deleted returns the mark of the person of a tombstone, as long as the person is deleted; else nil.
func (l *login) deleted(ctx context.Context, g grave) (*Tombstone, error) {
	if g.value == "" {
		return nil, nil
	}
	t, err := l.d.buried(ctx, l.Root, l.pol.connection.ID, g.kind, g.value)
	if err != nil || t == nil {
		return nil, err
	}
	return l.d.buried(ctx, l.Root, l.pol.connection.ID, tombstoneSubject, t.Subject)
}

// namedGraves are the tombstones of userNames that the identity may mean.
func (l *login) namedGraves() []grave {
	var graves []grave
	for _, name := range l.names() {
		graves = append(graves, grave{tombstoneUserName, scim.FoldName(name)})
		if l.method.TakesSCIM() {
			graves = append(graves, grave{tombstoneNamed, scim.FoldName(name)})
		}
	}
	return graves
}

// userNameClaims are those in which identity providers say the userName: of OpenID Connect, and of SAML (Entra and AD FS, eduPerson
// and LDAP). Not any text counts: who may write an attribute, or lives in a city called like a leaver, would be kept out.
var userNameClaims = []string{
	"preferred_username", "upn", "unique_name", "uid", "username", "userName", "login", "userPrincipalName",
	"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
	"urn:oid:0.9.2342.19200300.100.1.1", "urn:oid:1.3.6.1.4.1.5923.1.1.1.6", "eduPersonPrincipalName",
}

// names are those that SCIM may have sent as the userName.
func (l *login) names() []string {
	names := []string{l.r.Identity.Email}
	if strings.EqualFold(l.pol.connection.principalPath(), "userName") {
		names = append(names, l.r.Identity.Principal)
	}
	if o := l.r.Identity.Attributes; o != nil {
		for _, claim := range userNameClaims {
			if v, _ := o.Get(claim); v != nil {
				if s, ok := v.(string); ok {
					names = append(names, s)
				}
			}
		}
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(s string) bool { return s == "" })
}

// byEmail finds the one person of the connection's workspace and below who has the address, where linking is on and the
// address proves anything. One with a privileged role it refuses (B11). Where it would link nobody it refuses nobody: else
// whoever invites an owner anywhere in the tenant would keep out the holder of the address.
func (l *login) byEmail(ctx context.Context) (string, error) {
	i := l.r.Identity
	if !l.rules.Linking || !i.EmailVerified || !l.pol.proves(i.Email) {
		return "", nil
	}
	all, err := l.d.store.SubjectsByEmail(ctx, l.Root, i.Email, 2)
	if err != nil || len(all) != 1 || !isSameASCII(all[0].Email, i.Email) {
		return "", err
	}
	subject := all[0].ID
	if own, err := l.d.isOfHome(ctx, l.pol, subject); err != nil || !own {
		return "", err
	}
	memberships, err := l.d.store.MembershipsOf(ctx, l.Root, subject)
	if err != nil {
		return "", err
	}
	if slices.ContainsFunc(memberships, l.pol.isPrivileged) {
		return "", &LoginError{LoginNeedsConsent, errors.New("an account with a privileged role has the e-mail address: its holder signs in and links the identity")}
	}
	return subject, l.checkAdoptable(ctx, subject)
}

// checkAdoptable refuses to link who is another live connection's, or whom another identity is linked to already.
func (l *login) checkAdoptable(ctx context.Context, subject string) error {
	documents, err := l.d.store.UsersOf(ctx, l.Root, subject)
	if err != nil {
		return err
	}
	links, err := l.d.store.LinksOf(ctx, l.Root, subject)
	if err != nil {
		return err
	}
	for _, u := range documents {
		if u.Connection != l.pol.connection.ID {
			return &LoginError{LoginForeignUser, fmt.Errorf("the address is that of a user of connection %s", u.Connection)}
		}
	}
	for _, k := range links {
		if k.Connection != l.pol.connection.ID {
			return &LoginError{LoginForeignUser, fmt.Errorf("the address is that of somebody who signs in by connection %s", k.Connection)}
		}
	}
	return l.checkUnlinked(ctx, subject)
}

// checkPrincipal refuses another identity under a principal that only a login has brought. Where SCIM says whose it is, an
// identity that is new is the person's: the identity provider names people anew for another client.
func (l *login) checkPrincipal(ctx context.Context, subject string) error {
	documents, err := l.d.store.UsersOf(ctx, l.Root, subject)
	if err != nil || slices.ContainsFunc(documents, func(u User) bool { return u.Connection == l.pol.connection.ID }) {
		return err
	}
	return l.checkUnlinked(ctx, subject)
}

// checkUnlinked refuses a second identity of one connection for a person: it is another account of the identity provider.
func (l *login) checkUnlinked(ctx context.Context, subject string) error {
	links, err := l.d.store.LinksOf(ctx, l.Root, subject)
	if err != nil {
		return err
	}
	own := IdentityKey(l.r.Identity.Issuer, l.r.Identity.Subject)
	for _, k := range links {
		switch {
		case k.Kind != LinkIdentity || k.Connection != l.pol.connection.ID:
		case k.Key == own:
			return ErrConflict // made since it was looked for: a login of the same person at the same time
		default:
			return &LoginError{LoginLinkedElsewhere, errors.New("another identity of the connection is linked to the person")}
		}
	}
	return nil
}

// checkAlive refuses who was deleted or deactivated by SCIM. An admin who gives access again by hand lifts it.
func (l *login) checkAlive(ctx context.Context, m matched) error {
	if own := slices.IndexFunc(m.documents, func(u User) bool { return u.Connection == l.pol.connection.ID }); own >= 0 {
		if !m.documents[own].Active && l.method.TakesSCIM() && !l.byHand(m.memberships, time.Time{}) {
			return &LoginError{LoginDeactivated, errors.New("the user is not active in SCIM")}
		}
		return nil
	}
	gone, err := l.d.buried(ctx, l.Root, l.pol.connection.ID, tombstoneSubject, m.ID)
	if err != nil || gone == nil || l.byHand(m.memberships, gone.Created) {
		return err
	}
	return errDeleted
}

// byHand reports that an admin of the connection's workspace, or of one above, has given access by hand since then. One of a
// workspace below, or beside, does not say who may come in here.
func (l *login) byHand(memberships []Membership, since time.Time) bool {
	return slices.ContainsFunc(memberships, func(o Membership) bool {
		return o.StatusSource == SourceManual && o.access() && l.pol.home.within(o.Workspace) && !o.Modified.Before(since)
	})
}

// somebodyNew is who is made by the login: under the id of before, where an ephemeral person comes back (J5).
func (l *login) somebodyNew(ctx context.Context) (person, error) {
	if !l.method.TakesJIT() || l.pol.connection.Settings.NoCreate {
		return person{}, &LoginError{LoginNotProvisioned, fmt.Errorf("the method is %s, which lets in who is there already", cmp.Or(l.method, MethodSCIM))}
	}
	who := person{isNew: true, Subject: Subject{Root: l.Root, ID: ident.NewRow(l.now), Created: l.now}}
	t, err := l.d.buried(ctx, l.Root, l.pol.connection.ID, tombstoneEphemeral, l.identityText())
	if err != nil || t == nil {
		return who, err
	}
	_, err = l.d.store.Subject(ctx, l.Root, t.Subject)
	if there, err := found(err); err != nil || there {
		return who, err
	}
	who.ID = t.Subject
	l.Tombstones = append(l.Tombstones, remove(*t))
	gone, err := l.d.buried(ctx, l.Root, "", tombstoneVanished, who.ID)
	if gone != nil {
		l.Tombstones = append(l.Tombstones, remove(*gone))
	}
	return who, err
}

func (l *login) identityText() string {
	return identityText(l.rules.Protocol, IdentityKey(l.r.Identity.Issuer, l.r.Identity.Subject))
}

// identityText is what a tombstone knows an identity by. The same name in another protocol may be somebody else's; those of
// OpenID Connect, which was there first, have no prefix.
func identityText(protocol string, key [32]byte) string {
	text := hex.EncodeToString(key[:])
	if protocol == ProtocolSAML {
		return ProtocolSAML + " " + text
	}
	return text
}

// decideLogin asks the mapping what the claims grant.
func (pol *policy) decideLogin(i Identity, creating bool) (mapping.Decision, error) {
	o := new(scim.Object)
	if i.Attributes != nil {
		o.Members = slices.Clone(i.Attributes.Members)
	}
	for name, value := range map[string]string{"email": i.Email, "name": i.Name} { // what the provider has found elsewhere
		if _, sent := o.Get(name); !sent && value != "" {
			o.Set(name, value)
		}
	}
	if i.RolesOmitted {
		o.Delete(cmp.Or(pol.mapping.Rules().RoleClaim, "role"))
	}
	return pol.mapping.Decide(mapping.Person{
		Attributes: o, Login: true, Active: true, Creating: creating,
		Language: pol.home.Settings.Language, TimeZone: pol.home.Settings.TimeZone,
	}, pol.grantable)
}
