package ssotest

import (
	"crypto/aes"
	"crypto/rsa"
	"strings"

	"github.com/beevik/etree"
)

// encryptions are for us, and worth nothing. All that cannot be decrypted must look the same.
func encryptions(key *rsa.PublicKey) []Attack {
	_, stranger := SAMLKeys()
	encrypted := func(name string, c Encryption) Attack {
		if c.For == nil {
			c.For = key
		}
		return drafted("Encrypted", name, func(r *Response) { r.Encrypt = &c })
	}
	signed := func(name string, c Encryption) Attack {
		c.For = key
		return drafted("Encrypted", name, func(r *Response) {
			signing := *r.SignAssertion
			r.Encrypt, r.SignResponse = &c, &signing
		})
	}
	tampered := func(name string, change func(encryptedKey *etree.Element)) Attack {
		return drafted("Encrypted", name, func(r *Response) {
			r.Encrypt = &Encryption{For: key}
			r.Forge = func(response *etree.Element) { change(SAMLElement(response, "EncryptedKey")) }
		})
	}
	return []Attack{
		encrypted("for somebody else", Encryption{For: stranger.Public().(*rsa.PublicKey)}),
		encrypted("the first byte changed", Encryption{Change: flipped(0)}),
		encrypted("a byte in the middle changed", Encryption{Change: flipped(100)}),
		encrypted("the last byte changed", Encryption{Change: flipped(-1)}),
		encrypted("four bytes", Encryption{Change: shorter(4)}),
		encrypted("no byte", Encryption{Change: shorter(0)}),
		encrypted("the key by RSA 1.5", Encryption{Key: RSA15}),
		encrypted("by triple DES", Encryption{Data: TripleDES}),
		encrypted("by AES-CBC in an unsigned response", Encryption{Data: AES128CBC}),
		signed("by AES-CBC, which the connection does not take", Encryption{Data: AES128CBC}),
		signed("by AES-CBC, with half a block", Encryption{Data: AES128CBC, Change: shorter(40)}),
		signed("by AES-CBC, with one block", Encryption{Data: AES128CBC, Change: shorter(16)}),
		encrypted("something else than an assertion", Encryption{Plain: `<x/>`}),
		encrypted("something that is no XML", Encryption{Plain: `x`}),
		encrypted("a document type in what is encrypted", Encryption{Plain: `<!DOCTYPE x><x/>`}),
		drafted("Encrypted", "an assertion that nobody has signed", func(r *Response) {
			r.NameID, r.SignAssertion, r.Encrypt = Evil, nil, &Encryption{For: key}
		}),
		drafted("Encrypted", "an encrypted assertion beside another one", func(r *Response) {
			r.Forge = func(response *etree.Element) {
				twin := Response{
					ID: r.ID, Issuer: r.Issuer, Issued: r.Issued, NameID: Evil, AssertionID: "_twin", Encrypt: &Encryption{For: key},
				}
				response.AddChild(SAMLElement(twin.Tree(), "EncryptedAssertion").Copy())
			}
		}),
		tampered("no key", func(key *etree.Element) { key.Parent().RemoveChild(key) }),
		tampered("two keys", func(key *etree.Element) { key.Parent().AddChild(key.Copy()) }),
		tampered("the key with a label", func(key *etree.Element) {
			SAMLElement(key, "EncryptionMethod").AddChild(fragment(`<xenc:OAEPparams>eA==</xenc:OAEPparams>`))
		}),
		tampered("a key that is longer than its algorithm wants", func(key *etree.Element) {
			data := key.Parent().Parent()
			SAMLElement(data, "EncryptionMethod").CreateAttr("Algorithm", strings.Replace(AES256GCM, "256", "128", 1))
		}),
		encrypted("the key by a hash that nobody knows", Encryption{Digest: "http://www.w3.org/2001/04/xmldsig-more#md5"}),
		encrypted("the key by a mask that nobody knows", Encryption{Mask: "http://www.w3.org/2009/xmlenc11#mgf1md5"}),
		encrypted("the key by a mask that its algorithm does not have", Encryption{
			Key: OAEPMGF1P, Mask: "http://www.w3.org/2009/xmlenc11#mgf1sha256",
		}),
		encrypted("an assertion in the one that is encrypted", Encryption{
			Plain: `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><saml:Advice><saml:Assertion/></saml:Advice></saml:Assertion>`,
		}),
		encrypted("two signatures in what is encrypted", Encryption{
			Plain: `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:ds="http://www.w3.org/2000/09/xmldsig#">` +
				`<ds:Signature/><ds:Signature/></saml:Assertion>`,
		}),
		signed("by AES-CBC, with a padding of more than a block", repadded(2*aes.BlockSize)),
		signed("by AES-CBC, with a padding of nothing", repadded(0)),
	}
}

// repadded is a plain text of whole blocks, of which the padding says another length than that of one more block.
func repadded(to byte) Encryption {
	return Encryption{Data: AES128CBC, Plain: strings.Repeat(" ", 4*aes.BlockSize), Change: func(sealed []byte) []byte {
		sealed[len(sealed)-1-aes.BlockSize] ^= aes.BlockSize ^ to
		return sealed
	}}
}
