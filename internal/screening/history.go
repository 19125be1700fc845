package screening

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

const sqlOfEmployee = db.Kept + `select employee_id, sampled_at, reported_at, tested_at, result, method, collect_mode, source, proof, institution,
        lab, barcode, note, coalesce(attachment_id, 0) as attachment_id, flag, entered_by, entered_at, rev
    from sample where org_id = $1 and employee_id = $2 and sampled_at < $3
    order by sampled_at desc limit $4`

// OfEmployee lists samples of a person taken before an instant, the newest first. It asks for no permission and writes nothing
// down: it is a part of whatever page opens the file.
func OfEmployee(ctx context.Context, q db.Q, org int32, employee int64, before time.Time, limit int) ([]Sample, error) {
	var rows []row
	if err := q.SelectContext(ctx, &rows, sqlOfEmployee, org, employee, before, limit); err != nil {
		return nil, fmt.Errorf("read samples of a person: %w", err)
	}
	return toSamples(rows)
}

func toSamples(rows []row) ([]Sample, error) {
	samples := make([]Sample, len(rows))
	for i := range rows {
		v, err := rows[i].Version()
		if err != nil {
			return nil, err
		}
		samples[i] = v.sample(NewKey(rows[i].Employee, rows[i].SampledAt), rows[i].Rev)
	}
	return samples, nil
}

func (v *version) sample(key Key, rev int) Sample {
	return Sample{
		Key: key, ReportedAt: v.ReportedAt, TestedAt: v.TestedAt, Result: v.Result, Method: v.Method, Mode: v.Mode, Source: v.Source,
		Proof: v.Proof, Institution: v.Institution, Lab: v.Lab, Barcode: v.Barcode, Note: v.Note, Attachment: v.Attachment,
		Flag: v.Flag, EnteredBy: v.EnteredBy, EnteredAt: v.EnteredAt, Rev: rev,
	}
}

// Revision is a version of a sample that does not stand.
type Revision struct {
	Sample        // as that version had it
	Reason string // given for what replaced it, "" when another telling did
	Actor  string // who replaced it
	At     time.Time
}

// Detail is a sample with all its versions.
type Detail struct {
	Sample
	Name      string // whose it is
	Revisions []Revision
}

const sqlDetail = `select s.employee_id, s.sampled_at, s.reported_at, s.tested_at, s.result, s.method, s.collect_mode, s.source, s.proof,
        s.institution, s.lab, s.barcode, s.note, coalesce(s.attachment_id, 0) as attachment_id, s.flag, s.entered_by, s.entered_at,
        s.rev, e.name
    from sample s join employee e on e.org_id = s.org_id and e.id = s.employee_id
    where s.org_id = $1 and s.employee_id = $2 and s.sampled_at = $3`

// Get opens one sample with its history. It is written down as a reading of the file.
func (s *Service) Get(ctx context.Context, sc authz.Scope, key Key, at time.Time) (Detail, error) {
	if err := sc.Require(authz.SampleRecord); err != nil {
		return Detail{}, err
	}
	var d Detail
	key = NewKey(key.Employee, key.SampledAt)
	err := s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		var r struct {
			row
			Name string `db:"name"`
		}
		if err := tx.GetContext(ctx, &r, sqlDetail, sc.Org, key.Employee, key.SampledAt); err != nil {
			return db.OneRow(err)
		}
		v, err := r.Version()
		if err != nil {
			return err
		}
		d = Detail{Sample: v.sample(key, r.Rev), Name: r.Name}
		if d.Revisions, err = revisions(ctx, tx, sc.Org, key); err != nil {
			return err
		}
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: "sample.open", Subject: "sample", SubjectID: key.String(),
			Employee: key.Employee, Read: true})
	})
	return d, err
}

const sqlRevisions = `select rev, body, reason, actor_name, at from sample_revision
    where org_id = $1 and employee_id = $2 and sampled_at = $3 order by rev desc`

func revisions(ctx context.Context, q db.Q, org int32, key Key) ([]Revision, error) {
	var rows []struct {
		Rev    int       `db:"rev"`
		Body   []byte    `db:"body"`
		Reason string    `db:"reason"`
		Actor  string    `db:"actor_name"`
		At     time.Time `db:"at"`
	}
	if err := q.SelectContext(ctx, &rows, sqlRevisions, org, key.Employee, key.SampledAt); err != nil {
		return nil, fmt.Errorf("read versions of a sample: %w", err)
	}
	out := make([]Revision, len(rows))
	for i, r := range rows {
		v, err := parseBody(r.Body)
		if err != nil {
			return nil, err
		}
		out[i] = Revision{Sample: v.sample(key, r.Rev), Reason: r.Reason, Actor: r.Actor, At: r.At}
	}
	return out, nil
}

// Own is one of the scope's own samples, for completing it.
func (s *Service) Own(ctx context.Context, sc authz.Scope, sampledAt time.Time) (Sample, error) {
	if err := sc.Require(authz.OwnFile); err != nil {
		return Sample{}, err
	}
	var sample Sample
	key := NewKey(sc.Employee, sampledAt)
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		records, err := loadRecords(ctx, tx, sc.Org, []Key{key})
		if err != nil {
			return err
		}
		r := records[key]
		if r == nil {
			return errs.Missing()
		}
		sample = r.now.sample(key, r.rev)
		return nil
	})
	return sample, err
}
