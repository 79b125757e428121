package saml

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/russellhaering/goxmldsig/etreeutils"

	"github.com/usher-scim/usher/sso"
)

// signature is one of at most two: the response's and the assertion's.
type signature struct {
	*Expectation
	element *etree.Element // in which it stands, a copy that stands alone
	node    *etree.Element // <ds:Signature> in that copy

	// content is made of the very bytes that the signature covers, and nothing else is read of the element from then on.
	content     *etree.Element
	certificate *x509.Certificate // by which it was verified
}

var signatureChecks = []check[*signature]{
	{CodeSignatureContent, (*signature).refuseContent},
	{CodeReference, (*signature).refuseReference},
	{CodeTransforms, (*signature).refuseTransforms},
	{sso.CodeAlgorithm, (*signature).refuseAlgorithm},
	{CodeDigest, (*signature).refuseDigest},
	{sso.CodeSignature, (*signature).refuseForged},
	{CodeCertificate, (*signature).refuseCertificate},
}

// authenticate verifies the signature of an element, and returns what it covers; nil: there is none.
func (e *Expectation) authenticate(element *etree.Element) (content *etree.Element, err error) {
	if first(element, nsSignature, "Signature") == nil {
		return nil, nil
	}
	alone, err := detach(element)
	if err != nil {
		return nil, malformed(err)
	}
	s := &signature{Expectation: e, element: alone, node: first(alone, nsSignature, "Signature")}
	if err := run(e.off, signatureChecks, s); err != nil {
		return nil, err
	}
	return s.content, nil
}

// detach copies an element, with the namespaces of all elements around it.
func detach(e *etree.Element) (*etree.Element, error) {
	scope, err := etreeutils.NSBuildParentContext(e)
	if err != nil {
		return nil, err
	}
	return etreeutils.NSDetatch(scope, e)
}

func (s *signature) signedInfo() *etree.Element { return only(s.node, nsSignature, "SignedInfo") }

func (s *signature) reference() *etree.Element {
	return first(s.signedInfo(), nsSignature, "Reference")
}

// refuseContent refuses what a signature may hold beyond the necessary (XML Signature §4): a second reference, and above
// all an Object, in which something else could be hidden.
func (s *signature) refuseContent() error {
	switch {
	case !sequence(s.node, nsSignature, "SignedInfo", "SignatureValue") &&
		!sequence(s.node, nsSignature, "SignedInfo", "SignatureValue", "KeyInfo"):
		return errors.New("there is not just one SignedInfo, one SignatureValue and perhaps a KeyInfo")
	case !sequence(s.signedInfo(), nsSignature, "CanonicalizationMethod", "SignatureMethod", "Reference"):
		return errors.New("its SignedInfo has not just one method of each kind and one Reference")
	case !sequence(s.reference(), nsSignature, "Transforms", "DigestMethod", "DigestValue"):
		return errors.New("its Reference has not just Transforms, one method and one value")
	}
	return nil
}

// refuseReference holds the signature to the element in which it stands (SAML Core §5.4.2).
func (s *signature) refuseReference() error {
	id, got := attribute(s.element, "ID"), attribute(s.reference(), "URI")
	if id == "" || got != "#"+id {
		return fmt.Errorf("it refers to %q and stands in the element %q", got, id)
	}
	return nil
}

// refuseTransforms takes the two of SAML Core §5.4.4 alone, without comments: any other could hide something from the
// digest that is read afterwards.
func (s *signature) refuseTransforms() error {
	method := only(s.signedInfo(), nsSignature, "CanonicalizationMethod")
	if got := attribute(method, "Algorithm"); got != string(dsig.CanonicalXML10ExclusiveAlgorithmId) {
		return fmt.Errorf("the canonicalization is %q", got)
	}
	transforms := only(s.reference(), nsSignature, "Transforms")
	if transforms == nil {
		return errors.New("there are no transforms")
	}
	var got []string
	for transform := range transforms.ChildElementsSeq() {
		got = append(got, attribute(transform, "Algorithm"))
		for child := range transform.ChildElementsSeq() {
			if !is(child, nsExcC14N, "InclusiveNamespaces") {
				return fmt.Errorf("a transform has a <%s> in it", child.Tag)
			}
		}
	}
	want := []string{string(dsig.EnvelopedSignatureAltorithmId), string(dsig.CanonicalXML10ExclusiveAlgorithmId)}
	if !slices.Equal(got, want) {
		return fmt.Errorf("the transforms are %q", got)
	}
	return nil
}

