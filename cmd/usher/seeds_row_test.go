package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/admin"
)

// row is one behaviour under test.
type row struct {
	*testing.T
	*installation
	id string // "M9"
}

func (r *row) check(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r *row) equal(what string, got, want any) {
	r.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		r.Errorf("%s: got %s, want %s", what, g, w)
	}
}

// says: the text holds each of the words.
func (r *row) says(text string, words ...string) {
	r.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			r.Errorf("%q does not say %q", text, word)
		}
	}
}

// command runs a command that has to succeed.
func (r *row) command(args ...string) string {
	r.Helper()
	out, status := r.usher(r.T, args...)
	if status != exitOK {
		r.Fatalf("usher %s: exit status %d: %s", strings.Join(args, " "), status, out)
	}
	return out
}

// refused runs a command that has to fail, and say all of the words.
func (r *row) refused(words []string, args ...string) {
	r.Helper()
	out, status := r.usher(r.T, args...)
	if status == exitOK {
		r.Errorf("usher %s: was done: %s", strings.Join(args, " "), out)
	}
	r.says(out, words...)
}

// member is the one with the e-mail address, who has to be there.
func (r *row) member(workspace, email string) admin.Member {
	r.Helper()
	m, found := r.lookup(workspace, email)
	if !found {
		r.Fatalf("%s is no member of %s", email, workspace)
	}
	return m
}

func (r *row) lookup(workspace, email string) (m admin.Member, found bool) {
	r.Helper()
	page, err := r.api.Members(r.Context(), workspace, admin.MemberQuery{Text: email})
	r.check(err)
	if len(page.Items) > 1 {
		r.Errorf("%s is in %s %d times", email, workspace, len(page.Items))
	}
	if len(page.Items) == 0 {
		return m, false
	}
	return page.Items[0], true
}

// has: the member has that role, from there, and that status.
func (r *row) has(workspace string, who person, role, source, status string) admin.Member {
	r.Helper()
	m := r.member(workspace, who["email"])
	r.equal("membership of "+who["email"], fmt.Sprint(m.Role, " by ", m.RoleSource, ", ", m.Status), fmt.Sprint(role, " by ", source, ", ", status))
	return m
}

// profile is a value that the app sees of the member.
func (r *row) profile(m admin.Member, name string) string {
	r.Helper()
	return answer{row: r, text: string(m.Profile)}.at(name)
}

// events are the types of what the feed says of somebody. That nothing is missing a later event shows.
func (r *row) events(workspace, subject string) []string {
	r.Helper()
	last, err := r.api.Invite(r.Context(), workspace, admin.Invitation{Email: fmt.Sprintf("last.%d.%s@example.net", time.Now().UnixNano(), r.id)})
	r.check(err)
	var types []string
	for after := int64(0); ; {
		feed, err := r.api.Events(r.Context(), workspace, after, 1000, 10*time.Second)
		r.check(err)
		for _, e := range feed.Items {
			switch e.Subject {
			case subject:
				types = append(types, e.Type)
			case last.Subject:
				return types
			}
		}
		if len(feed.Items) == 0 {
			r.Fatal("the feed does not go on")
		}
		after = feed.Position
	}
}

// audited counts the entries of an action about somebody.
func (r *row) audited(workspace, subject, action string) int {
	r.Helper()
	n := 0
	for e, err := range r.api.Audit(r.Context(), workspace) {
		r.check(err)
		if e.Subject == subject && e.Action == action {
			n++
		}
	}
	return n
}

// logged waits for the record of a request in the provisioning log.
func (r *row) logged(workspace string, q admin.LogQuery, holds func(admin.LogRecord) bool) (found admin.LogRecord) {
	r.Helper()
	eventually(r.T, func() string {
		for record, err := range r.api.Log(r.Context(), workspace, q) {
			r.check(err)
			if holds(record) {
				found = record
				return ""
			}
		}
		return "there is no such record in the provisioning log"
	})
	return found
}

// problem: the API has refused with that status, and says each of the words.
func (r *row) problem(err error, status int, words ...string) {
	r.Helper()
	p, ok := errors.AsType[*admin.Problem](err)
	if !ok || p.Status != status {
		r.Errorf("got %v, want a refusal with %d: %+v", err, status, p)
		return
	}
	r.says(p.Detail+" "+p.Hint, words...)
}

// get reads from the API what the client has no name for.
func (r *row) get(path string) answer {
	r.Helper()
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, r.api.BaseURL+path, http.NoBody)
	r.check(err)
	req.Header = http.Header{"Authorization": {"Bearer " + r.key}}
	res, err := http.DefaultClient.Do(req)
	r.check(err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	r.check(err)
	return answer{r, path, res.StatusCode, string(text)}
}

// settings changes settings of a workspace or connection, also to what is their default.
func (r *row) settings(c *admin.Client, path, settings string) error {
	req, err := http.NewRequestWithContext(r.Context(), http.MethodPatch, c.BaseURL+"/workspaces/"+path, strings.NewReader(`{"settings":`+settings+`}`))
	r.check(err)
	req.Header = http.Header{"Authorization": {"Bearer " + c.Key}, "Content-Type": {"application/json"}}
	res, err := http.DefaultClient.Do(req)
	r.check(err)
	defer res.Body.Close()
	if res.StatusCode < 300 {
		return nil
	}
	p := &admin.Problem{}
	r.check(json.NewDecoder(res.Body).Decode(p))
	return p
}
