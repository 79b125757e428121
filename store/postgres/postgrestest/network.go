package postgrestest

import (
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// StartNetwork starts a server that listens on a port of 127.0.0.1 as well, as one that is reached through a proxy must.
func StartNetwork(settings ...string) (*Server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	return start(programs, port, initdb, append(listen(port), settings...))
}

// Standby starts a server that follows this one, and takes what it commits as it comes. What this one acknowledges from
// now on, both have.
func (s *Server) Standby(settings ...string) (*Server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	copied := []string{
		"pg_basebackup", "--host", s.dir, "--port", strconv.Itoa(s.port), "--username", "usher", "--checkpoint", "fast",
		"--no-sync", "--write-recovery-conf",
	}
	standby, err := start(programs, port, copied, append(listen(port), settings...))
	if err != nil {
		return nil, err
	}
	for _, statement := range []string{"ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"} {
		if _, err := s.admin.Exec(statement); err != nil {
			return standby, fmt.Errorf("postgrestest: %s: %w", statement, err)
		}
	}
	return standby, nil
}

// Promote makes a primary of a standby.
func (s *Server) Promote() error {
	_, err := s.admin.Exec("SELECT pg_promote()")
	return err
}

// Addr is where a server listens that was started for that.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// Dir is a folder for a test's own files, which goes with the server, also when the test runs out of time.
func (s *Server) Dir() string { return s.dir }

func listen(port int) []string {
	return []string{"listen_addresses=127.0.0.1", "port=" + strconv.Itoa(port)}
}

// freePort is one that nobody listens on now.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

// Signal sends a signal to all processes of the server.
func (s *Server) Signal(sig syscall.Signal) error {
	own := s.cmd.Process.Pid
	errs := []error{syscall.Kill(own, sig)} // first: a server that is stopped has no more children
	children, err := exec.Command("pgrep", "-P", strconv.Itoa(own)).Output()
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	for _, pid := range strings.Fields(string(children)) {
		n, _ := strconv.Atoi(pid)
		if err := syscall.Kill(n, sig); !errors.Is(err, syscall.ESRCH) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
