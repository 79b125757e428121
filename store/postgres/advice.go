package postgres

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Error is why a database was not opened, read or filled.
type Error struct {
	// Address is where the database is, without a password. Empty: the URL is none.
	Address string
	// Hint is what to do about it. Empty: nothing is known but what the error says.
	Hint string
	// Err is the cause.
	Err error
}

// Error implements error.
func (e *Error) Error() string {
	if e.Address == "" {
		return "postgres: " + e.Err.Error()
	}
	return "postgres: " + e.Address + ": " + inWords(e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// failed makes an [Error] of an error about the database.
func (a address) failed(err error) error {
	if err == nil {
		return nil
	}
	if e, ok := err.(*Error); ok {
		e.Address = a.String()
		return e
	}
	return &Error{Address: a.String(), Hint: a.hint(err), Err: err}
}

// refusedTLS is what the driver says of the first of two attempts, where the URL leaves it open whether there is TLS.
const refusedTLS = "tls error: server refused TLS connection"

// inWords is an error for people: of the attempts to connect to a server with TLS and without, the first is left away
// where it failed for want of TLS.
func inWords(err error) string {
	failed, ok := errors.AsType[*pgconn.ConnectError](err)
	if !ok {
		return err.Error()
	}
	var told []string
	all := attempts(failed)
	for i, attempt := range all {
		server, plain := strings.CutSuffix(attempt, refusedTLS)
		if again := i+1 < len(all) && strings.HasPrefix(all[i+1], server); !plain || !again {
			told = append(told, attempt)
		}
	}
	return strings.Replace(err.Error(), failed.Error(), "cannot connect to "+strings.Join(told, "; "), 1)
}

// attempts are the errors of the hosts and ways that were tried, in order.
func attempts(failed *pgconn.ConnectError) (texts []string) {
	errs := []error{errors.Unwrap(failed)}
	if joined, ok := errs[0].(interface{ Unwrap() []error }); ok {
		errs = joined.Unwrap()
	}
	for _, err := range errs {
		texts = append(texts, err.Error())
	}
	return texts
}

// HintReadOnly says what to do about a server that refuses writes.
const HintReadOnly = "name the primary in the URL, or all servers and target_session_attrs=read-write; on the primary see that default_transaction_read_only is off"

// hint says what to do about an error.
func (a address) hint(err error) string {
	if h := hintTLS(err); h != "" {
		return h
	}
	name, user := a.config.Database, a.config.User
	switch codeOf(err) {
	case "3D000": // invalid_catalog_name
		return fmt.Sprintf("make it once: createdb --owner %s %s; or name another one in the URL", user, name)
	case "28P01": // invalid_password
		return fmt.Sprintf("give the password of the role %s in PGPASSWORD, or in a file that PGPASSFILE names", user)
	case "28000": // invalid_authorization_specification
		return fmt.Sprintf("the server does not let %s in from here: see that there is such a role (createuser %s), and what pg_hba.conf asks for", user, user)
	case insufficientPrivilege:
		return fmt.Sprintf("let the role own the database and its tables: ALTER DATABASE %s OWNER TO %s; or grant what it lacks", name, user)
	case "53300", "53400": // too_many_connections
		return "raise max_connections of the server, or set pool_max_conns=N in the URL of each replica: docs/scaling.md"
	case readOnlyTransaction:
		return HintReadOnly
	case "57P03": // cannot_connect_now
		return "the server starts, stops or recovers: try again a little later"
	}
	if unconnected(err) {
		return a.hintEntry(codeOf(err))
	}
	return ""
}

// hintEntry says what to do where a server has refused a connection with a code that has another meaning elsewhere.
func (a address) hintEntry(code string) string {
	switch code {
	case "22023", "42704", "08P01": // invalid_parameter_value, undefined_object; of PgBouncer protocol_violation
		return "the server does not take what a parameter of the URL says: correct it, or leave it out"
	case "55000": // object_not_in_prerequisite_state
		return fmt.Sprintf("let the database take connections again: ALTER DATABASE %s WITH ALLOW_CONNECTIONS true", a.config.Database)
	}
	return ""
}

// hintTLS says what to do about an error on the way to an encrypted connection.
func hintTLS(err error) string {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "name the file of the authority that signed the server's certificate: sslrootcert=FILE in the URL"
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "write the host in the URL as the server's certificate names it, or get a certificate for this name"
	}
	if failed, ok := errors.AsType[*pgconn.ConnectError](err); ok && strings.Contains(inWords(failed), refusedTLS) {
		return "the server has no TLS: set ssl = on there; sslmode=disable in the URL does without, on a network that is your own"
	}
	return ""
}
