package scim

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// MaxKey is the length in bytes up to which [Attribute.Fold] keeps a text whole. A longer one becomes its beginning, '#'
// and a hash: enough for equality and for "starts with", but "contains" and "ends with" need the document.
const MaxKey = 160

// Fold turns a value of the attribute into the text by which values are compared: two values are equal exactly when
// their keys are, and the order of keys is the order of values. ok is false for what the attribute cannot
// hold, and for complex attributes.
func (a *Attribute) Fold(v Value) (key string, ok bool) {
	switch v := v.(type) {
	case bool:
		return strconv.FormatBool(v), a.Type == TypeBoolean
	case Number:
		if a.Type == TypeInteger || a.Type == TypeDecimal {
			return foldNumber(v)
		}
	case string:
		return a.foldText(v)
	}
	return "", false
}

func (a *Attribute) foldText(s string) (string, bool) {
	switch a.Type {
	case TypeDateTime:
		t, ok := parseDateTime(s)
		t = t.UTC()
		return t.Format("2006-01-02T15:04:05.000000000Z"), ok && 0 <= t.Year() && t.Year() <= 9999
	case TypeString, TypeReference, TypeBinary:
		return cut(a.foldCase(s)), true
	}
	return "", false
}

// foldCase folds by the attribute's characteristics: names that must be unique so that look-alikes are one,
// other text that ignores case by Unicode case folding (T-057).
func (a *Attribute) foldCase(s string) string {
	switch {
	case a.CaseExact:
		return s
	case a.Uniqueness != UniqueNone:
		return FoldName(s)
	case isASCII(s):
		return foldASCII(s)
	default:
		return cases.Fold().String(s)
	}
}

// FoldName is the form in which names that must be unique are compared: compatibility characters replaced, lower case,
// normalised. It equals PRECIS UsernameCaseMapped (RFC 8265 §3.3, R-036) wherever that profile accepts the name, and
// is defined for every other text too: one rule for both, so that a prefix folds to a prefix.
func FoldName(s string) string {
	if isASCII(s) {
		return foldASCII(s)
	}
	lower := cases.Lower(language.Und, cases.HandleFinalSigma(false))
	return norm.NFKC.String(lower.String(norm.NFKC.String(s)))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func cut(s string) string {
	if len(s) <= MaxKey {
		return s
	}
	n := MaxKey
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	sum := sha256.Sum256([]byte(s))
	return s[:n] + "#" + hex.EncodeToString(sum[:16])
}

// maxExponent bounds the decimal exponents that foldNumber can order; no client comes near.
const maxExponent = 1_000_000_000

// foldNumber writes a decimal so that text order is numeric order: a sign digit (0, 1, 2 for negative, zero,
// positive), the exponent of 0.d₁d₂… × 10ᵉ with an offset, the digits; for negative numbers the complements, and an
// end mark above every digit, so that the longer one is the smaller one.
func foldNumber(n Number) (string, bool) {
	negative, digits, exp, ok := decimal(string(n))
	switch {
	case !ok || exp > maxExponent || exp < -maxExponent:
		return "", false
	case digits == "":
		return "1", true
	}
	key := strconv.FormatInt(int64(exp)+5*maxExponent, 10) + digits // ten digits, then the number's own
	if !negative {
		return "2" + key, true
	}
	b := []byte("0" + key + "~")
	for i := 1; i < len(b)-1; i++ {
		b[i] = '0' + '9' - b[i]
	}
	return string(b), true
}

// decimal splits a JSON number into sign, digits without zeros around them, and the exponent of 0.digits.
func decimal(s string) (negative bool, digits string, exp int, ok bool) {
	s, negative = strings.CutPrefix(s, "-")
	mantissa, e, hasExp := cutExponent(s)
	if hasExp {
		n, err := strconv.Atoi(strings.TrimPrefix(e, "+"))
		if err != nil {
			return false, "", 0, false
		}
		exp = n
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits = whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return false, "", 0, false
	}
	trimmed := strings.TrimLeft(digits, "0")
	exp += len(whole) - (len(digits) - len(trimmed))
	return negative, strings.TrimRight(trimmed, "0"), exp, true
}

func cutExponent(s string) (mantissa, exponent string, ok bool) {
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}
