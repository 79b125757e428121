package saml

import (
	"bytes"
	"compress/flate"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/usher-scim/usher/sso"
)

// The names of what a browser carries (SAML Bindings §3.4.3, §3.5.4).
const (
	paramRequest    = "SAMLRequest"
	paramResponse   = "SAMLResponse"
	paramRelayState = "RelayState"
	paramAlgorithm  = "SigAlg"
	paramSignature  = "Signature"
)

// Message is what a browser has brought, not yet verified.
type Message struct {
	Request    bool   // it asks; else it answers
	Text       []byte // XML
	RelayState string

	// Of the redirect binding: what was signed, as it stood in the URL.
	signed, algorithm string
	signature         []byte
}

// Receive reads what a browser brings: posted in a form (SAML Bindings §3.5), or in a URL (§3.4). It refuses with a
// *[sso.Refused].
func Receive(r *http.Request) (Message, error) {
	if r.Method == http.MethodPost {
		return receiveForm(r)
	}
	return receiveURL(r.URL.RawQuery)
}

func receiveForm(r *http.Request) (Message, error) {
	if err := r.ParseForm(); err != nil {
		return Message{}, malformed(err)
	}
	value, request, err := either(r.PostForm[paramRequest], r.PostForm[paramResponse])
	if err != nil {
		return Message{}, err
	}
	text, err := sso.DecodeBase64(value)
	if err != nil {
		return Message{}, malformed(err)
	}
	relay := r.PostForm[paramRelayState]
	if len(relay) > 1 || len(relay) == 1 && len(relay[0]) > sso.MaxRelayState {
		return Message{}, malformed(errors.New("there are two relay states, or one that is too long"))
	}
	return Message{Request: request, Text: text, RelayState: strings.Join(relay, "")}, nil
}

// either takes the one value of two parameters that there must be.
func either(requests, responses []string) (value string, request bool, err error) {
	if len(requests)+len(responses) != 1 {
		return "", false, malformed(fmt.Errorf("there are %d requests and %d responses, not one of either", len(requests), len(responses)))
	}
	return append(requests, responses...)[0], len(requests) == 1, nil
}

// receiveURL reads the query by itself: what is signed are the very characters of it, in an order of their own.
func receiveURL(query string) (Message, error) {
	raw, err := parameters(query)
	if err != nil {
		return Message{}, err
	}
	value, request, err := either(raw[paramRequest], raw[paramResponse])
	if err != nil {
		return Message{}, err
	}
	m := Message{Request: request}
	if m.Text, err = inflate(value); err != nil {
		return Message{}, err
	}
	m.RelayState, err = unescaped(raw[paramRelayState])
	if err != nil || len(m.RelayState) > sso.MaxRelayState {
		return Message{}, malformed(errors.New("the relay state cannot be read, or is too long"))
	}
	if len(raw[paramSignature]) == 0 {
		return m, nil
	}
	return m, m.takeSignature(raw, value)
}

// parameters are those of the binding, as they stand in the query. None may be there twice.
func parameters(query string) (map[string][]string, error) {
	raw := map[string][]string{}
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		switch name {
		case paramRequest, paramResponse, paramRelayState, paramAlgorithm, paramSignature:
			raw[name] = append(raw[name], value)
			if len(raw[name]) > 1 {
				return nil, malformed(fmt.Errorf("the parameter %s is there twice", name))
			}
		}
	}
	return raw, nil
}

func unescaped(values []string) (string, error) { return url.QueryUnescape(strings.Join(values, "")) }

// inflate reads a text that is compressed, and no more of it than a text may have.
func inflate(value string) ([]byte, error) {
	encoded, err := url.QueryUnescape(value)
	if err != nil {
		return nil, malformed(err)
	}
	compressed, err := sso.DecodeBase64(encoded)
	if err != nil {
		return nil, malformed(err)
	}
	text, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(compressed)), maxText+1))
	if err != nil {
		return nil, malformed(err)
	}
	if len(text) > maxText {
		return nil, &sso.Refused{Code: CodeTooLarge, Cause: fmt.Errorf("it inflates to more than %d bytes", maxText)}
	}
	return text, nil
}

// takeSignature keeps what SAML Bindings §3.4.4.1 has signed, character by character.
func (m *Message) takeSignature(raw map[string][]string, value string) error {
	name := paramResponse
	if m.Request {
		name = paramRequest
	}
	m.signed = name + "=" + value
	if relay := raw[paramRelayState]; len(relay) > 0 {
		m.signed += "&" + paramRelayState + "=" + relay[0]
	}
	m.signed += "&" + paramAlgorithm + "=" + strings.Join(raw[paramAlgorithm], "")
	encoded, err := unescaped(raw[paramSignature])
	if err != nil {
		return malformed(err)
	}
	if m.signature, err = sso.DecodeBase64(encoded); err != nil || len(m.signature) == 0 {
		return malformed(errors.New("the signature is no base64"))
	}
	if m.algorithm, err = unescaped(raw[paramAlgorithm]); err != nil {
		return malformed(err)
	}
	return nil
}

// queryAlgorithms are those by which a query may be signed.
var queryAlgorithms = map[string]x509.SignatureAlgorithm{
	dsig.RSASHA256SignatureMethod: x509.SHA256WithRSA, dsig.RSASHA384SignatureMethod: x509.SHA384WithRSA, dsig.RSASHA512SignatureMethod: x509.SHA512WithRSA,
	dsig.ECDSASHA256SignatureMethod: x509.ECDSAWithSHA256, dsig.ECDSASHA384SignatureMethod: x509.ECDSAWithSHA384,
	dsig.ECDSASHA512SignatureMethod: x509.ECDSAWithSHA512, dsig.RSASHA1SignatureMethod: x509.SHA1WithRSA,
}

// send returns the URL by which a browser carries a message in the redirect binding, signed if there is a key.
func send(location, parameter string, message *etree.Element, relayState string, key *rsa.PrivateKey) (string, error) {
	if err := sso.CheckURL(location); err != nil {
		return "", err
	}
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression)
	if _, err := w.Write(write(message)); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	query := parameter + "=" + url.QueryEscape(base64.StdEncoding.EncodeToString(b.Bytes()))
	if relayState != "" {
		query += "&" + paramRelayState + "=" + url.QueryEscape(relayState)
	}
	if key != nil {
		query += "&" + paramAlgorithm + "=" + url.QueryEscape(dsig.RSASHA256SignatureMethod)
		sum := sha256.Sum256([]byte(query))
		value, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
		if err != nil {
			return "", err
		}
		query += "&" + paramSignature + "=" + url.QueryEscape(base64.StdEncoding.EncodeToString(value))
	}
	if strings.Contains(location, "?") {
		return location + "&" + query, nil
	}
	return location + "?" + query, nil
}

// write is the text of a message of ours.
func write(message *etree.Element) []byte {
	doc := etree.NewDocument()
	doc.SetRoot(message)
	doc.WriteSettings.CanonicalAttrVal, doc.WriteSettings.CanonicalText = true, true
	text, err := doc.WriteToBytes()
	if err != nil {
		return nil // a buffer takes everything
	}
	return text
}
