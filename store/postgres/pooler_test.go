package postgres_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/postgres"
	"github.com/usher-scim/usher/store/storetest"
)

// pooled puts a PgBouncer before the server, which gives each transaction any of a few sessions. It returns the address
// of a database behind it.
func pooled(t *testing.T, further string) func(address string) string {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if errors.Is(err, exec.ErrNotFound) {
		program = "/usr/sbin/pgbouncer"
		_, err = os.Stat(program)
	}
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("PgBouncer is not installed: tools/prereq.sh does it")
	}
	must(t, err)
	dir, err := os.MkdirTemp("", "pgbouncer") // short: a socket stands in it
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
	direct, err := url.Parse(server.URL("postgres"))
	must(t, err)
	config := filepath.Join(dir, "pgbouncer.ini")
	must(t, os.WriteFile(filepath.Join(dir, "users"), []byte(`"usher" ""`+"\n"), 0o644))
	must(t, os.WriteFile(config, fmt.Appendf(nil, `[databases]
* = host=%s
[pgbouncer]
listen_addr =
unix_socket_dir = %s
auth_type = trust
auth_file = %s/users
pool_mode = transaction
default_pool_size = 4
max_client_conn = 500
%s
`, direct.Query().Get("host"), dir, dir, further), 0o644))
	cmd := exec.Command(program, "-q", config)
	cmd.Dir = dir
	if os.Getuid() == 0 {
		u, err := user.Lookup("postgres")
		must(t, err)
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		must(t, os.Chown(dir, uid, gid))
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	}
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	await(t, func() bool {
		c, err := net.Dial("unix", filepath.Join(dir, ".s.PGSQL.6432"))
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return func(address string) string {
		u, err := url.Parse(address)
		must(t, err)
		u.RawQuery = url.Values{"host": {dir}, "port": {"6432"}, "sslmode": {"disable"}}.Encode()
		return u.String()
	}
}

// Behind a pooler that gives each transaction another session all promises hold. It shows itself at the start.
func TestConformance_BehindPgBouncer(t *testing.T) {
	t.Parallel()
	behind := pooled(t, "")
	t.Run("two stores", func(t *testing.T) {
		storetest.RunShared(t, func(t *testing.T) (a, b directory.Store) {
			address := behind(database(t))
			return open(t, address), open(t, address)
		})
	})
	t.Run("it holds the bounds", func(t *testing.T) {
		t.Parallel()
		s := open(t, behind(database(t)))
		must(t, s.Commit(t.Context(), logged("x")))
		if v, err := s.Server(t.Context()); err != nil || !v.Pooled || v.Chosen || !v.Bounded {
			t.Errorf("%+v, %v", v, err)
		}
	})
}

// A pooler that swallows the settings of a session has to be told of.
func TestPgBouncer_ThatIgnoresSettings(t *testing.T) {
	t.Parallel()
	behind := pooled(t, "ignore_startup_parameters = statement_timeout,lock_timeout,idle_in_transaction_session_timeout")
	address := behind(database(t)) + "&default_query_exec_mode=cache_describe"
	a, err := postgres.Open(t.Context(), address, postgres.Options{Connections: 16})
	must(t, err)
	t.Cleanup(func() { must(t, a.Close()) })
	if v, err := a.Server(t.Context()); err != nil || v.Pooled || !v.Chosen || v.Bounded {
		t.Errorf("%+v, %v", v, err)
	}
	if held := race(t, 16, func(i int) error {
		for k := range 20 {
			if err := a.Commit(t.Context(), logged(fmt.Sprintf("w%dk%d", i, k))); err != nil {
				return err
			}
		}
		return nil
	}); held != 16 {
		t.Errorf("%d of 16 writers", held)
	}
}
