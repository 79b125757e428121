package saml

import (
	"cmp"
	"crypto"

	"github.com/beevik/etree"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
)

// Checks are the codes of all checks, in order.
func Checks() []directory.LoginCode {
	var codes []directory.LoginCode
	codes = append(codes, codesOf(expectationChecks)...)
	codes = append(codes, codesOf(textChecks)...)
	codes = append(codes, codesOf(tokenChecks)...)
	codes = append(codes, codesOf(elementChecks)...)
	codes = append(codes, codesOf(responseChecks)...)
	codes = append(codes, codesOf(treeChecks)...)
	codes = append(codes, codesOf(signatureChecks)...)
	codes = append(codes, codesOf(encryptionChecks)...)
	codes = append(codes, codesOf(trustChecks)...)
	return append(codes, codesOf(valueChecks)...)
}

// LogoutChecks are the codes of those checks that only messages about logouts go through, in order.
func LogoutChecks() []directory.LoginCode {
	codes := codesOf(shapeChecks)
	codes = append(codes, codesOf(queryChecks)...)
	codes = append(codes, codesOf(messageChecks)...)
	codes = append(codes, codesOf(logoutRequestChecks)...)
	return append(codes, codesOf(logoutResponseChecks)...)
}

func codesOf[T any](checks []check[T]) []directory.LoginCode {
	var codes []directory.LoginCode
	for _, c := range checks {
		codes = append(codes, c.code)
	}
	return codes
}

// Without is the expectation with one check switched off. Where that check makes something that is used afterwards, it is
// made as it would be if nobody had cared.
func (e Expectation) Without(code directory.LoginCode) Expectation {
	e.off = switches{code: func(on any) {
		switch on := on.(type) {
		case *signature:
			if on.content == nil {
				on.content, on.certificate = on.element, on.Certificates[0]
			}
		case *encryption:
			on.transport.Hash = cmp.Or(on.transport.Hash, crypto.SHA1)
		case *logout:
			if on.certificate == nil {
				on.certificate = on.Certificates[0]
			}
		}
	}}
	return e
}

// Covering is the expectation where each signature is found to cover that element, whatever came.
func (e Expectation) Covering(content *etree.Element) Expectation {
	e.off = switches{sso.CodeSignature: func(on any) {
		s := on.(*signature)
		s.content, s.certificate = content, s.Certificates[0]
	}}
	return e
}

// IsEntra is isEntra.
var IsEntra = isEntra
