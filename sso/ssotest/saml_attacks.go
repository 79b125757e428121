package ssotest

import (
	"crypto/rsa"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"
)

// SAMLAttacks are the attacks on whoever takes a SAML response. Some are honest responses that come to the wrong place: what
// is wrong with the place, the test says. The key is that for which assertions are encrypted.
func SAMLAttacks(key *rsa.PublicKey) []Attack {
	return slices.Concat(wrappings(), readings(), signatures(), values(), times(), answers(), sizes(), encryptions(key))
}

// The tables are made when somebody asks: a demo signs people in, and has none of them.

// wrappings put what was signed where the verifier finds it, and something else where the reader looks.
func wrappings() []Attack {
	return []Attack{
		drafted("XSW1", "the signed response in the signature of an evil one", wrapResponse(
			func(_, signature, original *etree.Element) { signature.AddChild(original) })),
		drafted("XSW2", "the signed response before the signature of an evil one", wrapResponse(
			func(response, signature, original *etree.Element) {
				response.InsertChildAt(signature.Index(), original)
			})),
		forged("XSW3", "an evil assertion before the signed one", wrap(evilFirst)),
		forged("XSW4", "an evil assertion around the signed one", wrap(evilAround)),
		forged("XSW5", "an evil assertion with the signature, the signed one beside it", wrap(evilWithCopyBeside)),
		forged("XSW6", "an evil assertion with the signature, the signed one in it", wrap(evilWithCopyInSignature)),
		forged("XSW7", "an evil assertion in Extensions", wrap(evilInExtensions)),
		forged("XSW7", "an evil assertion in Extensions, with an ID of its own", wrap(func(response, assertion, evil *etree.Element) {
			rename(evil)
			evilInExtensions(response, assertion, evil)
		})),
		forged("XSW8", "the signed assertion in an Object of the signature", wrap(evilWithObject)),
		forged("XSW8", "the signed assertion in an Object, the evil one with an ID of its own", wrap(func(response, assertion, evil *etree.Element) {
			evilWithObject(response, assertion, evil)
			rename(assertion)
		})),

		forged("DuplicateAssertion", "an unsigned copy behind the signed one", wrap(func(response, _, evil *etree.Element) {
			rename(evil)
			response.AddChild(evil)
		})),
		drafted("DuplicateAssertion", "two assertions in a signed response", func(r *Response) {
			r.SignAssertion, r.SignResponse = nil, r.SignAssertion
			r.Edit = wrap(func(response, _, evil *etree.Element) {
				rename(evil)
				response.AddChild(evil)
			})
		}),
		forged("DuplicateAssertion", "an assertion of an assertion", func(response *etree.Element) {
			extensions := fragment(`<samlp:Extensions/>`)
			assertion := SAMLElement(response, "Assertion")
			response.RemoveChild(assertion)
			extensions.AddChild(assertion)
			response.AddChild(extensions)
		}),
		forged("DuplicateAssertion", "a response in the response", respond(`<samlp:Extensions><samlp:Response ID="x"/></samlp:Extensions>`)),

		forged("MovedSignature", "the assertion's signature at the response", func(response *etree.Element) {
			signature := SAMLElement(response, "Signature")
			signature.Parent().RemoveChild(signature)
			response.InsertChildAt(1, signature)
		}),
		forged("MovedSignature", "a second signature in Extensions", func(response *etree.Element) {
			extensions := fragment(`<samlp:Extensions/>`)
			extensions.AddChild(SAMLElement(response, "Signature").Copy())
			response.InsertChildAt(SAMLElement(response, "Status").Index(), extensions)
		}),
		drafted("MovedSignature", "a reference to another element", func(r *Response) {
			r.SignAssertion.Reference = func(string) string { return "#" + r.ID }
		}),
		drafted("MovedSignature", "an empty reference", func(r *Response) {
			r.SignAssertion.Reference = func(string) string { return "" }
		}),
		drafted("MovedSignature", "a reference to nothing", func(r *Response) {
			r.SignAssertion.Reference = func(string) string { return "#" }
		}),
		drafted("MovedSignature", "a reference to nothing in what has no ID", func(r *Response) {
			r.Edit = unset("Assertion", "ID")
			r.SignAssertion.Reference = func(string) string { return "#" }
		}),
		drafted("MovedSignature", "two references", func(r *Response) {
			r.SignAssertion.References = `<ds:Reference URI="#x"><ds:Transforms></ds:Transforms><ds:DigestMethod Algorithm="` + DigestSHA256 +
				`"></ds:DigestMethod><ds:DigestValue></ds:DigestValue></ds:Reference>`
		}),
		drafted("MovedSignature", "RSA with SHA-1 behind a decoy", behindDecoy(Signing{Method: SignRSASHA1, Digest: DigestSHA1})),
		drafted("MovedSignature", "an empty reference behind a decoy", behindDecoy(Signing{Reference: func(string) string { return "" }})),
		drafted("MovedSignature", "canonical XML with comments behind a decoy", behindDecoy(Signing{Canonicalization: ExcC14N + "WithComments"})),
	}
}

