package rulebook

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/jobs"
	"github.com/fugong/fugong/internal/platform/page"
)

// Filter narrows a list of changes to those that concern a place: its own, those of the divisions above it and, of a division,
// those of the enterprises that report to it.
type Filter struct {
	Place
	State State // "" for all
	Page  page.Request
}

const fragListed = ` from rule_change c left join org o on o.id = c.enterprise
    where ($1 = '' or c.state = $1) and ($4 = '' or c.enterprise is null or o.admin_zone = $4) and case when $3 <> 0
        then c.enterprise = $3 or exists (select from org p where p.id = $3 and (c.division in (p.gb_district, p.admin_zone)))
            or c.division in (select code from division where kind = 'city')
        else c.division = $2 or c.division in (select code from division where kind = 'city') or o.admin_zone = $2
            or $2 in (select code from division where kind = 'city') end`

const (
	sqlList  = `select ` + fragChange + fragListed
	sqlCount = `select count(*)` + fragListed
)

// List pages through changes, the newest proposal first. A district's bureau reads no change of an enterprise of another line.
func (s *Service) List(ctx context.Context, sc authz.Scope, f Filter) (page.Result[Change], error) {
	if err := sc.Require(authz.RulesView); err != nil {
		return page.Result[Change]{}, err
	}
	args := []any{f.State, f.Division, f.Enterprise, sc.Division}
	tail, cursor, err := seek(f.Page)
	if err != nil {
		return page.Result[Change]{}, err
	}
	var rows []changeRow
	var total int
	err = s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		if err := tx.GetContext(ctx, &total, sqlCount, args...); err != nil {
			return fmt.Errorf("count changes: %w", err)
		}
		rows = nil
		if err := tx.SelectContext(ctx, &rows, sqlList+tail, append(args, cursor...)...); err != nil {
			return fmt.Errorf("list changes: %w", err)
		}
		return nil
	})
	if err != nil {
		return page.Result[Change]{}, err
	}
	changes := make([]Change, len(rows))
	for i, r := range rows {
		changes[i] = r.change()
	}
	return page.Cut(f.Page, changes, total, func(c Change) string { return page.Cursor(strconv.FormatInt(c.ID, 10)) }), nil
}

// seek writes the end of the statement: rows beyond the cursor, one more than fit.
func seek(r page.Request) (tail string, args []any, err error) {
	cursor, op, dir := r.After, "<", "desc"
	if r.Back() {
		cursor, op, dir = r.Before, ">", "asc"
	}
	if cursor != "" {
		keys, ok := page.Keys(cursor, 1)
		if !ok {
			return "", nil, errs.New(errs.Invalid, "error.invalid")
		}
		id, err := strconv.ParseInt(keys[0], 10, 64)
		if err != nil {
			return "", nil, errs.New(errs.Invalid, "error.invalid")
		}
		tail, args = ` and c.id `+op+` $5`, []any{id}
	}
	return tail + fmt.Sprintf(` order by c.id %s limit %d`, dir, r.Limit()+1), args, nil
}

// View is a change with how far its tasks have come and what it does to its place's rules.
type View struct {
	Change
	Counting   jobs.Status // of the preview
	Recomputed jobs.Status // of the recomputation
	Effect     Effect
}

// Get reads a change that the scope may see.
func (s *Service) Get(ctx context.Context, sc authz.Scope, id int64) (View, error) {
	if err := sc.Require(authz.RulesView); err != nil {
		return View{}, err
	}
	var v View
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) (err error) {
		if v.Change, err = load(ctx, tx, id); err != nil {
			return err
		}
		for kind, st := range map[string]*jobs.Status{TaskPreview: &v.Counting, TaskRecompute: &v.Recomputed} {
			*st, err = jobs.StatusOf(ctx, tx, v.taskOrg(), kind, id)
			if err != nil && !errs.Is(err, errs.NotFound) {
				return err
			}
		}
		v.Effect, err = s.effect(ctx, tx, sc, v.Change)
		return err
	})
	return v, err
}
