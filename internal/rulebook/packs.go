package rulebook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
)

// MaxPack bounds the text of a pack, in bytes.
const MaxPack = 200 << 10

// PackInfo is a pack that can be put in force.
type PackInfo struct {
	*regime.Pack
	Builtin bool      // comes with the program
	By      string    // who added it
	At      time.Time // when
}

const sqlPacks = `select id, version, body, actor_name, added_at from rule_pack order by id, version desc`

// Packs lists every pack: those that come with the program first, then the added ones, the newest version of each first.
func (s *Service) Packs(ctx context.Context, sc authz.Scope) ([]PackInfo, error) {
	if err := sc.Require(authz.RulesView); err != nil {
		return nil, err
	}
	var out []PackInfo
	for _, id := range regime.BuiltinIDs() {
		p, err := regime.Builtin(id)
		if err != nil {
			return nil, err
		}
		out = append(out, PackInfo{Pack: p, Builtin: true})
	}
	slices.SortStableFunc(out, func(a, b PackInfo) int { return strings.Compare(a.EffectiveFrom, b.EffectiveFrom) })
	var rows []struct {
		ID      string    `db:"id"`
		Version int       `db:"version"`
		Body    string    `db:"body"`
		By      string    `db:"actor_name"`
		At      time.Time `db:"added_at"`
	}
	if err := s.db.Pool().SelectContext(ctx, &rows, sqlPacks); err != nil {
		return nil, fmt.Errorf("list packs: %w", err)
	}
	for _, r := range rows {
		if slices.ContainsFunc(out, func(p PackInfo) bool { return p.ID == r.ID && p.Version == r.Version }) {
			continue // a copy of one that comes with the program
		}
		p, err := regime.ParsePack([]byte(r.Body))
		if err != nil {
			return nil, fmt.Errorf("pack %s %d: %w", r.ID, r.Version, err)
		}
		out = append(out, PackInfo{Pack: p, By: r.By, At: r.At})
	}
	return out, nil
}

// FindPack picks a pack from a list; version 0 is its newest.
func FindPack(list []PackInfo, id string, version int) (PackInfo, error) {
	var found PackInfo
	for _, p := range list {
		if p.ID == id && (p.Version == version || version == 0 && (found.Pack == nil || p.Version > found.Version)) {
			found = p
		}
	}
	if found.Pack == nil {
		return found, errs.Missing()
	}
	return found, nil
}

const sqlInsertPack = `insert into rule_pack (id, version, title, body, added_by, actor_name, added_at)
    values ($1, $2, $3, $4, $5, $6, $7) on conflict (id, version) do nothing`

// AddPack stores a pack that the city bureau wrote. A fault of the text is a fault of the field "body" that names every faulty
// value by its path. A further version of a known pack has the next number.
func (s *Service) AddPack(ctx context.Context, sc authz.Scope, text string, at time.Time) (*regime.Pack, error) {
	if err := sc.Require(authz.RulesChange); err != nil {
		return nil, err
	}
	if !sc.Can(authz.BureauView) {
		return nil, errs.New(errs.Forbidden, "error.forbidden")
	}
	p, err := readPack(text)
	if err != nil {
		return nil, err
	}
	known, err := s.Packs(ctx, sc)
	if err != nil {
		return nil, err
	}
	if newest, err := FindPack(known, p.ID, 0); err == nil && p.Version != newest.Version+1 {
		return nil, errs.Fields{"body": errs.Msg("rules.pack.next_version", "ID", p.ID, "Version", newest.Version, "Next", newest.Version+1)}.Err()
	}
	err = s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		added, err := storePack(ctx, tx, sc, p, json.RawMessage(text), at)
		if err != nil {
			return err
		}
		if !added {
			return errs.New(errs.Conflict, "rules.pack.taken", "ID", p.ID, "Version", p.Version)
		}
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: "rules.pack_add", Subject: "rule_pack",
			SubjectID: p.ID + " " + strconv.Itoa(p.Version), Detail: map[string]any{"title": p.Title}})
	})
	return p, err
}

// readPack reads a pack strictly; its faults become a fault of the field "body".
func readPack(text string) (*regime.Pack, error) {
	switch {
	case strings.TrimSpace(text) == "":
		return nil, errs.Fields{"body": errs.Msg("error.required")}.Err()
	case len(text) > MaxPack:
		return nil, errs.Fields{"body": errs.Msg("rules.pack.too_long", "Max", MaxPack>>10)}.Err()
	}
	p, err := regime.ParsePack([]byte(text))
	if err != nil {
		return nil, errs.Fields{"body": errs.Msg("rules.pack.faults", "Faults", faultLines(err))}.Err()
	}
	return p, nil
}

// faultLines writes the faults of a pack or overlay in one line, each by the path of its value.
func faultLines(err error) string {
	for {
		if many, ok := err.(interface{ Unwrap() []error }); ok {
			var lines []string
			for _, e := range many.Unwrap() {
				lines = append(lines, e.Error())
			}
			return strings.Join(lines, "; ")
		}
		inner := errors.Unwrap(err)
		if inner == nil {
			return strings.TrimPrefix(err.Error(), "regime: ")
		}
		err = inner
	}
}

// storePack adds a version of a pack, unless it is stored already.
func storePack(ctx context.Context, q db.Q, sc authz.Scope, p *regime.Pack, body json.RawMessage, at time.Time) (added bool, err error) {
	res, err := q.ExecContext(ctx, sqlInsertPack, p.ID, p.Version, p.Title, string(body), sc.Account, sc.Actor, at)
	if err != nil {
		return false, fmt.Errorf("store pack: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}