// readings are texts that two readers read in two ways.
func readings() []Attack {
	return []Attack{
		rewritten("SplitName", "a comment in the name", "@example.com</saml:NameID>", "@example.com<!---->.evil.example</saml:NameID>"),
		rewritten("SplitName", "a comment that changes nothing", "@example.com</saml:NameID>", "<!-- -->@example.com</saml:NameID>"),
		rewritten("SplitName", "an instruction in the name", "@example.com</saml:NameID>", "<?x ?>@example.com</saml:NameID>"),
		rewritten("SplitName", "CDATA in the name", "@example.com</saml:NameID>", "<![CDATA[@example.com]]></saml:NameID>"),
		edited("SplitName", "an element in the name", func(response *etree.Element) {
			part(response, "NameID").AddChild(fragment(`<saml:x>.evil.example</saml:x>`))
		}),

		drafted("ParserDifferential", "a comment begun in a document type", func(r *Response) {
			r.Rewrite = func(text string) string {
				return `<!DOCTYPE response SYSTEM 'x"><!--'>` + strings.ReplaceAll(text, "ada@", "admin@") + `<![CDATA[-->` + text + `<!--]]>-->`
			}
		}),
		rewritten("ParserDifferential", "a document type", "<samlp:Response ", "<!DOCTYPE Response><samlp:Response "),
		rewritten("ParserDifferential", "an instruction before the response", "<samlp:Response ", "<?x y?><samlp:Response "),
		rewritten("ParserDifferential", "two XML declarations", "<samlp:Response ", `<?xml version="1.0"?><?xml version="1.0"?><samlp:Response `),
		rewritten("ParserDifferential", "an XML declaration that goes on", "<samlp:Response ", `<?xml version="1.0"? ><x?><samlp:Response `),
		rewritten("ParserDifferential", "another encoding", "<samlp:Response ", `<?xml version="1.0" encoding="UTF-7"?><samlp:Response `),
		rewritten("ParserDifferential", "bytes that are no UTF-8", "ada@", "ada\xff@"),
		rewritten("ParserDifferential", "a second root", "</samlp:Response>", "</samlp:Response><x/>"),
		rewritten("ParserDifferential", "text behind the root", "</samlp:Response>", "</samlp:Response>x"),
		rewritten("ParserDifferential", "a space behind the root that is none in XML", "</samlp:Response>", "</samlp:Response>\u00a0"),
		rewritten("ParserDifferential", "no space between two attributes", ` Version="2.0" IssueInstant`, ` Version="2.0"IssueInstant`),
		rewritten("ParserDifferential", "an end too many", "</samlp:Response>", "</samlp:Response></x>"),
		rewritten("ParserDifferential", "no end", "</samlp:Response>", ""),

		forged("NamespaceConfusion", "a prefix that is not declared", respond(`<y:x/>`)),
		forged("NamespaceConfusion", "an attribute's prefix that is not declared", respond(`<samlp:x y:z="1"/>`)),
		forged("NamespaceConfusion", "a namespace of more than ASCII", respond("<samlp:x xmlns:y=\"http://example.com\u0080\"/>")),
		forged("NamespaceConfusion", "a relative namespace", respond(`<samlp:x xmlns:y="1"/>`)),
		forged("NamespaceConfusion", "a namespace that is no URI", respond(`<samlp:x xmlns:y="http://example.com/&gt;"/>`)),
		forged("NamespaceConfusion", "an empty namespace", respond(`<samlp:x xmlns:y=""/>`)),
		forged("NamespaceConfusion", "the prefix xml for something else", respond(`<samlp:x xmlns:xml="http://example.com"/>`)),
		forged("NamespaceConfusion", "another prefix for xml", respond(`<samlp:x xmlns:y="http://www.w3.org/XML/1998/namespace"/>`)),
		forged("NamespaceConfusion", "the prefix ds for something else", func(response *etree.Element) {
			SAMLElement(response, "SignatureValue").CreateAttr("xmlns:ds", "http://example.com")
		}),

		rewritten("EntityID", "an ID made of an entity", "<samlp:Response ", `<!DOCTYPE x [<!ENTITY e "_e">]><samlp:Response `, `SessionIndex="`, `ID="&e;" SessionIndex="`),
		rewritten("EntityID", "an entity that nobody has defined", "ada@", "&e;@"),

		forged("VoidCanonicalization", "a relative namespace in what is signed", func(response *etree.Element) {
			SAMLElement(response, "SignedInfo").CreateAttr("xmlns:y", "1")
		}),
		forged("VoidCanonicalization", "an ID with and without a prefix", func(response *etree.Element) {
			response.CreateAttr("samlp:ID", "_x")
		}),
		forged("VoidCanonicalization", "an ID in another case", func(response *etree.Element) { response.CreateAttr("Id", "_x") }),
		forged("VoidCanonicalization", "a URI with and without a prefix", func(response *etree.Element) {
			SAMLElement(response, "Reference").CreateAttr("ds:URI", "#_x")
		}),
		rewritten("VoidCanonicalization", "an attribute twice", ` Version="2.0" IssueInstant`, ` Version="2.0" Version="2.0" IssueInstant`),
		forged("VoidCanonicalization", "the assertion's ID at another element", func(response *etree.Element) {
			respond(`<samlp:x ID="` + SAMLElement(response, "Assertion").SelectAttrValue("ID", "") + `"/>`)(response)
		}),
		drafted("VoidCanonicalization", "an ID that is a pointer", func(r *Response) { r.AssertionID = "xpointer(/)" }),
		forged("VoidCanonicalization", "an empty ID", respond(`<samlp:x ID=""/>`)),
		forged("VoidCanonicalization", "an xml:id", respond(`<samlp:x xml:id="x"/>`)),

		rewritten("RoundTrip", "an element with two colons", "<samlp:Status>", "<samlp:x:y></samlp:x:y><samlp:Status>"),
		rewritten("RoundTrip", "an attribute with nothing before its colon", "<samlp:Status>", `<samlp:Status :x="1">`),
		rewritten("RoundTrip", "an attribute with nothing behind its colon", "<samlp:Status>", `<samlp:Status x:="1">`),
		rewritten("RoundTrip", "a directive with a comment in it", "<samlp:Response ", "<! <<!-- -->x>><samlp:Response "),
		rewritten("RoundTrip", "an element without a name", "<samlp:Status>", "<:></:><samlp:Status>"),

		rewritten("Entities", "an entity of a file", "<samlp:Response ", `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><samlp:Response `, "ada@", "&e;@"),
		rewritten("Entities", "an external document type", "<samlp:Response ", `<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><samlp:Response `),
		rewritten("Entities", "a parameter entity", "<samlp:Response ", `<!DOCTYPE x [<!ENTITY % e SYSTEM "http://127.0.0.1:1/x"> %e;]><samlp:Response `),
		rewritten("Entities", "entities of entities", "<samlp:Response ", `<!DOCTYPE x [<!ENTITY a "lol">`+
			many(9, `<!ENTITY a%d "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">`)+`]><samlp:Response `, "ada@", "&a8;@"),
	}
}