// strongSignatures and strongDigests are what proves something. Those with SHA-1 do on the word of the connection alone.
var (
	strongSignatures = []string{
		dsig.RSASHA256SignatureMethod, dsig.RSASHA384SignatureMethod, dsig.RSASHA512SignatureMethod,
		dsig.ECDSASHA256SignatureMethod, dsig.ECDSASHA384SignatureMethod, dsig.ECDSASHA512SignatureMethod,
	}
	strongDigests = []string{digestSHA256, digestSHA384, digestSHA512}
)

// The digests, as XML Signature and XML Encryption call them.
const (
	digestSHA1   = "http://www.w3.org/2000/09/xmldsig#sha1"
	digestSHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
	digestSHA384 = "http://www.w3.org/2001/04/xmldsig-more#sha384"
	digestSHA512 = "http://www.w3.org/2001/04/xmlenc#sha512"
)

func (s *signature) refuseAlgorithm() error {
	got := attribute(only(s.signedInfo(), nsSignature, "SignatureMethod"), "Algorithm")
	if slices.Contains(strongSignatures, got) || s.SHA1 && got == dsig.RSASHA1SignatureMethod {
		return nil
	}
	return fmt.Errorf("the signature's algorithm is %q", got)
}

func (s *signature) refuseDigest() error {
	got := attribute(only(s.reference(), nsSignature, "DigestMethod"), "Algorithm")
	if slices.Contains(strongDigests, got) || s.SHA1 && got == digestSHA1 {
		return nil
	}
	return fmt.Errorf("the digest's algorithm is %q", got)
}

// refuseForged tries each of the connection's certificates, of which there are two while keys change. What the signature
// says of its key is taken out: nobody proves anything by a key that he brings along.
//
// The library verifies the first signature in the tree that refers to the element, wherever it stands. So the one that was
// looked at is put before all else: no digest covers the place of an enveloped signature.
func (s *signature) refuseForged() error {
	if info := only(s.node, nsSignature, "KeyInfo"); info != nil {
		s.node.RemoveChild(info)
	}
	s.element.InsertChildAt(0, s.node)
	node := only(s.node, nsSignature, "SignatureValue")
	value, err := sso.DecodeBase64(text(node))
	if err != nil || len(value) == 0 {
		return errors.New("its value is no base64")
	}
	var reasons []error
	for _, certificate := range s.goodFirst() {
		node.SetText(base64.StdEncoding.EncodeToString(inASN1(certificate, value)))
		content, err := validate(s.element, certificate)
		if err == nil {
			s.content, s.certificate = content, certificate
			return nil
		}
		reasons = append(reasons, err)
	}
	return fmt.Errorf("none of the %d certificates verifies it: %w", len(reasons), errors.Join(reasons...))
}

// inASN1 writes a signature by ECDSA as the library expects it. In XML it is two numbers side by side (XML Signature §6.4.3).
func inASN1(certificate *x509.Certificate, value []byte) []byte {
	key, ok := certificate.PublicKey.(*ecdsa.PublicKey)
	if !ok {
		return value
	}
	size := (key.Params().BitSize + 7) / 8
	if len(value) != 2*size {
		return nil
	}
	der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(value[:size]), new(big.Int).SetBytes(value[size:])})
	if err != nil {
		return nil
	}
	return der
}

// validate has the library verify, with one key at a time, and a clock at which the certificate is good: whether it is
// now, refuseCertificate asks.
func validate(e *etree.Element, certificate *x509.Certificate) (*etree.Element, error) {
	context := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{certificate}})
	context.Clock = dsig.NewFakeClockAt(certificate.NotBefore)
	return context.Validate(e)
}

// goodFirst are the certificates, those whose time is now before the others. One that was renewed has the key of the one
// before it, so both verify the same: the good one counts, whichever stands first.
func (e *Expectation) goodFirst() []*x509.Certificate {
	var good, other []*x509.Certificate
	for _, c := range e.Certificates {
		if e.isGood(c) {
			good = append(good, c)
		} else {
			other = append(other, c)
		}
	}
	return append(good, other...)
}

func (e *Expectation) isGood(c *x509.Certificate) bool {
	return !e.Now.Before(c.NotBefore) && !e.Now.After(c.NotAfter)
}

func (s *signature) refuseCertificate() error {
	c := s.certificate
	if s.ExpiredCertificates || s.isGood(c) {
		return nil
	}
	return fmt.Errorf("the certificate %s is good from %s to %s", c.SerialNumber, c.NotBefore.UTC().Format(time.RFC3339),
		c.NotAfter.UTC().Format(time.RFC3339))
}
