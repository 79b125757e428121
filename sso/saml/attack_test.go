package saml_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"math/big"
	"os"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
	"github.com/usher-scim/usher/sso/saml"
	"github.com/usher-scim/usher/sso/ssotest"
)

// refusals say with which code each attack is refused.
var refusals = map[string]directory.LoginCode{
	"the signed response in the signature of an evil one":                   saml.CodeNested,
	"the signed response before the signature of an evil one":               saml.CodeNested,
	"an evil assertion before the signed one":                               saml.CodeAssertions,
	"an evil assertion around the signed one":                               saml.CodeAssertions,
	"an evil assertion with the signature, the signed one beside it":        saml.CodeAssertions,
	"an evil assertion with the signature, the signed one in it":            saml.CodeAssertions,
	"an evil assertion in Extensions":                                       saml.CodeID,
	"an evil assertion in Extensions, with an ID of its own":                saml.CodeAssertions,
	"the signed assertion in an Object of the signature":                    saml.CodeID,
	"the signed assertion in an Object, the evil one with an ID of its own": saml.CodeAssertions,

	"an unsigned copy behind the signed one": saml.CodeAssertions,
	"two assertions in a signed response":    saml.CodeAssertions,
	"an assertion of an assertion":           saml.CodeAssertions,
	"a response in the response":             saml.CodeNested,

	"the assertion's signature at the response":  saml.CodeReference,
	"a second signature in Extensions":           saml.CodeSignaturePlace,
	"a reference to another element":             saml.CodeReference,
	"an empty reference":                         saml.CodeReference,
	"a reference to nothing":                     saml.CodeReference,
	"a reference to nothing in what has no ID":   saml.CodeReference,
	"two references":                             saml.CodeSignatureContent,
	"RSA with SHA-1 behind a decoy":              sso.CodeSignature,
	"an empty reference behind a decoy":          sso.CodeSignature,
	"canonical XML with comments behind a decoy": sso.CodeSignature,

	"a comment in the name":                       saml.CodeComment,
	"a comment that changes nothing":              saml.CodeComment,
	"an instruction in the name":                  saml.CodeInstruction,
	"CDATA in the name":                           saml.CodeCDATA,
	"an element in the name":                      sso.CodeSubject,
	"a comment begun in a document type":          saml.CodeDoctype,
	"a document type":                             saml.CodeDoctype,
	"an instruction before the response":          saml.CodeInstruction,
	"two XML declarations":                        saml.CodeInstruction,
	"an XML declaration that goes on":             saml.CodeInstruction,
	"another encoding":                            saml.CodeEncoding,
	"bytes that are no UTF-8":                     sso.CodeMalformed,
	"a second root":                               saml.CodeOutside,
	"text behind the root":                        saml.CodeOutside,
	"a space behind the root that is none in XML": saml.CodeOutside,
	"no space between two attributes":             saml.CodeTag,
	"an end too many":                             sso.CodeMalformed,
	"no end":                                      sso.CodeMalformed,

	"a prefix that is not declared":              saml.CodeNamespace,
	"an attribute's prefix that is not declared": saml.CodeNamespace,
	"a namespace of more than ASCII":             saml.CodeNamespace,
	"a relative namespace":                       saml.CodeNamespace,
	"a namespace that is no URI":                 saml.CodeNamespace,
	"an empty namespace":                         saml.CodeNamespace,
	"the prefix xml for something else":          saml.CodeNamespace,
	"another prefix for xml":                     saml.CodeNamespace,
	"the prefix ds for something else":           saml.CodeSignatureContent,
	"an ID made of an entity":                    saml.CodeDoctype,
	"an entity that nobody has defined":          sso.CodeMalformed,
	"a relative namespace in what is signed":     saml.CodeNamespace,
	"an ID with and without a prefix":            saml.CodePollution,
	"an ID in another case":                      saml.CodePollution,
	"a URI with and without a prefix":            saml.CodePollution,
	"an attribute twice":                         saml.CodePollution,
	"the assertion's ID at another element":      saml.CodeID,
	"an ID that is a pointer":                    saml.CodeID,
	"an empty ID":                                saml.CodeID,
	"an xml:id":                                  saml.CodeID,
	"an element with two colons":                 sso.CodeMalformed,
	"an attribute with nothing before its colon": saml.CodeName,
	"an attribute with nothing behind its colon": saml.CodeName,
	"a directive with a comment in it":           saml.CodeDoctype,
	"an element without a name":                  saml.CodeName,
	"an entity of a file":                        saml.CodeDoctype,
	"an external document type":                  saml.CodeDoctype,
	"a parameter entity":                         saml.CodeDoctype,
	"entities of entities":                       saml.CodeDoctype,

	"no signature":                                 saml.CodeUnsigned,
	"another name under the signature":             sso.CodeSignature,
	"an empty value":                               sso.CodeSignature,
	"a value that ends in bits of nothing":         sso.CodeSignature,
	"a value with space in it that is none in XML": sso.CodeSignature,
	"two digests":                                  saml.CodeSignatureContent,
	"two values":                                   saml.CodeSignatureContent,
	"no value":                                     saml.CodeSignatureContent,
	"nothing signed":                               saml.CodeSignatureContent,
	"an object in the signature":                   saml.CodeSignatureContent,
	"an empty signature":                           saml.CodeSignatureContent,
	"only the response signed, where the assertion must be": saml.CodeUnsignedAssertion,
	"a good signature in a response with a bad one":         sso.CodeSignature,

	"a stranger's key and certificate":               sso.CodeSignature,
	"a stranger's key, our certificate":              sso.CodeSignature,
	"a stranger's key, nothing said of it":           sso.CodeSignature,
	"a key without certificate":                      sso.CodeSignature,
	"a key from elsewhere":                           sso.CodeSignature,
	"RSA with SHA-1":                                 sso.CodeAlgorithm,
	"a digest with SHA-1":                            saml.CodeDigest,
	"a digest with MD5":                              saml.CodeDigest,
	"HMAC with the certificate":                      sso.CodeAlgorithm,
	"no algorithm":                                   sso.CodeAlgorithm,
	"canonical XML with comments":                    saml.CodeTransforms,
	"signed canonical XML with comments":             saml.CodeTransforms,
	"a transform by XPath":                           saml.CodeTransforms,
	"a transform with something in it":               saml.CodeTransforms,
	"no transform":                                   saml.CodeTransforms,
	"transforms in another order":                    saml.CodeTransforms,
	"a connection without certificates":              sso.CodeUnconfigured,
	"a connection with a key of 1024 bits":           sso.CodeUnconfigured,
	"a connection with nine certificates":            sso.CodeUnconfigured,
	"a connection with a key of 16384 bits":          sso.CodeUnconfigured,
	"a connection without entity ID":                 sso.CodeUnconfigured,
	"a connection without an issuer":                 sso.CodeUnconfigured,
	"a connection whose certificate is over":         saml.CodeCertificate,
	"a connection whose certificate is not good yet": saml.CodeCertificate,

	"another audience":                         sso.CodeAudience,
	"no restriction":                           sso.CodeAudience,
	"no audience":                              sso.CodeAudience,
	"a second restriction, to somebody else":   sso.CodeAudience,
	"an audience that begins like ours":        sso.CodeAudience,
	"another issuer":                           sso.CodeIssuer,
	"the assertion of another issuer":          sso.CodeIssuer,
	"the assertion of no issuer":               sso.CodeIssuer,
	"the response of another issuer":           saml.CodeResponseIssuer,
	"an assertion of two issuers":              sso.CodeIssuer,
	"a response of two issuers":                saml.CodeResponseIssuer,
	"a signed response of no issuer":           saml.CodeResponseIssuer,
	"a destination with a prefix":              saml.CodeDestination,
	"a confirmation with data twice":           saml.CodeConfirmation,
	"another destination":                      saml.CodeDestination,
	"no destination":                           saml.CodeDestination,
	"another recipient":                        saml.CodeRecipient,
	"no recipient":                             saml.CodeRecipient,
	"a status of failure":                      sso.CodeProviderRefused,
	"no status":                                sso.CodeProviderRefused,
	"two statuses":                             sso.CodeProviderRefused,
	"another version of the response":          saml.CodeVersion,
	"another version of the assertion":         saml.CodeAssertionVersion,
	"another kind of message":                  saml.CodeRoot,
	"an assertion without an ID":               saml.CodeAssertionID,
	"no subject":                               sso.CodeSubject,
	"no name":                                  sso.CodeSubject,
	"an empty name":                            sso.CodeSubject,
	"no conditions":                            saml.CodeConditions,
	"conditions without an end":                saml.CodeConditions,
	"two conditions":                           saml.CodeConditions,
	"a condition that nobody knows":            saml.CodeUnknownCondition,
	"no confirmation":                          saml.CodeConfirmation,
	"a confirmation without data":              saml.CodeConfirmation,
	"a confirmation of another kind":           saml.CodeConfirmation,
	"a second confirmation, for somebody else": saml.CodeConfirmation,
	"no authentication":                        saml.CodeAuthentication,
	"space around the name":                    sso.CodeSubject,
	"a name with a line's end":                 sso.CodeSubject,
	"a name that is too long":                  sso.CodeSubject,
	"a name with a space that nobody sees":     sso.CodeSubject,
	"a name that is read from right to left":   sso.CodeSubject,
	"a role that is encrypted by itself":       saml.CodeEncryptedAttribute,
	"a name of another identity provider":      saml.CodeQualifier,
	"a name for another service":               saml.CodeQualifier,
	"two names":                                sso.CodeSubject,
	"two subjects":                             sso.CodeSubject,
	"ten thousand roles":                       saml.CodeTooLarge,
	"a thousand roles":                         saml.CodeElements,

	"a second too late for the assertion":                       sso.CodeExpired,
	"a second too late for the confirmation":                    saml.CodeConfirmationExpired,
	"a confirmation without an end":                             saml.CodeConfirmationExpired,
	"a confirmation with a beginning":                           saml.CodeConfirmationEarly,
	"a second too early":                                        saml.CodeEarly,
	"a beginning that is no time":                               saml.CodeEarly,
	"a session that is over":                                    saml.CodeSessionOver,
	"a session whose end is no time":                            saml.CodeSessionOver,
	"the year one":                                              sso.CodeExpired,
	"no time zone":                                              saml.CodeConditions,
	"another time zone":                                         saml.CodeConditions,
	"made a second too early":                                   sso.CodeIssuedAt,
	"made long ago":                                             sso.CodeIssuedAt,
	"made at no time":                                           sso.CodeIssuedAt,
	"all of it an hour ago":                                     sso.CodeIssuedAt,
	"a login at no time":                                        saml.CodeAuthentication,
	"a login at a time that is none":                            saml.CodeAuthentication,
	"a login a second too early":                                saml.CodeAuthentication,
	"a second login at no time":                                 saml.CodeAuthentication,
	"a login a second too old, where a fresh one was asked for": sso.CodeNotFresh,
	"a fresh login and an older one":                            sso.CodeNotFresh,

	"an answer to another login":                            saml.CodeInResponseTo,
	"a response that says it is for another login":          saml.CodeInResponseTo,
	"an assertion that was confirmed for another login":     saml.CodeConfirmedFor,
	"a response that says nothing of a login":               saml.CodeInResponseTo,
	"an assertion that was confirmed for no login":          saml.CodeConfirmedFor,
	"an assertion that was confirmed for an empty login":    saml.CodeConfirmedFor,
	"the response for another tenant":                       saml.CodeDestination,
	"the response for another tenant, sent to us":           saml.CodeRecipient,
	"the response for another tenant of the same URL":       sso.CodeAudience,
	"a response that nobody has asked for":                  saml.CodeUnsolicited,
	"an answer, where nobody has asked":                     saml.CodeInResponseTo,
	"an answer to an empty request, where nobody has asked": saml.CodeConfirmedFor,

	"an attribute of a mebibyte":  saml.CodeTooLarge,
	"300,000 siblings":            saml.CodeTooLarge,
	"25,000 siblings":             saml.CodeElements,
	"9,000 levels":                saml.CodeDepth,
	"10,000 attributes":           saml.CodeAttributes,
	"5,000 prefixes":              saml.CodeAttributes,
	"2,000 prefixes, twenty each": saml.CodePrefixes,
	"50 signatures":               saml.CodeSignaturePlace,
	"a byte too many":             saml.CodeTooLarge,
	"a level too many":            saml.CodeDepth,
	"an element too many":         saml.CodeElements,
	"an attribute too many":       saml.CodeAttributes,
	"a prefix too many":           saml.CodePrefixes,

	"for somebody else":                              saml.CodeUndecryptable,
	"the first byte changed":                         saml.CodeUndecryptable,
	"a byte in the middle changed":                   saml.CodeUndecryptable,
	"the last byte changed":                          saml.CodeUndecryptable,
	"four bytes":                                     saml.CodeUndecryptable,
	"no byte":                                        saml.CodeUndecryptable,
	"the key by RSA 1.5":                             saml.CodeEncryption,
	"by triple DES":                                  saml.CodeEncryption,
	"by AES-CBC in an unsigned response":             saml.CodeMalleable,
	"by AES-CBC, which the connection does not take": saml.CodeEncryption,
	"by AES-CBC, with half a block":                  saml.CodeUndecryptable,
	"by AES-CBC, with one block":                     saml.CodeUndecryptable,
	"something else than an assertion":               saml.CodeUndecryptable,
	"something that is no XML":                       saml.CodeOutside,
	"a document type in what is encrypted":           saml.CodeDoctype,
	"an assertion that nobody has signed":            saml.CodeUnsigned,
	"an encrypted assertion beside another one":      saml.CodeAssertions,
	"no key":               saml.CodeUndecryptable,
	"two keys":             saml.CodeUndecryptable,
	"the key with a label": saml.CodeEncryption,
	"a key that is longer than its algorithm wants":      saml.CodeUndecryptable,
	"the key by a hash that nobody knows":                saml.CodeEncryption,
	"the key by a mask that nobody knows":                saml.CodeEncryption,
	"the key by a mask that its algorithm does not have": saml.CodeEncryption,
	"an assertion in the one that is encrypted":          saml.CodeAssertions,
	"two signatures in what is encrypted":                saml.CodeSignaturePlace,
	"by AES-CBC, with a padding of more than a block":    saml.CodeUndecryptable,
	"by AES-CBC, with a padding of nothing":              saml.CodeUndecryptable,
}