// signatures are missing, of somebody else, or worth nothing.
func signatures() []Attack {
	return []Attack{
		drafted("Stripped", "no signature", func(r *Response) {
			r.SignAssertion = nil
			r.NameID = Evil
		}),
		forged("Stripped", "another name under the signature", func(response *etree.Element) { part(response, "NameID").SetText(Evil) }),
		forged("Stripped", "an empty value", func(response *etree.Element) { SAMLElement(response, "SignatureValue").SetText("") }),
		forged("Stripped", "a value that ends in bits of nothing", func(response *etree.Element) {
			value := SAMLElement(response, "SignatureValue")
			text := strings.TrimRight(value.Text(), "=")
			last := text[len(text)-1]
			value.SetText(text[:len(text)-1] + string(rune(last+1)) + value.Text()[len(text):]) // two readers decode it alike, one refuses it
		}),
		forged("Stripped", "a value with space in it that is none in XML", func(response *etree.Element) {
			value := SAMLElement(response, "SignatureValue")
			value.SetText("\u2028" + value.Text())
		}),
		forged("Stripped", "two values", doubled("SignatureValue", func(value *etree.Element) { value.SetText("") })),
		forged("Stripped", "two digests", doubled("DigestValue", func(*etree.Element) {})),
		forged("Stripped", "no value", without("SignatureValue")),
		forged("Stripped", "nothing signed", without("SignedInfo")),
		forged("Stripped", "an object in the signature", add("Signature", `<ds:Object>x</ds:Object>`)),
		forged("Stripped", "an empty signature", func(response *etree.Element) {
			SAMLElement(response, "Signature").Child = nil
		}),
		drafted("Stripped", "only the response signed, where the assertion must be", func(r *Response) {
			r.SignAssertion, r.SignResponse = nil, r.SignAssertion
		}),
		drafted("Stripped", "a good signature in a response with a bad one", func(r *Response) {
			signing := *r.SignAssertion
			r.SignResponse = &signing
			r.Forge = func(response *etree.Element) { response.CreateAttr("Consent", "x") }
		}),

		drafted("ForeignKey", "a stranger's key and certificate", foreign("")),
		drafted("ForeignKey", "a stranger's key, our certificate", func(r *Response) {
			info := r.SignAssertion.keyInfo()
			foreign(info)(r)
		}),
		drafted("ForeignKey", "a stranger's key, nothing said of it", foreign("-")),
		drafted("ForeignKey", "a key without certificate", foreign(`<ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AQAB</ds:Modulus>`+
			`<ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo>`)),
		drafted("ForeignKey", "a key from elsewhere", foreign(`<ds:KeyInfo><ds:RetrievalMethod URI="http://127.0.0.1:1/key"/></ds:KeyInfo>`)),

		drafted("Downgrade", "RSA with SHA-1", func(r *Response) { r.SignAssertion.Method = SignRSASHA1 }),
		drafted("Downgrade", "a digest with SHA-1", func(r *Response) { r.SignAssertion.Digest = DigestSHA1 }),
		drafted("Downgrade", "a digest with MD5", func(r *Response) { r.SignAssertion.Digest = "http://www.w3.org/2001/04/xmldsig-more#md5" }),
		drafted("Downgrade", "HMAC with the certificate", func(r *Response) {
			r.NameID = Evil
			r.SignAssertion.Method, r.SignAssertion.Value = SignHMACSHA256, HMACByCertificate(r.SignAssertion.Key)
		}),
		drafted("Downgrade", "no algorithm", func(r *Response) { r.SignAssertion.Method = "http://example.com/none" }),
		drafted("Downgrade", "canonical XML with comments", func(r *Response) { r.SignAssertion.Transforms = []string{Enveloped, ExcC14N + "WithComments"} }),
		drafted("Downgrade", "signed canonical XML with comments", func(r *Response) { r.SignAssertion.Canonicalization = ExcC14N + "WithComments" }),
		drafted("Downgrade", "a transform by XPath", func(r *Response) {
			r.SignAssertion.Transforms = []string{Enveloped, "http://www.w3.org/TR/1999/REC-xpath-19991116", ExcC14N}
		}),
		forged("Downgrade", "a transform with something in it", add("Transform", `<ds:XPath>1</ds:XPath>`)),
		drafted("Downgrade", "no transform", func(r *Response) { r.SignAssertion.Transforms = []string{} }),
		drafted("Downgrade", "transforms in another order", func(r *Response) { r.SignAssertion.Transforms = []string{ExcC14N, Enveloped} }),

		drafted("FailOpen", "a connection without certificates", func(r *Response) {
			foreign("")(r)
			r.NameID = Evil
		}),
		honest("FailOpen", "a connection with a key of 1024 bits"),
		honest("FailOpen", "a connection with nine certificates"),
		honest("FailOpen", "a connection with a key of 16384 bits"),
		drafted("FailOpen", "a connection without entity ID", func(r *Response) { r.Audience = "" }),
		drafted("FailOpen", "a connection without an issuer", func(r *Response) { r.Issuer = "" }),
		honest("FailOpen", "a connection whose certificate is over"),
		honest("FailOpen", "a connection whose certificate is not good yet"),
	}
}

