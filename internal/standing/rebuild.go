package standing

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
)

// Rebuilt is what a rebuild came to.
type Rebuilt struct {
	People  int // evaluated
	Written int // of those, whose row said something else, or who had none
	Singly  int // of those, who were evaluated a second time under a lock
}

// String is a line for a log.
func (r Rebuilt) String() string {
	return fmt.Sprintf("evaluated %d people: %d rows written, %d of them under a lock", r.People, r.Written, r.Singly)
}

// RebuildAll evaluates everyone of every enterprise anew.
func (s *Service) RebuildAll(ctx context.Context, progress func(done, people int)) (Rebuilt, error) {
	c := crowd{s}
	orgs, err := c.enterprises(ctx)
	if err != nil {
		return Rebuilt{}, err
	}
	done := 0
	return c.rebuild(ctx, orgs, func(p part, people int) error {
		done += p.people
		progress(done, people)
		return nil
	})
}

// RebuildOrgs evaluates everyone of the orgs anew, at the clock's instant. It reads without a lock, writes what has changed in short
// transactions of its own, and evaluates again, under a lock, who was written about meanwhile; so that people can be logged all the
// while. After each part it tells how many people more are done, and up to which of the orgs, in ascending order, everyone is: so
// far a rebuild that was broken off need not be done again.
func (s *Service) RebuildOrgs(ctx context.Context, orgs []int32, done func(upTo int32, people int) error) error {
	_, err := crowd{s}.rebuild(ctx, slices.Sorted(slices.Values(orgs)), func(p part, _ int) error { return done(p.ended(), p.people) })
	return err
}

func (s crowd) rebuild(ctx context.Context, orgs []int32, done func(p part, people int) error) (Rebuilt, error) {
	parts, err := s.partsOf(ctx, orgs)
	if err != nil {
		return Rebuilt{}, err
	}
	people := 0
	for _, p := range parts {
		people += p.people
	}
	var all Rebuilt
	var mu sync.Mutex
	err = sweep(ctx, parts, func(ctx context.Context, p part) error {
		r, err := s.rebuildPart(ctx, &p)
		mu.Lock()
		defer mu.Unlock()
		all.People, all.Written, all.Singly = all.People+r.People, all.Written+r.Written, all.Singly+r.Singly
		return err
	}, func(p part) error { return done(p, people) })
	return all, err
}

// fresh is a row to be written in place of a version, 0 for none.
type fresh struct {
	org int32
	*row
	version int64
}

// draft is what was found out about a part without a lock.
type draft struct {
	at      time.Time
	people  int
	changed []fresh
	locked  []key // who must be evaluated under a lock
}

func (s crowd) rebuildPart(ctx context.Context, p *part) (Rebuilt, error) {
	d, err := s.draft(ctx, p)
	if err != nil {
		return Rebuilt{}, err
	}
	n := Rebuilt{People: d.people}
	for chunk := range slices.Chunk(d.changed, chunkSize) {
		missed, err := s.rewrite(ctx, chunk, d.at)
		if err != nil {
			return n, err
		}
		d.locked = append(d.locked, missed...)
		n.Written += len(chunk) - len(missed)
	}
	n.Singly = len(d.locked)
	n.Written += n.Singly
	return n, s.settle(ctx, d.locked)
}

// draft evaluates a part in one snapshot. The instant is taken when the snapshot stands, so that nothing in it is later.
func (s crowd) draft(ctx context.Context, p *part) (d draft, err error) {
	err = s.db.Read(ctx, db.Tenant{System: true}, func(tx *sqlx.Tx) error {
		d = draft{at: s.clock.Now()}
		files, _, err := s.readPart(ctx, tx, p, d.at)
		if err != nil {
			return err
		}
		d.people = len(files)
		for k, f := range files {
			_, differs := f.compareDerived(k.id, f.now.held)
			switch {
			case differs && s.watch != nil: // others are told of it in the same transaction
				d.locked = append(d.locked, k)
			case f.was.version == 0 || !f.was.serves(&f.now.row, d.at, f.now.decided):
				d.changed = append(d.changed, fresh{k.org, &f.now.row, f.was.version})
			}
		}
		return nil
	})
	slices.SortFunc(d.changed, func(a, b fresh) int { return compareKeys(key{a.org, a.employee}, key{b.org, b.employee}) })
	return d, err
}

