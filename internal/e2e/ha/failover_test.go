package ha

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The primary dies under a load of samples, the synchronous standby is promoted, and the program finds it by itself: no sample
// that was acknowledged is missing. Two addresses and target_session_attrs=read-write are all that it is told.
func TestNothingAcknowledgedIsLostInAFailover(t *testing.T) {
	needed(t)
	primary := newPrimary(t)
	c := newCity(t, primary)
	standby := primary.standby("s1")
	primary.exec("postgres", `alter system set synchronous_standby_names = 's1'`)
	primary.exec("postgres", `select pg_reload_conf()`)
	wait(t, patience, "the standby to be synchronous", func() bool {
		return get[string](primary, `select coalesce(min(sync_state), '') from pg_stat_replication`) == "sync"
	})
	p := c.serve(fmt.Sprintf("FUGONG_DATABASE_URL=postgres://%s@127.0.0.1,127.0.0.1/%s?port=%d,%d&sslmode=disable&target_session_attrs=read-write&connect_timeout=2",
		owner, database, primary.port, standby.port))
	l := startLoad(c, p, 6)
	l.reach(200)

	primary.kill()
	standby.promote()
	promoted := time.Now()
	before := l.acknowledged.Load()
	l.reach(before + 100)
	t.Logf("%d samples acknowledged before and %d after; %d were refused, the next one was taken %v after the promotion",
		before, l.acknowledged.Load()-before, l.refused.Load(), l.firstAfter(promoted).Sub(promoted).Round(time.Millisecond))
	l.stop()
	if n := l.missing(standby); n != 0 {
		t.Errorf("%d of %d acknowledged samples are lost", n, l.acknowledged.Load())
	}

	c.db = standby
	who := c.person(p, "health_officer")
	if r := who.get("/employees"); r.status != http.StatusOK {
		t.Errorf("a page on the new primary: status %d", r.status)
	}
	if out, err := c.run(nil, "job", "verify-standing"); err != nil {
		t.Errorf("verify-standing on the new primary: %v\n%s", err, out)
	}
}

// A load logs samples, one a request, as fast as the program takes them, until it is stopped.
type load struct {
	c            *city
	acknowledged atomic.Int64
	refused      atomic.Int64
	last         atomic.Value // why one was refused
	cancel       context.CancelFunc
	done         sync.WaitGroup

	mu   sync.Mutex
	took []taken
}

type taken struct {
	employee int64
	sampled  time.Time
	at       time.Time // of the answer
}

func startLoad(c *city, p *program, workers int) *load {
	c.t.Helper()
	ctx, cancel := context.WithCancel(c.t.Context())
	l := &load{c: c, cancel: cancel}
	c.t.Cleanup(l.stop)
	people := all[int64](c.db, `select id from employee where org_id = $1 and work_status = 'on_post' order by id limit $2`, c.org, workers)
	if len(people) < workers {
		c.t.Fatalf("only %d people", len(people))
	}
	tokens := c.tokens(workers * 40)
	from := time.Now().Add(-48 * time.Hour).Truncate(time.Second)
	for w := range workers {
		l.done.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				at := from.Add(time.Duration(i) * time.Second)
				if err := logSample(ctx, p.url, tokens[w*40+i%40], people[w], at); err != nil {
					if ctx.Err() != nil {
						return
					}
					l.refused.Add(1)
					l.last.Store(err.Error())
					select { // a refused client does not come back at once
					case <-ctx.Done():
					case <-time.After(20 * time.Millisecond):
					}
					continue
				}
				l.mu.Lock()
				l.took = append(l.took, taken{people[w], at, time.Now()})
				l.mu.Unlock()
				l.acknowledged.Add(1)
			}
		})
	}
	return l
}

func (l *load) stop() {
	l.cancel()
	l.done.Wait()
}

// firstAfter is the instant of the first answer to come after an instant.
func (l *load) firstAfter(at time.Time) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	var first time.Time
	for _, k := range l.took {
		if k.at.After(at) && (first.IsZero() || k.at.Before(first)) {
			first = k.at
		}
	}
	return first
}

// missing counts the acknowledged samples that a database does not have.
func (l *load) missing(p *postgres) int {
	type key struct {
		Employee int64 `db:"employee_id"`
		Second   int64 `db:"second"`
	}
	have := map[key]bool{}
	for _, k := range all[key](p, `select employee_id, extract(epoch from sampled_at)::bigint as second from sample where org_id = $1`, l.c.org) {
		have[k] = true
	}
	n := 0
	for _, k := range l.took {
		if !have[key{k.employee, k.sampled.Unix()}] {
			n++
		}
	}
	return n
}

// reach waits until so many samples were acknowledged.
func (l *load) reach(n int64) {
	l.c.t.Helper()
	end := time.After(2 * patience)
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for l.acknowledged.Load() < n {
		select {
		case <-again.C:
		case <-end:
			l.c.t.Fatalf("%d samples were acknowledged and %d refused, the last because of %v", l.acknowledged.Load(), l.refused.Load(), l.last.Load())
		}
	}
}
