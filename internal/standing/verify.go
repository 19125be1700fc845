package standing

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
)

// Difference is a stored standing that a rebuild from the records does not confirm.
type Difference struct {
	Org      int32
	Employee int64
	Stored   string // "" if there is no row
	Rebuilt  string // "" if nobody owns the row
}

// Verification is the outcome of comparing every stored standing with one rebuilt from the records.
type Verification struct {
	Orgs, People int
	Stale        int // rows that ask to be evaluated again by the instant; the refresh job finds them
	Differences  []Difference
}

// shownDifferences bounds what a report lists.
const shownDifferences = 200

// String is a report: a line of figures, and one line for each difference. It names people by the number of their file only.
func (v Verification) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "compared %d standings of %d enterprises with the records: %d differ, %d wait for their refresh", v.People, v.Orgs, len(v.Differences), v.Stale)
	for i, d := range v.Differences {
		if i == shownDifferences {
			fmt.Fprintf(&b, "\n… and %d more", len(v.Differences)-i)
			break
		}
		fmt.Fprintf(&b, "\norg %d file %d\n  stored:  %s\n  records: %s", d.Org, d.Employee, cmp.Or(d.Stored, "no row"), cmp.Or(d.Rebuilt, "no file"))
	}
	return b.String()
}

// Err is an error if anything differs.
func (v Verification) Err() error {
	if len(v.Differences) == 0 {
		return nil
	}
	return fmt.Errorf("%d standings differ from the records", len(v.Differences))
}

const sqlOrgs = `select id from org where kind = 'enterprise' order by id`

// Verify rebuilds every standing of every org from the records and compares it with the stored row, at the instant. It changes
// nothing.
func (s *Service) Verify(ctx context.Context, at time.Time) (Verification, error) {
	var v Verification
	c := crowd{s}
	orgs, err := c.enterprises(ctx)
	if err != nil {
		return v, err
	}
	parts, err := c.partsOf(ctx, orgs)
	if err != nil {
		return v, err
	}
	v.Orgs = len(orgs)
	var mu sync.Mutex
	err = sweep(ctx, parts, func(ctx context.Context, p part) error {
		one, err := c.verifyPart(ctx, &p, at)
		mu.Lock()
		defer mu.Unlock()
		v.People, v.Stale, v.Differences = v.People+one.People, v.Stale+one.Stale, append(v.Differences, one.Differences...)
		return err
	}, func(part) error { return nil })
	slices.SortFunc(v.Differences, func(a, b Difference) int { return compareKeys(key{a.Org, a.Employee}, key{b.Org, b.Employee}) })
	return v, err
}

func (s crowd) enterprises(ctx context.Context) (orgs []int32, err error) {
	err = s.db.Read(ctx, db.Tenant{System: true}, func(tx *sqlx.Tx) error {
		orgs = nil
		return tx.SelectContext(ctx, &orgs, sqlOrgs)
	})
	if err != nil {
		return nil, fmt.Errorf("list orgs: %w", err)
	}
	return orgs, nil
}

func (s crowd) verifyPart(ctx context.Context, p *part, at time.Time) (v Verification, err error) {
	err = s.db.Read(ctx, db.Tenant{System: true}, func(tx *sqlx.Tx) error {
		v = Verification{}
		if now := s.clock.Now(); now.After(at) { // nothing in the snapshot is later
			at = now
		}
		files, alone, err := s.readPart(ctx, tx, p, at)
		if err != nil {
			return err
		}
		v.People, v.Differences = len(files), alone
		for k, f := range files {
			switch now := f.now.row; {
			case f.was.version == 0:
				v.Differences = append(v.Differences, Difference{Org: k.org, Employee: k.id, Rebuilt: now.at(at).String()})
			case f.was.stale(at):
				v.Stale++
			case !f.was.agrees(now, at):
				v.Differences = append(v.Differences, Difference{k.org, k.id, f.was.at(at).String(), now.at(at).String()})
			}
		}
		return nil
	})
	return v, err
}

// view is what a row says at an instant.
type view struct {
	state                regime.State
	held, blocks         bool
	due, counted, latest time.Time
	changes              []change
}

type change struct {
	at    time.Time
	state regime.State
}

func (r *row) at(at time.Time) view {
	v := view{state: regime.State(r.state[0]), held: r.held, blocks: r.blocks,
		due: r.due.Time, counted: r.counted.Time, latest: r.latest.Time}
	for k := 1; k < len(r.state); k++ {
		switch from := r.from[k]; {
		case !from.Valid:
		case from.Time.After(at):
			v.changes = append(v.changes, change{from.Time, regime.State(r.state[k])})
		default:
			v.state = regime.State(r.state[k])
		}
	}
	return v
}

// stale reports whether the row is to be evaluated again by the instant and says nothing of what follows.
func (r *row) stale(at time.Time) bool { return r.refreshAt.Valid && !r.refreshAt.Time.After(at) }

// agrees reports whether two rows say the same at the instant and foretell the same as far as both foretell, and that the stored
// one is not taken for renewable where the records say otherwise.
func (r *row) agrees(fresh row, at time.Time) bool {
	a, b := r.at(at), fresh.at(at)
	n := min(len(a.changes), len(b.changes))
	same := func(x, y change) bool { return x.at.Equal(y.at) && x.state == y.state }
	renews := !r.renewFrom.Valid || fresh.renewFrom.Valid && !fresh.renewFrom.Time.After(r.renewFrom.Time)
	return renews && a.state == b.state && a.held == b.held && a.blocks == b.blocks && a.due.Equal(b.due) && a.counted.Equal(b.counted) &&
		a.latest.Equal(b.latest) && slices.EqualFunc(a.changes[:n], b.changes[:n], same)
}

func (v view) String() string {
	if v.state == Gone {
		return "gone"
	}
	s := fmt.Sprintf("%s held=%t blocks=%t due=%s counted=%s latest=%s", v.state, v.held, v.blocks, stamp(v.due), stamp(v.counted), stamp(v.latest))
	for _, c := range v.changes {
		s += fmt.Sprintf(" %s@%s", c.state, stamp(c.at))
	}
	return s
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format(time.RFC3339Nano)
}
