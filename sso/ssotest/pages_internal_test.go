package ssotest

import (
	"testing"

	"github.com/a-h/templ"

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

func TestPages(t *testing.T) {
	t.Parallel()
	for _, one := range everyPage {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			pagetest.CheckPage(t, *update, one.name, func(v func(string) string) string { return pagetest.Text(t, one.make(v)) })
		})
	}
}
