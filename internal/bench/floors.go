package bench

import (
	"context"
	"fmt"
	"time"
)

func init() {
	register(Scenario{Name: "floors", Title: "what the machine can do at most: raw inserts, raw COPY, an empty handler", Run: runFloors})
}

// runFloors notes the floors that other figures are measured against, each of which measures its own beside it.
func runFloors(ctx context.Context, w *World) error {
	for _, conns := range []int{1, 32} {
		var how string
		s, err := w.Repeat(ctx, func(ctx context.Context) (rate float64, err error) {
			rate, how, err = w.Raw(ctx, conns, w.Brief(2*time.Second))
			return rate, err
		})
		if err != nil {
			return err
		}
		w.Record(Figure{Scenario: fmt.Sprintf("floors.raw.c%d", conns), Value: s.Median, Low: s.Low, High: s.High, Unit: "rows/s", Note: how})
	}
	rows := 200_000
	if w.Quick() {
		rows = 100
	}
	s, err := w.Repeat(ctx, func(ctx context.Context) (float64, error) { return w.Copy0(ctx, rows) })
	if err != nil {
		return err
	}
	w.Record(Figure{Scenario: "floors.copy", Value: s.Median, Low: s.Low, High: s.High, Unit: "rows/s", Note: fmt.Sprintf("%d rows of seven columns by one COPY", rows)})
	var client string
	s, err = w.Repeat(ctx, func(ctx context.Context) (float64, error) {
		r, err := w.EmptyHandler(ctx, 32)
		client = r.Client
		if err == nil {
			err = checkf(r.OK() == r.Requests, "the empty handler answered %v", r.Statuses)
		}
		return r.Rate, err
	})
	if err != nil {
		return err
	}
	w.Record(Figure{Scenario: "floors.handler.c32", Value: s.Median, Low: s.Low, High: s.High, Unit: "requests/s", Note: client + ", echo that reads and writes JSON"})
	return nil
}
