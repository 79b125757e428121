package delivery

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/usher-scim/usher/directory"
)

const (
	mailEvery    = 5 * time.Second
	mailPage     = 1000               // messages that are looked at at once
	mailGroup    = 500                // that one letter tells of
	mailSessions = 4                  // with the mail server at once
	mailClaim    = 3 * time.Minute    // longer than a mail may take
	mailPatience = 5 * 24 * time.Hour // as mail servers have it (RFC 5321 §4.5.4.1)

	// Notices that come in bursts are told together: when none has come for a while, or the first has waited for long.
	settleFor = time.Minute
	settleMax = 15 * time.Minute
)

// mailRoom sends notices to admins (J10).
type mailRoom struct{ Config }

func (r *mailRoom) run(ctx context.Context) {
	w := wakeups{committed: r.Directory.NextMessage, every: mailEvery}
	if r.Mailer == nil { // there is time to drop what nobody will be told
		w = wakeups{committed: func() <-chan struct{} { return nil }, every: time.Minute}
	}
	w.keepLooking(ctx, r.look)
}

// look sends what is due, and returns when that is done.
func (r *mailRoom) look(ctx context.Context) {
	due, err := r.Directory.DueMessages(ctx, directory.MessageMail, mailPage)
	if err != nil {
		if ctx.Err() == nil {
			r.Log.Error("mail: cannot read what is due", "error", err)
		}
		return
	}
	var work sync.WaitGroup
	defer work.Wait()
	free := make(chan struct{}, mailSessions)
	for _, group := range r.ready(due) {
		free <- struct{}{}
		work.Go(func() {
			defer func() { <-free }()
			if err := r.handle(ctx, group); err != nil && !isElsewhere(err) && ctx.Err() == nil {
				r.Log.Error("mail: cannot go on", "type", group[0].Type, "error", err)
			}
		})
	}
}

// ready puts together what is told together, and leaves out what may be joined by more.
func (r *mailRoom) ready(due []directory.Message) [][]directory.Message {
	var order []string
	groups := map[string][]directory.Message{}
	for _, m := range due {
		key := strings.Join(append([]string{m.Root, m.To, m.Type, onlyFor(m)}, m.Told...), "\n")
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], m)
	}
	var ready [][]directory.Message
	for _, key := range order {
		if g := groups[key]; len(due) == mailPage || r.settled(g) {
			ready = slices.AppendSeq(ready, slices.Chunk(g, mailGroup))
		}
	}
	return ready
}

// onlyFor is the person to whom alone a notice goes.
func onlyFor(m directory.Message) string {
	if m.Type == directory.NoticeRecoveryUsed {
		return m.Subject
	}
	return ""
}

// gathered are the types of notices of which several make one letter.
var gathered = []string{directory.NoticeUserCreated, directory.NoticeTokenExpires, directory.NoticeCertificateExpires, directory.NoticeKeysExpire}

func (r *mailRoom) settled(group []directory.Message) bool {
	if !slices.Contains(gathered, group[0].Type) {
		return true
	}
	byAge := func(a, b directory.Message) int { return a.Created.Compare(b.Created) }
	now, oldest, newest := r.Now(), slices.MinFunc(group, byAge), slices.MaxFunc(group, byAge)
	return oldest.Failures > 0 || now.Sub(newest.Created) >= settleFor || now.Sub(oldest.Created) >= settleMax
}

// handle claims a group, sends it, and records what became of it.
func (r *mailRoom) handle(ctx context.Context, group []directory.Message) error {
	if r.Mailer == nil {
		return r.drop(ctx, group)
	}
	group, err := r.Directory.ClaimMessages(ctx, group, r.Now().Add(mailClaim))
	if err != nil {
		return err
	}
	d := &distribution{mailRoom: r, group: group, reached: len(group[0].Told) > 0}
	err = d.run(ctx)
	// What was sent is recorded, whatever has ended the work.
	stopped := ctx.Err() != nil
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return r.Directory.RecordMessages(ctx, d.group, d.outcome(err, stopped))
}

// drop removes notices that nobody will be told of any more.
func (r *mailRoom) drop(ctx context.Context, group []directory.Message) error {
	old := slices.DeleteFunc(group, func(m directory.Message) bool { return r.Now().Sub(m.Created) < mailPatience })
	if len(old) == 0 {
		return nil
	}
	return r.Directory.RecordMessages(ctx, old, directory.MessageOutcome{Delivered: true})
}

