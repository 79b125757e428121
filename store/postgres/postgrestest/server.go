package postgrestest

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// Variable names the folder of the programs.
const Variable = "USHER_TEST_POSTGRES"

// Server is a running PostgreSQL. It listens on a socket in its folder, and on no port unless it was started for that.
type Server struct {
	dir     string
	port    int              // of 127.0.0.1; 0: none
	command func() *exec.Cmd // that runs it
	cmd     *exec.Cmd        // nil: it does not run
	exited  chan struct{}
	log     bytes.Buffer
	admin   *sql.DB
	leash   io.Closer

	mu    sync.Mutex
	names int                 // given
	free  map[string][]string // databases that tests have given back, by template
}

// startTime bounds how long a server takes to come up or to go down.
const startTime = 60 * time.Second

// Start starts a server. settings are further lines of its configuration, such as "max_connections=20".
func Start(settings ...string) (*Server, error) {
	return start(programs, 0, initdb, settings)
}

// initdb makes the data of a new server.
var initdb = []string{
	"initdb", "--username", "usher", "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions",
}

// start starts a server on the data that a command makes in the folder of its further flag --pgdata.
func start(find func() (string, error), port int, fill, settings []string) (*Server, error) {
	bin, err := find()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "postgrestest")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, port: port, free: map[string][]string{}}
	if err := s.start(bin, fill, settings); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

func (s *Server) start(bin string, fill, settings []string) error {
	who, err := owner()
	if err != nil {
		return err
	}
	if who != nil {
		if err := os.Chown(s.dir, int(who.Uid), int(who.Gid)); err != nil {
			return err
		}
	}
	if s.leash, err = keepOnLeash(s.dir); err != nil {
		return err
	}
	attributes := &syscall.SysProcAttr{Credential: who, Setpgid: true}
	filled := exec.Command(filepath.Join(bin, fill[0]), append(slices.Clone(fill[1:]), "--pgdata", s.data())...)
	filled.Dir, filled.SysProcAttr = s.dir, attributes
	if out, err := filled.CombinedOutput(); err != nil {
		return fmt.Errorf("postgrestest: %s: %w\n%s", fill[0], err, out)
	}
	args := []string{"-D", s.data(), "-k", s.dir}
	for _, line := range slices.Concat(defaults, settings) {
		args = append(args, "-c", line)
	}
	s.command = func() *exec.Cmd {
		cmd := exec.Command(filepath.Join(bin, "postgres"), args...)
		cmd.Dir, cmd.SysProcAttr = s.dir, attributes
		cmd.Stdout, cmd.Stderr = &s.log, &s.log
		return cmd
	}
	if s.admin, err = sql.Open("pgx", s.URL("postgres")); err != nil {
		return err
	}
	s.admin.SetMaxOpenConns(4)
	return s.Resume()
}

// Resume starts a server that was halted.
func (s *Server) Resume() error {
	cmd, exited := s.command(), make(chan struct{})
	if err := cmd.Start(); err != nil {
		return err
	}
	s.cmd, s.exited = cmd, exited
	go func() {
		_ = cmd.Wait()
		close(exited)
	}()
	return s.await()
}

// Halt ends the server at once, as a crash does; what it keeps stays.
func (s *Server) Halt() error { return s.end(syscall.SIGQUIT) }

// Shut ends the server in order, and the connections to it: a fast shutdown.
func (s *Server) Shut() error { return s.end(syscall.SIGINT) }

func (s *Server) end(by syscall.Signal) error {
	if s.cmd == nil {
		return nil
	}
	err := s.cmd.Process.Signal(by)
	select {
	case <-s.exited:
	case <-time.After(startTime):
		err = errors.Join(err, s.cmd.Process.Kill())
		<-s.exited
	}
	s.cmd = nil
	return err
}

// defaults suit a server that lives as long as a test.
var defaults = []string{
	"listen_addresses=", "fsync=off", "full_page_writes=off", "max_connections=500", "shared_buffers=128MB",
	"autovacuum_naptime=1h", "max_wal_size=4GB",
}

