package usher_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/delivery"
	"github.com/usher-scim/usher/directory"
)

// TestScale_X8_AHangingHookHoldsUpNoOtherConnection lets the hook of one connection hang in as many requests as it may
// be asked about at once, while another connection works through its own. Those end before any of the hook's does.
func TestScale_X8_AHangingHookHoldsUpNoOtherConnection(t *testing.T) {
	t.Parallel()
	asked, release := make(chan struct{}, 100), make(chan struct{})
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked <- struct{}{}
		<-release
		fmt.Fprint(w, "{}")
	}))
	letGo := sync.OnceFunc(func() { close(release) })
	t.Cleanup(func() { letGo(); hook.Close() }) // it waits for its requests
	b := setup(t, usher.Config{
		RateLimit: usher.RateLimit{PerSecond: -1},
		Client:    delivery.NewClient(delivery.ClientConfig{AllowedNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}),
	})
	hanging := *b
	other := *b
	other.connect(t, b.workspace(t), "other")
	settings := b.connection.Settings
	settings.Hook = hook.URL
	_, err := b.server.Directory().RotateHookSecret(t.Context(), operator, b.connection)
	must(t, err)
	_, err = b.server.Directory().UpdateConnection(t.Context(), operator, b.connection, directory.ConnectionChange{Settings: &settings})
	must(t, err)

	const stuck = 4
	var answers sync.WaitGroup
	for i := range stuck {
		answers.Go(func() {
			body := fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"stuck%d"}`, i)
			w := hanging.do(request{method: http.MethodPost, path: "/scim/{id}/v2/Users", body: body})
			if w.Code != http.StatusCreated && w.Code != http.StatusServiceUnavailable { // whoever waits for five seconds is refused
				t.Errorf("the hook's connection: %d %s", w.Code, w.Body)
			}
		})
	}
	for range stuck {
		<-asked
	}
	ids := other.crowd(t, "other", 20)
	for _, id := range ids {
		other.send(t, http.MethodPatch, "/Users/"+id, patchOf(`{"op":"replace","path":"title","value":"CTO"}`), http.StatusOK)
		if got := other.send(t, http.MethodGet, "/Users/"+id, "", http.StatusOK); got.Title != "CTO" {
			t.Errorf("title %q", got.Title)
		}
	}
	if got := other.total(t, "/Users"); got != len(ids) {
		t.Errorf("%d users, want %d", got, len(ids))
	}
	if got := hanging.total(t, "/Users"); got != 0 { // reads of the same connection too
		t.Errorf("%d users of the connection whose hook hangs, want none yet", got)
	}
	letGo()
	answers.Wait()
}
