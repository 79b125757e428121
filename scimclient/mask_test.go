package scimclient

import "testing"

func TestMaskText(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"T-034 member", `{"password":"1mz050nq","active":true}`, `{"password":"****","active":true}`},
		{"any case and white space", `{"Password" : "x" }`, `{"Password" : "****" }`},
		{"URN-qualified", `{"urn:ietf:params:scim:schemas:core:2.0:User:password":"x"}`, `{"urn:ietf:params:scim:schemas:core:2.0:User:password":"****"}`},
		{"escaped quote", `{"password":"a\"b","x":1}`, `{"password":"****","x":1}`},
		{"number", `{"password":12345}`, `{"password":"****"}`},
		{"object", `{"password":{"value":"x"}}`, `{"password":"****"}`},
		{"array", `{"password":["x","y"]}`, `{"password":"****"}`},
		{"cut off", `{"password":"abc`, `{"password":"****"`},
		{"patch, path first", `{"op":"replace","path":"password","value":"x"}`, `{"op":"replace","path":"password","value":"****"}`},
		{"patch, value first", `{"value":"x","op":"replace","path":"password"}`, `{"value":"****","op":"replace","path":"password"}`},
		{"patch, another operation stays", `[{"op":"add","path":"title","value":"x"},{"op":"add","path":"password","value":"y"}]`, `[{"op":"add","path":"title","value":"x"},{"op":"add","path":"password","value":"****"}]`},
		{"patch, value of the one before stays", `[{"op":"add","path":"title","value":"x"},{"value":"y","path":"password"}]`, `[{"op":"add","path":"title","value":"x"},{"value":"****","path":"password"}]`},
		{"token answer", `{"access_token":"eyJ.x.y","token_type":"Bearer"}`, `{"access_token":"****","token_type":"Bearer"}`},
		{"form", `grant_type=client_credentials&client_secret=abc&client_id=x`, `grant_type=client_credentials&client_secret=****&client_id=x`},
		{"not a secret", `{"passwordPolicy":"strict","displayName":"password"}`, `{"passwordPolicy":"strict","displayName":"password"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := string(maskText([]byte(tt.text), "")); got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestMaskHeader_T007_KeepsOnlyTheScheme(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"Bearer abc": "Bearer ****", "abc": "****", "Bearer Bearer abc": "Bearer ****", "Basic dTpw": "Basic ****",
	} {
		if got := maskHeader("Authorization", value); got != want {
			t.Errorf("%q: got %q, want %q", value, got, want)
		}
	}
	if got := maskHeader("ETag", `W/"1"`); got != `W/"1"` {
		t.Errorf("ETag: got %q", got)
	}
}

func TestShownURL_HidesCredentials(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"https://scim.example.com/v2?aadOptscim062020": "https://scim.example.com/v2?aadOptscim062020",
		"https://scim.example.com/a@b":                 "https://scim.example.com/a@b",
		"https://bob:pa55@scim.example.com/v2":         "https://bob:xxxxx@scim.example.com/v2",
		"https://pa55@scim.example.com/v2":             "https://xxxxx@scim.example.com/v2",
		"https://scim.example.com/v2?x=1&token=pa55":   "https://scim.example.com/v2?x=1&token=****",
		"https://bob:55/55@scim.example.com/v2":        "…@scim.example.com/v2",
		"https://bob:/pa55@scim.example.com/v2":        "…@scim.example.com/v2",
		"https://bob:pa#55@scim.example.com":           "…@scim.example.com",
		"bob:pa55@scim.example.com":                    "…@scim.example.com",
		"nonsense":                                     "nonsense",
	} {
		if got := ShownURL(text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}
