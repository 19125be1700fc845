package employee

import (
	"cmp"
	"context"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/employee/profile"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
)

// Edit is what an edit form says about identity, contact and employment. A blank text clears the column, save the sealed ones
// (identity number, mobile, home address): their forms do not show the value, so blank keeps it, and Clear names those that
// shall be empty. Placement, category and work status have their own ways and are not looked at.
type Edit struct {
	Incoming
	Version int // the version that the form was filled from
	Clear   []string
}

// Edit changes identity, contact and employment of a file.
func (s *Service) Edit(ctx context.Context, sc authz.Scope, id int64, e Edit, at time.Time) error {
	return s.amend(ctx, sc, id, e.Version, at, "employee.edit", func(tx *sqlx.Tx, f *file, at time.Time) (*change, error) {
		day, err := today(ctx, tx, sc.Org, at)
		if err != nil {
			return nil, err
		}
		in := e.Incoming
		if in.IDNumber == "" {
			in.IDNumber = f.v.IDNumber
			in.IDType = cmp.Or(in.IDType, f.v.IDType)
		}
		form, faults := in.Check(day)
		v := f.v.Edited(form, e.Clear)
		if err := s.vault.checkTwins(ctx, tx, sc.Org, id, v, faults); err != nil {
			return nil, err
		}
		return newChange(f, v), faults.Err()
	})
}

// Place moves a person. A team that does not exist is made.
func (s *Service) Place(ctx context.Context, sc authz.Scope, id int64, version int, p profile.Placement, reason string, at time.Time) error {
	return s.amend(ctx, sc, id, version, at, "employee.place", func(_ *sqlx.Tx, f *file, _ time.Time) (*change, error) {
		v, faults := p.Over(f.v)
		c := newChange(f, v)
		c.because(reason, faults)
		return c, faults.Err()
	})
}

// SetCategory puts a person into another test category from now on.
func (s *Service) SetCategory(ctx context.Context, sc authz.Scope, id int64, version int, category, reason string, at time.Time) error {
	return s.amend(ctx, sc, id, version, at, "employee.category", func(_ *sqlx.Tx, f *file, _ time.Time) (*change, error) {
		faults := errs.Fields{}
		v := f.v
		var ok bool
		if v.Category, ok = profile.Read(profile.ColCategory, category); !ok {
			faults.Add(profile.ColCategory, "error.choice")
		}
		c := newChange(f, v)
		c.because(reason, faults)
		return c, faults.Err()
	})
}

const maxReason = 200

// because notes why; a reason may be left out but not be a novel.
func (c *change) because(reason string, faults errs.Fields) {
	if utf8.RuneCountInString(reason) > maxReason {
		faults.Add("reason", "employee.problem.too_long", "Max", maxReason)
	}
	c.reason = reason
}