// readPart reads and evaluates a part, with the rows as they are stored; alone are rows without a file.
func (s crowd) readPart(ctx context.Context, q db.Q, p *part, at time.Time) (files map[key]*file, alone []Difference, err error) {
	if err := byIndex(ctx, q); err != nil {
		return nil, nil, err
	}
	orgs, err := s.loadOrgs(ctx, q, p.orgs)
	if err != nil {
		return nil, nil, err
	}
	if files, err = evaluate(ctx, q, request{part: p}, orgs, at); err != nil {
		return nil, nil, err
	}
	alone, err = readRows(ctx, q, p, files, at)
	return files, alone, err
}

// serves reports whether a stored row says all that a fresh one does, and asks to be evaluated again in time. One from before the
// rules of today were decided serves nobody who would renew it.
func (r *storedRow) serves(fresh *row, at, decided time.Time) bool {
	if r.stale(at) || !r.agrees(*fresh, at) || !r.renewFrom.Time.Equal(fresh.renewFrom.Time) || !r.evaluated.After(decided) {
		return false
	}
	had, has := r.at(at).changes, fresh.at(at).changes
	switch {
	case len(had) > len(has):
		return false
	case len(had) < len(has): // earlier ones have come to pass
		return r.refreshAt.Valid && !r.refreshAt.Time.After(has[len(had)].at)
	case !r.refreshAt.Valid:
		return !fresh.refreshAt.Valid
	}
	return !fresh.refreshAt.Valid || !r.refreshAt.Time.After(fresh.refreshAt.Time)
}

func compareKeys(a, b key) int {
	if a.org != b.org {
		return int(a.org - b.org)
	}
	if a.id < b.id {
		return -1
	}
	return 1
}

// chunkSize bounds how many rows are locked at once, for a few milliseconds.
const chunkSize = 500

const fragFresh = `unnest($2::integer[], $3::bigint[], $4::xid[], $5::smallint[], $6::smallint[], $7::smallint[], $8::smallint[],
            $9::bigint[], $10::bigint[], $11::bigint[], $12::boolean[], $13::boolean[], $14::bigint[], $15::bigint[], $16::bigint[],
            $17::bigint[], $18::bigint[])
        as u (org, employee, version, s0, s1, s2, s3, t1, t2, t3, held, blocks, due, counted, latest, refresh, renew)`

const fragFreshValues = `u.s0, u.s1, u.s2, u.s3, coalesce(timestamptz 'epoch' + u.t1 * interval '1 microsecond', 'infinity'),
        coalesce(timestamptz 'epoch' + u.t2 * interval '1 microsecond', 'infinity'),
        coalesce(timestamptz 'epoch' + u.t3 * interval '1 microsecond', 'infinity'), u.held, u.blocks,
        timestamptz 'epoch' + u.due * interval '1 microsecond', timestamptz 'epoch' + u.counted * interval '1 microsecond',
        timestamptz 'epoch' + u.latest * interval '1 microsecond', $1::timestamptz,
        coalesce(timestamptz 'epoch' + u.refresh * interval '1 microsecond', 'infinity'),
        timestamptz 'epoch' + u.renew * interval '1 microsecond'`

const fragFreshColumns = `s0, s1, s2, s3, t1, t2, t3, held, blocks, due_at, counted_at, latest_at, evaluated_at, refresh_at, renew_from`

// A row that somebody wrote since it was read is left alone, and so not returned.
const sqlRewrite = `update standing s set (` + fragFreshColumns + `) = row(` + fragFreshValues + `)
    from ` + fragFresh + `
    where s.org_id = u.org and s.employee_id = u.employee and s.xmin = u.version
    returning s.org_id, s.employee_id`