// foreign signs with a stranger's key.
func foreign(info string) func(*Response) {
	return func(r *Response) {
		_, stranger := SAMLKeys()
		r.NameID = Evil
		r.SignAssertion = &Signing{Key: stranger, KeyInfo: info}
	}
}

// values are what an identity provider says of the wrong login, or not at all.
func values() []Attack {
	return []Attack{
		drafted("Audience", "another audience", func(r *Response) { r.Audience = "https://other.example" }),
		edited("Audience", "no restriction", without("AudienceRestriction")),
		edited("Audience", "no audience", without("Audience")),
		edited("Audience", "a second restriction, to somebody else", doubled("AudienceRestriction", func(double *etree.Element) {
			SAMLElement(double, "Audience").SetText("https://other.example")
		})),
		edited("Audience", "an audience that begins like ours", func(response *etree.Element) {
			part(response, "Audience").AddChild(fragment(`<saml:x/>`))
		}),

		drafted("WrongValue", "another issuer", func(r *Response) { r.Issuer = "https://evil.example" }),
		edited("WrongValue", "the assertion of another issuer", func(response *etree.Element) { part(response, "Issuer").SetText("https://evil.example") }),
		edited("WrongValue", "the assertion of no issuer", without("Issuer")),
		forged("WrongValue", "the response of another issuer", func(response *etree.Element) {
			SAMLElement(response, "Issuer").SetText("https://evil.example")
		}),
		edited("WrongValue", "an assertion of two issuers", doubled("Issuer", func(double *etree.Element) { double.SetText("https://evil.example") })),
		forged("WrongValue", "a response of two issuers", func(response *etree.Element) {
			response.InsertChildAt(1, fragment(`<saml:Issuer>https://evil.example</saml:Issuer>`))
		}),
		drafted("WrongValue", "a signed response of no issuer", func(r *Response) {
			r.SignAssertion, r.SignResponse = nil, r.SignAssertion
			r.Edit = func(response *etree.Element) { response.RemoveChild(SAMLElement(response, "Issuer")) }
		}),
		forged("WrongValue", "another destination", func(response *etree.Element) { response.CreateAttr("Destination", "https://other.example/acs") }),
		forged("WrongValue", "no destination", func(response *etree.Element) { response.RemoveAttr("Destination") }),
		forged("WrongValue", "a destination with a prefix", func(response *etree.Element) {
			response.CreateAttr("saml:Destination", response.RemoveAttr("Destination").Value)
		}),
		drafted("WrongValue", "another recipient", func(r *Response) { r.Recipient = "https://other.example/acs" }),
		edited("WrongValue", "no recipient", unset("SubjectConfirmationData", "Recipient")),
		rewritten("WrongValue", "a status of failure", "status:Success", "status:Requester"),
		forged("WrongValue", "no status", func(response *etree.Element) { response.RemoveChild(SAMLElement(response, "Status")) }),
		forged("WrongValue", "two statuses", func(response *etree.Element) { response.AddChild(SAMLElement(response, "Status").Copy()) }),
		forged("WrongValue", "another version of the response", func(response *etree.Element) { response.CreateAttr("Version", "1.1") }),
		edited("WrongValue", "another version of the assertion", set("Assertion", "Version", "1.1")),
		forged("WrongValue", "another kind of message", func(response *etree.Element) { response.Tag = "ArtifactResponse" }),
		drafted("WrongValue", "an assertion without an ID", func(r *Response) {
			r.SignAssertion, r.SignResponse = nil, r.SignAssertion
			r.Edit = unset("Assertion", "ID")
		}),
		edited("WrongValue", "no subject", without("Subject")),
		edited("WrongValue", "no name", without("NameID")),
		drafted("WrongValue", "an empty name", func(r *Response) { r.NameID = "" }),
		edited("WrongValue", "no conditions", without("Conditions")),
		edited("WrongValue", "conditions without an end", unset("Conditions", "NotOnOrAfter")),
		edited("WrongValue", "two conditions", doubled("Conditions", func(*etree.Element) {})),
		edited("WrongValue", "a condition that nobody knows", add("Conditions", `<saml:Condition/>`)),
		edited("WrongValue", "no confirmation", without("SubjectConfirmation")),
		edited("WrongValue", "a confirmation without data", without("SubjectConfirmationData")),
		edited("WrongValue", "a confirmation with data twice", doubled("SubjectConfirmationData", func(double *etree.Element) {
			double.CreateAttr("Recipient", "https://other.example")
		})),
		edited("WrongValue", "a confirmation of another kind", set("SubjectConfirmation", "Method", "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches")),
		edited("WrongValue", "a second confirmation, for somebody else", doubled("SubjectConfirmation", func(double *etree.Element) {
			SAMLElement(double, "SubjectConfirmationData").CreateAttr("Recipient", "https://other.example")
		})),
		edited("WrongValue", "no authentication", without("AuthnStatement")),

		drafted("IdentityConfusion", "space around the name", func(r *Response) { r.NameID += " " }),
		drafted("IdentityConfusion", "a name with a line's end", func(r *Response) { r.NameID = "\n" + r.NameID }),
		drafted("IdentityConfusion", "a name with a space that nobody sees", func(r *Response) { r.NameID = strings.Replace(r.NameID, "@", "\u200b@", 1) }),
		drafted("IdentityConfusion", "a name that is read from right to left", func(r *Response) { r.NameID = "\u202e" + r.NameID }),
		drafted("IdentityConfusion", "a name that is too long", func(r *Response) { r.NameID = strings.Repeat("a", 256) }),
		edited("IdentityConfusion", "a name of another identity provider", set("NameID", "NameQualifier", "https://other.example")),
		edited("IdentityConfusion", "a name for another service", set("NameID", "SPNameQualifier", "https://other.example")),
		edited("IdentityConfusion", "two names", doubled("NameID", func(double *etree.Element) { double.SetText(Evil) })),
		edited("IdentityConfusion", "two subjects", doubled("Subject", func(double *etree.Element) { SAMLElement(double, "NameID").SetText(Evil) })),

		edited("RoleInjection", "a role that is encrypted by itself", func(response *etree.Element) {
			part(response, "AuthnStatement").Parent().AddChild(fragment(`<saml:AttributeStatement><saml:EncryptedAttribute/></saml:AttributeStatement>`))
		}),
		drafted("RoleInjection", "ten thousand roles", func(r *Response) {
			r.Attributes = []SAMLAttribute{{"role", strings.Split(many(10000, "r%d ")+"x", " ")}}
		}),
		drafted("RoleInjection", "a thousand roles", func(r *Response) {
			r.Attributes = []SAMLAttribute{{"role", strings.Split(many(1000, "r%d ")+"x", " ")}}
		}),
	}
}

