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

const sqlByOrg = `select org, count(*) filter (where way in ('new', 'added')) as fresh, count(*) filter (where way = 'updated') as updated,
        count(*) filter (where way = 'duplicate') as duplicate, count(*) filter (where way = 'conflict') as conflict,
        count(*) filter (where way = 'refused') as refused
    from feed_hit group by org order by org`

// orgCount is what became of tellings in the files of one enterprise.
type orgCount struct {
	Org       int32 `db:"org"`
	New       int   `db:"fresh"`
	Updated   int   `db:"updated"`
	Duplicate int   `db:"duplicate"`
	Conflict  int   `db:"conflict"`
	Refused   int   `db:"refused"`
}

func (o *orgCount) kinds() map[screening.Kind]int {
	return map[screening.Kind]int{screening.Added: o.New, screening.Updated: o.Updated, screening.Duplicate: o.Duplicate,
		screening.Conflict: o.Conflict, screening.Refused: o.Refused}
}

// conclude counts rows by outcome and writes the logs.
func (f *feeder) conclude(ctx context.Context, tx *sqlx.Tx, c *chunk, done *chunkResult) error {
	var orgs []orgCount
	if err := tx.SelectContext(ctx, &orgs, sqlByOrg); err != nil {
		return fmt.Errorf("count by enterprise: %w", err)
	}
	if err := f.record(ctx, tx, c, orgs); err != nil {
		return err
	}
	if err := count(ctx, tx, orgs, done); err != nil {
		return err
	}
	return f.blame(ctx, tx, c, done)
}

const (
	sqlTwice = `select count(*) from (select from feed_hit group by line having count(*) > 1) t`

	// Of a row that went to two files the first file's outcome.
	fragFirst = ` from (select line, min(org) as org from feed_hit group by line) l join feed_hit h on h.line = l.line and h.org = l.org`

	sqlTally = `select 0 as org, count(*) filter (where h.way in ('new', 'added')) as fresh, count(*) filter (where h.way = 'updated') as updated,
        count(*) filter (where h.way = 'duplicate') as duplicate, count(*) filter (where h.way = 'conflict') as conflict,
        count(*) filter (where h.way = 'refused') as refused` + fragFirst
)

// count counts rows: hits, where nobody has two files.
func count(ctx context.Context, tx *sqlx.Tx, orgs []orgCount, done *chunkResult) error {
	var twice int
	if err := tx.GetContext(ctx, &twice, sqlTwice); err != nil {
		return fmt.Errorf("count rows with two files: %w", err)
	}
	if twice > 0 {
		orgs = nil
		if err := tx.SelectContext(ctx, &orgs, sqlTally); err != nil {
			return fmt.Errorf("count outcomes: %w", err)
		}
	}
	done.counts = map[screening.Kind]int{}
	for i := range orgs {
		for kind, n := range orgs[i].kinds() {
			if done.counts[kind] += n; done.counts[kind] == 0 {
				delete(done.counts, kind)
			}
		}
	}
	return nil
}

const (
	sqlWithdrawn = `select h.line` + fragFirst + ` where h.way = 'refused' order by h.line limit $1`
	sqlNobody    = `select line, employee_id is not null as by_file from feed_row r
    where not exists (select from feed_hit h where h.line = r.line) order by line limit $1`
)

// blame names the first rows that were refused: those that found no file, and those about samples that were withdrawn.
func (f *feeder) blame(ctx context.Context, tx *sqlx.Tx, c *chunk, done *chunkResult) error {
	taken := 0
	for _, n := range done.counts {
		taken += n
	}
	if done.refused = done.counts[screening.Refused]; done.refused > 0 {
		delete(done.counts, screening.Refused) // counted with their faults
		var lines []int
		if err := tx.SelectContext(ctx, &lines, sqlWithdrawn, MaxFaults); err != nil {
			return fmt.Errorf("find rows of withdrawn samples: %w", err)
		}
		for _, line := range lines {
			done.faults = append(done.faults, Fault{Line: line, Field: Fields[sampledAt], Message: errs.Msg("screening.refused.cancelled")})
		}
	}
	if taken == c.rows {
		return nil
	}
	var nobody []struct {
		Line   int  `db:"line"`
		ByFile bool `db:"by_file"`
	}
	if err := tx.SelectContext(ctx, &nobody, sqlNobody, MaxFaults); err != nil {
		return fmt.Errorf("find rows of nobody: %w", err)
	}
	done.refused += c.rows - taken
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

const sqlReasons = `select org, late_reason from feed_hit where late_reason <> '' group by org, late_reason order by org, late_reason`

// record writes into the log of each enterprise whose files the chunk changed; the feeder's own also when it changed none.
func (f *feeder) record(ctx context.Context, tx *sqlx.Tx, c *chunk, orgs []orgCount) error {
	reasons, err := f.reasons(ctx, tx, c)
	if err != nil {
		return err
	}
	events := make([]audit.Event, 0, len(orgs))
	for i := range orgs {
		o := &orgs[i]
		if o.New+o.Updated+o.Conflict == 0 && f.sc.CityLab() {
			continue
		}
		detail := map[string]any{}
		rows := 0
		for kind, n := range o.kinds() {
			if rows += n; n > 0 {
				detail[string(kind)] = n
			}
		}
		detail["rows"] = rows
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
