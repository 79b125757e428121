package scim

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Kind names one way in which a request can be refused. The list is closed and every kind has a row in the golden
// table testdata/errors.golden: a sample detail that says the offending value, where it stood, what is allowed and
// what to do in the IdP.
type Kind string

// The kinds, grouped by the scimType they carry.
const (
	// 400 invalidSyntax
	KindMalformedJSON    Kind = "malformed JSON"
	KindDuplicateName    Kind = "duplicate name"
	KindTooDeep          Kind = "nested too deep"
	KindNotUTF8          Kind = "not UTF-8"
	KindNotAnObject      Kind = "not an object"
	KindBadSchemas       Kind = "bad schemas"
	KindBadOperation     Kind = "bad operation"
	KindNoOperations     Kind = "no operations"
	KindTooManyOps       Kind = "too many operations"
	KindUnknownAttribute Kind = "unknown attribute" // profile rfc only (D-07)
	KindBadSearch        Kind = "bad search request"
	KindBadBulk          Kind = "bad bulk request"

	// 400 invalidValue
	KindWrongType          Kind = "wrong type"
	KindMissing            Kind = "missing required value"
	KindTwoPrimaries       Kind = "two primary values"
	KindNotCanonical       Kind = "not a canonical value"
	KindUnknownMember      Kind = "unknown member"
	KindOwnMember          Kind = "group in itself"
	KindUnknownInExtension Kind = "unknown attribute in an extension" // every profile (D-07)
	KindBadParameter       Kind = "bad query parameter"
	KindBothProjections    Kind = "attributes with excludedAttributes" // D-32
	KindValueTooLong       Kind = "value too long"
	KindTooManyValues      Kind = "too many values"
	KindUnknownBulkID      Kind = "unknown bulkId"
	KindNotAnEmail         Kind = "userName is no e-mail of the user" // where the connection asks for it (M15)
	KindBadAccounts        Kind = "accounts cannot be read"           // C5
	KindUnknownAccount     Kind = "unknown account"
	KindUnknownRole        Kind = "unknown role" // M9
	KindUnknownTeam        Kind = "unknown team"
	KindBadMapping         Kind = "mapping has no value for it"

	// 400 invalidPath, noTarget, mutability
	KindBadPath      Kind = "bad path"
	KindUnknownPath  Kind = "unknown path"
	KindNoTarget     Kind = "no target"
	KindReadOnly     Kind = "read-only attribute"
	KindImmutable    Kind = "immutable attribute"
	KindNotRemovable Kind = "required attribute removed"

	// 400 invalidFilter, tooMany, invalidVers
	KindBadFilter         Kind = "bad filter"
	KindUnknownInFilter   Kind = "unknown attribute in a filter"
	KindFilterNotAllowed  Kind = "operator not allowed here"
	KindFilterTooComplex  Kind = "filter too complex"
	KindTooMany           Kind = "too many matches"
	KindDiscoveryFiltered Kind = "filter on discovery" // 403, R-168

	// 400 invalidCursor, expiredCursor, invalidCount: RFC 9865 §2.1
	KindBadCursor     Kind = "bad cursor"
	KindExpiredCursor Kind = "expired cursor"
	KindBadCount      Kind = "bad count"

	// 401 and 403
	KindNoToken           Kind = "no token"
	KindMalformedToken    Kind = "malformed token"
	KindUnknownToken      Kind = "unknown token"
	KindExpiredToken      Kind = "expired token"
	KindRevokedToken      Kind = "revoked token"
	KindForeignToken      Kind = "token of another connection"
	KindAmbiguousToken    Kind = "token of several connections"
	KindInactiveUser      Kind = "token of an inactive user" // bound tokens end with their user
	KindPaused            Kind = "connection paused"
	KindDisabled          Kind = "connection disabled"
	KindNoCreate          Kind = "connection creates no users"    // X5
	KindRoleNotGranted    Kind = "role not for this connection"   // B11
	KindLastOwner         Kind = "last owner"                     // B11
	KindHeld              Kind = "held by the mass-leaver brake"  // B10
	KindNotEnabled        Kind = "provisioning not enabled"       // E8
	KindNotEntitled       Kind = "provisioning not allowed"       // E8
	KindHookRefused       Kind = "refused by custom provisioning" // X8
	KindInsecureTransport Kind = "plain HTTP"
	KindAddress           Kind = "address not allowed" // J8

	// 404, 405, 409, 412, 413, 415, 429, 501, 503
	KindUnknownResource  Kind = "unknown resource"
	KindUnknownEndpoint  Kind = "unknown endpoint"
	KindMethod           Kind = "method not allowed"
	KindTaken            Kind = "value taken"
	KindConflict         Kind = "concurrent change"
	KindFailedDependency Kind = "failed dependency" // of an operation in a bulk request
	KindCircular         Kind = "circular reference"
	KindVersion          Kind = "version mismatch"
	KindTooLarge         Kind = "body too large"
	KindTooManyBulk      Kind = "too many bulk operations"
	KindMediaType        Kind = "media type"
	KindRateLimited      Kind = "rate limited" // with Retry-After (D-28)
	KindNotImplemented   Kind = "not implemented"
	KindNoMe             Kind = "no resource of the credential"
	KindBusy             Kind = "busy"
	KindHookFailed       Kind = "custom provisioning failed" // X8
	KindForeignUser      Kind = "user of another connection"
	KindInternal         Kind = "internal error"
)

