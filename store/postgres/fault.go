package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
)

// The codes of PostgreSQL's errors (Appendix A of its manual).
const (
	uniqueViolation       = "23505"
	serializationFailure  = "40001"
	deadlockDetected      = "40P01"
	lockNotAvailable      = "55P03"
	divisionByZero        = "22012"
	undefinedColumn       = "42703"
	readOnlyTransaction   = "25006"
	insufficientPrivilege = "42501"
)

// busyCodes say that it may go better a little later, or once an operator has done something. Those of two characters are
// classes. What is left is a fault of ours: a statement that is wrong, a value that does not fit.
var busyCodes = []string{
	serializationFailure, deadlockDetected,
	lockNotAvailable,      // lock_timeout
	readOnlyTransaction,   // what was the primary is a standby now
	insufficientPrivilege, // rights were taken from the role
	"25P03", "25P04",      // idle_in_transaction_session_timeout, transaction_timeout
	"28", "3D000", // the role may not come in any more, the database is gone
	"53", // too little of something: connections, memory, disk
	"57", // a time was over, the caller has gone, or the server stops, starts or ends sessions
	"58", // the system below
}

func codeOf(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// IsReadOnly reports that the server has refused a write as it refuses all: it is a standby, or is set to.
func IsReadOnly(err error) bool { return codeOf(err) == readOnlyTransaction }

// leaving makes connections that are closed when the server refuses writes. What was the primary is a standby now, and
// the next connection may find the new one.
func leaving(otherwise pgconn.PgErrorHandler) pgconn.PgErrorHandler {
	return func(c *pgconn.PgConn, e *pgconn.PgError) bool {
		return otherwise(c, e) && e.Code != readOnlyTransaction
	}
}

func isUnique(err error) bool { return codeOf(err) == uniqueViolation }

// isBusy reports what becomes directory.ErrBusy, and so a 503: others are in the way, or the server cannot be reached or used.
func isBusy(err error) bool {
	code := codeOf(err)
	told := code != "" && (slices.Contains(busyCodes, code) || slices.Contains(busyCodes, code[:2]))
	return told || unconnected(err) || lost(err) || errors.Is(err, context.DeadlineExceeded)
}

// unconnected reports that no connection was made: also where a server has answered, and refuses for whatever reason.
func unconnected(err error) bool {
	_, ok := errors.AsType[*pgconn.ConnectError](err)
	return ok
}

// lost reports that there is no connection, or none any more, and that the next attempt may find one.
func lost(err error) bool {
	if code := codeOf(err); code != "" {
		return code[:2] == "08" || code[:3] == "57P"
	}
	if unconnected(err) {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	return pgconn.SafeToRetry(err) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed)
}

// conflicting reports that PostgreSQL ended a transaction in favour of another one: run again, it may pass.
func conflicting(err error) bool {
	code := codeOf(err)
	return code == serializationFailure || code == deadlockDetected
}
