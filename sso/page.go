package sso

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"net/http"
)

//go:embed pages
var files embed.FS

// The pages. They are HTML without scripts, in one frame.
var (
	homePage       = parsePage("home.html")
	choosePage     = parsePage("choose.html")
	factorPage     = parsePage("factor.html")
	recoveryPage   = parsePage("recovery.html")
	sessionPage    = parsePage("session.html")
	signedOutPage  = parsePage("signed-out.html")
	breakGlassPage = parsePage("break-glass.html")
	refusedPage    = parsePage("refused.html")
	failedPage     = parsePage("failed.html")
)

// style is in every page, so that a page is one answer. Its hash is in the policy.
var style = mustRead("pages/style.css")

func mustRead(name string) string {
	text, err := files.ReadFile(name)
	if err != nil {
		panic(err) // it is embedded
	}
	return string(text)
}

func parsePage(name string) *template.Template {
	functions := template.FuncMap{"style": func() template.CSS { return template.CSS(style) }}
	return template.Must(template.New("frame.html").Funcs(functions).ParseFS(files, "pages/frame.html", "pages/"+name))
}

// policy lets a page show its style and nothing else. It does not bind where forms lead (form-action): browsers apply that
// to the redirects after them too, and those lead to identity providers and apps.
var policy = func() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; frame-ancestors 'none'"
}()

// setHeaders writes what every answer of the face carries.
func setHeaders(h http.Header) {
	for name, value := range map[string]string{
		"Cache-Control":              "no-store",
		"Content-Security-Policy":    policy,
		"Cross-Origin-Opener-Policy": "same-origin",
		"Referrer-Policy":            "no-referrer",
		"X-Content-Type-Options":     "nosniff",
		"X-Frame-Options":            "DENY",
	} {
		h.Set(name, value)
	}
}

// show writes a page, whole or not at all.
func (h *Handler) show(w http.ResponseWriter, status int, page *template.Template, view any) {
	var text bytes.Buffer
	if err := page.Execute(&text, view); err != nil {
		h.Log.Error("page not shown", "error", err)
		http.Error(w, "Something went wrong here.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(text.Bytes())
}
