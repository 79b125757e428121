package ssotest

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1" // an identity provider of long ago
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
)

// SAMLKey is a key with its certificate.
type SAMLKey struct {
	crypto.Signer
	Certificate *x509.Certificate
}

// NewSAMLKey makes a certificate for a key, good in a span of time.
func NewSAMLKey(name string, key crypto.Signer, from, to time.Time) *SAMLKey {
	draft := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: from, NotAfter: to,
	}
	der, err := x509.CreateCertificate(rand.Reader, draft, draft, key.Public(), key)
	if err != nil {
		panic(err) // the system has no randomness
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err) // it was made right here
	}
	return &SAMLKey{key, certificate}
}

// The certificates of [SAMLKeys] are good in these years.
var (
	samlKeysFrom = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	samlKeysTo   = time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)
)

// SAMLKeys returns three RSA keys, always the same in one process as they take long to make: two for an identity provider
// that changes them, and one of a stranger.
var SAMLKeys = sync.OnceValues(func() (own [2]*SAMLKey, foreign *SAMLKey) {
	var all [3]*SAMLKey
	for i := range all {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err) // the system has no randomness
		}
		all[i] = NewSAMLKey(fmt.Sprint("key ", i), key, samlKeysFrom, samlKeysTo)
	}
	return [2]*SAMLKey{all[0], all[1]}, all[2]
})

// NewSAMLECKey makes a key for ECDSA.
func NewSAMLECKey() *SAMLKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err) // the system has no randomness
	}
	return NewSAMLKey("elliptic", key, samlKeysFrom, samlKeysTo)
}

// The algorithms, as XML Signature and XML Encryption call them.
const (
	SignRSASHA1    = dsig.RSASHA1SignatureMethod
	SignRSASHA256  = dsig.RSASHA256SignatureMethod
	SignHMACSHA256 = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"
	DigestSHA1     = "http://www.w3.org/2000/09/xmldsig#sha1"
	DigestSHA256   = "http://www.w3.org/2001/04/xmlenc#sha256"
	Enveloped      = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
	ExcC14N        = "http://www.w3.org/2001/10/xml-exc-c14n#"

	AES256GCM = "http://www.w3.org/2009/xmlenc11#aes256-gcm"
	AES128CBC = "http://www.w3.org/2001/04/xmlenc#aes128-cbc"
	TripleDES = "http://www.w3.org/2001/04/xmlenc#tripledes-cbc"
	OAEP      = "http://www.w3.org/2009/xmlenc11#rsa-oaep"
	OAEPMGF1P = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"
	RSA15     = "http://www.w3.org/2001/04/xmlenc#rsa-1_5"
)

// Signing says how something is signed. Key is required; what else is left empty is as it should be.
type Signing struct {
	Key *SAMLKey
	// Method, Digest, Canonicalization and Transforms are what the signature names. The digest is always made of
	// exclusive canonical XML.
	Method, Digest, Canonicalization string
	Transforms                       []string
	// Reference makes the URI of the ID. Defaults to "#" and the ID.
	Reference func(id string) string
	// References are put behind the one that is signed for.
	References string
	// KeyInfo stands in the place of one with the certificate. "-" leaves it out.
	KeyInfo string
	// Value makes the signature in the place of the key.
	Value func(signedInfo string) []byte
}