// places are what is wrong where an honest response comes to; most attacks need none.
var places = map[string]func(*saml.Expectation){
	"a connection without certificates":      func(e *saml.Expectation) { e.Certificates = nil },
	"a connection with a key of 1024 bits":   func(e *saml.Expectation) { e.Certificates = append(e.Certificates, toy()) },
	"a connection with a key of 16384 bits":  func(e *saml.Expectation) { e.Certificates = append(e.Certificates, long(16384)) },
	"a connection without entity ID":         func(e *saml.Expectation) { e.EntityID = "" },
	"a connection without an issuer":         func(e *saml.Expectation) { e.Issuer = "" },
	"a connection whose certificate is over": func(e *saml.Expectation) { e.Certificates = goodFor(noon.AddDate(-2, 0, 0), noon.Add(-time.Second)) },
	"a connection whose certificate is not good yet": func(e *saml.Expectation) {
		e.Certificates = goodFor(noon.Add(time.Second), noon.AddDate(1, 0, 0))
	},
	"only the response signed, where the assertion must be":     func(e *saml.Expectation) { e.SignedAssertion = true },
	"an answer to another login":                                func(e *saml.Expectation) { e.Request = "_another" },
	"a response that nobody has asked for":                      func(e *saml.Expectation) { e.Request = "" },
	"an answer, where nobody has asked":                         unsolicited,
	"an answer to an empty request, where nobody has asked":     unsolicited,
	"by AES-CBC in an unsigned response":                        func(e *saml.Expectation) { e.CBC = true },
	"by AES-CBC, with half a block":                             func(e *saml.Expectation) { e.CBC = true },
	"by AES-CBC, with one block":                                func(e *saml.Expectation) { e.CBC = true },
	"by AES-CBC, with a padding of more than a block":           func(e *saml.Expectation) { e.CBC = true },
	"by AES-CBC, with a padding of nothing":                     func(e *saml.Expectation) { e.CBC = true },
	"a login a second too old, where a fresh one was asked for": fresh,
	"a fresh login and an older one":                            fresh,
	"a connection with nine certificates": func(e *saml.Expectation) {
		e.Certificates = slices.Repeat(e.Certificates[1:], 9)
	},
}

