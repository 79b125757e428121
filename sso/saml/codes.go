package saml

import "github.com/usher-scim/usher/directory"

// The codes of what [Verify] refuses, beside those of package sso. Each belongs to one check.
const (
	// The text.
	CodeTooLarge    directory.LoginCode = "saml_too_large"   // more bytes than any honest response has
	CodeEncoding    directory.LoginCode = "saml_encoding"    // declared to be anything but UTF-8
	CodeDoctype     directory.LoginCode = "saml_doctype"     // a document type, with all that it may define
	CodeInstruction directory.LoginCode = "saml_instruction" // a processing instruction
	CodeComment     directory.LoginCode = "saml_comment"     // a comment, at which some readers stop reading a value
	CodeCDATA       directory.LoginCode = "saml_cdata"       // text that readers split in different ways
	CodeOutside     directory.LoginCode = "saml_outside"     // something beside the root element
	CodeDepth       directory.LoginCode = "saml_depth"       // nested too deeply
	CodeElements    directory.LoginCode = "saml_elements"    // too many elements
	CodeAttributes  directory.LoginCode = "saml_attributes"  // too many attributes of one element
	CodeTag         directory.LoginCode = "saml_tag"         // a tag that not every reader takes for one
	CodePrefixes    directory.LoginCode = "saml_prefixes"    // too many namespace prefixes
	CodeName        directory.LoginCode = "saml_name"        // a name that not every reader takes for one
	CodeNamespace   directory.LoginCode = "saml_namespace"   // a prefix or a namespace that not every reader resolves alike
	CodePollution   directory.LoginCode = "saml_pollution"   // an attribute that is there twice
	CodeID          directory.LoginCode = "saml_id"          // an ID that is empty, long, out of the ordinary, prefixed or not the only one

	// The response.
	CodeRoot           directory.LoginCode = "saml_root"            // it is no response
	CodeVersion        directory.LoginCode = "saml_version"         // not SAML 2.0
	CodeNested         directory.LoginCode = "saml_nested"          // a response in the response
	CodeAssertions     directory.LoginCode = "saml_assertions"      // not one assertion, or not in its place
	CodeSignaturePlace directory.LoginCode = "saml_signature_place" // a signature that is neither the response's nor the assertion's

	// Signatures.
	CodeSignatureContent  directory.LoginCode = "saml_signature_content"  // more or less in a signature than there must be
	CodeReference         directory.LoginCode = "saml_reference"          // it signs something else than what it stands in
	CodeTransforms        directory.LoginCode = "saml_transforms"         // what is signed is not what is read
	CodeDigest            directory.LoginCode = "saml_digest"             // a digest that can be forged
	CodeCertificate       directory.LoginCode = "saml_certificate"        // a certificate whose time is not now
	CodeUnsigned          directory.LoginCode = "saml_unsigned"           // neither response nor assertion is signed
	CodeUnsignedAssertion directory.LoginCode = "saml_unsigned_assertion" // only the response is, and the connection wants more

	// Encryption.
	CodeEncryption    directory.LoginCode = "saml_encryption"    // an algorithm that the connection does not take
	CodeMalleable     directory.LoginCode = "saml_malleable"     // an encryption that anybody could change, in what nobody has signed
	CodeUndecryptable directory.LoginCode = "saml_undecryptable" // not for any of our keys, or damaged

	// What the response and the assertion say.
	CodeResponseIssuer      directory.LoginCode = "saml_response_issuer"      // the response is of somebody else
	CodeDestination         directory.LoginCode = "saml_destination"          // sent to somebody else
	CodeInResponseTo        directory.LoginCode = "saml_in_response_to"       // the response answers another login
	CodeUnsolicited         directory.LoginCode = "saml_unsolicited"          // nobody has asked
	CodeAssertionVersion    directory.LoginCode = "saml_assertion_version"    // not SAML 2.0
	CodeAssertionID         directory.LoginCode = "saml_assertion_id"         // nothing to know a replay by
	CodeQualifier           directory.LoginCode = "saml_qualifier"            // a name from another name space
	CodeConfirmation        directory.LoginCode = "saml_confirmation"         // not confirmed for its bearer, exactly once
	CodeRecipient           directory.LoginCode = "saml_recipient"            // confirmed for somebody else
	CodeConfirmedFor        directory.LoginCode = "saml_confirmed_for"        // confirmed for another login
	CodeConfirmationExpired directory.LoginCode = "saml_confirmation_expired" // the confirmation is over, or says no time
	CodeConfirmationEarly   directory.LoginCode = "saml_confirmation_early"   // a confirmation that may not say since when
	CodeConditions          directory.LoginCode = "saml_conditions"           // no conditions, or without an end
	CodeEarly               directory.LoginCode = "saml_early"                // not good yet
	CodeUnknownCondition    directory.LoginCode = "saml_unknown_condition"    // a condition that nobody here understands
	CodeAuthentication      directory.LoginCode = "saml_authentication"       // it does not say that anybody has signed in, and when
	CodeSessionOver         directory.LoginCode = "saml_session_over"         // the identity provider's session is over
	CodeEncryptedAttribute  directory.LoginCode = "saml_encrypted_attribute"  // an attribute that nobody here can read

	// Messages about a logout.
	CodeMessageID directory.LoginCode = "saml_message_id" // nothing to know a replay by
)
