package main

import (
	"bytes"
	"net/http"
)

// constant is the yardstick without a store: the same answer whatever is asked.
type constant struct {
	user, one, page, group []byte
}

func newConstant() http.Handler {
	user := withID("constant", userBody(0))
	c := &constant{
		user:  user,
		one:   listOf(1, 1, user),
		page:  listOf(100_000, 1, bytes.Join(repeat(user, pageSize), []byte(","))),
		group: []byte(`{"id":"constant","members":[]}`),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /Users", func(w http.ResponseWriter, r *http.Request) { drain(r); answer(w, 201, c.user) })
	mux.HandleFunc("PATCH /Users/{id}", func(w http.ResponseWriter, r *http.Request) { drain(r); answer(w, 200, c.user) })
	mux.HandleFunc("GET /Users/{id}", func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, c.user) })
	mux.HandleFunc("GET /Users", c.list)
	mux.HandleFunc("POST /Groups", func(w http.ResponseWriter, r *http.Request) { drain(r); answer(w, 201, c.group) })
	mux.HandleFunc("GET /Groups/{id}", func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, c.group) })
	mux.HandleFunc("PATCH /Groups/{id}", func(w http.ResponseWriter, r *http.Request) { drain(r); answer(w, 204, nil) })
	mux.HandleFunc("DELETE /Groups/{id}", func(w http.ResponseWriter, _ *http.Request) { answer(w, 204, nil) })
	return mux
}

func (c *constant) list(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Has("filter") {
		answer(w, 200, c.one)
		return
	}
	answer(w, 200, c.page)
}

func repeat(part []byte, n int) [][]byte {
	parts := make([][]byte, n)
	for i := range parts {
		parts[i] = part
	}
	return parts
}
