package feed

import (
	"context"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/screening"
)

const sqlTally = `select h.way, count(*) as n
    from (select line, min(org) as org from feed_hit group by line) l join feed_hit h on h.line = l.line and h.org = l.org
    group by h.way`

const sqlNobody = `select line, employee_id is not null as by_file from feed_row r where not exists (select from feed_hit h where h.line = r.line) order by line limit $1`

// conclude counts rows by outcome: of a row that went to two files the first file's. Rows that found no file are faulty.
func (f *feeder) conclude(ctx context.Context, tx *sqlx.Tx, c *chunk, done *chunkResult) error {
	var ways []struct {
		Way string `db:"way"`
		N   int    `db:"n"`
	}
	if err := tx.SelectContext(ctx, &ways, sqlTally); err != nil {
		return fmt.Errorf("count outcomes: %w", err)
	}
	done.counts = map[screening.Kind]int{}
	found := 0
	for _, w := range ways {
		found += w.N
		switch kind := screening.Kind(w.Way); kind {
		case screening.Refused: // counted with their faults
		case added:
			done.counts[screening.Added] += w.N
		default:
			done.counts[kind] += w.N
		}
	}
	if found == c.rows {
		return nil
	}
	var nobody []struct {
		Line   int  `db:"line"`
		ByFile bool `db:"by_file"`
	}
	if err := tx.SelectContext(ctx, &nobody, sqlNobody, MaxFaults); err != nil {
		return fmt.Errorf("find rows of nobody: %w", err)
	}
	done.refused += c.rows - found
	for _, r := range nobody {
		fault := Fault{Line: r.Line, Field: Fields[idNumber], Message: errs.Msg("api.match.nobody")}
		switch {
		case r.ByFile:
			fault.Field = Fields[employeeID]
		case f.sc.CityLab():
			fault.Message = errs.Msg("api.feed.nobody")
		}
		done.faults = append(done.faults, fault)
	}
	return nil
}

const sqlByOrg = `select org, count(*) as rows, count(*) filter (where way in ('new', 'added')) as fresh, count(*) filter (where way = 'updated') as updated,
        count(*) filter (where way = 'duplicate') as duplicate, count(*) filter (where way = 'conflict') as conflict,
        count(*) filter (where way = 'refused') as refused
    from feed_hit group by org order by org`

const sqlReasons = `select org, late_reason from feed_hit where late_reason <> '' group by org, late_reason order by org, late_reason`

// record writes into the log of each enterprise whose files the chunk changed; the feeder's own also when it changed none.
func (f *feeder) record(ctx context.Context, tx *sqlx.Tx, c *chunk) error {
	var orgs []struct {
		Org       int32 `db:"org"`
		Rows      int   `db:"rows"`
		New       int   `db:"fresh"`
		Updated   int   `db:"updated"`
		Duplicate int   `db:"duplicate"`
		Conflict  int   `db:"conflict"`
		Refused   int   `db:"refused"`
	}
	if err := tx.SelectContext(ctx, &orgs, sqlByOrg); err != nil {
		return fmt.Errorf("count by enterprise: %w", err)
	}
	reasons, err := f.reasons(ctx, tx, c)
	if err != nil {
		return err
	}
	events := make([]audit.Event, 0, len(orgs))
	for _, o := range orgs {
		if o.New+o.Updated+o.Conflict == 0 && f.sc.CityLab() {
			continue
		}
		detail := map[string]any{"rows": o.Rows}
		for kind, n := range map[screening.Kind]int{screening.Added: o.New, screening.Updated: o.Updated, screening.Duplicate: o.Duplicate,
			screening.Conflict: o.Conflict, screening.Refused: o.Refused} {
			if n > 0 {
				detail[string(kind)] = n
			}
		}
		events = append(events, audit.Event{Org: o.Org, Action: "sample.feed", Subject: "sample", Reason: reasons[o.Org], Detail: detail})
	}
	return audit.RecordEach(ctx, tx, f.sc, f.at, events)
}

// reasons joins the first different reasons of late rows, by enterprise.
func (f *feeder) reasons(ctx context.Context, tx *sqlx.Tx, c *chunk) (map[int32]string, error) {
	if !c.late {
		return nil, nil
	}
	var rows []struct {
		Org    int32  `db:"org"`
		Reason string `db:"late_reason"`
	}
	if err := tx.SelectContext(ctx, &rows, sqlReasons); err != nil {
		return nil, fmt.Errorf("read reasons: %w", err)
	}
	const most = 5
	all := map[int32][]string{}
	for _, r := range rows {
		if len(all[r.Org]) < most {
			all[r.Org] = append(all[r.Org], r.Reason)
		}
	}
	out := make(map[int32]string, len(all))
	for org, list := range all {
		out[org] = strings.Join(list, "; ")
	}
	return out, nil
}
