package scimclient

import (
	"bytes"
	"context"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestClientCredentials_Requests(t *testing.T) {
	t.Parallel()
	const form = " | Accept: application/json | Content-Type: application/x-www-form-urlencoded | "
	cases := []struct {
		name        string
		credentials *ClientCredentials
		want        string
	}{
		{"basic", &ClientCredentials{ID: "a:b", Secret: "s+ecret"}, "POST /token | Authorization: Basic YSUzQWI6cyUyQmVjcmV0" + form + "grant_type=client_credentials"},
		{"body", &ClientCredentials{ID: "a", Secret: "s+ecret", InBody: true}, "POST /token" + form + "client_id=a&client_secret=s%2Becret&grant_type=client_credentials"},
		{
			"scopes and more", &ClientCredentials{ID: "a", Secret: "s", InBody: true, Scopes: []string{"x", "y"}, Params: url.Values{"audience": {"z"}}},
			"POST /token" + form + "audience=z&client_id=a&client_secret=s&grant_type=client_credentials&scope=x+y",
		},
		{"path and query", &ClientCredentials{ID: "a", Secret: "s", InBody: true, TokenURL: "/oauth/token/?v=1"}, "POST /oauth/token/?v=1" + form + "client_id=a&client_secret=s&grant_type=client_credentials"},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, s, _ := play(t, ok(`{"access_token":"tok","token_type":"bearer","expires_in":"3600"}`))
			if tt.credentials.TokenURL == "" {
				tt.credentials.TokenURL = "/token"
			}
			tt.credentials.TokenURL = c.BaseURL + tt.credentials.TokenURL
			token, err := tt.credentials.Token(t.Context(), "")
			if token != "tok" || err != nil {
				t.Errorf("got %q, %v", token, err)
			}
			s.want(tt.want)
		})
	}
}

func TestClientCredentials_KeepsATokenUntilShortlyBeforeItsEnd(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		life   string
		early  time.Duration
		after  time.Duration
		again  bool
		reject bool
	}{
		{"fresh", `,"expires_in":3600`, 0, 3569 * time.Second, false, false},
		{"near its end", `,"expires_in":3600`, 0, 3570 * time.Second, true, false},
		{"earlier", `,"expires_in":3600`, time.Minute, 3541 * time.Second, true, false},
		{"short-lived", `,"expires_in":20`, 0, 9 * time.Second, false, false},
		{"short-lived, at half", `,"expires_in":20`, 0, 10 * time.Second, true, false},
		{"without an end", ``, 0, 4 * time.Minute, false, false},
		{"without an end, later", ``, 0, 5 * time.Minute, true, false},
		{"of a hundred years", `,"expires_in":9000000000000000000`, 0, 24 * time.Hour, false, false},
		{"rejected", `,"expires_in":3600`, 0, 0, true, true},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := func(token string) answer {
				return ok(`{"access_token":"` + token + `","token_type":"Bearer"` + tt.life + `}`)
			}
			c, s, k := play(t, body("one"), body("two"))
			source := ClientCredentials{TokenURL: c.BaseURL, Early: tt.early, Now: k.now}
			first, err := source.Token(t.Context(), "")
			_ = k.wait(t.Context(), tt.after)
			rejected := ""
			if tt.reject {
				rejected = first
			}
			second, err2 := source.Token(t.Context(), rejected)
			if want := map[bool]string{false: "one", true: "two"}[tt.again]; first != "one" || second != want || err != nil || err2 != nil {
				t.Errorf("got %q, %q after %d requests; want %q", first, second, s.sent(), want)
			}
		})
	}
}

func TestClientCredentials_FailuresShowNoSecret(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		url    string
		answer answer
		want   string
	}{
		{"refused", "", answer{status: 401, body: `{"error":"invalid_client","error_description":"s3cret is wrong"}`}, "answers 401 invalid_client **** is wrong"},
		{"no JSON", "", ok(`<html>`), "invalid character"},
		{"no token", "", ok(`{"token_type":"Bearer"}`), "without a bearer token"},
		{"token of another type", "", ok(`{"access_token":"x","token_type":"DPoP"}`), `"DPoP"`},
		{"no answer", "", answer{}, "EOF"},
		{"redirect", "", status(307, "Location", "https://evil.example.com/"), "answers 307"},
		{"bad URL", "http://a b/", answer{}, "token endpoint"},
		{"no URL", "", answer{}, "token endpoint"},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, _, _ := play(t, tt.answer)
			var tap bytes.Buffer
			source := ClientCredentials{TokenURL: c.BaseURL, ID: "id", Secret: "s3cret", InBody: true, Tap: &tap}
			if tt.url != "" {
				source.TokenURL = tt.url
			}
			token, err := source.Token(t.Context(), "")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %q, %v", token, err)
			}
			if strings.Contains(err.Error()+strings.ReplaceAll(tap.String(), "s3cret is wrong", ""), "s3cret") {
				t.Errorf("the secret is shown: %v\n%s", err, &tap)
			}
		})
	}
}

func TestClientCredentials_OneRequestForMany(t *testing.T) {
	t.Parallel()
	c, s, _ := play(t, ok(`{"access_token":"tok","token_type":"Bearer","expires_in":60}`))
	source := ClientCredentials{TokenURL: c.BaseURL}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if token, err := source.Token(t.Context(), ""); token != "tok" || err != nil {
				t.Errorf("got %q, %v", token, err)
			}
		})
	}
	all.Wait()
	if s.sent() != 1 {
		t.Errorf("%d requests", s.sent())
	}
}

func TestClientCredentials_WaitingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	source := ClientCredentials{turn: make(chan struct{}, 1)}
	source.once.Do(func() {})
	source.turn <- struct{}{} // somebody else is asking
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := source.Token(ctx, ""); err == nil {
		t.Error("it did not wait")
	}
}

func TestClientCredentials_InAClient(t *testing.T) {
	t.Parallel()
	endpoint, tokens, _ := play(t, ok(`{"access_token":"token-1","token_type":"Bearer","expires_in":60}`), ok(`{"access_token":"token-2","token_type":"Bearer","expires_in":60}`))
	c, s, _ := play(t, ok(`{"nickName":"you sent token-1"}`), status(401), ok(`{}`))
	var tap bytes.Buffer
	c.TokenSource, c.Tap = (&ClientCredentials{TokenURL: endpoint.BaseURL, ID: "a", Secret: "b"}).Token, &tap
	for range 2 {
		if _, err := c.Users().Get(t.Context(), "1"); err != nil {
			t.Fatal(err)
		}
	}
	s.want("GET /Users/1 | Authorization: Bearer token-1", "GET /Users/1 | Authorization: Bearer token-1", "GET /Users/1 | Authorization: Bearer token-2")
	if tokens.sent() != 2 || strings.Contains(tap.String(), "token-") {
		t.Errorf("%d tokens; tap\n%s", tokens.sent(), &tap)
	}
}
