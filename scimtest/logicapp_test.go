package scimtest

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/usher-scim/usher/scimclient"
)

// issuer is a token endpoint for one client, who sends its credentials in the form as Entra does.
func issuer(t *testing.T) string {
	t.Helper()
	return newServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.PostFormValue("grant_type") != "client_credentials" || r.PostFormValue("client_id") != "entra" || r.PostFormValue("client_secret") != "s3cret" {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"error":"invalid_client","error_description":"no such secret"}`)
			return
		}
		_, _ = io.WriteString(w, `{"access_token":"`+testToken+`","token_type":"Bearer","expires_in":3600}`)
	}))
}

// TestLogicApp_ClientCredentials: test 23 uses a token that the client has fetched, and is not played without.
func TestLogicApp_ClientCredentials(t *testing.T) {
	t.Parallel()
	for secret, want := range map[string]string{"s3cret": "", "wrong": "no such secret", "": "the token is static"} {
		t.Run("secret "+secret, func(t *testing.T) {
			t.Parallel()
			c := client(newServer(t, newHandler(t, "entra")))
			if secret != "" {
				credentials := &scimclient.ClientCredentials{TokenURL: issuer(t), ID: "entra", Secret: secret, InBody: true}
				c.Token, c.TokenSource = "", credentials.Token
			}
			r, err := Simulate(t.Context(), c, "ms-logicapp", Options{})
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(r.Steps, func(s Step) bool { return s.ID == "23" })
			if passed := r.Steps[i].Passed; passed != (want == "") {
				t.Errorf("%+v", r.Steps[i])
			}
			if said := r.Steps[0].Detail + r.Steps[i].Detail; !strings.Contains(said, want) {
				t.Errorf("detail %q, want %q", said, want)
			}
		})
	}
}
