package sqlstore

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// newcomers is the statement of new resources with their keys, each of which is new as its resource is, and of their counts.
// It divides by zero when a connection is gone; see Queued.
type newcomers struct {
	types []string // of the first columns
	query string
}

// A row of newcomers has the columns of its resource, the connection, then these.
const (
	newcomerKeys = iota + newcomerColumns // []any: lists of attributes, values and elements
	newcomerSeq                           // *int64, which is set

	newcomerColumns = 14
)

var newResources = newNewcomers(`root BIGINT, scope BIGINT, id, subject, name, name_key, external_id, active BIGINT,
	version BIGINT, created BIGINT, modified BIGINT, body BYTEA, stamp BIGINT, connection`)

func newNewcomers(columns string) *newcomers {
	names, types := columnsOf(columns)
	own := strings.Join(names[:len(names)-1], ", ")
	return &newcomers{types, `WITH new AS (
			SELECT nextval('resource_seq_seq') AS seq, n.* FROM ` + unnested(types) + ` WITH ORDINALITY AS n(` + strings.Join(names, ", ") + `, no)
		), made AS (
			INSERT INTO resource(seq, links, ord, ` + own + `) SELECT seq, 0, 0, ` + own + ` FROM new
			WHERE EXISTS (SELECT 1 FROM connection c WHERE c.root = new.root AND c.id = new.connection` + forKeyShare + `)
			RETURNING root, scope, seq
		), keyed AS (
			INSERT INTO attribute(root, scope, attr, value, elem, seq) SELECT new.root, new.scope, k.attr, k.value, k.elem, new.seq
			FROM unnest($15::BIGINT[], $16::BIGINT[], $17::TEXT[], $18::BIGINT[]) AS k(no, attr, value, elem) JOIN new ON new.no = k.no
		), counted AS (
			` + addCounts(fmt.Sprintf(`(SELECT root, scope, seq / %d AS block, count(*) AS n FROM made GROUP BY 1, 2, 3)`, blockSize), "$19") + `
		) SELECT array_agg(seq ORDER BY seq), 1 / (count(*) / $20) FROM made`}
}

// named holds for tombstones too: new users come before whatever becomes of those.
func (in *newcomers) named(query string) bool {
	for _, table := range [...]string{"resource", "attribute", "counter", "connection", "tombstone"} {
		if names(query, table) {
			return true
		}
	}
	return false
}

func (in *newcomers) of(rows [][]any) Queued {
	var no, attrs, elems []int64
	var values []string
	for i, row := range rows {
		keys := row[newcomerKeys].([]any)
		for range keys[0].([]int64) {
			no = append(no, int64(i)+1)
		}
		attrs, values, elems = append(attrs, keys[0].([]int64)...), append(values, keys[1].([]string)...), append(elems, keys[2].([]int64)...)
	}
	seqs := make([]int64, 0, len(rows))
	return Queued{
		Query: in.query,
		Args:  append(lists(in.types, rows), no, attrs, values, elems, rand.Int64(), len(rows)),
		Must:  true, Into: []any{&seqs, new(int64)},
		Then: func() {
			for i, row := range rows { // their numbers rise as they were drawn
				*row[newcomerSeq].(*int64) = seqs[i]
			}
		},
	}
}