// times are not now. The tests' clocks may differ by a minute.
func times() []Attack {
	return []Attack{
		drafted("Time", "a second too late for the assertion", func(r *Response) {
			r.Edit = set("Conditions", "NotOnOrAfter", samlTime(r.Issued.Add(-61*time.Second)))
		}),
		drafted("Time", "a second too late for the confirmation", func(r *Response) {
			r.Edit = set("SubjectConfirmationData", "NotOnOrAfter", samlTime(r.Issued.Add(-61*time.Second)))
		}),
		edited("Time", "a confirmation without an end", unset("SubjectConfirmationData", "NotOnOrAfter")),
		drafted("Time", "a confirmation with a beginning", func(r *Response) {
			r.Edit = set("SubjectConfirmationData", "NotBefore", samlTime(r.NotBefore))
		}),
		drafted("Time", "a second too early", func(r *Response) {
			r.Edit = set("Conditions", "NotBefore", samlTime(r.Issued.Add(61*time.Second)))
		}),
		edited("Time", "a beginning that is no time", set("Conditions", "NotBefore", "soon")),
		drafted("Time", "a session that is over", func(r *Response) { r.SessionEnds = r.Issued.Add(-61 * time.Second) }),
		edited("Time", "a session whose end is no time", set("AuthnStatement", "SessionNotOnOrAfter", "later")),
		edited("Time", "the year one", set("Conditions", "NotOnOrAfter", "0001-01-01T00:00:00Z")),
		edited("Time", "no time zone", set("Conditions", "NotOnOrAfter", "2999-01-01T00:00:00")),
		edited("Time", "another time zone", set("Conditions", "NotOnOrAfter", "2999-01-01T00:00:00+01:00")),
		drafted("Time", "made a second too early", func(r *Response) {
			r.Edit = set("Assertion", "IssueInstant", samlTime(r.Issued.Add(61*time.Second)))
		}),
		drafted("Time", "made long ago", func(r *Response) {
			r.Edit = set("Assertion", "IssueInstant", samlTime(r.Issued.Add(-12*time.Minute)))
		}),
		edited("Time", "made at no time", unset("Assertion", "IssueInstant")),
		edited("Time", "a login at no time", unset("AuthnStatement", "AuthnInstant")),
		edited("Time", "a login at a time that is none", set("AuthnStatement", "AuthnInstant", "just now")),
		drafted("Time", "a login a second too early", func(r *Response) {
			r.Edit = set("AuthnStatement", "AuthnInstant", samlTime(r.Issued.Add(61*time.Second)))
		}),
		drafted("Time", "a login a second too old, where a fresh one was asked for", func(r *Response) {
			r.Edit = set("AuthnStatement", "AuthnInstant", samlTime(r.Issued.Add(-61*time.Second)))
		}),
		drafted("Time", "a fresh login and an older one", func(r *Response) {
			r.Edit = doubled("AuthnStatement", func(double *etree.Element) {
				double.CreateAttr("AuthnInstant", samlTime(r.Issued.Add(-time.Hour)))
			})
		}),
		edited("Time", "a second login at no time", doubled("AuthnStatement", func(double *etree.Element) { double.RemoveAttr("AuthnInstant") })),
		drafted("Time", "all of it an hour ago", shifted(-time.Hour)),
	}
}

