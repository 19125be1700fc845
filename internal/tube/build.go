package tube

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/sheet"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
)

// Opening is what a new tube starts with.
type Opening struct {
	Barcode, Institution, Lab string
	Mode                      regime.CollectMode
}

// barcodes are what labels of tubes hold: what a scanner types.
var barcodes = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._/-]{0,39}$`)

const maxPlace = 80 // characters of institution and laboratory, as of a sample

func (o *Opening) check() error {
	o.Barcode = strings.ReplaceAll(sheet.NormalizeText(o.Barcode), " ", "")
	o.Institution, o.Lab = sheet.NormalizeText(o.Institution), sheet.NormalizeText(o.Lab)
	f := errs.Fields{}
	switch {
	case o.Barcode == "":
		f.Add("barcode", "error.required")
	case !barcodes.MatchString(o.Barcode):
		f.Add("barcode", "tube.refused.barcode")
	}
	if !slices.Contains(Modes(), o.Mode) {
		f.Add("mode", "error.choice")
	}
	if o.Institution == "" {
		f.Add("institution", "error.required")
	}
	for field, text := range map[string]string{"institution": o.Institution, "lab": o.Lab} {
		if utf8.RuneCountInString(text) > maxPlace {
			f.Add(field, "error.too_long", "Max", maxPlace)
		}
	}
	return f.Err()
}

// A given-up barcode may be used again.
const sqlOpen = `insert into tube as t (org_id, barcode, mode, opened_at, institution, lab, opened_by, actor_name, entered_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $4)
    on conflict (org_id, barcode) do update
        set mode = excluded.mode, opened_at = excluded.opened_at, sealed_at = null, institution = excluded.institution, lab = excluded.lab,
            result = 'pending', opened_by = excluded.opened_by, actor_name = excluded.actor_name, entered_at = excluded.entered_at
        where t.result = 'cancelled'
    returning id`

// Open begins a tube and returns its id. A barcode that is in use is a fault of the field barcode.
func (s *Service) Open(ctx context.Context, sc authz.Scope, o Opening, at time.Time) (int64, error) {
	if err := sc.Require(runners...); err != nil {
		return 0, err
	}
	if err := o.check(); err != nil {
		return 0, err
	}
	var id int64
	err := s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		err := tx.GetContext(ctx, &id, sqlOpen, sc.Org, o.Barcode, o.Mode, at, o.Institution, o.Lab, sc.Account, sc.Actor)
		if errs.Is(db.OneRow(err), errs.NotFound) {
			f := errs.Fields{}
			f.Add("barcode", "tube.refused.taken")
			return f.Err()
		}
		if err != nil {
			return fmt.Errorf("open tube: %w", err)
		}
		return record(ctx, tx, sc, at, "tube.open", o.Barcode, 0, "", nil)
	})
	return id, err
}

// record writes an act on a tube into the log.
func record(ctx context.Context, q db.Q, sc authz.Scope, at time.Time, action, barcode string, employee int64, reason string, detail map[string]any) error {
	return audit.Record(ctx, q, sc, at, audit.Event{Action: action, Subject: "tube", SubjectID: barcode, Employee: employee, Reason: reason, Detail: detail})
}

// Adding is one person's swab on its way into a tube.
type Adding struct {
	Employee  int64
	SampledAt time.Time // zero: just now
}

// Add puts a person's swab into an open tube: an awaited sample that carries its barcode. Two that add at once follow each other,
// so a tube never takes more than its mode allows, nor one person twice. Faults are named employee and sampled_at.
func (s *Service) Add(ctx context.Context, sc authz.Scope, id int64, a Adding, at time.Time) (Member, error) {
	var added Member
	err := s.change(ctx, sc, id, []int64{a.Employee}, at, func(tx *sqlx.Tx, t Tube, in []Member) error {
		f := errs.Fields{}
		switch {
		case t.State() != Open:
			f.Add("employee", "tube.refused.sealed")
		case slices.ContainsFunc(in, func(m Member) bool { return m.Employee == a.Employee }):
			f.Add("employee", "tube.refused.twice")
		case t.Room() == 0:
			f.Add("employee", "tube.refused.full", "Size", t.Size())
		}
		if err := f.Err(); err != nil {
			return err
		}
		if a.SampledAt.IsZero() {
			a.SampledAt = at
		}
		var err error
		if added, err = s.put(ctx, tx, sc, t, a, at); err != nil {
			return err
		}
		return record(ctx, tx, sc, at, "tube.add", t.Barcode, a.Employee, "", nil)
	})
	return added, err
}

// change runs fn on a tube that nobody else changes meanwhile, with its members in reach. The people whose samples fn stores, nil for
// the members, are locked before the tube, as by everyone who stores samples.
func (s *Service) change(ctx context.Context, sc authz.Scope, id int64, people []int64, at time.Time,
	fn func(tx *sqlx.Tx, t Tube, in []Member) error) error {
	if err := sc.Require(runners...); err != nil {
		return err
	}
	return s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		if people == nil {
			in, err := members(ctx, tx, sc, id, at)
			if err != nil {
				return err
			}
			people = employeesOf(in)
		}
		if err := lockPeople(ctx, tx, sc.Org, people); err != nil {
			return err
		}
		t, err := lock(ctx, tx, sc, id)
		if err != nil {
			return err
		}
		in, err := members(ctx, tx, sc, id, at)
		if err != nil {
			return err
		}
		return fn(tx, t, in)
	})
}

// put records the swab and makes sure that it is in the tube: a record of that second that somebody made before may say otherwise.
func (s *Service) put(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, t Tube, a Adding, at time.Time) (Member, error) {
	outcomes, err := s.samples.Merge(ctx, tx, sc, []screening.Input{{Employee: a.Employee, SampledAt: a.SampledAt, Result: regime.ResultPending,
		Mode: t.Mode, Source: regime.SourceEmployerOrg, Institution: t.Institution, Lab: t.Lab, Barcode: t.Barcode}}, at)
	if err != nil {
		return Member{}, err
	}
	if outcomes[0].Kind == screening.Refused {
		return Member{}, outcomes[0].Fault()
	}
	in, err := members(ctx, tx, sc, t.ID, at)
	if err != nil {
		return Member{}, err
	}
	i := slices.IndexFunc(in, func(m Member) bool { return m.Key == outcomes[0].Key })
	if i < 0 {
		return Member{}, errs.Fields{"sampled_at": errs.Msg("tube.refused.other")}.Err()
	}
	return in[i], nil
}

// Remove takes a person's awaited swab out of a tube, for a reason: the sample is cancelled.
func (s *Service) Remove(ctx context.Context, sc authz.Scope, id, employee int64, reason string, at time.Time) error {
	return s.change(ctx, sc, id, []int64{employee}, at, func(tx *sqlx.Tx, t Tube, in []Member) error {
		m, err := awaited(t, in, employee)
		if err != nil {
			return err
		}
		if err := s.samples.Withdraw(ctx, tx, sc, []screening.Key{m.Key}, reason, at); err != nil {
			return err
		}
		return record(ctx, tx, sc, at, "tube.remove", t.Barcode, employee, reason, nil)
	})
}

// Retime says that a person in the tube was swabbed at another instant, for a reason: the swab is cancelled and recorded anew.
func (s *Service) Retime(ctx context.Context, sc authz.Scope, id, employee int64, sampledAt time.Time, reason string, at time.Time) error {
	return s.change(ctx, sc, id, []int64{employee}, at, func(tx *sqlx.Tx, t Tube, in []Member) error {
		m, err := awaited(t, in, employee)
		if err != nil {
			return err
		}
		if m.Key == screening.NewKey(employee, sampledAt) {
			return nil
		}
		if err := s.samples.Withdraw(ctx, tx, sc, []screening.Key{m.Key}, reason, at); err != nil {
			return err
		}
		if _, err := s.put(ctx, tx, sc, t, Adding{employee, sampledAt}, at); err != nil {
			return err
		}
		return record(ctx, tx, sc, at, "tube.retime", t.Barcode, employee, reason, nil)
	})
}

func employeesOf(in []Member) []int64 {
	ids := make([]int64, len(in))
	for i, m := range in {
		ids[i] = m.Employee
	}
	return ids
}

// awaited is the swab of a member while the tube has no result.
func awaited(t Tube, in []Member, employee int64) (Member, error) {
	if s := t.State(); s != Open && s != Sealed {
		return Member{}, errs.New(errs.Conflict, "tube.refused.settled")
	}
	return find(in, employee)
}

// find is the member within reach; anyone else is NotFound.
func find(in []Member, employee int64) (Member, error) {
	i := slices.IndexFunc(in, func(m Member) bool { return m.Employee == employee })
	if i < 0 {
		return Member{}, errs.Missing()
	}
	return in[i], nil
}
