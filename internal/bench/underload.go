package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/fugong/fugong/internal/bench/city"
)

func init() {
	register(Scenario{Name: "underload", Title: "the refresh of the rollup and pages while logging runs flat out, and what logging loses by them", Stirs: logs, Run: runUnderLoad})
}

// The reader looks at a page of the bureau and at a list of an officer about twice a second, and has the rollup refreshed once in each
// time of logging. The product itself does that once a minute.
const (
	readerPause = 400 * time.Millisecond
	readerTime  = 6 * time.Second
)

// A reading is a page or the refresh, with the times it took.
type reading struct {
	name string
	once func(context.Context) error
	idle []float64
	busy []float64
}

func runUnderLoad(ctx context.Context, w *World) error {
	s, err := w.Server(ctx)
	if err != nil {
		return err
	}
	readings, err := readingsOf(ctx, w, s)
	if err != nil {
		return err
	}
	for range 3 { // warm up
		if err := readAll(ctx, readings, func(*reading, float64) {}); err != nil {
			return err
		}
	}
	const conns = 32
	var losses, alone []float64
	for range w.Rounds {
		for range 5 {
			if err := readAll(ctx, readings, func(r *reading, ms float64) { r.idle = append(r.idle, ms) }); err != nil {
				return err
			}
		}
		quiet, err := logFor(ctx, w, s, conns, w.Brief(readerTime))
		if err != nil {
			return err
		}
		busy, err := logWhile(ctx, w, s, conns, readings)
		if err != nil {
			return err
		}
		alone, losses = append(alone, quiet.Rate), append(losses, 100*(1-busy.Rate/quiet.Rate))
	}
	for _, r := range readings {
		if err := checkf(w.Quick() || len(r.busy) > 0, "%s was never read under load", r.name); err != nil {
			return err
		}
		idle, busy := SpreadOf(r.idle), SpreadOf(r.busy)
		w.Record(Figure{Scenario: "underload." + r.name, Value: busy.Median, Low: busy.Low, High: busy.High, Unit: "ms", Floor: idle.Median, Target: AtMost(1.5),
			Note: "the floor is the same without load; the spread is of all readings under load"})
	}
	loss := SpreadOf(losses)
	w.Record(Figure{Scenario: "underload.loss", Value: loss.Median, Low: loss.Low, High: loss.High, Unit: "%", Target: Under(10),
		Note: fmt.Sprintf("of %s rows/s over %d connections, with two pages twice a second and a refresh in %v", number(SpreadOf(alone).Median), conns, w.Brief(readerTime))})
	return nil
}

// readingsOf are what is read, first the refresh.
func readingsOf(ctx context.Context, w *World, s *Server) ([]*reading, error) {
	bureau, err := s.SignIn(ctx, city.BureauLogin)
	if err != nil {
		return nil, err
	}
	officer, err := s.SignIn(ctx, w.City.Largest.Officer())
	if err != nil {
		return nil, err
	}
	page := func(path, cookie string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := s.Get(ctx, path, cookie)
			return err
		}
	}
	return []*reading{
		{name: "refresh", once: func(ctx context.Context) error {
			_, err := w.App.Rollups.Refresh(ctx, time.Now())
			return err
		}},
		{name: "bureau", once: page("/bureau", bureau)},
		{name: "list", once: page("/employees", officer)},
	}, nil
}

func readAll(ctx context.Context, readings []*reading, note func(*reading, float64)) error {
	for _, r := range readings {
		ms, err := Ms(func() error { return r.once(ctx) })
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		note(r, ms)
	}
	return nil
}

// logWhile logs flat out while the reader reads. The first round of the reader, which may fall before the load, does not count; in the
// second the rollup is refreshed.
func logWhile(ctx context.Context, w *World, s *Server, conns int, readings []*reading) (LoadResult, error) {
	return logBeside(ctx, w, s, conns, w.Brief(readerTime), func(during context.Context) error {
		for n := 0; during.Err() == nil; n++ {
			round := readings[1:]
			if n == 1 {
				round = readings
			}
			err := readAll(during, round, func(r *reading, ms float64) {
				if n > 0 {
					r.busy = append(r.busy, ms)
				}
			})
			if err != nil && during.Err() == nil {
				return err
			}
			_ = pause(during, readerPause) // ends early with the load
		}
		return nil
	})
}