func fresh(e *saml.Expectation) { e.Fresh = e.Now }

func unsolicited(e *saml.Expectation) { e.Request, e.Unsolicited = "", true }

// goodFor are certificates of the identity provider's keys with another life.
func goodFor(from, to time.Time) []*x509.Certificate {
	keys, _ := ssotest.SAMLKeys()
	return []*x509.Certificate{ssotest.NewSAMLKey("other", keys[0].Signer, from, to).Certificate}
}

// toy is the certificate of a key that can be broken.
var toy = sync.OnceValue(func() *x509.Certificate {
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		panic(err) // the system has no randomness
	}
	return ssotest.NewSAMLKey("toy", key, noon.AddDate(-1, 0, 0), noon.AddDate(1, 0, 0)).Certificate
})

// long is the certificate of a number that is no key, but as long as one: to try it costs as much.
func long(bits uint) *x509.Certificate {
	n := new(big.Int).Lsh(big.NewInt(1), bits-1)
	draft := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: noon.AddDate(-1, 0, 0), NotAfter: noon.AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, draft, draft, &rsa.PublicKey{N: n.Add(n, big.NewInt(1)), E: 65537}, elliptic())
	if err != nil {
		panic(err) // the system has no randomness
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err) // it was made right here
	}
	return certificate
}

