package delivery

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/sqlite"
	"github.com/usher-scim/usher/store/sqlite/sqlitetest"
)

func want[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestMail_ToEachAdminByTLS(t *testing.T) {
	t.Parallel()
	for _, implicit := range []bool{false, true} {
		w, b := newWorld(t), newInbox(t, implicit)
		b.url = strings.Replace(b.url, "://", "://usher:s3cret@", 1)
		user := make(chan string, 2)
		b.refuse(func(step, argument string) error {
			if step == "AUTH" {
				user <- argument
			}
			return nil
		})
		w.admin("ada@example.com")
		w.admin("grace@example.com")
		w.notice(directory.NoticeSignInEnabled, "", directory.Notice{Connection: "Okta", By: "cli:ops"})
		w.mails(b.mailer())
		want(t, "recipients", b.to(), []string{"ada@example.com", "grace@example.com"})
		want(t, "user", <-user, "usher")
		h := b.letters[0].Header
		want(t, "subject", h.Get("Subject"), "Acme: sign-in was enabled")
		want(t, "from", h.Get("From"), `"Usher" <usher@example.com>`)
		want(t, "for machines", h.Get("Auto-Submitted"), "auto-generated")
		want(t, "one recipient each", h.Get("To"), `"Ada" <`+b.letters[0].to+`>`)
		want(t, "left", len(w.waiting(directory.MessageMail, w.workspace.ID)), 0)
		w.mails(b.mailer())
		want(t, "once", len(b.to()), 2)
	}
}

func TestMail_FromTheDirectory(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t), newInbox(t, false)
	w.admin("ada@example.com")
	jit := directory.MethodJIT
	_, err := w.directory.UpdateWorkspace(t.Context(), operator, w.workspace, directory.WorkspaceChange{
		Settings: &directory.WorkspaceSettings{Method: jit, Language: "de-CH", TimeZone: "Europe/Berlin"},
	})
	check(t, err)
	w.mails(b.mailer())
	want(t, "recipients", b.to(), []string{"ada@example.com"})
	want(t, "language", b.letters[0].Header.Get("Content-Language"), "de")
	if !strings.Contains(b.letters[0].body, "04:04 CET") {
		t.Errorf("the time is not that of the workspace:\n%s", b.letters[0].body)
	}
}

// Whatever goes wrong, in the end everybody has each mail, and once.
func TestMail_FailuresAtEachStep(t *testing.T) {
	t.Parallel()
	busy := &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "busy"}
	full := &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 2, 2}, Message: "full"}
	denied := &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "relaying denied"}
	w := newWorld(t)
	w.admin("grace@example.com")
	bad := &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 8}, Message: "bad sender"}
	for _, row := range []struct {
		name, step string
		err        error
		failure    string // that stands in the outbox
		copies     int    // that grace gets
	}{
		{"greeting", "EHLO", errHangUp, "the mail server: ", 1},
		{"greeting refused", "EHLO", busy, "the mail server: ", 1},
		{"login", "AUTH", smtp.ErrAuthFailed, "the mail server: ", 1},
		{"sender, for now", "MAIL", busy, "the mail server refused: sending SMTP MAIL FROM command 451 4.3.0", 1},
		{"sender, for good", "MAIL", bad, "the mail server refused: sending SMTP MAIL FROM command 550 5.1.8", 1},
		{"recipient, for now", "RCPT", full, "the mail server refused: sending SMTP RCPT TO command 452 4.2.2", 1},
		{"recipient, as we may not", "RCPT", denied, "the mail server refused: sending SMTP RCPT TO command 554 5.7.1", 1},
		{"recipient, and hangs up", "RCPT", errHangUp, "the mail server broke off: ", 1},
		{"content, for now", "DATA", busy, "the mail server refused: closing SMTP DATA writer 451 4.3.0", 1},
		{"content, and hangs up", "DATA", errHangUp, "the mail server broke off: ", 1},
		{"after the mail", "RSET", errHangUp, "", 1},
		{"between mail and answer", "sent", errHangUp, "the mail server broke off: ", 2}, // SMTP cannot do better
	} {
		t.Run(row.name, func(t *testing.T) { // one after the other, in one world
			b := newInbox(t, false)
			b.url = strings.Replace(b.url, "://", "://usher:s3cret@", 1)
			w.notice(directory.NoticeSignInDisabled, "", directory.Notice{})
			b.refuse(func(step, _ string) error {
				if step == row.step {
					return row.err
				}
				return nil
			})
			w.mails(b.mailer())
			left := w.waiting(directory.MessageMail, w.workspace.ID)
			if row.failure == "" {
				want(t, "left", len(left), 0)
			} else if len(left) != 1 || left[0].Failures != 1 || !strings.HasPrefix(left[0].Failure, row.failure) {
				t.Fatalf("in the outbox: %+v", left)
			}
			b.refuse(nil)
			w.mails(b.mailer()) // too early
			w.clock.add(firstRetry * 5 / 4)
			w.mails(b.mailer())
			want(t, "letters", b.to(), slices.Repeat([]string{"grace@example.com"}, row.copies))
			want(t, "left", len(w.waiting(directory.MessageMail, w.workspace.ID)), 0)
			for _, l := range b.letters {
				want(t, "the same mail", l.Header.Get("Message-Id"), b.letters[0].Header.Get("Message-Id"))
			}
		})
	}
}