// await waits until the server answers.
func (s *Server) await() error {
	var err error
	for end := time.Now().Add(startTime); time.Now().Before(end); {
		if err = s.admin.Ping(); err == nil {
			return nil
		}
		select {
		case <-s.exited:
			return fmt.Errorf("postgrestest: the server has ended:\n%s", s.log.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
	return fmt.Errorf("postgrestest: the server does not answer: %w", err)
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// URL is how to connect to a database of the server.
func (s *Server) URL(database string) string {
	q := url.Values{"host": {s.dir}, "sslmode": {"disable"}}
	if s.port != 0 {
		q.Set("port", strconv.Itoa(s.port))
	}
	return (&url.URL{Scheme: "postgres", User: url.User("usher"), Path: "/" + database, RawQuery: q.Encode()}).String()
}

// Stop ends the server and removes what it kept.
func (s *Server) Stop() error {
	var err error
	if s.admin != nil {
		err = s.admin.Close()
	}
	err = errors.Join(err, s.Halt(), os.RemoveAll(s.dir))
	if s.leash != nil {
		err = errors.Join(err, s.leash.Close())
	}
	return err
}

// Database returns the address of a database with the tables of the template ("": none) and without rows. It is the
// test's alone, until the test ends.
func (s *Server) Database(t testing.TB, template string) (address string) {
	t.Helper()
	name := s.take(template)
	if name == "" {
		name = s.newName()
		s.exec(t, context.Background(), "CREATE DATABASE "+name+" TEMPLATE "+cmp.Or(template, "template1"))
	}
	t.Cleanup(func() {
		if template != "" && s.emptyTables(name) == nil {
			s.giveBack(template, name)
			return
		}
		s.exec(t, context.Background(), "DROP DATABASE "+name+" WITH (FORCE)")
	})
	return s.URL(name)
}

// take returns a database that a test has given back; "": there is none. To make one takes fifty times as long as to
// delete the rows of a test.
func (s *Server) take(template string) (name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if free := s.free[template]; len(free) > 0 {
		name, s.free[template] = free[len(free)-1], free[:len(free)-1]
	}
	return name
}

func (s *Server) giveBack(template, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free[template] = append(s.free[template], name)
}

func (s *Server) newName() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names++
	return "test" + strconv.Itoa(s.names)
}

// emptyTables deletes all rows but those that tell of the schema. It fails when somebody still holds one.
func (s *Server) emptyTables(name string) error {
	db, err := sql.Open("pgx", s.URL(name))
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.Exec(`SET lock_timeout = '1s'; DO $$ DECLARE t text; BEGIN
		FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'schema\_%' LOOP
			EXECUTE 'DELETE FROM ' || quote_ident(t);
		END LOOP; END $$`)
	return err
}

// Template makes a database for [Server.Database] to copy, and fills it.
func (s *Server) Template(name string, fill func(url string) error) error {
	if _, err := s.admin.Exec("CREATE DATABASE " + name); err != nil {
		return err
	}
	return fill(s.URL(name))
}

func (s *Server) exec(t testing.TB, ctx context.Context, query string) {
	t.Helper()
	if _, err := s.admin.ExecContext(ctx, query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// Program is the path of one of the programs that stand beside those of the servers.
func Program(name string) (string, error) {
	dir, err := programs()
	return filepath.Join(dir, name), err
}

// programs finds the folder with initdb and postgres.
func programs() (string, error) {
	if dir := os.Getenv(Variable); dir != "" {
		if _, err := os.Stat(filepath.Join(dir, "postgres")); err != nil {
			return "", fmt.Errorf("postgrestest: %s: %w", Variable, err)
		}
		return dir, nil
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		path, err = filepath.EvalSymlinks(path)
		return filepath.Dir(path), err
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(found) == 0 {
		return "", fmt.Errorf("postgrestest: no PostgreSQL found; install it, or name the folder of its programs in %s", Variable)
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return release(a) - release(b) })
	return filepath.Dir(newest), nil
}

// release is the 15 of /usr/lib/postgresql/15/bin/postgres.
func release(path string) int {
	n, _ := strconv.Atoi(strings.Split(path, "/")[4])
	return n
}

// owner is the user to run as; nil: the test's own.
func owner() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.ParseUint(u.Uid, 10, 32)
		gid, _ := strconv.ParseUint(u.Gid, 10, 32)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("postgrestest: PostgreSQL does not run as root, and there is no user postgres or nobody")
}
