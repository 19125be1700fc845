package db

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

const (
	lookEvery = time.Second
	lookTime  = 2 * time.Second
	// maxStale is how old a replica's state may be before reads go to the primary, when the configuration does not say.
	maxStale = 30 * time.Second
)

// replica is a streaming standby with what is known of its state. The age is not the standby's word for it: once a second the
// primary is asked how far its log is, and the standby how far it has replayed. The state is as of the last look at the primary
// whose position the standby has passed, so an idle primary does not make a standby look old, and no clock but ours is read.
type replica struct {
	standby *DB
	primary *sqlx.DB
	limit   time.Duration // of the age of a state that is read
	stop    context.CancelFunc
	done    sync.WaitGroup

	mu    sync.Mutex
	marks []mark // of the primary, oldest first, not older than limit
	asOf  time.Time
	fault error // why it is not read from, if so
}

type mark struct {
	at  time.Time
	lsn int64
}

func follow(ctx context.Context, primary *sqlx.DB, c Config) (*replica, error) {
	parameters := []string{"role=" + AppRole, "binary_parameters=yes", "connect_timeout=2"}
	if c.Direct != "" {
		parameters = parameters[1:]
	}
	pool, err := openPool(with(c.Replica, parameters...), c.MaxConns, c.Direct == "")
	if err != nil {
		return nil, fmt.Errorf("replica: %w", err)
	}
	looking, stop := context.WithCancel(context.WithoutCancel(ctx))
	r := &replica{standby: &DB{pool: pool, dsn: c.Replica}, primary: primary, limit: cmp.Or(c.MaxStale, maxStale), stop: stop}
	if c.Direct != "" {
		if err := bound(ctx, pool); errors.Is(err, ErrUnbound) { // one that is down is allowed: the primary answers
			stop()
			return nil, errors.Join(fmt.Errorf("replica: %w", err), pool.Close())
		}
	}
	r.look(ctx)
	r.done.Go(func() { r.watch(looking) })
	return r, nil
}

func (r *replica) watch(ctx context.Context) {
	t := time.NewTicker(lookEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			r.look(ctx)
		}
	}
}

const (
	sqlPrimaryAt = `select (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint`
	sqlStandbyAt = `select case when pg_is_in_recovery() then (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint else -1 end`
)

var errPromoted = errors.New("the replica is no standby any more")

// look measures. What cannot be measured stays as it was and grows old.
func (r *replica) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	m := mark{at: time.Now()} // before the question: everything committed by then is in the answer
	missed := r.primary.GetContext(ctx, &m.lsn, sqlPrimaryAt)
	var replayed int64
	err := r.standby.pool.GetContext(ctx, &replayed, sqlStandbyAt)
	if err == nil && replayed < 0 {
		err = errPromoted
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if missed == nil {
		r.marks = append(r.marks, m)
	}
	for len(r.marks) > 0 && m.at.Sub(r.marks[0].at) > r.limit {
		r.marks = r.marks[1:]
	}
	r.fault = err
	if err != nil {
		return
	}
	for _, m := range r.marks {
		if m.lsn <= replayed && m.at.After(r.asOf) {
			r.asOf = m.at
		}
	}
}

// state is the instant that the standby's state is as of, and why it must not be read, if so.
func (r *replica) state(now time.Time) (time.Time, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.fault != nil:
		return r.asOf, r.fault
	case r.asOf.IsZero():
		return r.asOf, errors.New("the replica is further behind than was ever seen")
	case now.Sub(r.asOf) > r.limit:
		return r.asOf, fmt.Errorf("the replica is %s behind", now.Sub(r.asOf).Round(time.Second))
	}
	return r.asOf, nil
}

func (r *replica) failed(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fault = err // until the next look
}

func (r *replica) close() error {
	r.stop()
	r.done.Wait()
	return r.standby.pool.Close()
}

// Stale is Read for what may be a little old, such as a list that records nothing or a snapshot: it reads from the replica when
// there is one, its state is not older than allowed nor than the context's own last write, and the context carries a Recency.
// Else, and when the replica fails underway, it is Read. So fn may run twice: it must start from nothing each time.
func (d *DB) Stale(ctx context.Context, t Tenant, fn func(tx *sqlx.Tx) error) error {
	if d.replica == nil {
		return d.Read(ctx, t, fn)
	}
	asOf, err := d.replica.state(time.Now())
	if err != nil || !recencyOf(ctx).accepts(asOf) {
		return d.Read(ctx, t, fn)
	}
	err = d.replica.standby.Read(ctx, t, fn)
	if ctx.Err() == nil && lost(err) {
		d.replica.failed(err)
		return d.Read(ctx, t, fn)
	}
	recencyOf(ctx).read(asOf)
	return err
}

// lost tells an error of the connection or of the standby itself from an error of the statement: the server went away, or
// replay had to cancel the query.
func lost(err error) bool {
	var pe *pq.Error
	if errors.As(err, &pe) {
		switch pe.Code.Class() {
		case "08", "57", "53": // connection, operator intervention, resources
			return true
		}
		return pe.Code == "40001" || pe.Code == "25006"
	}
	var ne net.Error
	return errors.As(err, &ne) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// Replica tells how old the replica's state is and why it is not read from, if so; false without a replica.
func (d *DB) Replica(now time.Time) (behind time.Duration, fault error, configured bool) {
	if d.replica == nil {
		return 0, nil, false
	}
	asOf, err := d.replica.state(now)
	return now.Sub(asOf), err, true
}
