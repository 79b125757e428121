package main

import (
	"bytes"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"

	_ "modernc.org/sqlite" // registers the driver
)

// thin is the yardstick with a store: bytes in, bytes out. One writer, four readers, one transaction per request.
type thin struct {
	write, read *sql.DB

	insert, toggle, member, dissolve   *sql.Stmt // of write
	byID, byName, page, count, members *sql.Stmt // of read
}

const thinSchema = `
CREATE TABLE users (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, username TEXT NOT NULL UNIQUE, family TEXT NOT NULL, doc TEXT NOT NULL);
CREATE INDEX users_family ON users (family);
CREATE TABLE members (grp TEXT NOT NULL, usr TEXT NOT NULL, PRIMARY KEY (grp, usr)) WITHOUT ROWID;`

func newThin(dir, synchronous string) (http.Handler, error) {
	dsn := fmt.Sprintf("file:%s?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(%s)"+
		"&_pragma=cache_size(-65536)&_txlock=immediate", filepath.Join(dir, "thin.db"), synchronous)
	t := &thin{}
	var err error
	if t.write, err = open(dsn, 1); err != nil {
		return nil, err
	}
	if _, err = t.write.Exec(thinSchema); err != nil {
		return nil, err
	}
	if t.read, err = open(dsn, 4); err != nil {
		return nil, err
	}
	return t.routes(), t.prepare()
}

func open(dsn string, connections int) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, db.Ping()
}

func (t *thin) prepare() error {
	for _, s := range []struct {
		stmt **sql.Stmt
		db   *sql.DB
		text string
	}{
		{&t.insert, t.write, `INSERT INTO users (id, username, family, doc) VALUES ($1, $2, $3, $4)`},
		{&t.toggle, t.write, `UPDATE users SET doc = replace(doc, $1, $2) WHERE id = $3`},
		{&t.member, t.write, `INSERT INTO members (grp, usr) VALUES ($1, $2)`},
		{&t.dissolve, t.write, `DELETE FROM members WHERE grp = $1`},
		{&t.byID, t.read, `SELECT doc FROM users WHERE id = $1`},
		{&t.byName, t.read, `SELECT doc FROM users WHERE username = $1`},
		{&t.page, t.read, `SELECT doc FROM users ORDER BY seq LIMIT $1 OFFSET $2`},
		{&t.count, t.read, `SELECT count(*) FROM users`},
		{&t.members, t.read, `SELECT usr FROM members WHERE grp = $1`},
	} {
		stmt, err := s.db.Prepare(s.text)
		if err != nil {
			return err
		}
		*s.stmt = stmt
	}
	return nil
}

func (t *thin) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /Users", t.create)
	mux.HandleFunc("GET /Users/{id}", t.get)
	mux.HandleFunc("GET /Users", t.list)
	mux.HandleFunc("PATCH /Users/{id}", t.patch)
	mux.HandleFunc("POST /Groups", t.createGroup)
	mux.HandleFunc("GET /Groups/{id}", t.getGroup)
	mux.HandleFunc("PATCH /Groups/{id}", t.addMember)
	mux.HandleFunc("DELETE /Groups/{id}", t.deleteGroup)
	return mux
}

func (t *thin) create(w http.ResponseWriter, r *http.Request) {
	id := rand.Text()
	doc := withID(id, drain(r))
	if _, err := t.insert.Exec(id, textOf(doc, "userName"), textOf(doc, "familyName"), string(doc)); err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	answer(w, http.StatusCreated, doc)
}

func (t *thin) get(w http.ResponseWriter, r *http.Request) {
	t.answerRow(w, t.byID, r.PathValue("id"), func(doc []byte) []byte { return doc })
}

func (t *thin) patch(w http.ResponseWriter, r *http.Request) {
	was, is := `"active":true`, `"active":false`
	if bytes.Contains(drain(r), []byte(`"True"`)) {
		was, is = is, was
	}
	if _, err := t.toggle.Exec(was, is, r.PathValue("id")); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	t.get(w, r)
}

func (t *thin) list(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if filter := query.Get("filter"); filter != "" {
		_, name, _ := strings.Cut(filter, `"`)
		t.answerRow(w, t.byName, strings.TrimSuffix(name, `"`), func(doc []byte) []byte { return listOf(1, 1, doc) })
		return
	}
	start, _ := strconv.Atoi(query.Get("startIndex"))
	body, err := t.readPage(max(start, 1))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, http.StatusOK, body)
}

func (t *thin) readPage(start int) ([]byte, error) {
	var total int
	if err := t.count.QueryRow().Scan(&total); err != nil {
		return nil, err
	}
	docs, err := texts(t.page.Query(pageSize, start-1))
	return listOf(total, start, []byte(strings.Join(docs, ","))), err
}

func (t *thin) createGroup(w http.ResponseWriter, r *http.Request) {
	id := rand.Text()
	if err := t.insertMembers(id, memberIDs(drain(r))); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, http.StatusCreated, []byte(`{"id":"`+id+`"}`))
}

// insertMembers is for setting up: it is not part of what is measured.
func (t *thin) insertMembers(group string, ids []string) error {
	tx, err := t.write.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after Commit
	insert := tx.Stmt(t.member)
	for _, id := range ids {
		if _, err := insert.Exec(group, id); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func (t *thin) addMember(w http.ResponseWriter, r *http.Request) {
	group, ids := r.PathValue("id"), memberIDs(drain(r))
	var err error
	if len(ids) == 1 {
		_, err = t.member.Exec(group, ids[0])
	} else {
		err = t.insertMembers(group, ids)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, http.StatusNoContent, nil)
}

// memberIDs are the texts after "value":" in a body.
func memberIDs(body []byte) []string {
	var ids []string
	for {
		_, rest, found := bytes.Cut(body, []byte(`"value":"`))
		if !found {
			return ids
		}
		id, after, _ := bytes.Cut(rest, []byte(`"`))
		ids, body = append(ids, string(id)), after
	}
}

func (t *thin) getGroup(w http.ResponseWriter, r *http.Request) {
	ids, err := texts(t.members.Query(r.PathValue("id")))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, http.StatusOK, []byte(`{"id":"`+r.PathValue("id")+`","members":`+memberValues(ids)+`}`))
}

func (t *thin) deleteGroup(w http.ResponseWriter, r *http.Request) {
	if _, err := t.dissolve.Exec(r.PathValue("id")); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, http.StatusNoContent, nil)
}

func (t *thin) answerRow(w http.ResponseWriter, stmt *sql.Stmt, key string, wrap func([]byte) []byte) {
	var doc []byte
	if err := stmt.QueryRow(key).Scan(&doc); err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	answer(w, http.StatusOK, wrap(doc))
}

// texts collects a result of one column.
func texts(rows *sql.Rows, err error) ([]string, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		all = append(all, text)
	}
	return all, rows.Err()
}
