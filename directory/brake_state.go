package directory

import (
	"cmp"
	"context"
	"time"

	"github.com/usher-scim/usher/directory/internal/brake"
)

// BrakeState is where the brake of a connection stands.
type BrakeState struct {
	// Held says that leavers are held: within the last hour somebody's leaving was refused, or the next one's is.
	Held  bool
	Left  int // who has left within the hour
	Limit int // how many may
	// OpenUntil is how long an admin lets them through; zero: not.
	OpenUntil time.Time
}

// BrakeOf says whether leavers of the connection are held (B10). What one large request was refused for is known to the
// process that refused it alone.
func (d *Directory) BrakeOf(ctx context.Context, c Connection) (BrakeState, error) {
	now := d.now()
	members, percent := c.Settings.Brake.bounds()
	left, err := d.leftBy(ctx, c, now)
	if err != nil {
		return BrakeState{}, err
	}
	active, err := d.activeOf(ctx, c, now)
	if err != nil {
		return BrakeState{}, err
	}
	s := BrakeState{Left: left, Limit: max(members, active*percent/100)}
	last := d.leavers.Told(c.ID)
	told := !last.IsZero() && now.Sub(last) < brake.Window
	switch off := c.Settings.Brake != nil && c.Settings.Brake.Off; {
	case now.Before(c.Settings.BrakeOpenUntil):
		s.OpenUntil = c.Settings.BrakeOpenUntil
	case !off:
		s.Held = told && !last.Before(c.Settings.BrakeOpenUntil) || s.Left >= s.Limit && s.Left > 0
	}
	return s, nil
}

// bounds are how many members may leave, or how many percent of them.
func (b *Brake) bounds() (members, percent int) {
	if b == nil {
		return brakeMembers, brakePercent
	}
	return cmp.Or(b.Members, brakeMembers), cmp.Or(b.Percent, brakePercent)
}