// distribution is one letter to each of the recipients of a group of notices.
type distribution struct {
	*mailRoom
	group   []directory.Message // all have the same recipients told
	reached bool                // somebody was told
	bounced string              // what was said of the last recipient who is refused for good
}

// outcome says what becomes of the group.
func (d *distribution) outcome(err error, stopped bool) directory.MessageOutcome {
	now := d.Now()
	switch {
	case err == nil && (d.reached || d.bounced == ""):
		return directory.MessageOutcome{Delivered: true}
	case err == nil:
		return directory.MessageOutcome{Failure: d.bounced, NextAt: now, Abandon: true}
	case stopped: // others may have it at once
		return directory.MessageOutcome{NextAt: now}
	}
	o := failed(d.group[0], mailFailure(err), mailPatience, now)
	log := d.Log.Info
	if o.Abandon {
		log = d.Log.Warn
	}
	log("mail: not sent", "type", d.group[0].Type, "workspace", d.group[0].To, "error", err,
		"failures", d.group[0].Failures+1, "given_up", o.Abandon)
	return o
}

// run sends to those who are not told yet.
func (d *distribution) run(ctx context.Context) error {
	list, err := notices(d.group)
	if errors.Is(err, errUnknownNotice) {
		d.bounced = err.Error()
		return nil
	}
	if err != nil {
		return err
	}
	left, err := d.recipients(ctx)
	if err != nil || len(left) == 0 {
		return err
	}
	home, err := d.home(ctx, list[0].Workspace)
	if err != nil {
		return err
	}
	man, err := d.Mailer.open(ctx)
	if err != nil {
		return err
	}
	defer man.close()
	for i, to := range left {
		if i > 0 {
			if err := d.progress(ctx); err != nil {
				return err
			}
		}
		if err := d.send(ctx, man, to, home); err != nil {
			return err
		}
	}
	return nil
}

// recipients are those who are not told yet.
func (d *distribution) recipients(ctx context.Context) ([]directory.Recipient, error) {
	all, err := d.Directory.Recipients(ctx, d.group[0])
	if err == nil && len(all) == 0 {
		d.Log.Warn("mail: there is no admin to be told", "type", d.group[0].Type, "workspace", d.group[0].To)
	}
	return slices.DeleteFunc(all, func(to directory.Recipient) bool { return slices.Contains(d.group[0].Told, to.Subject) }), err
}

// letterhead is how a workspace writes.
type letterhead struct {
	language string
	zone     *time.Location
}

func (d *distribution) home(ctx context.Context, key string) (letterhead, error) {
	w, err := d.Directory.Workspace(ctx, key)
	var refused *directory.Refusal
	if errors.As(err, &refused) { // it was deleted or renamed meanwhile
		return letterhead{zone: time.UTC}, nil
	}
	zone, e := time.LoadLocation(cmp.Or(w.Settings.TimeZone, "UTC"))
	if e != nil {
		zone = time.UTC
	}
	return letterhead{w.Settings.Language, zone}, err
}

// progress keeps who was told, and the claim. What was erased meanwhile is not told any more.
func (d *distribution) progress(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	until := d.Now().Add(mailClaim)
	claimed, err := d.Directory.ClaimMessages(ctx, d.group, until)
	if isElsewhere(err) {
		claimed, err = nil, nil
		for _, m := range d.group {
			one, e := d.Directory.ClaimMessage(ctx, m, until)
			if isElsewhere(e) {
				continue
			}
			claimed, err = append(claimed, one), cmp.Or(err, e)
		}
	}
	if err == nil && len(claimed) == 0 {
		return directory.ErrNotFound
	}
	if err == nil {
		d.group = claimed
	}
	return err
}

func (d *distribution) send(ctx context.Context, man postman, to directory.Recipient, home letterhead) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	list, err := notices(d.group)
	if err != nil {
		return err
	}
	t := tongueOf(home.language, to.Language)
	l := t.letter(d.group[0].Type, list, to, home.zone, d.PublicURL)
	m, err := t.compose(l, d.Mailer.from, to, d.group, d.Now())
	if err == nil {
		err = man.send(ctx, m)
	}
	var refused *bounce
	switch {
	case errors.As(err, &refused):
		d.bounced = refused.text
		d.Log.Warn("mail: a recipient is refused", "type", d.group[0].Type, "workspace", d.group[0].To, "subject", to.Subject, "failure", refused.text)
	case err != nil:
		return err
	default:
		d.reached = true
	}
	for i := range d.group {
		d.group[i].Told = append(slices.Clone(d.group[i].Told), to.Subject)
	}
	return nil
}
