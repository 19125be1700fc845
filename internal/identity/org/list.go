package org

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/gb"
	"github.com/fugong/fugong/internal/platform/page"
)

// Filter narrows and orders a list of orgs. Empty fields do not narrow.
type Filter struct {
	Query  string // part of a name, or the beginning of a code
	Kind   string
	Zone   string // reporting line
	Active string // "yes" or "no"
	Sort   string // name (default), code or created
	Desc   bool
	Page   page.Request
}

// order is what a list may be sorted by: the expression and the type its cursor is read as.
type order struct{ expr, cast string }

var orders = map[string]order{"name": {"name", "text"}, "code": {"code", "text"}, "created": {"created_at", "timestamptz"}}

// sortKey is the key that a cursor holds beside the id.
func sortKey(sort string, o Org) string {
	switch sort {
	case "code":
		return o.Code
	case "created":
		return o.CreatedAt.Format(time.RFC3339Nano)
	}
	return o.Name
}

const fragFilter = ` from org where ($1 = '' or strpos(lower(name), lower($1)) > 0 or strpos(lower(short_name), lower($1)) > 0
        or starts_with(code, $2))
    and ($3 = '' or kind = $3) and ($4 = '' or admin_zone = $4) and ($5 = '' or active = ($5 = 'yes'))`

const sqlList = `select ` + fragColumns + fragFilter

const sqlCount = `select count(*)` + fragFilter

// List pages through all orgs, for administrators.
func (s *Service) List(ctx context.Context, sc authz.Scope, f Filter) (page.Result[Org], error) {
	if err := sc.Require(authz.OrgManage); err != nil {
		return page.Result[Org]{}, err
	}
	if _, ok := orders[f.Sort]; !ok {
		f.Sort = "name"
	}
	q := strings.TrimSpace(f.Query)
	args := []any{q, gb.NormalizeUSCC(q), f.Kind, f.Zone, f.Active}
	tail, more, err := seek(f)
	if err != nil {
		return page.Result[Org]{}, err
	}
	var rows []Org
	var total int
	err = s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		if err := tx.GetContext(ctx, &total, sqlCount, args...); err != nil {
			return fmt.Errorf("count orgs: %w", err)
		}
		rows = nil
		if err := tx.SelectContext(ctx, &rows, sqlList+tail, append(args, more...)...); err != nil {
			return fmt.Errorf("list orgs: %w", err)
		}
		return nil
	})
	if err != nil {
		return page.Result[Org]{}, err
	}
	return page.Cut(f.Page, rows, total, func(o Org) string {
		return page.Cursor(sortKey(f.Sort, o), strconv.Itoa(int(o.ID)))
	}), nil
}

// seek writes the end of the statement: rows beyond the cursor, in the list's order, one more than fit.
func seek(f Filter) (tail string, args []any, err error) {
	o := orders[f.Sort]
	down := f.Desc != f.Page.Back()
	op, dir := ">", "asc"
	if down {
		op, dir = "<", "desc"
	}
	cursor := f.Page.After
	if f.Page.Back() {
		cursor = f.Page.Before
	}
	if cursor != "" {
		keys, ok := page.Keys(cursor, 2)
		if !ok {
			return "", nil, errs.New(errs.Invalid, "error.invalid")
		}
		tail = fmt.Sprintf(` and (%s, id) %s ($6::%s, $7::integer)`, o.expr, op, o.cast)
		args = []any{keys[0], keys[1]}
	}
	tail += fmt.Sprintf(` order by %s %s, id %s limit %d`, o.expr, dir, dir, f.Page.Limit()+1)
	return tail, args, nil
}

const sqlSuggest = `select ` + fragColumns + ` from org
    where active and kind = 'enterprise' and (strpos(lower(name), lower($1)) > 0 or strpos(lower(short_name), lower($1)) > 0)
    order by name, id limit $2`

// Suggest finds active enterprises by part of their name, for people who sign in by employee number. It needs no account:
// names of enterprises are public.
func (s *Service) Suggest(ctx context.Context, query string, limit int) ([]Org, error) {
	var rows []Org
	if err := s.db.Pool().SelectContext(ctx, &rows, sqlSuggest, strings.TrimSpace(query), limit); err != nil {
		return nil, fmt.Errorf("suggest orgs: %w", err)
	}
	return rows, nil
}

const sqlByCode = `select ` + fragColumns + ` from org where code = $1 and active`

// ByCode finds an active org by its code, errs.NotFound otherwise.
func (s *Service) ByCode(ctx context.Context, code string) (Org, error) {
	var o Org
	err := s.db.Pool().GetContext(ctx, &o, sqlByCode, gb.NormalizeUSCC(code))
	return o, db.OneRow(err)
}

const sqlResolve = `select ` + fragColumns + ` from org where code = $2 or strpos(lower(name), lower($1)) > 0 or strpos(lower(short_name), lower($1)) > 0
    order by code = $2 desc, name = $1 desc, short_name = $1 desc, id limit 2`

// Resolve finds the org that somebody with a view of several means by its code, its name, or a part of the name that no other
// has. Anything else is errs.NotFound.
func (s *Service) Resolve(ctx context.Context, sc authz.Scope, text string) (Org, error) {
	if err := sc.Require(authz.AuditView, authz.OrgManage); err != nil {
		return Org{}, err
	}
	text = strings.TrimSpace(text)
	code := gb.NormalizeUSCC(text)
	var rows []Org
	if err := s.db.Pool().SelectContext(ctx, &rows, sqlResolve, text, code); err != nil {
		return Org{}, fmt.Errorf("resolve org: %w", err)
	}
	if text == "" || len(rows) == 0 {
		return Org{}, errs.Missing()
	}
	if o := rows[0]; len(rows) == 1 || o.Code == code || o.Name == text || o.ShortName == text {
		return o, nil
	}
	return Org{}, errs.Missing()
}
