package directory_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

func (w *world) rotate(id string) (directory.IssuedToken, error) {
	return w.directory.RotateToken(w.ctx, operator, w.connection, id, w.clock.Now().AddDate(1, 0, 0))
}

// opens reports what becomes of a request with the credential: of a client secret, with an access token for it.
func (w *world) opens(token directory.IssuedToken) error {
	text := token.Text
	if token.Kind == directory.TokenSecret {
		access, err := w.grant(w.connection.ID, text, time.Hour)
		if err != nil {
			return err
		}
		text = access.Text
	}
	_, err := w.authenticate("Bearer "+text, w.connection.ID)
	return err
}

// D-21: both kinds of credentials rotate in two phases.
func TestRotation_D21_TwoPhases(t *testing.T) {
	t.Parallel()
	for _, kind := range []directory.TokenKind{directory.TokenBearer, directory.TokenSecret} {
		for _, end := range []string{"complete", "cancel"} {
			for _, by := range []string{"old", "next"} {
				t.Run(string(kind)+" "+end+" by the "+by+" one", func(t *testing.T) {
					t.Parallel()
					w := newWorld(t, "okta")
					old := map[directory.TokenKind]func() directory.IssuedToken{
						directory.TokenBearer: func() directory.IssuedToken { return w.token(w.connection) },
						directory.TokenSecret: w.secret,
					}[kind]()
					w.label(old.ID, "<old>")
					w.skip()
					w.clock.add(time.Hour)
					next, err := w.rotate(old.ID)
					check(t, err)
					w.label(next.ID, "<next>")
					equal(t, "next", []any{next.Kind, next.Replaces}, []any{kind, old.ID})
					detail := `{"kind":"` + string(kind) + `","expires_at":"2031-01-02T04:04:05.678Z","replaces":"<old>"}`
					w.wantHappened("token.rotate <next> by cli:test: " + detail)
					check(t, w.opens(old))
					check(t, w.opens(next))

					named, stays, gone := old, old, next
					if by == "next" {
						named = next
					}
					finish := w.directory.CancelRotation
					if end == "complete" {
						finish, stays, gone = w.directory.CompleteRotation, next, old
					}
					left, err := finish(w.ctx, operator, w.connection, named.ID)
					check(t, err)
					equal(t, "what stays", []string{left.ID, left.Replaces}, []string{stays.ID, ""})
					w.wantHappened("token." + end + " <next> by cli:test: " + detail)
					check(t, w.opens(stays))
					wantKind(t, w.opens(gone), scim.KindRevokedToken)
					_, err = finish(w.ctx, operator, w.connection, named.ID)
					wantRefusal(t, err, directory.RefusedInvalid, named.ID)
					_, err = w.rotate(stays.ID) // the next rotation may begin
					check(t, err)
				})
			}
		}
	}
}

func TestRotation_Refusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	old := w.token(w.connection)
	_, err := w.directory.CompleteRotation(w.ctx, operator, w.connection, old.ID)
	wantRefusal(t, err, directory.RefusedInvalid, "no rotation")
	_, err = w.directory.CancelRotation(w.ctx, operator, w.connection, "nope")
	wantRefusal(t, err, directory.RefusedNotFound, "nope")
	_, err = w.rotate("nope")
	wantRefusal(t, err, directory.RefusedNotFound, "nope")
	_, err = w.directory.RotateToken(w.ctx, operator, w.connection, old.ID, testStart)
	wantRefusal(t, err, directory.RefusedInvalid, "expire")

	next, err := w.directory.RotateToken(w.ctx, operator, w.connection, old.ID, testStart.AddDate(0, 0, 1))
	check(t, err)
	for _, id := range []string{old.ID, next.ID} {
		_, err = w.rotate(id)
		wantRefusal(t, err, directory.RefusedExists, id)
	}
	w.clock.add(48 * time.Hour) // the next one has expired by now: completing would leave nothing
	_, err = w.directory.CompleteRotation(w.ctx, operator, w.connection, old.ID)
	wantRefusal(t, err, directory.RefusedInvalid, "expired")
	_, err = w.rotate(next.ID)
	wantRefusal(t, err, directory.RefusedInvalid, "not live")
	_, err = w.directory.CancelRotation(w.ctx, operator, w.connection, old.ID)
	check(t, err)
	w.clock.add(old.Expires.Sub(w.clock.Now()))
	_, err = w.rotate(old.ID)
	wantRefusal(t, err, directory.RefusedInvalid, "not live")
}

// The old token expires while the rotation is open: to cancel would leave nothing, so that only completing is left.
func TestRotation_OldTokenExpiresMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	old, err := w.directory.CreateToken(w.ctx, operator, w.connection, testStart.AddDate(0, 0, 1))
	check(t, err)
	next, err := w.rotate(old.ID)
	check(t, err)
	w.clock.add(48 * time.Hour)
	_, err = w.directory.CancelRotation(w.ctx, operator, w.connection, old.ID)
	wantRefusal(t, err, directory.RefusedInvalid, "expired")
	check(t, w.opens(next))
	stays, err := w.directory.CompleteRotation(w.ctx, operator, w.connection, old.ID)
	check(t, err)
	equal(t, "stays", stays.ID, next.ID)
}

func TestRotation_EndsWhenEitherTokenIsRevoked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	for _, revoked := range []string{"old", "next"} {
		old := w.token(w.connection)
		next, err := w.rotate(old.ID)
		check(t, err)
		ids := map[string]string{"old": old.ID, "next": next.ID}
		_, err = w.directory.RevokeToken(w.ctx, operator, w.connection, ids[revoked])
		check(t, err)
		all, err := w.directory.Tokens(w.ctx, w.connection)
		check(t, err)
		for _, token := range all {
			equal(t, revoked+" revoked: replaces", token.Replaces, "")
		}
		_, err = w.directory.CompleteRotation(w.ctx, operator, w.connection, old.ID)
		wantRefusal(t, err, directory.RefusedInvalid, "no rotation")
	}
}

// the next token is bound to the same user.
func TestRotation_R160_KeepsTheUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	ada := w.user(`{"userName":"ada","active":true}`)
	next, err := w.rotate(w.userToken(ada.ID).ID)
	check(t, err)
	client, err := w.authenticate("Bearer "+next.Text, "")
	check(t, err)
	equal(t, "me", client.User, ada.ID)
}

func TestRotation_OfTwoAtOnceOneIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	old := w.token(w.connection)
	errs := make([]error, 8)
	var group sync.WaitGroup
	for i := range errs {
		d := w.open(w.key) // each a process of its own
		group.Go(func() {
			_, errs[i] = d.RotateToken(context.Background(), operator, w.connection, old.ID, testStart.AddDate(1, 0, 0))
		})
	}
	group.Wait()
	opened := 0
	for _, err := range errs {
		if err == nil {
			opened++
			continue
		}
		wantRefusal(t, err, directory.RefusedExists, old.ID)
	}
	equal(t, "rotations opened", opened, 1)
}
