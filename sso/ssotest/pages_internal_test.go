package ssotest

import (
	"testing"

	"github.com/a-h/templ"

	"github.com/usher-scim/usher/internal/page"
	"github.com/usher-scim/usher/internal/page/pagetest"
)

// everyPage makes each page of values that the function v may put others in the place of.
var everyPage = []struct {
	name string
	make func(v func(string) string) templ.Component
}{
	{"people", func(v func(string) string) templ.Component {
		return peoplePage([]choice{{v("/sso?person=ada&a=b"), v("Ada Byron")}, {v("/sso?person=grace"), v("Grace Hopper")}})
	}},
	{"deliver", func(v func(string) string) templ.Component {
		return deliverPage(v("https://usher.example.com/sso/1/acs"), v("PHNhbWw+"), v("state"))
	}},
}

func TestPages_Golden(t *testing.T) {
	t.Parallel()
	for _, one := range everyPage {
		pagetest.Golden(t, *update, one.name, rendered(t, one.make(func(text string) string { return text })))
	}
}

func TestPages_HostileValues(t *testing.T) {
	t.Parallel()
	for _, one := range everyPage {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			pagetest.CheckHostile(t, func(text string) string { return rendered(t, one.make(func(string) string { return text })) })
		})
	}
}

func rendered(t *testing.T, shown templ.Component) string {
	t.Helper()
	text, err := page.Text(shown)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
