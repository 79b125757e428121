package main

import (
	"bytes"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"
	_ "modernc.org/sqlite"             // registers the driver "sqlite"
)

// thin is the yardstick with a store: bytes in, bytes out, one transaction per request.
type thin struct {
	write, read *sql.DB

	insert, toggle, member, dissolve                  *sql.Stmt // of write
	byID, byName, page, count, prefix, alike, members *sql.Stmt // of read
}

// engine is a database for thin. The queries are the same for all.
type engine struct {
	driver, dsn      string
	writers, readers int
	schema           string
}

// sqlite has one writer, four readers, and a write-ahead log.
func sqlite(dir, synchronous string) engine {
	return engine{
		driver: "sqlite", writers: 1, readers: 4,
		dsn: fmt.Sprintf("file:%s?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(%s)"+
			"&_pragma=cache_size(-65536)&_txlock=immediate", filepath.Join(dir, "thin.db"), synchronous),
		schema: `
CREATE TABLE thin_users (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, username TEXT NOT NULL UNIQUE, family TEXT NOT NULL, doc TEXT NOT NULL);
CREATE INDEX thin_users_family ON thin_users (family);
CREATE TABLE thin_members (grp TEXT NOT NULL, usr TEXT NOT NULL, PRIMARY KEY (grp, usr)) WITHOUT ROWID;`,
	}
}

// postgres is reached through pgx by way of database/sql, with statements that are prepared once for each connection.
func postgres(url string) engine {
	return engine{
		driver: "pgx", writers: 16, readers: 16, dsn: url,
		schema: `
DROP TABLE IF EXISTS thin_users, thin_members;
CREATE TABLE thin_users (seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id TEXT COLLATE "C" NOT NULL UNIQUE,
	username TEXT COLLATE "C" NOT NULL UNIQUE, family TEXT COLLATE "C" NOT NULL, doc TEXT NOT NULL);
CREATE INDEX thin_users_family ON thin_users (family);
CREATE TABLE thin_members (grp TEXT COLLATE "C" NOT NULL, usr TEXT COLLATE "C" NOT NULL, PRIMARY KEY (grp, usr));`,
	}
}

func newThin(e engine) (http.Handler, error) {
	t := &thin{}
	var err error
	if t.write, err = e.open(e.writers); err != nil {
		return nil, err
	}
	if _, err = t.write.Exec(e.schema); err != nil {
		return nil, err
	}
	if t.read, err = e.open(e.readers); err != nil {
		return nil, err
	}
	return t.routes(), t.prepare()
}

func (e engine) open(connections int) (*sql.DB, error) {
	db, err := sql.Open(e.driver, e.dsn)
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
		{&t.insert, t.write, `INSERT INTO thin_users (id, username, family, doc) VALUES ($1, $2, $3, $4)`},
		{&t.toggle, t.write, `UPDATE thin_users SET doc = replace(doc, $1, $2) WHERE id = $3`},
		{&t.member, t.write, `INSERT INTO thin_members (grp, usr) VALUES ($1, $2)`},
		{&t.dissolve, t.write, `DELETE FROM thin_members WHERE grp = $1`},
		{&t.byID, t.read, `SELECT doc FROM thin_users WHERE id = $1`},
		{&t.byName, t.read, `SELECT doc FROM thin_users WHERE username = $1`},
		{&t.page, t.read, `SELECT doc FROM thin_users ORDER BY seq LIMIT $1 OFFSET $2`},
		{&t.prefix, t.read, `SELECT doc FROM thin_users WHERE username >= $1 AND username < $2 ORDER BY username LIMIT $3`},
		{&t.alike, t.read, `SELECT count(*) FROM thin_users WHERE username >= $1 AND username < $2`},
		{&t.count, t.read, `SELECT count(*) FROM thin_users`},
		{&t.members, t.read, `SELECT usr FROM thin_members WHERE grp = $1`},
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
	mux.HandleFunc("POST /Bulk", t.bulk)
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
	if body := drain(r); bytes.Contains(body, []byte(`"True"`)) || bytes.Contains(body, []byte(`"value":true`)) {
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
	operator, value, _ := strings.Cut(query.Get("filter"), `"`)
	value = strings.TrimSuffix(value, `"`)
	start, _ := strconv.Atoi(query.Get("startIndex"))
	start = max(start, 1)
	var total int
	var docs []string
	var err error
	switch {
	case strings.Contains(operator, " eq "):
		t.answerRow(w, t.byName, value, func(doc []byte) []byte { return listOf(1, 1, doc) })
		return
	case strings.Contains(operator, " sw "):
		total, docs, err = readPage(t.alike, t.prefix, []any{value, value + "\x7f"}, pageSize)
	default:
		total, docs, err = readPage(t.count, t.page, nil, pageSize, start-1)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, http.StatusOK, listOf(total, start, []byte(strings.Join(docs, ","))))
}

// readPage counts what the arguments choose, and reads a part of it.
func readPage(count, page *sql.Stmt, args []any, bounds ...any) (total int, docs []string, err error) {
	if err = count.QueryRow(args...).Scan(&total); err != nil {
		return 0, nil, err
	}
	docs, err = texts(page.Query(append(args, bounds...)...))
	return total, docs, err
}

// bulk creates users in one transaction.
func (t *thin) bulk(w http.ResponseWriter, r *http.Request) {
	var request struct {
		Operations []struct {
			BulkID string
			Data   json.RawMessage
		}
	}
	if err := json.Unmarshal(drain(r), &request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	tx, err := t.write.Begin()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer tx.Rollback() // does nothing after Commit
	insert := tx.Stmt(t.insert)
	results := make([]string, len(request.Operations))
	for i, o := range request.Operations {
		id := rand.Text()
		doc := withID(id, o.Data)
		if _, err := insert.Exec(id, textOf(doc, "userName"), textOf(doc, "familyName"), string(doc)); err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
			return
		}
		results[i] = `{"method":"POST","bulkId":"` + o.BulkID + `","location":"/Users/` + id + `","status":"201"}`
	}
	if err := tx.Commit(); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, http.StatusOK, []byte(`{"Operations":[`+strings.Join(results, ",")+`]}`))
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
	for i, id := range ids {
		ids[i] = `{"value":"` + id + `"}`
	}
	answer(w, http.StatusOK, []byte(`{"id":"`+r.PathValue("id")+`","members":[`+strings.Join(ids, ",")+`]}`))
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