// sign puts a signature into an element, behind its Issuer.
func (s Signing) sign(e *etree.Element) {
	method := s.Method
	if method == "" {
		method = SignRSASHA256
		if _, ok := s.Key.Public().(*ecdsa.PublicKey); ok {
			method = dsig.ECDSASHA256SignatureMethod
		}
	}
	digest := or(s.Digest, DigestSHA256)
	uri := "#" + e.SelectAttrValue("ID", "")
	if s.Reference != nil {
		uri = s.Reference(e.SelectAttrValue("ID", ""))
	}
	transforms := s.Transforms
	if transforms == nil {
		transforms = []string{Enveloped, ExcC14N}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<ds:SignedInfo xmlns:ds="%s"><ds:CanonicalizationMethod Algorithm="%s"></ds:CanonicalizationMethod>`+
		`<ds:SignatureMethod Algorithm="%s"></ds:SignatureMethod><ds:Reference URI="%s"><ds:Transforms>`,
		dsig.Namespace, or(s.Canonicalization, ExcC14N), method, escape(uri))
	for _, transform := range transforms {
		fmt.Fprintf(&b, `<ds:Transform Algorithm="%s"></ds:Transform>`, transform)
	}
	fmt.Fprintf(&b, `</ds:Transforms><ds:DigestMethod Algorithm="%s"></ds:DigestMethod><ds:DigestValue>%s</ds:DigestValue>`+
		`</ds:Reference>%s</ds:SignedInfo>`, digest, base64.StdEncoding.EncodeToString(sum(digest, canonical(e))), s.References)
	value := s.value(method, b.String())
	node := readXML(fmt.Sprintf(`<ds:Signature xmlns:ds="%s">%s<ds:SignatureValue>%s</ds:SignatureValue>%s</ds:Signature>`,
		dsig.Namespace, b.String(), base64.StdEncoding.EncodeToString(value), s.keyInfo()))
	place := 0
	if issuer := SAMLElement(e, "Issuer"); issuer != nil && issuer.Parent() == e {
		place = issuer.Index() + 1
	}
	e.InsertChildAt(place, node)
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func (s Signing) keyInfo() string {
	switch s.KeyInfo {
	case "-":
		return ""
	case "":
		return fmt.Sprintf(`<ds:KeyInfo><ds:X509Data><ds:X509Certificate>%s</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`,
			base64.StdEncoding.EncodeToString(s.Key.Certificate.Raw))
	}
	return s.KeyInfo
}

func (s Signing) value(method, signedInfo string) []byte {
	if s.Value != nil {
		return s.Value(signedInfo)
	}
	hash := crypto.SHA256
	if strings.HasSuffix(method, "sha1") {
		hash = crypto.SHA1
	}
	value, err := s.Key.signText(hash, signedInfo)
	if err != nil {
		panic(err) // the key is none
	}
	return value
}

// signText makes a signature in the form of XML Signature §6.4.
func (k *SAMLKey) signText(hash crypto.Hash, text string) ([]byte, error) {
	h := hash.New()
	h.Write([]byte(text))
	key, ok := k.Signer.(*ecdsa.PrivateKey)
	if !ok {
		return k.Sign(rand.Reader, h.Sum(nil), hash)
	}
	r, s, err := ecdsa.Sign(rand.Reader, key, h.Sum(nil))
	if err != nil {
		return nil, err
	}
	size := (key.Params().BitSize + 7) / 8
	return append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...), nil
}

// HMACByCertificate makes signatures with what everybody knows of the key: its certificate in PEM.
func HMACByCertificate(k *SAMLKey) func(string) []byte {
	return func(signedInfo string) []byte {
		mac := hmac.New(crypto.SHA256.New, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: k.Certificate.Raw}))
		mac.Write([]byte(signedInfo))
		return mac.Sum(nil)
	}
}

func sum(digest string, content []byte) []byte {
	hash := crypto.SHA256
	if digest == DigestSHA1 {
		hash = crypto.SHA1
	}
	h := hash.New()
	h.Write(content)
	return h.Sum(nil)
}

// canonical is an element in exclusive canonical XML, with the namespaces of the elements around it.
func canonical(e *etree.Element) []byte {
	alone := e.Copy()
	for around := e.Parent(); around != nil; around = around.Parent() {
		for _, a := range around.Attr {
			if (a.Space == "xmlns" || a.FullKey() == "xmlns") && alone.SelectAttr(a.FullKey()) == nil {
				alone.CreateAttr(a.FullKey(), a.Value)
			}
		}
	}
	text, err := dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("").Canonicalize(alone)
	if err != nil {
		panic(err) // a test has made a tree that is no XML
	}
	return text
}

// Encryption says how an assertion is encrypted. For is required; the algorithms default to AES-256-GCM and RSA-OAEP.
type Encryption struct {
	For           *rsa.PublicKey
	Data, Key     string
	Digest, Mask  string                     // of RSA-OAEP
	Change        func(sealed []byte) []byte // what an attacker does
	Plain         string                     // in the place of the assertion
	KeyBesideData bool                       // EncryptedKey follows EncryptedData
}

// encrypt puts an EncryptedAssertion into the place of an assertion.
func (c Encryption) encrypt(assertion *etree.Element) {
	data, transport := or(c.Data, AES256GCM), or(c.Key, OAEP)
	plain := []byte(c.Plain)
	if c.Plain == "" {
		plain = canonical(assertion)
	}
	key, sealed := seal(data, plain)
	if c.Change != nil {
		sealed = c.Change(sealed)
	}
	details := ""
	if c.Digest != "" {
		details += fmt.Sprintf(`<ds:DigestMethod xmlns:ds="%s" Algorithm="%s"/>`, dsig.Namespace, c.Digest)
	}
	if c.Mask != "" {
		details += fmt.Sprintf(`<xenc11:MGF xmlns:xenc11="http://www.w3.org/2009/xmlenc11#" Algorithm="%s"/>`, c.Mask)
	}
	const xenc = `xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"`
	encryptedKey := fmt.Sprintf(`<xenc:EncryptedKey %s><xenc:EncryptionMethod Algorithm="%s">%s</xenc:EncryptionMethod>`+
		`<xenc:CipherData><xenc:CipherValue>%s</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey>`,
		xenc, transport, details, base64.StdEncoding.EncodeToString(c.transport(transport, key)))
	info, beside := `<ds:KeyInfo xmlns:ds="`+dsig.Namespace+`">`+encryptedKey+`</ds:KeyInfo>`, ""
	if c.KeyBesideData {
		info, beside = "", encryptedKey
	}
	node := readXML(fmt.Sprintf(`<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><xenc:EncryptedData %s `+
		`Type="http://www.w3.org/2001/04/xmlenc#Element"><xenc:EncryptionMethod Algorithm="%s"/>%s<xenc:CipherData>`+
		`<xenc:CipherValue>%s</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>%s</saml:EncryptedAssertion>`,
		xenc, data, info, base64.StdEncoding.EncodeToString(sealed), beside))
	parent, place := assertion.Parent(), assertion.Index()
	parent.RemoveChildAt(place)
	parent.InsertChildAt(place, node)
}

func (c Encryption) transport(algorithm string, key []byte) []byte {
	var sealed []byte
	var err error
	if algorithm == RSA15 {
		//lint:ignore SA1019 that it is dangerous is why it has to be refused
		sealed, err = rsa.EncryptPKCS1v15(rand.Reader, c.For, key)
	} else {
		hash, mask := crypto.SHA1, crypto.SHA1
		if c.Digest == DigestSHA256 {
			hash = crypto.SHA256
		}
		if strings.HasSuffix(c.Mask, "mgf1sha256") {
			mask = crypto.SHA256
		}
		sealed, err = rsa.EncryptOAEPWithOptions(rand.Reader, c.For, key, &rsa.OAEPOptions{Hash: hash, MGFHash: mask})
	}
	if err != nil {
		panic(err) // the key is none
	}
	return sealed
}

// seal encrypts by a key of its own.
func seal(algorithm string, plain []byte) (key, sealed []byte) {
	size := 32
	if algorithm == AES128CBC {
		size = 16
	}
	key = make([]byte, size)
	_, _ = rand.Read(key)
	raw, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the size is one of AES
	}
	if algorithm == AES256GCM {
		gcm, err := cipher.NewGCMWithRandomNonce(raw)
		if err != nil {
			panic(err) // likewise
		}
		return key, gcm.Seal(nil, nil, plain, nil)
	}
	padding := aes.BlockSize - len(plain)%aes.BlockSize
	padded := append(append([]byte{}, plain...), make([]byte, padding)...)
	padded[len(padded)-1] = byte(padding)
	sealed = make([]byte, aes.BlockSize+len(padded))
	_, _ = rand.Read(sealed[:aes.BlockSize])
	cipher.NewCBCEncrypter(raw, sealed[:aes.BlockSize]).CryptBlocks(sealed[aes.BlockSize:], padded)
	return key, sealed
}
