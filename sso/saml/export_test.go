package saml

import "github.com/usher-scim/usher/directory"

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
		if s, ok := on.(*signature); ok && s.content == nil {
			s.content, s.certificate = s.element, s.Certificates[0]
		}
	}}
	return e
}