func TestMail_WithoutTLSNothingIsSent(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		change func(w *world, b *inbox) *Mailer
	}{
		{"another certificate", func(_ *world, b *inbox) *Mailer {
			b.roots = x509.NewCertPool()
			return b.mailer()
		}},
		{"no STARTTLS", func(_ *world, b *inbox) *Mailer {
			plain := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &visit{inbox: b, conn: c}, nil }))
			l, err := net.Listen("tcp", "127.0.0.1:0")
			check(t, err)
			serve(t, plain, l)
			b.url = "smtp://" + l.Addr().String()
			return b.mailer()
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t), newInbox(t, false)
			w.admin("ada@example.com")
			w.notice(directory.NoticeSignInEnabled, "", directory.Notice{})
			w.mails(row.change(w, b))
			want(t, "letters", len(b.to()), 0)
			want(t, "failures", w.waiting(directory.MessageMail, w.workspace.ID)[0].Failures, 1)
		})
	}
}

func TestMail_ARecipientWhoIsRefusedDoesNotKeepTheOthers(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t), newInbox(t, false)
	w.admin("ada@example.com")
	w.admin("gone@example.com")
	w.admin("grace@example.com")
	w.admin("slow@example.com")
	w.notice(directory.NoticeSignInEnabled, "", directory.Notice{})
	slow := true
	b.refuse(func(step, to string) error {
		switch {
		case step == "RCPT" && to == "gone@example.com":
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
		case step == "RCPT" && to == "slow@example.com" && slow:
			return &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "greylisted"}
		}
		return nil
	})
	w.mails(b.mailer())
	left := w.waiting(directory.MessageMail, w.workspace.ID)
	if len(left) != 1 || left[0].Failures != 1 {
		t.Fatalf("%+v", left)
	}
	w.notice(directory.NoticeSignInDisabled, "", directory.Notice{}) // does not wait behind the other
	slow = false
	w.mails(b.mailer())
	w.clock.add(firstRetry * 5 / 4)
	w.mails(b.mailer())
	twice := []string{"ada@example.com", "ada@example.com", "grace@example.com", "grace@example.com", "slow@example.com", "slow@example.com"}
	want(t, "letters", b.to(), twice)
	want(t, "left", len(w.waiting(directory.MessageMail, w.workspace.ID)), 0)
}

func TestMail_NobodyTakesIt(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t), newInbox(t, false)
	w.admin("gone@example.com")
	w.notice(directory.NoticeSignInEnabled, "", directory.Notice{})
	b.refuse(func(step, _ string) error {
		if step == "DATA" {
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "not here"}
		}
		return nil
	})
	w.mails(b.mailer())
	want(t, "left", len(w.waiting(directory.MessageMail, w.workspace.ID)), 0)
	b.refuse(nil)
	w.clock.add(time.Hour)
	w.mails(b.mailer())
	want(t, "letters", len(b.to()), 0)
}

func TestMail_IsGivenUpAfterFiveDays(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t), newInbox(t, false)
	w.admin("ada@example.com")
	w.notice(directory.NoticeSignInEnabled, "", directory.Notice{})
	b.refuse(func(step, _ string) error {
		if step == "MAIL" {
			return &smtp.SMTPError{Code: 421, Message: "later"}
		}
		return nil
	})
	begun := w.clock.Now()
	for _, age := range []time.Duration{0, time.Hour, mailPatience - time.Second} {
		w.clock.set(begun.Add(age))
		w.mails(b.mailer())
		want(t, "left", len(w.waiting(directory.MessageMail, w.workspace.ID)), 1)
	}
	w.clock.set(begun.Add(mailPatience + 2*lastRetry))
	w.mails(b.mailer())
	want(t, "left", len(w.waiting(directory.MessageMail, w.workspace.ID)), 0)
	b.refuse(nil)
	w.clock.add(lastRetry)
	w.mails(b.mailer())
	want(t, "letters", len(b.to()), 0)
}

