package screening

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
)

// Changes is what a correction changes; nil leaves a field as it is. The instant of the swab cannot be changed: cancel the
// record and enter another.
type Changes struct {
	Rev                             int // the version that was looked at; a newer one makes the correction a Conflict
	Result                          *regime.Result
	ReportedAt, TestedAt            *time.Time
	Method                          *regime.Method
	Mode                            *regime.CollectMode
	Source                          *regime.Source
	Institution, Lab, Barcode, Note *string
}

// Correct replaces what a record says, for a reason. The version before is kept, a conflict counts as reviewed. A result of
// Cancelled withdraws the record; any other result brings a cancelled one back.
func (s *Service) Correct(ctx context.Context, sc authz.Scope, key Key, c Changes, reason string, at time.Time) error {
	if err := sc.Require(authz.SampleRecord); err != nil {
		return err
	}
	return s.revise(ctx, sc, key, c.Rev, "sample.correct", reason, at, func(now version) (version, error) {
		return c.revise(now, key, at)
	})
}

// revise is the version that the changes make of the one that stands.
func (c Changes) revise(now version, key Key, at time.Time) (version, error) {
	v := c.applyTo(now)
	f := errs.Fields{}
	v.checkWords(f)
	if c.Result != nil || c.ReportedAt != nil {
		v.settleReport(v.ReportedAt, key.SampledAt, at)
	}
	v.checkTimes(f, key.SampledAt, at)
	if gravePool(v.Mode, v.Result) && (v.Result != now.Result || v.Mode != now.Mode) {
		f.Add("result", "screening.refused.pool")
	}
	if err := f.Err(); err != nil {
		return v, err
	}
	if v.said() == now.said() && v.compare(&now) == 0 {
		return v, errs.New(errs.Invalid, nothingKey)
	}
	if v.said() != now.said() {
		v.Proof = ProofStaff
	}
	v.Flag = ""
	return v, nil
}

const nothingKey = "screening.correct.nothing"

func (c Changes) applyTo(now version) version {
	v := now
	set(&v.Result, c.Result)
	set(&v.ReportedAt, c.ReportedAt)
	set(&v.TestedAt, c.TestedAt)
	set(&v.Method, c.Method)
	set(&v.Mode, c.Mode)
	set(&v.Source, c.Source)
	for _, text := range []struct {
		to   *string
		from *string
	}{{&v.Institution, c.Institution}, {&v.Lab, c.Lab}, {&v.Barcode, c.Barcode}, {&v.Note, c.Note}} {
		if text.from != nil {
			*text.to = plain(*text.from)
		}
	}
	return v
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// Unflag notes that somebody looked at a conflict and the record stands as it is.
func (s *Service) Unflag(ctx context.Context, sc authz.Scope, key Key, rev int, reason string, at time.Time) error {
	if err := sc.Require(authz.SampleRecord); err != nil {
		return err
	}
	return s.revise(ctx, sc, key, rev, "sample.unflag", reason, at, func(now version) (version, error) {
		if now.Flag == "" {
			return now, errs.New(errs.Conflict, "error.conflict")
		}
		now.Flag = ""
		return now, nil
	})
}

// revise replaces the version that stands, for a reason, in one transaction with the standing and the log.
func (s *Service) revise(ctx context.Context, sc authz.Scope, key Key, rev int, action, reason string, at time.Time,
	change func(version) (version, error)) error {
	reason, err := checkReason(reason)
	if err != nil {
		return err
	}
	key = NewKey(key.Employee, key.SampledAt)
	keys := []Key{key}
	return s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		if _, err := lockFiles(ctx, tx, sc.Org, []Input{{Employee: key.Employee}}); err != nil {
			return err
		}
		records, err := loadRecords(ctx, tx, sc.Org, keys)
		if err != nil {
			return err
		}
		r := records[key]
		switch {
		case r == nil:
			return errs.Missing()
		case r.rev != rev:
			return errs.New(errs.Conflict, "error.conflict")
		}
		before := *r.now
		v, err := change(before)
		if err != nil {
			return err
		}
		v.EnteredBy, v.EnteredAt = sc.Account, at
		r.stand(v)
		if err := s.store(ctx, tx, sc, keys, records, reason, at); err != nil {
			return err
		}
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: action, Subject: "sample", SubjectID: key.String(),
			Employee: key.Employee, Reason: reason, Detail: map[string]any{"rev": r.rev}})
	})
}

const maxReason = 200

func checkReason(reason string) (string, error) {
	reason = plain(reason)
	f := errs.Fields{}
	switch {
	case reason == "":
		f.Add("reason", "error.required")
	case len([]rune(reason)) > maxReason:
		f.Add("reason", "error.too_long", "Max", maxReason)
	}
	return reason, f.Err()
}
