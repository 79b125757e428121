package ssotest

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/beevik/etree"
)

// SAMLServer is a [SAML] on a loopback port: it answers whoever asks, and asks nobody for a password.
type SAMLServer struct {
	SAML
	// URL is where it is; its metadata is at /metadata, which is its entity ID.
	URL string
	// People can sign in. With one of them there, no page asks who it is.
	People []Person

	server *http.Server
	mu     sync.Mutex
	change func(*Response)
}

// StartSAML starts one. The caller closes it.
func StartSAML(people []Person, now func() time.Time) (*SAMLServer, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	keys, _ := SAMLKeys()
	s := &SAMLServer{URL: "http://" + listener.Addr().String(), People: people}
	s.SAML = SAML{EntityID: s.URL + "/metadata", Key: keys[0], Now: now}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metadata", s.metadata)
	mux.HandleFunc("GET /sso", s.signIn)
	mux.HandleFunc("GET /slo", s.signOut)
	s.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.server.Serve(listener) }()
	return s, nil
}

// Close stops it.
func (s *SAMLServer) Close() error { return s.server.Close() }

// SignIn has this person there from now on, and nobody else.
func (s *SAMLServer) SignIn(p Person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.People = []Person{p}
}

func (s *SAMLServer) people() []Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.People
}

// Twist changes what it says from now on; nil makes it honest again.
func (s *SAMLServer) Twist(change func(*Response)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.change = change
}

func (s *SAMLServer) metadata(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/samlmetadata+xml")
	_, _ = io.WriteString(w, `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" `+
		`xmlns:ds="http://www.w3.org/2000/09/xmldsig#"`+attribute("entityID", s.EntityID)+`>`+
		`<md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">`+
		`<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>`+
		base64.StdEncoding.EncodeToString(s.Key.Certificate.Raw)+`</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`+
		`<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"`+attribute("Location", s.URL+"/slo")+`/>`+
		`<md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>`+
		`<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"`+attribute("Location", s.URL+"/sso")+`/>`+
		`</md:IDPSSODescriptor></md:EntityDescriptor>`)
}

// signIn answers a request at once, or asks who it is.
func (s *SAMLServer) signIn(w http.ResponseWriter, r *http.Request) {
	root, issuer, err := inflated(r.URL.Query().Get("SAMLRequest"))
	if err != nil {
		http.Error(w, "that is no request", http.StatusBadRequest)
		return
	}
	person, ok := s.whoIs(r.URL.Query().Get("person"))
	if !ok {
		showPeople(w, r, s.people())
		return
	}
	acs := root.SelectAttrValue("AssertionConsumerServiceURL", "")
	answer := s.Respond(issuer, acs, root.SelectAttrValue("ID", ""), person)
	s.mu.Lock()
	if s.change != nil {
		s.change(&answer)
	}
	s.mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = deliverPage(acs, base64.StdEncoding.EncodeToString(answer.XML()), r.URL.Query().Get("RelayState")).Render(r.Context(), w)
}

// signOut answers a service that ends a session, and shows that it is over when one has answered.
func (s *SAMLServer) signOut(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	root, issuer, err := inflated(query.Get("SAMLRequest"))
	if err != nil || query.Get("SAMLResponse") != "" {
		_, _ = io.WriteString(w, "You are signed out.")
		return
	}
	service, err := url.Parse(issuer)
	if err != nil {
		http.Error(w, "nobody knows that service", http.StatusBadRequest)
		return
	}
	service.Path = service.Path[:max(0, len(service.Path)-len("/metadata"))] + "/slo"
	answer := s.LoggedOut(service.String(), root.SelectAttrValue("ID", ""))
	answer.RelayState = query.Get("RelayState")
	http.Redirect(w, r, service.String()+"?"+answer.URL(), http.StatusFound)
}

func (s *SAMLServer) whoIs(subject string) (Person, bool) {
	people := s.people()
	if len(people) == 1 {
		return people[0], true
	}
	i := slices.IndexFunc(people, func(one Person) bool { return one.Subject == subject })
	if i < 0 {
		return Person{}, false
	}
	return people[i], true
}

// inflated is a message in a URL, with who has sent it.
func inflated(value string) (root *etree.Element, issuer string, err error) {
	compressed, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return nil, "", err
	}
	doc := etree.NewDocument()
	if _, err := doc.ReadFrom(io.LimitReader(flate.NewReader(bytes.NewReader(compressed)), 64<<10)); err != nil {
		return nil, "", err
	}
	if doc.Root() == nil || SAMLElement(doc.Root(), "Issuer") == nil {
		return nil, "", errors.New("nobody says who has sent it")
	}
	return doc.Root(), SAMLElement(doc.Root(), "Issuer").Text(), nil
}
