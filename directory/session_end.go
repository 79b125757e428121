package directory

import (
	"cmp"
	"context"
	"slices"
)

// Why a session has ended.
const (
	ReasonLogout     = "logout"
	ReasonReplaced   = "replaced"   // by the next login in the same browser
	ReasonAdmin      = "admin"      // somebody else has ended it
	ReasonIDP        = "idp"        // the identity provider has
	ReasonAccess     = "access"     // the person has lost it
	ReasonConnection = "connection" // is deleted, or nobody signs in by it any more
	ReasonWorkspace  = "workspace"  // is deleted
	ReasonFactor     = "factor"     // the second factor was reset
)

// maxEndedIn bounds in how many workspaces the sessions of one person are looked for. Where there are more below the one
// that is lost, all of the person's sessions end.
const maxEndedIn = 50

// endSessions adds to a plan that the sessions end of those who lose access with it, by whichever road (B8). It comes
// last, when everything else is planned.
func (d *Directory) endSessions(ctx context.Context, p *plan) error {
	for _, subject := range p.Erase {
		p.Ends = append(p.Ends, SessionEnd{Subject: subject, Reason: ReasonAccess, At: p.now})
	}
	for _, e := range p.Subjects {
		if e.After == nil {
			p.Ends = append(p.Ends, SessionEnd{Subject: e.Before.ID, Reason: ReasonAccess, At: p.now})
		}
	}
	for _, e := range p.Memberships {
		// One that is new and gives no access takes away what the workspace above has given.
		if e.Before != nil && !e.Before.access() || e.After != nil && e.After.access() {
			continue
		}
		below, err := d.idsBelow(ctx, p.Root, workspaceOf(e))
		if err != nil {
			return err
		}
		p.Ends = append(p.Ends, SessionEnd{Subject: cmp.Or(e.Before, e.After).Subject, Workspaces: below, Reason: ReasonAccess, At: p.now})
	}
	return nil
}

// idsBelow are the ids of a workspace and of those below it; nil when they are too many to be named.
func (d *Directory) idsBelow(ctx context.Context, root, workspace string) ([]string, error) {
	t, err := d.treeOf(ctx, root, false)
	if err != nil {
		return nil, err
	}
	ids := []string{workspace}
	for id, b := range t.workspaces {
		if id != workspace && b.within(workspace) {
			ids = append(ids, id)
		}
	}
	if len(ids) > maxEndedIn {
		return nil, nil
	}
	slices.Sort(ids)
	return ids, nil
}
