package sqlstore

import (
	"context"
	"fmt"
	"slices"
	"testing"
)

func TestInsert_IsNamedWhereItsTableIs(t *testing.T) {
	t.Parallel()
	in := newInsert("subject", "id")
	for query, want := range map[string]bool{
		"UPDATE subject SET name = $1":             true,
		"DELETE FROM subject\n\t\tWHERE root = $1": true,
		"INSERT INTO subject(root, id) VALUES($1)": true,
		"SELECT 1 FROM subject":                    true,
		"INSERT INTO resource(id, subject, name)":  false,
		"SELECT 1 FROM subject_email":              false,
		"SELECT k.subject_id, k.subject, f.id":     false,
		"COMMIT":                                   false,
	} {
		if got := in.named(query); got != want {
			t.Errorf("%q: %t", query, got)
		}
	}
}

// New rows go together, behind what was put meanwhile and before what names their table, and COMMIT is the last.
func TestPipeline_NewRowsOfATableAreOneStatement(t *testing.T) {
	t.Parallel()
	note, log := newInsert("note", "i BIGINT, text, body BYTEA"), newInsert("log", "i BIGINT")
	var sent []string
	p := &Pipeline{Send: func(_ context.Context, batch []Queued) error {
		for _, q := range batch {
			sent = append(sent, fmt.Sprint(q.Query, len(q.Args)))
		}
		return nil
	}}
	p.add(note, []any{1, "a", []byte("x")})
	p.add(log, []any{int64(1)})
	p.Put(Queued{Query: "UPDATE other"})
	p.add(note, []any{int64(2), nil, []byte(nil)})
	p.Put(Queued{Query: "UPDATE note"})
	p.add(note, []any{3, "c", []byte("z")})
	p.PutLast(Queued{Query: "COMMIT"})
	if err := p.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"UPDATE other0", "INSERT INTO note(i, text, body) SELECT * FROM unnest($1::BIGINT[], $2::TEXT[], $3::BYTEA[])3", "UPDATE note0",
		"INSERT INTO log(i) VALUES($1)1", "INSERT INTO note(i, text, body) VALUES($1, $2, $3)3", "COMMIT0",
	}
	if !slices.Equal(sent, want) {
		t.Errorf("sent %q, want %q", sent, want)
	}
}

// A check that holds until the commit is made once, unless the transaction changes what it looked at.
func TestPipeline_WhatHoldsIsCheckedOnce(t *testing.T) {
	t.Parallel()
	var sent []any
	p := &Pipeline{Send: func(_ context.Context, batch []Queued) error {
		for _, q := range batch {
			sent = append(sent, q.Args[0])
			q.Args[0] = "as the driver has it"
		}
		return nil
	}}
	for _, arg := range []string{"a", "b", "a", "flush", "b", "forget", "a", "a"} {
		switch arg {
		case "flush":
			if err := p.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		case "forget":
			p.Forget()
		default:
			p.PutOnce(Queued{Query: "SELECT", Args: []any{arg}})
		}
	}
	if err := p.Flush(t.Context()); err != nil || !slices.Equal(sent, []any{"a", "b", "a"}) {
		t.Errorf("sent %q, %v", sent, err)
	}
}

// Whether somebody is buried is asked behind the new users, in whatever order a batch has come: a user who is deleted
// under the same name meanwhile keeps them waiting, and then is found.
func TestPipeline_TombstonesAreAskedForBehindNewUsers(t *testing.T) {
	t.Parallel()
	for name, between := range map[string]string{
		"nothing":                "",
		"a change of somebody":   "UPDATE resource SET body = $1",
		"who was deleted, again": "DELETE FROM tombstone WHERE root = $1",
	} {
		var sent []string
		p := &Pipeline{Send: func(_ context.Context, batch []Queued) error {
			for _, q := range batch {
				sent = append(sent, q.Query)
			}
			return nil
		}}
		newcomer := []any{
			int64(1), int64(2), "id", "", "name", "name", "", int64(1), int64(1), int64(0), int64(0), []byte("{}"), int64(0), "conn",
			[]any{[]int64{}, []string{}, []int64{}},
			new(int64),
		}
		buried := []any{int64(1), "conn", "userName", []byte("hash")}
		for i := range 2 {
			p.add(newResources, newcomer)
			p.add(nobodyBuried, buried)
			if i == 0 && between != "" {
				p.Put(Queued{Query: between})
			}
		}
		if err := p.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		created, asked := 0, 0
		for _, query := range sent {
			switch query {
			case newResources.query:
				created++
			case nobodyBuried.query:
				asked++
			}
			if asked > created {
				t.Errorf("%s: %q", name, sent)
			}
		}
		if last := len(sent) - 1; sent[last] != nobodyBuried.query {
			t.Errorf("%s: the last is %q", name, sent[last])
		}
	}
}

func TestInsert_RowsBecomeLists(t *testing.T) {
	t.Parallel()
	in := newInsert("note", "i BIGINT, text, body BYTEA")
	args := in.of([][]any{{1, "a", []byte("x")}, {int64(2), nil, []byte{}}}).Args
	texts := args[1].([]*string)
	if !slices.Equal(args[0].([]int64), []int64{1, 2}) || *texts[0] != "a" || texts[1] != nil || string(args[2].([][]byte)[0]) != "x" {
		t.Errorf("%v", args)
	}
}
