package screening

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/standing"
)

// Tubes is told, in the transaction that stored them, of the barcodes of mixed tubes whose samples are new or changed, each once
// and in order.
type Tubes interface {
	Stored(ctx context.Context, q db.Q, sc authz.Scope, barcodes []string, at time.Time) error
}

// Watch names who is told of mixed tubes. Call it before the service is used; without it nobody is told.
func (s *Service) Watch(t Tubes) { s.tubes = t }

// Pooled reports whether several people share a tube in this mode.
func Pooled(m regime.CollectMode) bool { return m.Valid() && m != regime.ModeSingle }

// PoolSize is how many people a tube of the mode takes at most.
func PoolSize(m regime.CollectMode) int {
	return map[regime.CollectMode]int{regime.ModeSingle: 1, regime.ModePool5: 5, regime.ModePool10: 10, regime.ModePool20: 20}[m]
}

// gravePool reports whether a result says of one person what a mixed tube cannot say.
func gravePool(m regime.CollectMode, r regime.Result) bool {
	return Pooled(m) && (r == regime.Positive || r == regime.Suspicious)
}

// settlePool makes the result of a mixed tube one of the tube: whoever shared it is called nothing before a single sample says so.
func (v *version) settlePool() {
	if gravePool(v.Mode, v.Result) {
		v.Result = regime.PoolAbnormal
	}
}

const sqlPoolModes = `select barcode, mode() within group (order by collect_mode) as mode from sample
    where org_id = $1 and barcode = any($2) and barcode <> '' and collect_mode <> 'single' and result <> 'cancelled'
    group by barcode`

// collect says how the samples were collected where a telling does not: as the record has it, or as the others in the tube of that
// barcode. Laboratories' sheets often leave it out, and a result of a mixed tube must not become one of a person by that.
func (b *batch) collect(ctx context.Context, q db.Q, org int32, records map[Key]*record) error {
	var barcodes []string
	for i, in := range b.inputs {
		if in.Mode == "" && b.outcomes[i].Kind != Refused && b.versions[i].Barcode != "" {
			barcodes = append(barcodes, b.versions[i].Barcode)
		}
	}
	var rows []struct {
		Barcode string             `db:"barcode"`
		Mode    regime.CollectMode `db:"mode"`
	}
	if len(barcodes) > 0 {
		if err := q.SelectContext(ctx, &rows, sqlPoolModes, org, pq.Array(barcodes)); err != nil {
			return fmt.Errorf("read tubes: %w", err)
		}
	}
	modes := make(map[string]regime.CollectMode, len(rows))
	for _, r := range rows {
		modes[r.Barcode] = r.Mode
	}
	for i, in := range b.inputs {
		v := &b.versions[i]
		if in.Mode == "" && v.pcr() && b.outcomes[i].Kind != Refused {
			if r := records[b.outcomes[i].Key]; r != nil && r.now.pcr() {
				v.Mode = r.now.Mode
			} else if mode, ok := modes[v.Barcode]; ok {
				v.Mode = mode
			}
		}
		v.settlePool()
	}
	return nil
}

// load reads the records that the accepted inputs tell of, and settles how the inputs' samples were collected.
func (b *batch) load(ctx context.Context, q db.Q, org int32) (map[Key]*record, error) {
	records, err := loadRecords(ctx, q, org, b.keys())
	if err != nil {
		return nil, err
	}
	return records, b.collect(ctx, q, org, records)
}

// store writes the records that changed, with the standings that follow, and tells of their tubes.
func (s *Service) store(ctx context.Context, q db.Q, sc authz.Scope, changed []Key, records map[Key]*record, reason string, at time.Time) error {
	if len(changed) == 0 {
		return nil
	}
	folded := make([]Folded, len(changed))
	for i, k := range changed {
		folded[i] = Folded{Org: sc.Org, Key: k, Folding: Folding{*records[k]}}
	}
	if err := StoreFolded(ctx, q, sc, folded, reason, at); err != nil {
		return err
	}
	if err := s.standings.Advance(ctx, q, movedOf(sc.Org, changed, records), at); err != nil {
		return err
	}
	barcodes := tubesOf(changed, records)
	if s.tubes == nil || len(barcodes) == 0 {
		return nil
	}
	return s.tubes.Stored(ctx, q, sc, barcodes, at)
}

// movedOf lists the samples that changed as they stand now.
func movedOf(org int32, changed []Key, records map[Key]*record) []standing.Moved {
	moved := make([]standing.Moved, len(changed))
	for i, k := range changed {
		moved[i] = standing.Moved{Org: org, Employee: k.Employee, Sample: records[k].now.fact(k.SampledAt)}
	}
	return moved
}

// fact is the version as the rules see it.
func (v *version) fact(sampledAt time.Time) regime.Sample {
	return regime.Sample{SampledAt: sampledAt, ReportedAt: v.ReportedAt, Method: v.Method, Mode: v.Mode, Result: v.Result, Source: v.Source}
}

// tubesOf lists the tubes that the changed records are in, and those that they were taken out of.
func tubesOf(changed []Key, records map[Key]*record) []string {
	var barcodes []string
	add := func(v *version) {
		if Pooled(v.Mode) && v.Barcode != "" {
			barcodes = append(barcodes, v.Barcode)
		}
	}
	for _, k := range changed {
		add(records[k].now)
		for i := range records[k].aside {
			add(&records[k].aside[i].version)
		}
	}
	slices.Sort(barcodes)
	return slices.Compact(barcodes)
}

// Withdraw cancels awaited samples for a reason, in the caller's transaction: swabs that were put down by mistake. It reaches as
// far as Record does. A sample that has a result is corrected instead, and answers Conflict; one out of reach is NotFound.
func (s *Service) Withdraw(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, keys []Key, reason string, at time.Time) error {
	if err := sc.Require(recorders...); err != nil {
		return err
	}
	reason, err := checkReason(reason)
	if err != nil || len(keys) == 0 {
		return err
	}
	keys = slices.Compact(slices.SortedFunc(slices.Values(keys), Key.compare))
	records, err := withdrawable(ctx, tx, sc, keys)
	if err != nil {
		return err
	}
	for _, k := range keys {
		v := *records[k].now
		v.Result, v.EnteredBy, v.EnteredAt = regime.Cancelled, sc.Account, at
		records[k].stand(v)
	}
	if err := s.store(ctx, tx, sc, keys, records, reason, at); err != nil {
		return err
	}
	for _, k := range keys {
		err := audit.Record(ctx, tx, sc, at, audit.Event{Action: "sample.withdraw", Subject: "sample", SubjectID: k.String(),
			Employee: k.Employee, Reason: reason})
		if err != nil {
			return err
		}
	}
	return nil
}

// withdrawable locks the files and reads the records, each of which must be awaited and within reach.
func withdrawable(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, keys []Key) (map[Key]*record, error) {
	files := make([]Input, len(keys))
	for i, k := range keys {
		files[i].Employee = k.Employee
	}
	teams, err := lockFiles(ctx, tx, sc.Org, files)
	if err != nil {
		return nil, err
	}
	records, err := loadRecords(ctx, tx, sc.Org, keys)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		if _, ok := reach(sc, k.Employee, teams); !ok || records[k] == nil {
			return nil, errs.Missing()
		}
		if records[k].now.Result != regime.ResultPending {
			return nil, errs.New(errs.Conflict, "error.conflict")
		}
	}
	return records, nil
}