// at is the place to which an attack comes.
func (w *world) at(a ssotest.Attack) saml.Expectation {
	expect := w.expect
	if place := places[a.Name]; place != nil {
		place(&expect)
	}
	return expect
}

// attack mounts all attacks of one row of the list, which must be refused for what they are.
func attack(t *testing.T, row string) {
	t.Parallel()
	found := false
	for _, a := range ssotest.SAMLAttacks(ourKey()) {
		if a.Row != row {
			continue
		}
		found = true
		t.Run(a.Name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			got, err := saml.Verify(a.Make(w.honest()), w.at(a))
			if code := code(t, err); code != refusals[a.Name] || code == "" {
				t.Errorf("refused as %q: %v, want %q", code, err, refusals[a.Name])
			}
			if got.NameID != "" || got.ID != "" || got.Attributes != nil {
				t.Errorf("a refused response says %+v", got)
			}
		})
	}
	if !found {
		t.Errorf("there is no attack %s", row)
	}
}

func TestACS_XSW1(t *testing.T)                 { attack(t, "XSW1") }
func TestACS_XSW2(t *testing.T)                 { attack(t, "XSW2") }
func TestACS_XSW3(t *testing.T)                 { attack(t, "XSW3") }
func TestACS_XSW4(t *testing.T)                 { attack(t, "XSW4") }
func TestACS_XSW5(t *testing.T)                 { attack(t, "XSW5") }
func TestACS_XSW6(t *testing.T)                 { attack(t, "XSW6") }
func TestACS_XSW7(t *testing.T)                 { attack(t, "XSW7") }
func TestACS_XSW8(t *testing.T)                 { attack(t, "XSW8") }
func TestACS_DuplicateAssertion(t *testing.T)   { attack(t, "DuplicateAssertion") }
func TestACS_MovedSignature(t *testing.T)       { attack(t, "MovedSignature") }
func TestACS_SplitName(t *testing.T)            { attack(t, "SplitName") }
func TestACS_ParserDifferential(t *testing.T)   { attack(t, "ParserDifferential") }
func TestACS_NamespaceConfusion(t *testing.T)   { attack(t, "NamespaceConfusion") }
func TestACS_EntityID(t *testing.T)             { attack(t, "EntityID") }
func TestACS_VoidCanonicalization(t *testing.T) { attack(t, "VoidCanonicalization") }
func TestACS_RoundTrip(t *testing.T)            { attack(t, "RoundTrip") }
func TestACS_Stripped(t *testing.T)             { attack(t, "Stripped") }
func TestACS_ForeignKey(t *testing.T)           { attack(t, "ForeignKey") }
func TestACS_Downgrade(t *testing.T)            { attack(t, "Downgrade") }
func TestACS_FailOpen(t *testing.T)             { attack(t, "FailOpen") }
func TestACS_Audience(t *testing.T)             { attack(t, "Audience") }
func TestACS_WrongValue(t *testing.T)           { attack(t, "WrongValue") }
func TestACS_Time(t *testing.T)                 { attack(t, "Time") }
func TestACS_InResponseTo(t *testing.T)         { attack(t, "InResponseTo") }
func TestACS_CrossTenant(t *testing.T)          { attack(t, "CrossTenant") }
func TestACS_Entities(t *testing.T)             { attack(t, "Entities") }
func TestACS_Size(t *testing.T)                 { attack(t, "Size") }
func TestACS_Encrypted(t *testing.T)            { attack(t, "Encrypted") }
func TestACS_Unsolicited(t *testing.T)          { attack(t, "Unsolicited") }
func TestACS_IdentityConfusion(t *testing.T)    { attack(t, "IdentityConfusion") }
func TestACS_RoleInjection(t *testing.T)        { attack(t, "RoleInjection") }

// No attack may be forgotten, neither by its test nor by what it must be refused with.
func TestAttacks_AreAllMounted(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("attack_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var mounted, names []string
	for _, m := range regexp.MustCompile(`attack\(t, "(\w+)"\)`).FindAllStringSubmatch(string(source), -1) {
		mounted = append(mounted, m[1])
	}
	for _, a := range ssotest.SAMLAttacks(ourKey()) {
		if !slices.Contains(mounted, a.Row) {
			t.Errorf("no test mounts %s", a.Row)
		}
		if slices.Contains(names, a.Name) {
			t.Errorf("two attacks are called %q", a.Name)
		}
		names = append(names, a.Name)
	}
	for name := range refusals {
		if !slices.Contains(names, name) {
			t.Errorf("there is no attack %q", name)
		}
	}
	if len(names) < 150 {
		t.Errorf("there are %d attacks", len(names))
	}
}
