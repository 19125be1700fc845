package hold

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
)

// Release is why somebody is released. Document names the certificate of release, where the rule asks for one.
type Release struct{ Reason, Document string }

const maxText = 200 // characters of a reason, a document, a note

func (r Release) check() errs.Fields {
	f := errs.Fields{}
	if r.Reason == "" {
		f.Add("reason", "error.required")
	}
	tooLong(f, "reason", r.Reason)
	tooLong(f, "document", r.Document)
	return f
}

func tooLong(f errs.Fields, field, text string) {
	if utf8.RuneCountInString(text) > maxText {
		f.Add(field, "error.too_long", "Max", maxText)
	}
}

// Release ends a hold. A foreign hold, and one that is over, are NotFound. Before the rules allow it the error is Invalid; its fields,
// named by the codes of regime.ReleaseCheck, say what is missing and from when on it will do.
func (s *Service) Release(ctx context.Context, sc authz.Scope, employee, hold int64, r Release, at time.Time) error {
	if err := sc.Require(authz.HoldRelease); err != nil {
		return err
	}
	return s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		return s.ReleaseIn(ctx, tx, sc, employee, hold, r, at)
	})
}

const sqlOneForUpdate = sqlOne + ` and h.released_at is null for update of h`

// ReleaseIn is Release in the caller's transaction.
func (s *Service) ReleaseIn(ctx context.Context, q db.Q, sc authz.Scope, employee, hold int64, r Release, at time.Time) error {
	if err := sc.Require(authz.HoldRelease); err != nil {
		return err
	}
	h, err := one(ctx, q, sqlOneForUpdate, sc.Org, employee, hold)
	if err != nil {
		return err
	}
	if !h.Open(at) {
		return errs.Missing()
	}
	checks, err := s.Checks(ctx, q, sc.Org, []Hold{h}, at)
	if err != nil {
		return err
	}
	faults := r.check()
	addMissing(faults, checks[0], r.Document)
	if err := faults.Err(); err != nil {
		return err
	}
	return s.releaseAll(ctx, q, sc, []Hold{h}, r, at)
}

// addMissing says what stands between a hold and its release.
func addMissing(f errs.Fields, c regime.ReleaseCheck, document string) {
	for _, code := range c.Missing {
		switch code {
		case regime.ReleaseNeedsProof:
			if document == "" {
				f.Add("document", "hold.missing.needs_proof")
			}
		default:
			m := Missing(c, code)
			f.Add(code, m.Key, pairs(m.Args)...)
		}
	}
}

func pairs(args map[string]any) []any {
	var out []any
	for name, value := range args {
		out = append(out, name, value)
	}
	return out
}

// Missing words one code of a check. Instants are written in the zone of the check's.
func Missing(c regime.ReleaseCheck, code string) errs.Message {
	if code == regime.ReleaseNeedsSample && c.Rule.SingleTube {
		code = "needs_single" // one from a mixed tube would not do
	}
	return errs.Msg("hold.missing."+code, "Earliest", c.Earliest.Format(minute), "After", c.SampledAfter.Format(minute),
		"Have", c.Have, "Need", c.Need, "Gap", c.Rule.GapHours)
}

const minute = "2006-01-02 15:04"

const sqlRelease = `update hold set released_at = $2, released_by = $3, released_by_name = $4, release_reason = $5, release_doc = $6
    where org_id = $1 and employee_id = any($7::bigint[]) and id = any($8::bigint[]) and released_at is null`

// releaseAll ends holds that the caller has checked.
func (s *Service) releaseAll(ctx context.Context, q db.Q, sc authz.Scope, holds []Hold, r Release, at time.Time) error {
	if len(holds) == 0 {
		return nil
	}
	employees, ids := make([]int64, len(holds)), make([]int64, len(holds))
	for i, h := range holds {
		employees[i], ids[i] = h.Employee, h.ID
	}
	res, err := q.ExecContext(ctx, sqlRelease, sc.Org, at, sc.Account, sc.Actor, r.Reason, r.Document, pq.Array(employees), pq.Array(ids))
	if err != nil {
		return fmt.Errorf("release holds: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || int(n) != len(holds) {
		return errs.New(errs.Conflict, "error.conflict").Because(err) // somebody was quicker with one of them
	}
	for _, h := range holds {
		err := audit.Record(ctx, q, sc, at, audit.Event{Action: "hold.release", Subject: "hold", SubjectID: fmt.Sprint(h.ID),
			Employee: h.Employee, Reason: r.Reason, Detail: map[string]any{"kind": h.Kind}})
		if err != nil {
			return err
		}
	}
	if err := s.standings.Apply(ctx, q, sc.Org, employees, at); err != nil {
		return err
	}
	if s.releases == nil {
		return nil
	}
	return s.releases.HoldsReleased(ctx, q, sc, holds, at)
}
