//go:build unix && !aix && !solaris

package localpg

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"testing"
)

func TestComingsAndGoingsNeverMeetADeadServer(t *testing.T) {
	dir := newCluster(t)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			for range 5 {
				s, err := Start(deadline(t), Config{Dir: dir})
				if err != nil {
					t.Error(err)
					return
				}
				db, err := sql.Open("postgres", s.DSN("postgres"))
				if err == nil {
					err = db.PingContext(deadline(t))
					_ = db.Close()
				}
				if err != nil {
					t.Errorf("between Start and Stop: %v", err)
				}
				stop(t, s)
			}
		})
	}
	wg.Wait()
	if pid := serverPid(dir); pid != 0 {
		t.Errorf("server %d runs, and nobody uses it", pid)
	}
}

func TestAnEndedContextEndsTheStartAndLeavesNothingRunning(t *testing.T) {
	needPostgres(t)
	dir := newDir(t)
	for _, phase := range []string{"initdb", "postgres"} {
		ctx, cancel := context.WithCancel(deadline(t))
		result := make(chan error, 1)
		go func() {
			s, err := Start(ctx, Config{Dir: dir})
			if err == nil { // it was quicker than the cancellation
				stop(t, s)
			}
			result <- err
		}()
		eventually(t, phase+" begins", func() bool { return begun(dir, phase) || len(result) == 1 })
		cancel()
		if err := <-result; err != nil && !errors.Is(err, context.Canceled) {
			t.Fatalf("%s: %v", phase, err)
		}
		if pid := serverPid(dir); pid != 0 {
			t.Errorf("%s: server %d was left", phase, pid)
		}
	}
	s := start(t, Config{Dir: dir})
	if got := query(t, s, `select 1`); got != "1" {
		t.Errorf("answer %q", got)
	}
}

func BenchmarkWarmStartAndStop(b *testing.B) {
	dir := newCluster(b)
	stop(b, start(b, Config{Dir: dir}))
	for b.Loop() {
		s, err := Start(b.Context(), Config{Dir: dir})
		must(b, err)
		stop(b, s)
	}
}

func BenchmarkAttach(b *testing.B) {
	dir := newCluster(b)
	start(b, Config{Dir: dir})
	for b.Loop() {
		s, err := Start(b.Context(), Config{Dir: dir})
		must(b, err)
		stop(b, s)
	}
}
