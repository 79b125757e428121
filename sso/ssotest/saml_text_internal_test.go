package ssotest

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write testdata anew")

// The texts of messages are written byte by byte, since attacks change single bytes of them.
func TestSAML_Texts(t *testing.T) {
	t.Parallel()
	at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	const evil = "<a b=\"c\" d='e'>&amp;\x00\n\xff"
	response := Response{
		ID: "_r", Issuer: "https://idp.example.com", Destination: "https://usher.example.com/acs", Issued: at, AssertionID: "_a",
		Audience: "https://usher.example.com", Recipient: "https://usher.example.com/acs", NotBefore: at, NotOnOrAfter: at.Add(time.Minute),
		NameID: "ada", Format: "persistent", Session: "_s", Context: "password",
	}
	asked := response
	asked.InResponseTo, asked.SessionEnds = "_q", at.Add(time.Hour)
	asked.Attributes = []SAMLAttribute{{"name", []string{"Ada Byron"}}, {"role", []string{"a", "b"}}, {"none", nil}}
	hostile := Response{
		ID: evil, Issuer: evil, Destination: evil, InResponseTo: evil, AssertionID: evil, Audience: evil, Recipient: evil, NameID: evil,
		Format: evil, Session: evil, Context: evil, Attributes: []SAMLAttribute{{evil, []string{evil}}},
	}
	for name, text := range map[string]string{
		"response":         response.text(),
		"response-asked":   asked.text(),
		"response-hostile": hostile.text(),
		"logout":           SAMLLogout{Tag: "LogoutRequest", ID: "_l", Issuer: "i", Destination: "d", Issued: at, NameID: "ada", Sessions: []string{"1", "2"}}.text(),
		"logged-out":       SAMLLogout{Tag: "LogoutResponse", ID: "_l", Issuer: "i", Destination: "d", Issued: at, InResponseTo: "_q"}.text(),
		"logout-hostile":   SAMLLogout{Tag: "LogoutRequest", ID: evil, Issuer: evil, Destination: evil, NameID: evil, Sessions: []string{evil}}.text(),
	} {
		file := filepath.Join("testdata", name+".xml")
		if *update {
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if text != string(want) {
			t.Errorf("%s: the text is now, if that is meant write it anew by -update:\n%s", file, text)
		}
	}
}
