package usher

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"github.com/usher-scim/usher/admin"
	"github.com/usher-scim/usher/delivery"
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso/saml"
)

// apiPath is where the admin API is mounted.
const apiPath = "/api/v1"

// apiHandler is the admin API, over the directory. Its keys never cross a network in the clear.
func (s *Server) apiHandler(cfg Config) (http.Handler, error) {
	api, err := admin.New(admin.Options{
		Directory: s.directory,
		Address:   func(r *http.Request) string { return exchangeOf(r.Context()).address },
		BaseURL:   func(c directory.Connection) string { return ConnectionURL(s.publicURL, c) },
		SignInURLs: func(c directory.Connection) *admin.SignInURLs {
			urls := SignInURLs(s.publicURL, c.ID)
			return &urls
		},
		RequestID: sameRequestID,
		SAML: admin.SAML{
			Fetch: s.fetchMetadata, Import: saml.ReadImport, Certificates: saml.Certificates, SecretFor: saml.SecretFor,
			NextKeys: saml.NextKeys, SwitchKeys: saml.SwitchKeys,
		},
		URL: s.publicURL + apiPath,
		Log: cfg.Log,
		Now: cfg.Now,
	})
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := exchangeOf(r.Context()).refuseInsecure(); err != nil {
			refuseKey(w)
			return
		}
		records(api).ServeHTTP(w, r)
	}), nil
}

// fetchMetadata gets metadata for the admin API, whose callers read nothing of the operator's network: the log does.
func (s *Server) fetchMetadata(ctx context.Context, address string) ([]byte, error) {
	text, err := saml.FetchMetadata(ctx, s.client, address)
	if failed, ok := errors.AsType[*url.Error](err); ok {
		s.log.InfoContext(ctx, "metadata not fetched", "request_id", exchangeOf(ctx).requestID, "error", err)
		err = errors.New(delivery.Reason(failed.Err))
	}
	return text, err
}

// refuseKey answers who would send a key in the clear.
func refuseKey(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(http.StatusForbidden)
	_ = json.NewEncoder(w).Encode(admin.Problem{
		Type: "urn:usher:problem:insecure", Title: "Keys are taken by HTTPS alone", Status: http.StatusForbidden,
		Hint: "use the https URL; a key that was sent in the clear is best revoked",
	})
}
