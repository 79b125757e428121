package admin

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// What a request body may be.
const (
	maxBody  = 1 << 20
	maxDepth = 32
)

// readBody reads the whole body: an idempotency key covers it.
func (c *call) readBody() error {
	if c.r.Method == http.MethodGet || c.r.Method == http.MethodHead {
		return nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, maxBody))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return newProblem(tooLarge, "send less in one request", "a body may have %d bytes", maxBody)
	}
	if err != nil {
		return newProblem(invalid, "send the request again", "the body could not be read to its end")
	}
	c.body = body
	return nil
}

// decodeNothing is for rows that read no body: one that is there was meant for something else.
func (c *call) decodeNothing() error {
	switch string(bytes.TrimSpace(c.body)) {
	case "", "{}":
		return nil
	}
	return newProblem(invalid, "send none", "the request takes no body")
}

// decode reads the body into v. What v has no place for is refused: a member with a typo would otherwise do nothing.
func (c *call) decode(v any) error {
	media, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || media != mediaJSON {
		return newProblem(unsupportedMedia, "send Content-Type: "+mediaJSON, "the body must be JSON")
	}
	if err := checkJSON(c.body); err != nil {
		return err
	}
	if err := json.Unmarshal(c.body, v, json.RejectUnknownMembers(true)); err != nil {
		return badBody(err)
	}
	return nil
}

// checkJSON bounds the depth, and tells bad JSON from JSON that does not fit.
func checkJSON(body []byte) error {
	for d := jsontext.NewDecoder(bytes.NewReader(body)); ; {
		token, err := d.ReadToken()
		switch {
		case errors.Is(err, io.EOF) && d.InputOffset() > 0:
			return nil
		case err != nil:
			return badSyntax(err)
		case d.StackDepth() > maxDepth:
			return newProblem(invalid, "send it less nested", "the body is nested more than %d deep", maxDepth)
		case d.StackDepth() == 1 && token.Kind() == '[', d.StackDepth() == 0 && token.Kind() != '}':
			return newProblem(invalid, "send one JSON object", "the body is not a JSON object")
		}
	}
}

func badSyntax(err error) *Problem {
	if errors.Is(err, jsontext.ErrDuplicateName) {
		e, _ := errors.AsType[*jsontext.SyntacticError](err)
		return newProblem(invalid, "send each member once", "the member %s is there twice", pointer(e.JSONPointer))
	}
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return newProblem(invalid, "send one JSON object in UTF-8", "the body is not valid JSON at byte %d", e.ByteOffset)
	}
	return newProblem(invalid, "send one JSON object", "the body is empty")
}

// badBody says which member does not fit, never which Go type it does not fit into.
func badBody(err error) *Problem {
	e, ok := errors.AsType[*json.SemanticError](err)
	if !ok {
		return badSyntax(err)
	}
	if errors.Is(err, json.ErrUnknownName) {
		return newProblem(invalid, "the members are listed in the API's reference", "there is no member %s", pointer(e.JSONPointer))
	}
	return newProblem(invalid, "the types are listed in the API's reference",
		"the member %s cannot be %s", pointer(e.JSONPointer), kindName(e.JSONKind))
}

// pointer is a place in the body as people write it: settings.mapping.groups[0].role.
func pointer(p jsontext.Pointer) string {
	var b strings.Builder
	for token := range p.Tokens() {
		switch {
		case token != "" && strings.Trim(token, "0123456789") == "":
			fmt.Fprintf(&b, "[%s]", token)
		case b.Len() > 0:
			b.WriteString("." + token)
		default:
			b.WriteString(token)
		}
	}
	return fmt.Sprintf("%q", printable(b.String()))
}

func kindName(k jsontext.Kind) string {
	names := map[jsontext.Kind]string{
		'n': "null", 'f': "false", 't': "true", '"': "this string", '0': "this number", '{': "an object", '[': "an array",
	}
	if name, ok := names[k]; ok {
		return name
	}
	return "this value"
}

// marshal writes an answer. Empty values are left out where the tags say omitempty, as encoding/json has it.
func marshal(v any) ([]byte, error) {
	body, err := json.Marshal(v, jsonv1.OmitEmptyWithLegacySemantics(true), json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("admin: encode %T: %w", v, err)
	}
	return append(body, '\n'), nil
}

// merge changes what the body's member says of v, and leaves the rest: arrays are replaced, objects are merged, null is
// the zero value (RFC 7396). v shares nothing with what it was copied from afterwards.
func (c *call) merge(member string, v any) error {
	var body map[string]jsontext.Value
	if err := json.Unmarshal(c.body, &body); err != nil {
		return badBody(err)
	}
	before, err := marshal(v)
	if err != nil {
		return err
	}
	fresh := reflect.New(reflect.TypeOf(v).Elem())
	if err := json.Unmarshal(before, fresh.Interface()); err != nil {
		return err
	}
	if err := json.Unmarshal(body[member], fresh.Interface(), json.RejectUnknownMembers(true)); err != nil {
		return badBody(err)
	}
	reflect.ValueOf(v).Elem().Set(fresh.Elem())
	return nil
}