func TestRetry_LaterEachTime(t *testing.T) {
	t.Parallel()
	begun := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	tries, at := 0, begun
	for ; at.Sub(begun) < mailPatience; tries++ {
		at = retryAt(at, tries+1)
	}
	if tries < 90 || tries > 140 {
		t.Errorf("%d tries in %s", tries, mailPatience)
	}
	for failures, least := range map[int]time.Duration{1: firstRetry, 2: 2 * firstRetry, 3: 4 * firstRetry, 10: lastRetry, 1_000_000: lastRetry} {
		if p := retryAt(begun, failures).Sub(begun); p < least || p > least*5/4 {
			t.Errorf("%s after %d failures, want %s", p, failures, least)
		}
	}
}

func TestMail_BurstsMakeOneLetter(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t), newInbox(t, false)
	w.admin("ada@example.com")
	person := func() {
		w.notice(directory.NoticeUserCreated, "s9", directory.Notice{Person: "Grace", Email: "g@example.com"})
	}
	subjects := func() (all []string) {
		for _, l := range b.letters {
			all = append(all, l.Header.Get("Subject"))
		}
		b.letters = nil
		return all
	}
	person()
	w.mails(b.mailer())
	w.clock.add(settleFor - time.Second)
	w.mails(b.mailer())
	want(t, "in the first minute", subjects(), nil)
	w.clock.add(time.Second)
	w.mails(b.mailer())
	want(t, "after a minute", subjects(), []string{"Acme: new user Grace"})

	for range 100 { // more come all the time
		person()
		w.clock.add(10 * time.Second)
		w.mails(b.mailer())
	}
	w.notice(directory.NoticeSignInChanged, "", directory.Notice{})
	w.mails(b.mailer())
	w.clock.add(settleFor)
	w.mails(b.mailer())
	want(t, "in 17 minutes", subjects(), []string{"Acme: 90 new users", "Acme: sign-in was changed", "Acme: 10 new users"})
}

func TestMail_OfManyHundred(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t), newInbox(t, false)
	w.admin("ada@example.com")
	change := &directory.Change{Root: w.workspace.Root}
	first := w.notice(directory.NoticeUserCreated, "", directory.Notice{Person: "Grace"})
	for i := range mailGroup + 9 {
		m := first
		m.ID = fmt.Sprintf("n%04d", i)
		change.Messages = append(change.Messages, directory.Edit[directory.Message]{After: &m})
	}
	check(t, w.store.Commit(t.Context(), change))
	w.clock.add(settleFor)
	w.mails(b.mailer())
	want(t, "letters", len(b.to()), 2) // 500 and 10
	want(t, "left", len(w.waiting(directory.MessageMail, w.workspace.ID)), 0)
}

// A process dies between two recipients: the next one sends to the second alone.
func TestMail_RestartInTheMiddle(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t), newInbox(t, false)
	dir := sqlitetest.Folder(t)
	var err error
	w.store, err = sqlite.Open(t.Context(), dir, sqlite.Options{Now: w.clock.Now})
	check(t, err)
	key := directory.NewKey()
	w.directory, err = directory.New(directory.Config{Store: w.store, Key: key, Now: w.clock.Now})
	check(t, err)
	w.workspace, err = w.directory.CreateWorkspace(t.Context(), operator, directory.NewWorkspace{Key: "ACC123", Name: "Acme"})
	check(t, err)
	w.admin("ada@example.com")
	w.admin("grace@example.com")
	w.notice(directory.NoticeSignInEnabled, "", directory.Notice{})
	dead := w.store.(*sqlite.Store)
	sent := 0
	b.refuse(func(step, _ string) error {
		if step == "RCPT" {
			if sent++; sent == 2 {
				return cmpErr(dead.Close(), errHangUp)
			}
		}
		return nil
	})
	w.mails(b.mailer())
	want(t, "before it dies", len(b.to()), 1)

	b.refuse(nil)
	w.store, err = sqlite.Open(t.Context(), dir, sqlite.Options{Now: w.clock.Now})
	check(t, err)
	t.Cleanup(func() { check(t, w.store.(*sqlite.Store).Close()) })
	w.directory, err = directory.New(directory.Config{Store: w.store, Key: key, Now: w.clock.Now})
	check(t, err)
	w.mails(b.mailer())
	want(t, "while it is claimed", len(b.to()), 1)
	w.clock.add(mailClaim)
	w.mails(b.mailer())
	want(t, "in the end", b.to(), []string{"ada@example.com", "grace@example.com"})
}