const sqlFirst = `insert into standing (org_id, employee_id, ` + fragFreshColumns + `)
    select u.org, u.employee, ` + fragFreshValues + ` from ` + fragFresh + `
    where u.version = '0'
    on conflict do nothing
    returning org_id, employee_id`

// A chunk that a crash takes back is evaluated again: it is noted as done only by a later transaction, which waits for the disk.
const sqlUnhurried = `select set_config('synchronous_commit', 'off', true)`

// rewrite writes rows, and tells whose were left alone.
func (s crowd) rewrite(ctx context.Context, rows []fresh, at time.Time) (missed []key, err error) {
	args := columns(rows, at)
	old := slices.ContainsFunc(rows, func(r fresh) bool { return r.version != 0 })
	new := slices.ContainsFunc(rows, func(r fresh) bool { return r.version == 0 })
	written := make(map[key]bool, len(rows))
	note := func(rows *sql.Rows) error {
		var k key
		err := rows.Scan(&k.org, &k.id)
		written[k] = true
		return err
	}
	err = s.db.InTx(ctx, db.Tenant{System: true}, func(tx *sqlx.Tx) error {
		clear(written)
		if err := byIndex(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, sqlUnhurried); err != nil {
			return fmt.Errorf("set up commit: %w", err)
		}
		if old {
			if err := eachRow(ctx, tx, sqlRewrite, args, note); err != nil {
				return fmt.Errorf("renew standings: %w", err)
			}
		}
		if new {
			if err := eachRow(ctx, tx, sqlFirst, args, note); err != nil {
				return fmt.Errorf("add standings: %w", err)
			}
		}
		return nil
	})
	for _, r := range rows {
		if k := (key{r.org, r.employee}); !written[k] {
			missed = append(missed, k)
		}
	}
	return missed, err
}

// columns turns rows into the arguments of a statement with fragFresh.
func columns(rows []fresh, at time.Time) []any {
	n := len(rows)
	orgs, employees, versions := make(db.Ints[int32], n), make(db.Ints[int64], n), make(db.Ints[int64], n)
	var states [regime.MaxSegments]db.Ints[int16]
	var from [regime.MaxSegments]db.Micros
	held, blocks := make([]bool, n), make([]bool, n)
	due, counted, latest, refresh, renew := instants(n), instants(n), instants(n), instants(n), instants(n)
	for k := range states {
		states[k], from[k] = make(db.Ints[int16], n), instants(n)
	}
	for i := range rows {
		r := &rows[i]
		orgs[i], employees[i], versions[i], held[i], blocks[i] = r.org, r.employee, r.version, r.held, r.blocks
		due[i], counted[i], latest[i] = r.due.Time, r.counted.Time, r.latest.Time
		refresh[i], renew[i] = r.refreshAt.Time, r.renewFrom.Time
		for k := range states {
			states[k][i], from[k][i] = r.state[k], r.from[k].Time
		}
	}
	return []any{at, orgs, employees, versions, states[0], states[1], states[2], states[3], from[1], from[2], from[3],
		pq.Array(held), pq.Array(blocks), due, counted, latest, refresh, renew}
}

// settle evaluates people whose rows were written about meanwhile, or whose holds have changed, as a writer of facts would.
func (s crowd) settle(ctx context.Context, people []key) error {
	const few = 200
	slices.SortFunc(people, compareKeys)
	for chunk := range slices.Chunk(people, few) {
		err := s.db.InTx(ctx, db.Tenant{System: true}, func(tx *sqlx.Tx) error {
			for rest := chunk; len(rest) > 0; {
				org := rest[0].org
				var ids []int64
				for len(rest) > 0 && rest[0].org == org {
					ids, rest = append(ids, rest[0].id), rest[1:]
				}
				if err := s.applyNow(ctx, tx, org, ids); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// applyNow is Apply at the instant at which the rows are locked: nobody can have written about these people later than that.
func (s crowd) applyNow(ctx context.Context, q db.Q, org int32, ids []int64) error {
	if err := lock(ctx, q, org, ids); err != nil {
		return err
	}
	return s.Apply(ctx, q, org, ids, s.clock.Now())
}
