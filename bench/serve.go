package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
)

const pageSize = 100

// serve makes this process a yardstick. It prints its URL, and ends with ctx.
func serve(ctx context.Context, o options) error {
	handler, err := yardstick(o)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", listener.Addr())
	server := &http.Server{Handler: handler}
	context.AfterFunc(ctx, func() { server.Close() })
	if err := server.Serve(listener); err != http.ErrServerClosed {
		return err
	}
	return nil
}

func yardstick(o options) (http.Handler, error) {
	switch o.serve {
	case "const":
		return newConstant(), nil
	case "thin":
		return newThin(sqlite(o.dir, o.synchronous))
	case "thin-pg":
		return newThin(postgres(o.database))
	}
	return nil, fmt.Errorf("no yardstick %q: there are const, thin and thin-pg", o.serve)
}

func answer(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/scim+json")
	if body != nil {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(status)
	w.Write(body) // an error is noticed by the driver
}

// drain reads a request's body. What cannot be read is missing, which the driver notices.
func drain(r *http.Request) []byte {
	body, _ := io.ReadAll(r.Body)
	return body
}

// withID puts an id in front of the members of a JSON object.
func withID(id string, object []byte) []byte {
	return append([]byte(`{"id":"`+id+`",`), bytes.TrimPrefix(object, []byte("{"))...)
}

func listOf(total, start int, resources []byte) []byte {
	head := fmt.Appendf(nil, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":%d,`+
		`"startIndex":%d,"itemsPerPage":%d,"Resources":[`, total, start, pageSize)
	return append(append(head, resources...), "]}"...)
}

// textOf is the text after the first "name":" of a document: good for the bodies of this bench alone.
func textOf(doc []byte, name string) string {
	_, rest, _ := bytes.Cut(doc, []byte(`"`+name+`":"`))
	text, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(text)
}
