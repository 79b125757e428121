package conformance

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
)

// This file holds the tools with which faults are planted into an honest server, from outside of it.

// served is an answer that a fault may change.
type served struct {
	request *http.Request
	sent    object // the request's body
	status  int
	header  http.Header
	doc     object // nil when there is no JSON object
}

// at is a value of the answer.
func (v *served) at(path string) any { return at(v.doc, path) }

// set changes a top-level member of the answer.
func (v *served) set(name string, value any) { v.doc[name] = value }

// isUser tells that the answer is one user.
func (v *served) isUser() bool {
	return strings.HasPrefix(v.request.URL.Path, "/Users") && v.status/100 == 2 && v.doc["userName"] != nil
}

// isList tells that the answer is a list of users.
func (v *served) isList() bool { return v.status == 200 && v.doc["Resources"] != nil }

// each visits the resources of the answer, one or many.
func (v *served) each(visit func(object)) {
	if !v.isList() {
		if v.doc["id"] != nil && v.status/100 == 2 {
			visit(v.doc)
		}
		return
	}
	for _, r := range v.doc["Resources"].(array) {
		visit(r.(object))
	}
}

// answers changes what a server answers.
func answers(change func(*served)) fault {
	return fault{handler: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			sent := takeBody(r)
			v := serve(next, r)
			v.sent = sent
			change(v)
			v.write(w)
		})
	}}
}

// takeBody reads the request's body and puts it back.
func takeBody(r *http.Request) object {
	text, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(text))
	return decoded(text)
}

func decoded(text []byte) (o object) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	_ = dec.Decode(&o)
	return o
}

func serve(next http.Handler, r *http.Request) *served {
	rec := httptest.NewRecorder()
	next.ServeHTTP(rec, r)
	return &served{request: r, status: rec.Code, header: rec.Header(), doc: decoded(rec.Body.Bytes())}
}

func (v *served) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), v.header)
	w.Header().Del("Content-Length")
	w.WriteHeader(v.status)
	if v.doc != nil {
		_, _ = w.Write(encode(v.doc))
	}
}

// requests changes what a server understands.
func requests(change func(r *http.Request)) fault {
	return fault{handler: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			change(r)
			next.ServeHTTP(w, r)
		})
	}}
}

// setBody gives the request another body.
func setBody(r *http.Request, body object) {
	text := encode(body)
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
}

// bodies changes the JSON bodies of requests with that method.
func bodies(method string, change func(r *http.Request, body object)) fault {
	return requests(func(r *http.Request) {
		if body := takeBody(r); r.Method == method && body != nil {
			change(r, body)
			setBody(r, body)
		}
	})
}

// dropped takes a parameter away.
const dropped = "\x00"

// parameter changes a query parameter of a GET of resources; nothing is changed when it is not sent.
func parameter(name string, change func(value string, all url.Values) string) fault {
	return requests(func(r *http.Request) {
		q := r.URL.Query()
		if r.Method != http.MethodGet || !q.Has(name) || r.URL.Path == "/Schemas" || r.URL.Path == "/ResourceTypes" {
			return
		}
		if value := change(q.Get(name), q); value == dropped {
			q.Del(name)
		} else {
			q.Set(name, value)
		}
		r.URL.RawQuery = q.Encode()
	})
}

// filters changes the filters of GET requests.
func filters(change func(filter string) string) fault {
	return parameter("filter", func(value string, _ url.Values) string { return change(value) })
}

// operationsOf changes the operations of a PATCH; what change returns takes the operation's place.
func operationsOf(change func(o object) array) fault {
	return bodies(http.MethodPatch, func(_ *http.Request, body object) {
		list, _ := body["Operations"].(array)
		next := array{}
		for _, o := range list {
			next = append(next, change(o.(object))...)
		}
		body["Operations"] = next
	})
}

// nothing is an operation that changes nothing.
func nothing() array { return array{object{"op": "replace", "path": "active", "value": true}} }

// accepts lets a PATCH succeed without doing what some operation asks for.
func accepts(which func(o object) bool) fault {
	return operationsOf(func(o object) array {
		if which(o) {
			return nothing()
		}
		return array{o}
	})
}

// memory is what a fault remembers from one request to the next, by resource id or name.
type memory struct {
	mu   sync.Mutex
	seen map[string]any
}

func newMemory() *memory { return &memory{seen: map[string]any{}} }

func (m *memory) put(key string, v any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen[key] = v
}

func (m *memory) get(key string) any {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.seen[key]
}

func lastSegment(path string) string { return path[strings.LastIndex(path, "/")+1:] }

func atoi(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

// refusal is a SCIM error.
func refusal(status int) object {
	return object{"schemas": array{errorURN}, "status": strconv.Itoa(status), "detail": "planted"}
}