// answers are honest, for another login.
func answers() []Attack {
	return []Attack{
		honest("InResponseTo", "an answer to another login"),
		forged("InResponseTo", "a response that says it is for another login", func(response *etree.Element) {
			response.CreateAttr("InResponseTo", "_other")
		}),
		edited("InResponseTo", "an assertion that was confirmed for another login", set("SubjectConfirmationData", "InResponseTo", "_other")),
		forged("InResponseTo", "a response that says nothing of a login", func(response *etree.Element) { response.RemoveAttr("InResponseTo") }),
		edited("InResponseTo", "an assertion that was confirmed for no login", unset("SubjectConfirmationData", "InResponseTo")),
		edited("InResponseTo", "an assertion that was confirmed for an empty login", set("SubjectConfirmationData", "InResponseTo", "")),

		drafted("CrossTenant", "the response for another tenant", func(r *Response) {
			r.Destination, r.Recipient, r.Audience = "https://other.example/acs", "https://other.example/acs", "https://other.example"
		}),
		drafted("CrossTenant", "the response for another tenant, sent to us", func(r *Response) {
			r.Recipient, r.Audience = "https://other.example/acs", "https://other.example"
		}),
		drafted("CrossTenant", "the response for another tenant of the same URL", func(r *Response) { r.Audience = "https://other.example" }),

		drafted("Unsolicited", "a response that nobody has asked for", func(r *Response) { r.InResponseTo = "" }),
		honest("Unsolicited", "an answer, where nobody has asked"),
		drafted("Unsolicited", "an answer to an empty request, where nobody has asked", func(r *Response) {
			r.InResponseTo = ""
			r.Edit = set("SubjectConfirmationData", "InResponseTo", "")
		}),
	}
}

