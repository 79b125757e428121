package saml

import "github.com/usher-scim/usher/directory"

// Certificates lists those of a connection, with ours out of its secret. Without rules for SAML there are none.
func Certificates(s *directory.SignIn, secret string) ([]directory.Certificate, error) {
	provider, err := ProviderOf(s)
	if err != nil || !s.IsSAML() {
		return nil, err
	}
	keys, err := ReadKeys(secret)
	if err != nil {
		return nil, err
	}
	var all []directory.Certificate
	for _, c := range provider.Certificates {
		all = append(all, directory.Certificate{Certificate: c, Use: directory.UseProvider})
	}
	return append(all, keys.Certificates()...), nil
}

// Certificates lists those of the keys. Of two for decryption the first one is the next.
func (k Keys) Certificates() (all []directory.Certificate) {
	if k.Signing != nil {
		all = append(all, directory.Certificate{Certificate: k.Signing.Certificate, Use: directory.UseSigning})
	}
	if k.Next != nil {
		all = append(all, directory.Certificate{Certificate: k.Next.Certificate, Use: directory.UseNextSigning})
	}
	for i, key := range k.Decryption {
		use := directory.UseEncryption
		if i+1 < len(k.Decryption) {
			use = directory.UseNextEncryption
		}
		all = append(all, directory.Certificate{Certificate: key.Certificate, Use: use})
	}
	return all
}
