package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/fugong/fugong/internal/bench/load"
)

func init() {
	register(Scenario{Name: "log", Title: "log a sample with its result through the API, one POST each, random people of all enterprises", Stirs: logs, Run: runLog})
}

// logTargets are the bounds by number of connections: of the ratio to raw inserts, and of the 99th percentile in milliseconds.
var logTargets = []struct {
	conns int
	ratio float64
	p99   float64
}{{1, 0.35, 0}, {8, 0.45, 0}, {32, 0.75, 10}, {128, 0.90, 20}}

func runLog(ctx context.Context, w *World) error {
	s, err := w.Server(ctx)
	if err != nil {
		return err
	}
	if err := errors.Join(w.warm(ctx), meetEverybody(ctx, w, s)); err != nil {
		return fmt.Errorf("warm up: %w", err)
	}
	for _, t := range logTargets {
		var p50, p99 []float64
		var raw, client string
		done := 0
		const long = 3 * time.Second
		c, err := w.Compare(ctx,
			func(ctx context.Context) (rate float64, err error) {
				rate, raw, err = w.Raw(ctx, t.conns, w.Brief(long))
				return rate, err
			},
			func(ctx context.Context) (float64, error) {
				r, err := logFor(ctx, w, s, t.conns, w.Brief(long))
				p50, p99, client, done = append(p50, r.P50), append(p99, r.P99), r.Client, done+r.Requests
				return r.Rate, err
			})
		if err != nil {
			return fmt.Errorf("%d connections: %w", t.conns, err)
		}
		note := fmt.Sprintf("%s against %s; %d answers = rows = standings moved", client, raw, done)
		w.Record(Figure{Scenario: fmt.Sprintf("log.api.c%d", t.conns), Value: c.Value.Median, Unit: "rows/s", Floor: c.Floor.Median, Ratio: c.Ratio.Median,
			Low: c.Ratio.Low, High: c.Ratio.High, Target: AtLeast(t.ratio), Note: note})
		f := Figure{Scenario: fmt.Sprintf("log.api.c%d.p99", t.conns), Unit: "ms"}
		s := SpreadOf(p99[1:]) // the first was the warm-up
		f.Value, f.Low, f.High, f.Note = s.Median, s.Low, s.High, fmt.Sprintf("median of a request %s ms", number(SpreadOf(p50[1:]).Median))
		if t.p99 > 0 {
			f.Target = Under(t.p99)
		}
		w.Record(f)
	}
	return nil
}

// meetEverybody lets the client of every enterprise log one sample, so that what is measured is not the first request of each.
func meetEverybody(ctx context.Context, w *World, s *Server) error {
	var requests []Request
	for i := range w.City.Orgs {
		o := &w.City.Orgs[i]
		r, err := logRequest(w, o, o.First)
		if err != nil {
			return err
		}
		requests = append(requests, r)
	}
	r, err := w.Load(ctx, load.Spec{URL: s.URL, Conns: 16, For: 2 * time.Minute, Requests: requests, Plain: true})
	if err != nil {
		return err
	}
	return checkf(r.OK() == len(requests), "%d enterprises, answers %v", len(requests), r.Statuses)
}

// SampleAt is a second at which the person was not yet sampled, later than all of theirs before and not in the future; each call gives
// the next. Scenarios that write samples take their instants from here, so that none meets another's.
func (w *World) SampleAt(id int64) (time.Time, error) {
	base, err := w.sampleBase()
	if err != nil {
		return time.Time{}, err
	}
	w.issued.Add(1)
	return base.Add(time.Duration(atomic.AddInt32(&w.ticks[id-1], 1)) * time.Second), nil
}

const sqlNewest = `select coalesce(max(latest_at), $1::timestamptz) from standing where latest_at > $1::timestamptz`

// sampleBase is the instant after the newest sample of anybody. Nobody's slot lies in the half hour before the city's instant.
func (w *World) sampleBase() (time.Time, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ticks == nil {
		if err := w.Admin.Get(&w.base, sqlNewest, w.Now.Add(-29*time.Minute)); err != nil {
			return time.Time{}, fmt.Errorf("newest sample: %w", err)
		}
		w.ticks = make([]int32, w.City.Spec.People)
	}
	return w.base, nil
}