func cmpErr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

func TestMail_StopsBetweenTwoRecipients(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t), newInbox(t, false)
	for _, address := range []string{"ada@example.com", "grace@example.com", "mary@example.com"} {
		w.admin(address)
	}
	w.notice(directory.NoticeSignInEnabled, "", directory.Notice{})
	ctx, stop := context.WithCancel(t.Context())
	b.refuse(func(step, _ string) error {
		if step == "DATA" {
			stop()
		}
		return nil
	})
	cfg := w.config()
	cfg.Mailer = b.mailer()
	(&mailRoom{cfg}).look(ctx)
	want(t, "that was on its way", len(b.to()), 1)
	w.mails(b.mailer()) // at once: nothing is claimed any more
	want(t, "all", b.to(), []string{"ada@example.com", "grace@example.com", "mary@example.com"})
}

func TestMail_TwoReplicas(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t), newInbox(t, false)
	w.admin("ada@example.com")
	w.admin("grace@example.com")
	types := []string{directory.NoticeSignInEnabled, directory.NoticeSignInDisabled, directory.NoticeSignInChanged}
	for i := range 30 {
		w.notice(types[i%3], "", directory.Notice{})
		w.notice(directory.NoticeRecoveryUsed, "nobody", directory.Notice{})
		w.clock.add(time.Millisecond)
	}
	var replicas sync.WaitGroup
	for range 4 {
		replicas.Go(func() {
			for range 3 {
				w.mails(b.mailer())
			}
		})
	}
	replicas.Wait()
	want(t, "letters", len(b.to()), 6) // a digest of each type to each admin
	want(t, "left", len(w.waiting(directory.MessageMail, w.workspace.ID)), 0)
}

func TestMail_WhoIsErasedMeanwhileIsNotTold(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t), newInbox(t, false)
	w.admin("ada@example.com")
	w.admin("grace@example.com")
	w.notice(directory.NoticeUserCreated, "", directory.Notice{Person: "Mary Stays"})
	gone := w.notice(directory.NoticeUserCreated, "", directory.Notice{Person: "John Goes"})
	w.clock.add(settleFor)
	first := true
	b.refuse(func(step, _ string) error {
		if step == "DATA" && first {
			first = false
			now, err := w.store.MessagesTo(t.Context(), gone.Root, gone.Kind, gone.To, 10)
			check(t, err)
			change := &directory.Change{Root: gone.Root}
			change.Messages = []directory.Edit[directory.Message]{{Before: &now[1]}}
			check(t, w.store.Commit(t.Context(), change))
		}
		return nil
	})
	w.mails(b.mailer())
	want(t, "letters", len(b.to()), 2)
	if body := b.letters[1].body; strings.Contains(body, "John Goes") || !strings.Contains(body, "Mary Stays") {
		t.Errorf("the second letter:\n%s", body)
	}
	want(t, "left", len(w.waiting(directory.MessageMail, w.workspace.ID)), 0)
}

func TestMail_ToThePersonWhoseRecoveryCodeWasUsed(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t), newInbox(t, false)
	w.admin("ada@example.com")
	grace := w.admin("grace@example.com")
	w.notice(directory.NoticeRecoveryUsed, grace.Subject, directory.Notice{})
	w.mails(b.mailer())
	want(t, "letters", b.to(), []string{"grace@example.com"})
}

func TestMail_NobodyToTell(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t), newInbox(t, false)
	w.notice(directory.NoticeSignInEnabled, "", directory.Notice{})
	w.notice("of.tomorrow", "", directory.Notice{})
	w.mails(b.mailer())
	want(t, "left", len(w.waiting(directory.MessageMail, w.workspace.ID)), 0)
}

func TestMail_WithoutAMailerOldNoticesGo(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t), newInbox(t, false)
	w.admin("ada@example.com")
	w.notice(directory.NoticeSignInEnabled, "", directory.Notice{})
	w.clock.add(mailPatience)
	w.notice(directory.NoticeSignInDisabled, "", directory.Notice{})
	w.mails(nil)
	want(t, "left", len(w.waiting(directory.MessageMail, w.workspace.ID)), 1)
	w.mails(b.mailer())
	want(t, "letters", len(b.to()), 1)
}