// Error is what a caller of the SCIM road may be told. Anything that is not an Error is answered 500 without
// detail. See RFC 7644 §3.12.
type Error struct {
	Kind Kind
	// Where is the place of the fault: an attribute path, an operation ("Operations[2].path"), a query parameter
	// or a byte position. May be empty.
	Where string
	// Value is the offending value; [NewError] shortens it and makes it printable. Never a secret. May be empty.
	Value string
	// Allowed says what would have been accepted. May be empty.
	Allowed string
	// Cause is for the log record, never for the caller.
	Cause error
}

// NewError makes an error of the kind about value at where. Any of the three texts may be empty.
func NewError(k Kind, where, value, allowed string) *Error {
	return &Error{Kind: k, Where: printable(where), Value: printable(value), Allowed: allowed}
}

// row is the kind's row; what has none is an internal error.
func (e *Error) row() kind {
	if k, ok := kinds[e.Kind]; ok {
		return k
	}
	return kinds[KindInternal]
}

// Status is the HTTP status code.
func (e *Error) Status() int { return e.row().status }

// ScimType is the detail error keyword of RFC 7644 table 9, or "".
func (e *Error) ScimType() string { return e.row().scimType }

// Detail is the text for the IT admin: what is wrong with which value, where, what is allowed, what to do.
func (e *Error) Detail() string {
	if fix := e.Fix(); fix != "" {
		return e.Problem() + " " + fix
	}
	return e.Problem()
}

// Problem is the first part of the detail: what is wrong with which value, where, and what is allowed.
func (e *Error) Problem() string {
	var b strings.Builder
	if e.Where != "" {
		b.WriteString(e.Where + ": ")
	}
	b.WriteString(e.row().problem)
	if e.Value != "" {
		b.WriteString(": " + strconv.Quote(e.Value))
	}
	b.WriteByte('.')
	if e.Allowed != "" {
		b.WriteString(" Allowed: " + e.Allowed + ".")
	}
	return b.String()
}

// Fix is the second part of the detail: what to do, and in which screen of the IdP.
func (e *Error) Fix() string { return e.row().fix }

// AppendJSON appends the body of the answer: an Error message, its status a string.
func (e *Error) AppendJSON(dst []byte) []byte {
	body := texts("scimType", e.ScimType(), "detail", e.Detail(), "status", strconv.Itoa(e.Status()))
	dst = appendString(append(dst, `{"schemas":[`...), URNError)
	return append(append(dst, "],"...), appendObject(nil, body)[1:]...)
}

// Error implements error.
func (e *Error) Error() string { return "scim: " + e.Detail() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

const maxShown = 120 // runes of an offending value that a detail repeats

// printable shortens a value and takes what a terminal or an admin console would choke on out of it.
func printable(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	if utf8.RuneCountInString(s) <= maxShown {
		return s
	}
	return string([]rune(s)[:maxShown]) + "…"
}
