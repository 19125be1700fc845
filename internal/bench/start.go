package bench

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/fugong/fugong/internal/bench/city"
)

func init() {
	register(Scenario{Name: "start", Title: "start to ready on a warm database, memory at rest and under full load, size of the program", Stirs: logs, Run: runStart})
}

// rest is how long a server is left alone before its memory at rest is read: its first jobs are over then.
const rest = 5 * time.Second

func runStart(ctx context.Context, w *World) error {
	info, err := os.Stat(w.run.cfg.Program)
	if err != nil {
		return err
	}
	w.Record(Figure{Scenario: "start.binary", Value: float64(info.Size()) / 1e6, Unit: "MB", Target: Under(40)})
	var atRest []float64
	ready, err := w.Repeat(ctx, func(ctx context.Context) (float64, error) {
		s, err := w.StartServer(ctx)
		if err != nil {
			return 0, err
		}
		if len(atRest) == 0 {
			if err := pause(ctx, w.Brief(rest)); err != nil {
				return 0, err
			}
		}
		rss, err := s.RSS()
		if err != nil {
			return 0, err
		}
		atRest = append(atRest, rss)
		return s.Ready.Seconds(), s.Stop()
	})
	if err != nil {
		return err
	}
	w.Record(Figure{Scenario: "start.ready", Value: ready.Median, Low: ready.Low, High: ready.High, Unit: "s", Target: Under(0.5),
		Note: "PostgreSQL runs and is warm; from the start of the process to the first good answer of /readyz"})
	w.Record(Figure{Scenario: "start.memory.rest", Value: atRest[0], Unit: "MB", Target: Under(40), Note: fmt.Sprintf("resident, %v after the start", rest)})
	s, err := w.StartServer(ctx)
	if err != nil {
		return err
	}
	for _, conns := range []int{32, 128} {
		if _, err := logFor(ctx, w, s, conns, w.Brief(5*time.Second)); err != nil {
			return fmt.Errorf("%w (and %w)", err, s.Stop())
		}
	}
	if err := readPages(ctx, w, s); err != nil {
		return fmt.Errorf("%w (and %w)", err, s.Stop())
	}
	high, err := s.Peak()
	if err != nil {
		return err
	}
	w.Record(Figure{Scenario: "start.memory.load", Value: high, Unit: "MB", Target: Under(150),
		Note: "most that was resident: logging flat out over 32 and 128 connections, then every page of an officer and the bureau"})
	return s.Stop()
}

// pause waits, unless the context ends.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// Pages that everybody of a kind reads most.
var (
	officerPages = []string{"/week", "/employees", "/samples", "/holds"}
	bureauPages  = []string{"/bureau", "/bureau/orgs"}
)

// readPages reads the pages of the largest enterprise's officer and of the bureau.
func readPages(ctx context.Context, w *World, s *Server) error {
	for login, paths := range map[string][]string{w.City.Largest.Officer(): officerPages, city.BureauLogin: bureauPages} {
		cookie, err := s.SignIn(ctx, login)
		if err != nil {
			return err
		}
		for _, p := range paths {
			if _, err := s.Get(ctx, p, cookie); err != nil {
				return err
			}
		}
	}
	return nil
}
