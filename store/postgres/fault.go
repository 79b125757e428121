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
	uniqueViolation      = "23505"
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	lockNotAvailable     = "55P03"
	divisionByZero       = "22012"
	undefinedColumn      = "42703"
	readOnlyTransaction  = "25006"
)

// busyCodes say that it may go better a little later.
var busyCodes = []string{
	serializationFailure, deadlockDetected,
	lockNotAvailable,                   // lock_timeout
	"57014",                            // query_canceled: statement_timeout, or the caller has gone
	"57P01", "57P02", "57P03", "57P05", // the server stops, starts or ends idle sessions
	readOnlyTransaction,                         // what was the primary is a standby now
	"25P03",                                     // idle_in_transaction_session_timeout
	"53000", "53100", "53200", "53300", "53400", // too little of something: connections, memory, disk
	"58000", "58030", // the system below
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

// isBusy reports what becomes directory.ErrBusy, and so a 503: others are in the way, or the server cannot be reached.
func isBusy(err error) bool {
	code := codeOf(err)
	return slices.Contains(busyCodes, code) || lost(err) || errors.Is(err, context.DeadlineExceeded)
}

// lost reports that there is no connection, or none any more.
func lost(err error) bool {
	if code := codeOf(err); code != "" {
		return code[:2] == "08" || code[:3] == "57P"
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
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
