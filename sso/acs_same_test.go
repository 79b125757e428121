package sso_test

import (
	"net/http"
	"os"
	"reflect"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/usher-scim/usher/sso/saml"
	"github.com/usher-scim/usher/sso/ssotest"
)

// elsewhere are attacks by an honest response where something is wrong with the connection, which is not so here, and
// those that do not fit into a form.
var elsewhere = regexp.MustCompile(`^(a connection |only the response signed, where|an answer to another login$|an answer, where|an attribute of a mebibyte$|300,000 siblings$|ten thousand roles$|a byte too many$|a fresh login and|a login a second too old)`)

// attacks are those that can be mounted on ACME's connection of SAML, which gets keys of its own for what is encrypted.
func (w *samlWorld) attacks() []ssotest.Attack {
	w.Helper()
	keys, err := saml.GenerateKeys(w.clock.Now())
	w.check(err)
	w.check(w.directory.SetSignInSecret(w.Context(), operator, w.adfs, keys.Secret()))
	return slices.DeleteFunc(ssotest.SAMLAttacks(&keys.Decryption[0].Private.PublicKey), func(a ssotest.Attack) bool {
		return elsewhere.MatchString(a.Name)
	})
}

// Every attack on a response looks the same from outside, and leaves one audit entry with its own code, and nothing else.
func TestACS_RefusalsLookTheSame(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	attacks := w.attacks()
	b := w.browser()
	refused, headers, mounted := w.refusedPage(), http.Header(nil), 0
	for _, a := range attacks {
		mounted++
		r, state := w.ask(b, w.adfs, "")
		r.NameID = "ada@example.com"
		if p := b.postFrom(w.server.URL, "/"+w.adfs.ID+"/acs", formOfText(a.Make(r), state)); p.StatusCode != http.StatusForbidden || p.text != refused {
			t.Errorf("%s: answered %d: %s", a.Name, p.StatusCode, p.text)
		} else if p.Header.Del("Date"); headers == nil {
			headers = p.Header
		} else if !reflect.DeepEqual(p.Header, headers) {
			t.Errorf("%s: answered with %v, others with %v", a.Name, p.Header, headers)
		}
		left := w.traces(w.acme)
		if left.sessions != 0 || left.people != 0 || len(left.refused) != mounted || left.refused[mounted-1] == "" {
			t.Fatalf("%s: left %+v", a.Name, left)
		}
	}
	if mounted < 150 {
		t.Errorf("%d attacks", mounted)
	}
}

// maxApart is how far the median time of a refusal may be from that of a login, on a machine that does other things too.
const maxApart = 25 * time.Millisecond

// Refusals take a browser about as long as logins do. It is not parallel: it measures.
func TestACSSoak_RefusalsTakeAsLongAsLogins(t *testing.T) {
	if os.Getenv("USHER_SOAK") == "" {
		t.Skip("times are measured with USHER_SOAK=1 alone (make soak); TestVerify_RefusesWithNoMoreWorkThanALogin counts work instead")
	}
	const rounds = 9
	w := newSAMLWorld(t)
	attacks := slices.DeleteFunc(w.attacks(), func(a ssotest.Attack) bool {
		return a.Row == "Size" || a.Row == "RoleInjection" // as large as a form may be
	})
	took := map[string][]time.Duration{}
	for range rounds { // in turn, so that whatever else the machine does meets all of them
		took[""] = append(took[""], w.took(ssotest.Response.XML, http.StatusSeeOther))
		for _, a := range attacks {
			took[a.Name] = append(took[a.Name], w.took(a.Make, http.StatusForbidden))
		}
	}
	login := median(took[""])
	medians := make([]time.Duration, 0, len(attacks))
	for _, a := range attacks {
		one := median(took[a.Name])
		medians = append(medians, one)
		if (one - login).Abs() > maxApart {
			t.Errorf("%s: %s; a login takes %s", a.Name, one, login)
		}
	}
	slices.Sort(medians)
	t.Logf("medians of %d rounds: login %s; %d refusals from %s to %s, the one in the middle %s",
		rounds, login, len(medians), medians[0], medians[len(medians)-1], median(medians))
}

// took is how long the answer to a response takes, in a login of its own.
func (w *samlWorld) took(text func(ssotest.Response) []byte, status int) time.Duration {
	w.Helper()
	b := w.browser()
	r, state := w.ask(b, w.adfs, "")
	r.NameID = "ada@example.com" // some attacks split it
	form := formOfText(text(r), state)
	began := time.Now()
	p := b.postFrom(w.server.URL, "/"+w.adfs.ID+"/acs", form)
	if p.StatusCode != status {
		w.Errorf("answered %d, want %d", p.StatusCode, status)
	}
	return time.Since(began)
}

func median(all []time.Duration) time.Duration {
	all = slices.Clone(all)
	slices.Sort(all)
	return all[len(all)/2]
}
