package usher

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/usher-scim/usher/delivery"
)

// Who has metadata fetched through the admin API learns in plain words why that failed, and nothing of the network that
// the server stands in: the log has that, by the id of the request.
func TestFetchMetadata_TellsNothingOfTheNetwork(t *testing.T) {
	t.Parallel()
	idp := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(idp.Close)
	var log bytes.Buffer
	s := &Server{client: delivery.NewClient(delivery.ClientConfig{}), log: slog.New(slog.NewTextHandler(&log, nil))}
	ctx := exchangeContext{t.Context(), &exchange{requestID: "req-1"}}
	_, err := s.fetchMetadata(ctx, idp.URL)
	if err == nil || strings.Contains(err.Error(), "127.0.0.1") || !strings.Contains(err.Error(), "does not allow") {
		t.Errorf("%v", err)
	}
	if got := log.String(); !strings.Contains(got, "127.0.0.1") || !strings.Contains(got, "request_id=req-1") {
		t.Error(got)
	}
}
