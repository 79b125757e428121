package sqlstore

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/usher-scim/usher/directory"
)

func TestLender_CountsWhoWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := NewLender([]*Conn{{}})
		conn, err := l.lend()
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			time.Sleep(time.Second)
			l.takeBack(conn)
		}()
		if _, err := l.lend(); err != nil {
			t.Fatal(err)
		}
		want := directory.ConnectionStats{Max: 1, Open: 1, Busy: 1, Waits: 1, Waited: time.Second}
		if got := l.stats(); got != want {
			t.Errorf("lent twice: %+v, want %+v", got, want)
		}
		l.takeBack(conn)
		if n := l.stats().Busy; n != 0 {
			t.Errorf("%d are busy at rest", n)
		}
	})
}
