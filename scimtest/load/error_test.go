package load

import (
	"net/http"
	"strings"
	"testing"
)

func TestError_HintsAtTheSettingOfUsher(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		wrong Error
		want  string
	}{
		{Error{Method: http.MethodGet, Status: http.StatusTooManyRequests}, "--rate-limit 0"},
		{Error{Method: http.MethodPatch, Status: http.StatusBadRequest}, "--profile entra"},
		{Error{Method: http.MethodPost, Status: http.StatusBadRequest}, "usher check"},
	} {
		if got := row.wrong.Hint(); !strings.Contains(got, row.want) {
			t.Errorf("%s %d: %s", row.wrong.Method, row.wrong.Status, got)
		}
	}
}
