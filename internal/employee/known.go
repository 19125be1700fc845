package employee

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/platform/db"
)

// mark is what tells, without opening a file, whether a draft says anything new about it.
type mark struct {
	id     int64  // of the file in use, else of the newest
	inUse  bool   // its person has not left
	digest string // of the draft merged last, "" if the file was changed since, or its state hangs on the time
}

// Known remembers the marks of an org's files while one sheet is read. The first rows are looked up one by one; for a sheet that goes
// on, all marks are read at once, which costs a fraction. The zero value is ready. Not for concurrent use.
type Known struct {
	asked int
	all   map[string]mark
}

const (
	// lookup is up to how many people are looked up one by one.
	lookup = 1000
	// mostMarks bounds what Known remembers; of a larger org everybody is looked up one by one.
	mostMarks = 300_000
)

// A digest counts only while the file is as the draft left it, and only in a file whose status does not change by itself: what
// was merged then says nothing new now.
const fragMark = `e.id, e.work_status <> 'resigned' as in_use,
        case when e.roster_version = e.version and e.work_status <> 'resigned' and e.status_until is null then e.roster_digest end as digest`

// The org is compared in a way that no index answers. The planner cannot know how large each enterprise is: it takes one that it has
// not counted yet for empty, and would rather read all of it than look up the people that are asked for.
const sqlMarks = `select e.id_number_bidx, ` + fragMark + ` from employee e where e.id_number_bidx = any($2::bytea[]) and e.org_id + 0 = $1`

const sqlAllMarks = `select e.id_number_bidx, ` + fragMark + ` from employee e where e.org_id = $1 limit $2`

// find returns the marks of the people with the blind indexes, and perhaps of others.
func (k *Known) find(ctx context.Context, q db.Q, org int32, indexes [][]byte) (map[string]mark, error) {
	k.asked += len(indexes)
	if k.all != nil {
		return k.all, nil
	}
	if k.asked > lookup {
		all, err := readMarks(ctx, q, sqlAllMarks, org, mostMarks+1)
		if err != nil {
			return nil, err
		}
		if len(all) <= mostMarks {
			k.all = all
			return all, nil
		}
	}
	return readMarks(ctx, q, sqlMarks, org, pq.ByteaArray(indexes))
}

func readMarks(ctx context.Context, q db.Q, query string, args ...any) (map[string]mark, error) {
	rows, err := q.QueryxContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("find files: %w", err)
	}
	defer rows.Close()
	found := map[string]mark{}
	for rows.Next() {
		if err := addMark(rows, found); err != nil {
			return nil, fmt.Errorf("find files: %w", err)
		}
	}
	return found, rows.Err()
}

// addMark keeps, of several files of one person, the one in use, else the newest.
func addMark(rows *sqlx.Rows, found map[string]mark) error {
	var index, digest []byte
	var m mark
	if err := rows.Scan(&index, &m.id, &m.inUse, &digest); err != nil {
		return err
	}
	m.digest = string(digest)
	if other, again := found[string(index)]; !again || m.inUse || !other.inUse && m.id > other.id {
		found[string(index)] = m
	}
	return nil
}
