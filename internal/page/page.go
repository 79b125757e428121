package page

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"

	"github.com/a-h/templ"
)

// style is in every page, so that a page is one answer. Its hash is in the policy.
//
//go:embed style.css
var style string

// submit is the one script there is.
const submit = "document.forms[0].submit()"

// The policies of pages (Content-Security-Policy). They do not bind where forms lead (form-action): browsers apply that to
// the redirects after them too, and those lead to identity providers and apps.
var (
	// Policy lets a page show its style and nothing else.
	Policy = "default-src 'none'; style-src " + hashed(style) + "; base-uri 'none'; frame-ancestors 'none'"
	// SubmitPolicy lets it run the script of [Submit] as well.
	SubmitPolicy = Policy + "; script-src " + hashed(submit)
)

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// Text is a page as text. Bytes in its values that are no text, which readers take in different ways, become U+FFFD.
func Text(shown templ.Component) ([]byte, error) {
	var b bytes.Buffer
	if err := shown.Render(context.Background(), &b); err != nil {
		return nil, err
	}
	const replacement = "\uFFFD"
	return bytes.ReplaceAll(bytes.ToValidUTF8(b.Bytes(), []byte(replacement)), []byte{0}, []byte(replacement)), nil
}

// Write answers with a page, whole or not at all: an error says why it could not be made.
func Write(w http.ResponseWriter, status int, shown templ.Component) error {
	text, err := Text(shown)
	if err != nil {
		http.Error(w, "Something went wrong here.", http.StatusInternalServerError)
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(text) // fails only when the client is gone
	return nil
}
