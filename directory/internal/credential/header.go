package credential

import (
	"strings"

	"github.com/usher-scim/usher/scim"
)

// Authorization is the header that a credential stands in.
const Authorization = "Authorization"

// ParseAuthorization returns the token of the header, and whether it stood there without a scheme (D-31, T-007).
func ParseAuthorization(header string) (token string, bare bool, err error) {
	fields := strings.Fields(header)
	switch {
	case len(fields) == 0, len(fields) == 1 && isBearer(fields[0]):
		return "", false, scim.NewError(scim.KindNoToken, Authorization, "", "")
	case len(fields) == 1:
		return fields[0], true, nil
	case len(fields) == 2 && isBearer(fields[0]):
		return fields[1], false, nil
	case isBearer(fields[0]) && isBearer(fields[1]):
		return "", false, Malformed("one Bearer: enter the token alone at the IdP, which adds the word itself")
	case isBearer(fields[0]):
		return "", false, Malformed("one token, with no blank in it")
	}
	return "", false, Malformed("the scheme Bearer and no other")
}

func isBearer(s string) bool { return strings.EqualFold(s, "Bearer") }

// Malformed never repeats what was sent: it may be a secret in the wrong place.
func Malformed(allowed string) error {
	return scim.NewError(scim.KindMalformedToken, Authorization, "", allowed)
}

// NotBearer is the refusal of a text that is no bearer token.
func NotBearer(text string) error {
	switch {
	case strings.HasPrefix(text, string(Secret)):
		return Malformed("an access token: a client secret goes to the connection's token URL, which gives one for it")
	case strings.HasPrefix(text, AccessPrefix):
		return Malformed("a whole access token as the connection's token URL gave it, with nothing cut off or added")
	}
	return Malformed("a whole token as it was shown when it was made, " + string(Bearer) + "… with nothing cut off or added")
}
