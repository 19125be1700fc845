package standing

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
)

const fragSample = `select org_id, employee_id, (date_part('epoch', sampled_at) * 1e6)::bigint,
        (date_part('epoch', reported_at) * 1e6)::bigint, result, method, collect_mode, source,
        (date_part('epoch', entered_at) * 1e6)::bigint, null::bigint
    from sample `

const sqlSamples = db.Kept + fragSample + `where org_id = $1 and employee_id = any($2) and sampled_at >= $3`

const sqlSamplesOf = fragSample + `where org_id = any($1) and employee_id > $2 and employee_id <= $3 and sampled_at >= $4`

const sqlSamplesOfSome = fragSample + `where org_id = any($1) and employee_id = any($2) and sampled_at >= $3`

const fragAbnormal = `select distinct org_id, employee_id from sample where result in ('positive', 'suspicious', 'pool_abnormal') and `

const sqlAbnormal = db.Kept + fragAbnormal + `org_id = $1 and employee_id = any($2) and sampled_at < $3`

const sqlAbnormalOf = fragAbnormal + `org_id = any($1) and employee_id > $2 and employee_id <= $3 and sampled_at < $4`

// loadSamples reads the samples of the window, and more of whom that is not enough for.
func loadSamples(ctx context.Context, q db.Q, r request, files map[key]*file) error {
	from := r.since.Add(-r.window)
	query, args := r.args(sqlSamples, sqlSamplesOf, from)
	if err := scanSamples(ctx, q, files, query, args); err != nil {
		return err
	}
	// What cleared an abnormal result, or was swabbed with it, may lie before the window as well.
	every, err := abnormalBefore(ctx, q, r, files, from)
	if err != nil {
		return err
	}
	short := map[key]*file{}
	if r.rests != nil {
		for k, f := range files {
			if every[k] == nil && !enough(r.rests(k, f), from) {
				short[k] = f
			}
		}
	}
	return loadEarlier(ctx, q, r, short, every)
}

func enough(rests, from time.Time) bool { return !rests.IsZero() && !rests.Before(from) }

// loadEarlier reads the samples of those again for whom the window was too short: a wider one first, then every sample.
func loadEarlier(ctx context.Context, q db.Q, r request, short, every map[key]*file) error {
	const wider = 8
	from := r.since.Add(-wider * r.window)
	if err := scanAgain(ctx, q, short, from); err != nil {
		return err
	}
	for k, f := range short {
		if !enough(r.rests(k, f), from) {
			every[k] = f
		}
	}
	if err := scanAgain(ctx, q, every, time.Time{}); err != nil {
		return err
	}
	if r.rests != nil {
		for k, f := range every {
			r.rests(k, f)
		}
	}
	return nil
}

func scanAgain(ctx context.Context, q db.Q, files map[key]*file, from time.Time) error {
	if len(files) == 0 {
		return nil
	}
	orgs := map[int32]bool{}
	var ids []int64
	for k, f := range files {
		orgs[k.org], ids, f.samples = true, append(ids, k.id), nil
	}
	return scanSamples(ctx, q, files, sqlSamplesOfSome, []any{pq.Array(sortedKeys(orgs)), pq.Array(ids), from})
}

// abnormalBefore finds who has an abnormal result from before the window.
func abnormalBefore(ctx context.Context, q db.Q, r request, files map[key]*file, from time.Time) (map[key]*file, error) {
	found := map[key]*file{}
	query, args := r.args(sqlAbnormal, sqlAbnormalOf, from)
	err := eachRow(ctx, q, query, args, func(rows *sql.Rows) error {
		var k key
		if err := rows.Scan(&k.org, &k.id); err != nil {
			return err
		}
		if f := files[k]; f != nil {
			found[k] = f
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find abnormal results: %w", err)
	}
	return found, nil
}

// A version stood from its entry until it was laid aside. One that never stood was entered when it was laid aside.
const sqlVersions = `select org_id, employee_id, (date_part('epoch', sampled_at) * 1e6)::bigint,
        (date_part('epoch', (body->>'reported_at')::timestamptz) * 1e6)::bigint, body->>'result', body->>'method', body->>'mode',
        body->>'source', (date_part('epoch', (body->>'entered_at')::timestamptz) * 1e6)::bigint, (date_part('epoch', at) * 1e6)::bigint
    from sample_revision
    where org_id = $1 and employee_id = any($2)`

// loadVersions adds the versions that no longer stand.
func loadVersions(ctx context.Context, q db.Q, r request, files map[key]*file) error {
	if !r.past {
		return nil
	}
	return scanSamples(ctx, q, files, sqlVersions, []any{r.org, pq.Array(r.ids)})
}

func scanSamples(ctx context.Context, q db.Q, files map[key]*file, query string, args []any) error {
	var (
		k                                 key
		sampled, reported, entered, until instant
		result, method, mode, source      string
	)
	err := eachRow(ctx, q, query, args, func(rows *sql.Rows) (err error) {
		if err := rows.Scan(&k.org, &k.id, &sampled, &reported, &result, &method, &mode, &source, &entered, &until); err != nil {
			return err
		}
		f := files[k]
		if f == nil {
			return nil
		}
		s := told[regime.Sample]{from: entered.Time, until: until.Time}
		s.fact = regime.Sample{SampledAt: sampled.Time, ReportedAt: reported.Time, Method: regime.Method(method), Mode: regime.CollectMode(mode),
			Source: regime.Source(source)}
		if s.fact.Result, err = regime.ParseResult(result); err != nil {
			return err
		}
		f.samples = append(f.samples, s)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read samples: %w", err)
	}
	return nil
}