// logRequests makes n requests that log one sample each, of random people of the whole city.
func logRequests(w *World, r *rand.Rand, n int) ([]Request, error) {
	out := make([]Request, n)
	for i := range out {
		o, id := w.City.Random(r)
		var err error
		if out[i], err = logRequest(w, o, id); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func logRequest(w *World, o *Org, id int64) (Request, error) {
	at, err := w.SampleAt(id)
	if err != nil {
		return Request{}, err
	}
	return Request{Method: http.MethodPost, Path: "/api/v1/samples",
		Header: map[string]string{"Authorization": "Bearer " + tokenOf(w, o), "Content-Type": "application/json", "Idempotency-Key": fmt.Sprintf("bench-%016x", rand.Uint64())},
		Body:   fmt.Sprintf(`{"samples":[{"employee_id":%d,"sampled_at":"%s","result":"negative","lab":"市中心医院"}]}`, id, at.UTC().Format(time.RFC3339))}, nil
}

// tokenOf is the token of an enterprise, reckoned once.
func tokenOf(w *World, o *Org) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.tokens == nil {
		w.tokens = map[int32]string{}
	}
	t := w.tokens[o.ID]
	if t == "" {
		t = o.Token()
		w.tokens[o.ID] = t
	}
	return t
}

// mostRate bounds the requests that are made ready for a second of logging.
const mostRate = 40_000

// logFor logs samples for a while and asserts that each answer is a row and that the standing of everybody concerned has moved to it. A
// client that stops at the end of its time leaves as many requests unanswered as it has connections; those may be rows, too.
func logFor(ctx context.Context, w *World, s *Server, conns int, d time.Duration) (LoadResult, error) {
	return logBeside(ctx, w, s, conns, d, nil)
}

// logBeside is logFor with something that runs beside the load, until its context ends with that.
func logBeside(ctx context.Context, w *World, s *Server, conns int, d time.Duration, beside func(context.Context) error) (LoadResult, error) {
	n := int(mostRate * d.Seconds() * min(1, float64(conns+1)/8))
	if w.Quick() {
		n = 10 // a client may ask sixty times at once
	}
	before, err := logged(ctx, w)
	if err != nil {
		return LoadResult{}, err
	}
	requests, err := logRequests(w, rand.New(rand.NewPCG(rand.Uint64(), 1)), n)
	if err != nil {
		return LoadResult{}, err
	}
	during, stop := context.WithCancel(ctx)
	defer stop()
	var g errgroup.Group
	if beside != nil {
		g.Go(func() error { return beside(during) })
	}
	r, err := w.Load(ctx, load.Spec{URL: s.URL, Conns: conns, For: d, Requests: requests})
	stop()
	if err := errors.Join(err, g.Wait()); err != nil {
		return r, err
	}
	if err := checkf(r.OK() == r.Requests && r.Requests > 0, "of %d answers %d are good: %v", r.Requests, r.OK(), r.Statuses); err != nil {
		return r, err
	}
	return r, checkLogged(ctx, w, before, r, conns)
}

// sqlLogged counts the samples since an instant, and of the people who have one those whose standing has not moved to the newest.
const sqlLogged = `select coalesce(sum(n.n), 0)::bigint as rows, count(*) filter (where s.latest_at is distinct from n.newest) as unmoved
    from (select org_id, employee_id, count(*) as n, max(sampled_at) as newest from sample where sampled_at > $1 group by 1, 2) n
        left join standing s on s.org_id = n.org_id and s.employee_id = n.employee_id`

// tally is what was counted last, and how many instants were given out by then: as long as no more are, nothing was written since.
type tally struct {
	Rows    int `db:"rows"`
	Unmoved int `db:"unmoved"`
	issued  int64
}

// logged counts the samples since the world began to log. A count reads all that was sampled in the running month, so that one serves
// as the end of a round and as the beginning of the next.
func logged(ctx context.Context, w *World) (int, error) {
	if w.tally != nil && w.tally.issued == w.issued.Load() {
		return w.tally.Rows, nil
	}
	t, err := count(ctx, w)
	return t.Rows, err
}

func count(ctx context.Context, w *World) (t tally, err error) {
	base, err := w.sampleBase()
	if err != nil {
		return t, err
	}
	w.tally, t.issued = nil, w.issued.Load()
	if err = w.Admin.GetContext(ctx, &t, sqlLogged, base); err == nil {
		w.tally = &t
	}
	return t, err
}

// settle is how long requests that nobody waits for any more are given to end.
const settle = 250 * time.Millisecond

func checkLogged(ctx context.Context, w *World, before int, r LoadResult, conns int) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(settle):
	}
	t, err := count(ctx, w)
	if err != nil {
		return err
	}
	rows := t.Rows - before
	return errors.Join(checkf(rows >= r.Requests && rows <= r.Requests+conns, "%d answers, %d rows", r.Requests, rows),
		checkf(t.Unmoved == 0, "the standings of %d people did not move", t.Unmoved))
}
