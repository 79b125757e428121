package usher

import (
	"log/slog"
	"net/http"
	"strings"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimserver"
)

// scimHandler is the SCIM face, over the directory.
func (s *Server) scimHandler(cfg Config) http.Handler {
	o := scimserver.Options{
		Caller:        s.caller,
		Parsed:        parsed,
		Answered:      s.answered,
		RequestID:     sameRequestID,
		MaxBody:       cfg.Limits.Body,
		MaxOperations: cfg.Limits.Operations,
		MaxBulk:       cfg.Limits.Bulk,
		CursorKey:     s.directory.DeriveKey("cursors"),
		CursorTimeout: cfg.Limits.CursorTimeout,
		MaxPage:       cfg.Limits.Page,
		Log:           cfg.Log,
		Now:           cfg.Now,
	}
	if !cfg.PrivateDiscovery {
		o.Discovery = s.discovery
	}
	return scimserver.New(o)
}

// sameRequestID is the id that the front door gave the request.
func sameRequestID(r *http.Request) string { return exchangeOf(r.Context()).requestID }

// caller authenticates a SCIM request. The transport is looked at first, so that a token that came in the clear is
// not even tried.
func (s *Server) caller(r *http.Request) (scimserver.Caller, error) {
	e := exchangeOf(r.Context())
	if err := e.refuseInsecure(); err != nil {
		return scimserver.Caller{Log: e.log()}, err
	}
	client, err := s.authenticate(r, e)
	if err != nil {
		return scimserver.Caller{Log: e.log()}, err
	}
	client.TakeNote(e.note)
	e.observed.connection = client.Connection.ID
	c := scimserver.Caller{
		Backend:  client,
		Profile:  client.Profile,
		Types:    client.Types,
		Identity: client.Connection.ID,
		Schemes:  s.schemes(client),
		BaseURL:  s.base(e),
		Log: []slog.Attr{
			slog.String("address", e.address),
			slog.String("workspace", client.Workspace.Key),
			slog.String("connection", client.Connection.ID),
			slog.String("token", client.TokenID),
		},
	}
	if client.User != "" {
		c.Me = &scimserver.Me{Type: client.Types[0], ID: client.User} // User is the first (T-012)
	}
	return c, s.refuseFlood(e, client.Connection.ID)
}

// authenticate finds out whose request it is. Who was wrong too often must wait.
func (s *Server) authenticate(r *http.Request, e *exchange) (*directory.Client, error) {
	client, err := s.directory.Authenticate(r.Context(), directory.Credentials{
		Authorization: authorization(r),
		Connection:    e.connection,
		BasePath:      e.base,
		RequestID:     e.requestID,
		Address:       e.address,
	})
	return client, s.slowGuessing(e, err)
}

// authorization is all that the request shows, so that of two headers neither is taken for the one that was meant (D-32).
func authorization(r *http.Request) string { return strings.Join(r.Header["Authorization"], ", ") }

// bearerScheme is how every connection's requests can show who they are.
var bearerScheme = scim.AuthenticationScheme{
	Type: "oauthbearertoken", Name: "OAuth Bearer Token", Primary: true,
	Description: "A token of this connection, sent as Authorization: Bearer.",
	SpecURI:     "https://www.rfc-editor.org/rfc/rfc6750",
}

// bearerOnly is shared by most answers and never written to.
var bearerOnly = []scim.AuthenticationScheme{bearerScheme}

// schemes are the ways in which this connection's requests can show who they are (RFC 7643 §5).
func (s *Server) schemes(c *directory.Client) []scim.AuthenticationScheme {
	if !c.ClientCredentials {
		return bearerOnly
	}
	return []scim.AuthenticationScheme{bearerScheme, {
		Type: "oauth2", Name: "OAuth 2.0 Client Credentials",
		Description: "An access token for the client id and a client secret of this connection, from " + s.TokenURL(c.Connection.ID) + ".",
		SpecURI:     "https://www.rfc-editor.org/rfc/rfc6749",
	}}
}

// discovery answers for a request without a token to /ServiceProviderConfig. It says the same under every base URL,
// so that nobody learns which connections exist.
func (s *Server) discovery(r *http.Request) (scimserver.Caller, error) {
	e := exchangeOf(r.Context())
	profile, _ := scim.ProfileByName("generic")
	return scimserver.Caller{
		Profile: profile,
		Types:   []*scim.ResourceType{scim.UserType(), scim.GroupType()},
		BaseURL: s.base(e),
		Log:     e.log(),
	}, e.refuseInsecure()
}

// refuseInsecure refuses plain HTTP from another machine: the token would cross the network in the clear.
func (e *exchange) refuseInsecure() error {
	if e.secure || e.local {
		return nil
	}
	return scim.NewError(scim.KindInsecureTransport, "", "", "https")
}

func (e *exchange) log() []slog.Attr {
	return []slog.Attr{slog.String("address", e.address)}
}

// noConnection answers below /scim/ what is below no base URL, in SCIM form as well (T-011).
func (s *Server) noConnection(cfg Config) http.Handler {
	return scimserver.New(scimserver.Options{
		RequestID: sameRequestID,
		Caller: func(r *http.Request) (scimserver.Caller, error) {
			e := exchangeOf(r.Context())
			return scimserver.Caller{Log: e.log()}, scim.NewError(scim.KindUnknownEndpoint, "path", "", s.publicURL+"/scim/<connection id>/v2")
		},
		Log: cfg.Log,
		Now: cfg.Now,
	})
}
