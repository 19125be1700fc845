package employee

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/employee/profile"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/secret"
)

// indexDraft is the kind of blind index that recognises a draft which was merged before.
const indexDraft = "roster"

// Draft is what a roster says of one person: normalised, without faults, and with the two keyed digests by which the file is found
// and a repetition is known. It holds sealed values in the clear, so at rest it must be sealed as a whole.
type Draft struct {
	v      profile.Values
	index  []byte // blind index of the identity number
	digest []byte // of everything that is said
}

// Draft checks what a roster says. today is any instant of the present civil day in the org's zone. With faults there is no draft,
// save its name.
func (s *Service) Draft(in Incoming, today time.Time) (Draft, errs.Fields) {
	v, faults := in.Check(today)
	if len(faults) > 0 {
		return Draft{v: v}, faults
	}
	box := s.vault.box
	return Draft{v: v, index: box.Index(indexID, v.IDNumber), digest: box.Index(indexDraft, string(v.Append(nil)))}, nil
}

// Person identifies whom the draft is about within one sheet.
func (d *Draft) Person() string { return string(d.index) }

// Says reports whether two drafts say the same.
func (d *Draft) Says(other *Draft) bool { return string(d.digest) == string(other.digest) }

// EmployeeNo is the employee number that is said, in its stored form.
func (d *Draft) EmployeeNo() string { return d.v.EmployeeNo }

// Append packs the draft behind dst.
func (d *Draft) Append(dst []byte) []byte {
	dst = append(append(dst, d.index...), d.digest...)
	return d.v.Append(dst)
}

var errDraft = errors.New("employee: not a packed draft")

// UnpackDraft reads what Append wrote.
func UnpackDraft(packed []byte) (Draft, error) {
	if len(packed) < 2*secret.IndexSize {
		return Draft{}, errDraft
	}
	v, err := profile.Unpack(string(packed[2*secret.IndexSize:]))
	return Draft{v: v, index: packed[:secret.IndexSize], digest: packed[secret.IndexSize : 2*secret.IndexSize]}, err
}

// mark is what tells, without opening a file, whether a draft says anything new about it.
type mark struct {
	id     int64
	digest string // of the draft merged last, "" if the file was changed since, or its state hangs on the time
}

// A digest counts only while the file is as the draft left it, and only in a file whose status does not change by itself: what
// was merged then says nothing new now.
const sqlMarks = `select e.id_number_bidx, e.id,
        case when e.roster_version = e.version and e.work_status <> 'resigned' and e.status_until is null then e.roster_digest end
    from employee e where e.org_id = $1 and e.id_number_bidx = any($2::bytea[])`

// lookup bounds how many people are looked up with one statement.
const lookup = 5000

// marks finds the marks of the files that the drafts are about, by blind index. A person whose files were closed has a mark
// without a digest.
func marks(ctx context.Context, q db.Q, org int32, indexes [][]byte) (map[string]mark, error) {
	found := make(map[string]mark, len(indexes))
	for start := 0; start < len(indexes); start += lookup {
		part := indexes[start:min(start+lookup, len(indexes))]
		if err := readMarks(ctx, q, org, part, found); err != nil {
			return nil, fmt.Errorf("find files: %w", err)
		}
	}
	return found, nil
}

func readMarks(ctx context.Context, q db.Q, org int32, indexes [][]byte, found map[string]mark) error {
	rows, err := q.QueryxContext(ctx, sqlMarks, org, pq.ByteaArray(indexes))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var index, digest []byte
		var id int64
		if err := rows.Scan(&index, &id, &digest); err != nil {
			return err
		}
		if m, again := found[string(index)]; again && m.digest != "" {
			continue // an older file of the same person
		}
		found[string(index)] = mark{id, string(digest)}
	}
	return rows.Err()
}
