package openid

import (
	"net/http"
	"testing"
)

// BenchmarkSignedIn is the road of an app for somebody who is signed in: a code, and its exchange for tokens.
func BenchmarkSignedIn(b *testing.B) {
	w := newWorld(b)
	client := w.browser()
	client.signIn("ada")
	for b.Loop() {
		if got := w.token(w.redemption(client.code())); got.status != http.StatusOK {
			b.Fatal(got.body)
		}
	}
}

// BenchmarkUserInfo is a look at who somebody is now.
func BenchmarkUserInfo(b *testing.B) {
	w := newWorld(b)
	access := w.browser().tokensOf("ada").Access
	for b.Loop() {
		if got, _ := w.userInfo(access); got.status != http.StatusOK {
			b.Fatal(got.body)
		}
	}
}
