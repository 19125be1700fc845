package org

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/stamp"
)

// Create adds an enterprise or a bureau. An enterprise's code is checked as a social credit code; CodeConfirmed lets one
// with a wrong check character pass. Faults of fields are errs.Invalid.
func (s *Service) Create(ctx context.Context, sc authz.Scope, o Org, at time.Time) (Org, error) {
	if err := sc.Require(authz.OrgManage); err != nil {
		return Org{}, err
	}
	o = tidy(o)
	if o.GoLiveAt.IsZero() {
		o.GoLiveAt = at
	}
	o.Active, o.CreatedAt = true, at
	if err := s.check(ctx, o); err != nil {
		return Org{}, err
	}
	err := s.db.InTx(ctx, db.Tenant{System: true}, func(tx *sqlx.Tx) error {
		id, err := insert(ctx, tx, o, at)
		if err != nil {
			return err
		}
		o.ID = id
		return record(ctx, tx, sc, at, "org.create", o, map[string]any{"code": o.Code, "kind": o.Kind, "code_confirmed": o.CodeConfirmed})
	})
	return o, named(err)
}

const sqlInsert = `insert into org (kind, code, name, short_name, time_zone, gb_district, admin_zone, industry, size, above_scale,
        resume_status, rule_pack, go_live_at, active, created_at, updated_at)
    values ($1, $2, $3, $4, $5, nullif($6, ''), nullif($7, ''), $8, $9, $10, $11, $12, $13, $14, $15, $15)
    returning id`

func insert(ctx context.Context, q db.Q, o Org, at time.Time) (int32, error) {
	var id int32
	err := q.GetContext(ctx, &id, sqlInsert, o.Kind, o.Code, o.Name, o.ShortName, o.TimeZone, o.GBDistrict, o.AdminZone,
		o.Industry, o.Size, o.AboveScale, o.ResumeStatus, o.RulePack, o.GoLiveAt, o.Active, at)
	if err != nil {
		return 0, fmt.Errorf("insert org: %w", err)
	}
	return id, nil
}

const sqlLock = `select ` + fragColumns + ` from org where id = $1 for update`

const sqlUpdate = `update org set code = $2, name = $3, short_name = $4, time_zone = $5, gb_district = nullif($6, ''),
        admin_zone = nullif($7, ''), industry = $8, size = $9, above_scale = $10, resume_status = $11, rule_pack = $12,
        go_live_at = $13, active = $14, updated_at = $15
    where id = $1`

// Update changes an org; its kind stays.
func (s *Service) Update(ctx context.Context, sc authz.Scope, o Org, at time.Time) error {
	if err := sc.Require(authz.OrgManage); err != nil {
		return err
	}
	o = tidy(o)
	err := s.db.InTx(ctx, db.Tenant{System: true}, func(tx *sqlx.Tx) error {
		var old Org
		if err := tx.GetContext(ctx, &old, sqlLock, o.ID); err != nil {
			return db.OneRow(err)
		}
		o.Kind = old.Kind
		if o.GoLiveAt.IsZero() {
			o.GoLiveAt = old.GoLiveAt
		}
		// A code that was let through once needs no second confirmation.
		o.CodeConfirmed = o.CodeConfirmed || o.Code == old.Code
		if err := s.check(ctx, o); err != nil {
			return err
		}
		if o.ID == sc.Org && !o.Active {
			return errs.Fields{"active": errs.Msg("org.own_inactive")}.Err()
		}
		_, err := tx.ExecContext(ctx, sqlUpdate, o.ID, o.Code, o.Name, o.ShortName, o.TimeZone, o.GBDistrict, o.AdminZone,
			o.Industry, o.Size, o.AboveScale, o.ResumeStatus, o.RulePack, o.GoLiveAt, o.Active, at)
		if err != nil {
			return fmt.Errorf("update org: %w", err)
		}
		if err := stamp.Raise(ctx, tx, stamp.Access); err != nil {
			return err
		}
		if s.moved != nil && ruledOtherwise(old, o) {
			if err := s.moved(ctx, tx, o.ID); err != nil {
				return err
			}
		}
		return record(ctx, tx, sc, at, "org.update", o, changes(old, o))
	})
	s.forget()
	return named(err)
}

// ruledOtherwise reports whether a change of an org changes the rules that its people are under, or from when.
func ruledOtherwise(old, now Org) bool {
	return old.RulePack != now.RulePack || old.GBDistrict != now.GBDistrict || old.AdminZone != now.AdminZone ||
		old.TimeZone != now.TimeZone || !old.GoLiveAt.Equal(now.GoLiveAt)
}

// record writes into the log of the org concerned, whoever acts.
func record(ctx context.Context, tx db.Q, sc authz.Scope, at time.Time, action string, o Org, detail map[string]any) error {
	return audit.Record(ctx, tx, sc, at, audit.Event{Org: o.ID, Action: action, Subject: "org", SubjectID: strconv.Itoa(int(o.ID)), Detail: detail})
}

// changes lists the fields that differ as [before, after].
func changes(old, now Org) map[string]any {
	out := map[string]any{}
	for _, f := range []struct {
		name    string
		was, is any
	}{
		{"code", old.Code, now.Code}, {"name", old.Name, now.Name}, {"short_name", old.ShortName, now.ShortName},
		{"time_zone", old.TimeZone, now.TimeZone}, {"gb_district", old.GBDistrict, now.GBDistrict},
		{"admin_zone", old.AdminZone, now.AdminZone}, {"industry", old.Industry, now.Industry}, {"size", old.Size, now.Size},
		{"above_scale", old.AboveScale, now.AboveScale}, {"resume_status", old.ResumeStatus, now.ResumeStatus},
		{"rule_pack", old.RulePack, now.RulePack}, {"go_live_at", old.GoLiveAt.Unix(), now.GoLiveAt.Unix()},
		{"active", old.Active, now.Active},
	} {
		if f.was != f.is {
			out[f.name] = []any{f.was, f.is}
		}
	}
	return out
}

// named turns the one constraint that input can break into a fault of its field.
func named(err error) error {
	var e *errs.Error
	if db.Constraint(err) == "org_code_key" && !errors.As(err, &e) {
		return errs.Fields{"code": errs.Msg("org.code.taken")}.Err()
	}
	return err
}

const sqlOperator = `select id from org where kind = 'operator' order by id limit 1`

// EnsureOperator returns the org that runs the installation, creating it when there is none. It joins the caller's
// transaction, which must keep others from doing the same.
func EnsureOperator(ctx context.Context, q db.Q, name string, at time.Time) (int32, error) {
	var ids []int32
	if err := q.SelectContext(ctx, &ids, sqlOperator); err != nil {
		return 0, fmt.Errorf("find operator: %w", err)
	}
	if len(ids) == 1 {
		return ids[0], nil
	}
	o := tidy(Org{Kind: Operator, Code: "OPERATOR", Name: name, GoLiveAt: at, Active: true})
	return insert(ctx, q, o, at)
}

const sqlRename = `update org set name = $2, updated_at = $3 where id = $1`

// Rename gives the operator the name chosen at set-up, in the caller's transaction.
func (s *Service) Rename(ctx context.Context, q db.Q, id int32, name string, at time.Time) error {
	f := errs.Fields{}
	checkName(f, "org_name", name, maxName)
	if err := f.Err(); err != nil {
		return err
	}
	if _, err := q.ExecContext(ctx, sqlRename, id, name, at); err != nil {
		return fmt.Errorf("rename org: %w", err)
	}
	defer s.forget()
	return stamp.Raise(ctx, q, stamp.Access)
}
