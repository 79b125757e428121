package sso

import (
	"flag"
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/internal/page/pagetest"
)

var update = flag.Bool("update", false, "write testdata/pages anew")

// everyPage makes each page of values that the function v may put others in the place of.
var everyPage = []struct {
	name string
	make func(t *testing.T, v func(string) string) string
}{
	{"home", func(t *testing.T, v func(string) string) string {
		return pagetest.Text(t, homePage(homeView{Action: v("/sso/start"), Hidden: []hidden{{v("find"), v("1")}}}))
	}},
	{"home-again", func(t *testing.T, v func(string) string) string {
		return pagetest.Text(t, homePage(homeView{
			Action: v("/sso/start"), Notice: v("There is no sign-in for that here."), Email: v("ada@example.com"), Workspace: v("ACME"),
			Hidden: []hidden{{v("find"), v("1")}, {v("to"), v("/oauth2/continue?a=1&b=2")}},
		}))
	}},
	{"choose", func(t *testing.T, v func(string) string) string {
		return pagetest.Text(t, choosePage([]choice{
			{v("Okta"), "", v("/sso/1/login?to=%2Foauth2%2Fcontinue&workspace=ACME")}, {v("Entra"), v("ACME Lab"), v("https://example.com/sso/2/login")},
		}))
	}},
	{"factor", func(t *testing.T, v func(string) string) string {
		return pagetest.Text(t, factorPage(factorView{Action: v("/sso/factor"), Return: v("/oauth2/continue?a=1"), Notice: v("That code did not work.")}))
	}},
	{"factor-set-up", func(t *testing.T, v func(string) string) string {
		drawn, err := drawQR("otpauth://totp/ACME")
		if err != nil {
			t.Fatal(err)
		}
		return pagetest.Text(t, factorPage(factorView{
			Action: v("/sso/factor"), Return: v("/oauth2/continue"), Enrolment: &directory.Enrolment{Secret: v("ABCD EFGH")}, QR: drawn,
		}))
	}},
	{"recovery", func(t *testing.T, v func(string) string) string {
		return pagetest.Text(t, recoveryPage(recoveryView{Codes: []string{v("AAAA-BBBB"), v("CCCC-DDDD")}, Next: v("/sso/session")}))
	}},
	{"session", func(t *testing.T, v func(string) string) string {
		return pagetest.Text(t, sessionPage(sessionView{
			Who: v("Ada Byron"), Workspace: v("ACME"), Role: v("Editor"), Since: v("2 January 2030, 03:04 UTC"), Until: v("3 January 2030, 03:04 UTC"),
			Session: v("/sso/session"), Logout: v("/sso/logout"),
		}))
	}},
	{"session-more", func(t *testing.T, v func(string) string) string {
		return pagetest.Text(t, sessionPage(sessionView{
			Notice: v("That code did not work."), Who: v("Ada Byron"), Workspace: v("ACME"), Role: v("Editor"), Since: v("a"), Until: v("b"),
			Session: v("/sso/session"), Logout: v("/sso/logout"), Recovery: v("/sso/recovery"),
			Links: []choice{{v("Okta"), "", v("/sso/1/link")}, {v("Entra"), "", v("/sso/2/link")}},
		}))
	}},
	{"signed-out", func(t *testing.T, _ func(string) string) string { return pagetest.Text(t, signedOutPage()) }},
	{"break-glass", func(t *testing.T, v func(string) string) string {
		return pagetest.Text(t, breakGlassPage(breakGlassView{v("/sso/break-glass"), v("secret")}))
	}},
	{"refused", func(t *testing.T, _ func(string) string) string { return pagetest.Text(t, refusedPage()) }},
	{"failed", func(t *testing.T, _ func(string) string) string { return pagetest.Text(t, failedPage()) }},
	{"post", func(t *testing.T, v func(string) string) string {
		return pagetest.Text(t, postPage(again{Action: v("/sso/1/acs"), Response: v("PHNhbWw+"), State: v("state")}))
	}},
}

func TestPages(t *testing.T) {
	t.Parallel()
	for _, one := range everyPage {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			pagetest.CheckPage(t, *update, one.name, func(v func(string) string) string { return one.make(t, v) })
		})
	}
}
