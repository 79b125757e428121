package openid

import (
	"html/template"
	"net/http"
)

// page is what a person sees when there is no app to send them back to, or nothing that the app should be told.
type page struct {
	Title, Text, RequestID string
}

var (
	pageTemplate = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Title}}</title>
<h1>{{.Title}}</h1>
<p>{{.Text}}</p>
{{with .RequestID}}<p>Request {{.}}</p>{{end}}
`))

	// notPossible is the one page for every request that names no app or no place of an app to answer to: whoever made
	// the link learns nothing from it.
	notPossible = page{
		Title: "Sign-in is not possible",
		Text:  "The link that brought you here does not work, or has become too old. Go back to the app and sign in again.",
	}
	failed = page{
		Title: "Sign-in failed",
		Text:  "Something went wrong here. Go back to the app and try again; if it happens again, tell the administrator the request number.",
	}
	busy = page{
		Title: "Sign-in has to wait",
		Text:  "There is much to do here just now. Go back to the app and try again in a moment.",
	}
	signedOut = page{Title: "You are signed out", Text: "You can close this window."}
)

func (p page) write(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = pageTemplate.Execute(w, p) // fails only when the client is gone
}
