package sso

import (
	"net/http"

	"github.com/a-h/templ"

	"github.com/usher-scim/usher/internal/page"
)

// setHeaders writes what every answer of the face carries.
func setHeaders(h http.Header) {
	for name, value := range map[string]string{
		"Cache-Control":              "no-store",
		"Content-Security-Policy":    page.Policy,
		"Cross-Origin-Opener-Policy": "same-origin",
		"Referrer-Policy":            "no-referrer",
		"X-Content-Type-Options":     "nosniff",
		"X-Frame-Options":            "DENY",
	} {
		h.Set(name, value)
	}
}

// show writes a page of pages.templ.
func (h *Handler) show(w http.ResponseWriter, status int, shown templ.Component) {
	if err := page.Write(w, status, shown); err != nil {
		h.Log.Error("page not shown", "error", err)
	}
}