// sizes keep whoever reads them busy, or are just beyond what is read.
func sizes() []Attack {
	return []Attack{
		forged("Size", "an attribute of a mebibyte", respond(`<samlp:x y="`+many(1<<20, "a")+`"/>`)),
		forged("Size", "300,000 siblings", respond(`<samlp:x>`+many(300_000, "<y/>")+`</samlp:x>`)),
		forged("Size", "25,000 siblings", respond(`<samlp:x>`+many(25_000, "<y/>")+`</samlp:x>`)),
		drafted("Size", "9,000 levels", func(r *Response) {
			r.Rewrite = func(text string) string {
				return strings.Replace(text, "<samlp:Status>", many(9000, "<x>")+many(9000, "</x>")+"<samlp:Status>", 1)
			}
		}),
		forged("Size", "10,000 attributes", respond(`<samlp:x `+many(10_000, `a%d="" `)+`/>`)),
		forged("Size", "5,000 prefixes", respond(`<samlp:x `+many(5000, `xmlns:a%d="urn:x" `)+`/>`)),
		forged("Size", "2,000 prefixes, twenty each", respond(`<samlp:x>`+declaring(100, 20)+`</samlp:x>`)),
		forged("Size", "50 signatures", func(response *etree.Element) {
			for range 50 {
				response.AddChild(fragment(`<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>`))
			}
		}),
		rewritten("Size", "a byte too many", "<samlp:Status>", "<samlp:Status>"+many(192<<10, " ")),
		forged("Size", "a level too many", respond(many(24, `<samlp:x>`)+many(24, `</samlp:x>`))),
		forged("Size", "an element too many", respond(`<samlp:x>`+many(980, `<y/>`)+`</samlp:x>`)),
		forged("Size", "an attribute too many", respond(`<samlp:x `+many(25, `a%d="" `)+`/>`)),
		forged("Size", "a prefix too many", respond(`<samlp:x>`+declaring(2, 20)+`</samlp:x>`)),
	}
}
