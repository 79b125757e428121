package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/usher-scim/usher/directory"
)

const (
	maxApps        = 100                // that are told at once
	logoutPage     = 100                // messages to one app that are read at once
	logoutPatience = 3 * 24 * time.Hour // then an app's own session is over, or should be
)

// logouts tells apps that sessions have ended (OpenID Connect Back-Channel Logout): each app in order, one app beside the
// other.
type logouts struct {
	Config
	apps sync.WaitGroup
	crew *crew // by root and app
}

func newLogouts(cfg Config) *logouts {
	return &logouts{Config: cfg, crew: newCrew(maxApps)}
}

func (l *logouts) run(ctx context.Context) {
	defer l.apps.Wait()
	wakeups{l.Directory.NextMessage, l.crew.again, lookEvery}.keepLooking(ctx, l.look)
}

// look begins with the apps for which something is due.
func (l *logouts) look(ctx context.Context) {
	due, err := l.Directory.DueMessages(ctx, directory.MessageLogout, maxApps)
	if err != nil {
		if ctx.Err() == nil {
			l.Log.Error("logouts: cannot read which are due", "error", err)
		}
		return
	}
	for _, m := range due {
		queue := m.Root + "/" + m.To
		if !l.crew.begin(queue) {
			continue
		}
		l.apps.Go(func() { l.end(queue, m, l.drain(ctx, m)) })
	}
}

// end lets the app be looked at again: at once, for what was committed when it was still at work.
func (l *logouts) end(queue string, m directory.Message, err error) {
	l.crew.end(queue)
	switch {
	case err == nil:
		l.crew.lookAgain()
	case isElsewhere(err), errors.Is(err, errNotTold), errors.Is(err, context.Canceled):
	default:
		l.Log.Error("logout: cannot go on", "app", m.To, "error", err)
	}
}

// drain tells an app what waits for it, from m on, until nothing waits or something goes wrong.
func (l *logouts) drain(ctx context.Context, m directory.Message) error {
	m, err := l.Directory.ClaimMessage(ctx, m, l.claim())
	for err == nil {
		var queue []directory.Message
		if queue, err = l.Directory.MessagesTo(ctx, m, logoutPage); err != nil {
			return err
		}
		// What a slower clock has put before m is due when m is done.
		behind := slices.DeleteFunc(queue, func(o directory.Message) bool { return o.ID <= m.ID })
		if len(behind) == 0 {
			if err = l.tell(ctx, m); err == nil {
				err = l.Directory.RecordMessage(ctx, m, directory.MessageOutcome{Delivered: true})
			}
			return err
		}
		m, err = l.tellPage(ctx, m, behind)
	}
	return err
}

// tellPage tells an app one message after the other and returns the last one, which is claimed.
func (l *logouts) tellPage(ctx context.Context, m directory.Message, behind []directory.Message) (directory.Message, error) {
	for _, next := range behind {
		if err := l.tell(ctx, m); err != nil {
			return m, err
		}
		var err error
		if m, err = l.Directory.AdvanceMessage(context.WithoutCancel(ctx), m, next, l.claim()); err != nil {
			return m, err
		}
	}
	return m, nil
}

func (l *logouts) claim() time.Time { return l.Now().Add(claimFor) }

// errNotTold is a message that waits for its next try.
var errNotTold = errors.New("the app was not told")

// tell posts one message. When it fails it says so in the message.
func (l *logouts) tell(ctx context.Context, m directory.Message) error {
	failure, err := l.post(ctx, m)
	if err == nil && failure == "" {
		return nil
	}
	stopped := ctx.Err() != nil
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if stopped { // others may have it at once
		return cmp.Or(l.Directory.RecordMessage(ctx, m, directory.MessageOutcome{NextAt: l.Now()}), errNotTold)
	}
	if err != nil {
		l.Log.Error("logout: cannot be told", "app", m.To, "error", err)
		failure = "the logout token could not be made"
	}
	o := failed(m, failure, logoutPatience, l.Now())
	level := slog.LevelInfo
	if o.Abandon {
		level = slog.LevelWarn
	}
	l.Log.Log(ctx, level, "logout: an app was not told", "app", m.To, "failure", failure, "failures", m.Failures+1, "given_up", o.Abandon)
	return cmp.Or(l.Directory.RecordMessage(ctx, m, o), errNotTold)
}

// post calls the app. It returns why the app has not taken the message; an error is our own fault.
func (l *logouts) post(ctx context.Context, m directory.Message) (failure string, err error) {
	app, err := l.Directory.App(ctx, m.To)
	if errors.Is(err, directory.ErrNotFound) || err == nil && app.BackchannelLogoutURI == "" {
		return "", nil // nobody is there to be told
	}
	if err != nil {
		return "", err
	}
	token, err := l.LogoutToken(ctx, m)
	if err != nil {
		return "", err
	}
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "User-Agent": {"usher"}}
	a, err := l.Client.post(ctx, app.BackchannelLogoutURI, header, []byte(url.Values{"logout_token": {token}}.Encode()))
	switch {
	case err != nil && !errors.Is(err, errTooLarge): // what the app says beyond its status is of no interest
		return Reason(err), nil
	case a.status/100 == 2: // 200, and 204 of frameworks that know better (§2.8)
		return "", nil
	}
	return fmt.Sprintf("the app answered %d %s", a.status, http.StatusText(a.status)), nil
}
