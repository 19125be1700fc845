package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"

	"github.com/fugong/fugong/internal/rulebook"
)

func init() {
	register(Scenario{Name: "rebuild", Title: "change the rule pack for everybody; rebuild every standing; people are logged meanwhile", Stirs: logs, Run: runRebuild})
}

// rebuild lets the product evaluate everybody of a city that was just loaded.
func rebuild(ctx context.Context, app *Subject, c *City) error {
	r, err := app.Standings.RebuildAll(ctx, func(int, int) {})
	if err != nil {
		return err
	}
	return checkf(r.People == c.Spec.People && r.Written == c.Spec.People, "of %d people: %s", c.Spec.People, r)
}

// Bounds for a city; a smaller one is to keep them all the more.
const (
	rebuildSeconds = 60
	rebuildSlower  = 3 // how much longer the slowest answer in a hundred may take meanwhile
	rebuildConns   = 8
)

func runRebuild(ctx context.Context, w *World) error {
	s, err := w.Server(ctx)
	if err != nil {
		return err
	}
	alone, err := w.Repeat(ctx, func(ctx context.Context) (float64, error) { return logP99(ctx, w, s) })
	if err != nil {
		return err
	}
	id, err := proposed(ctx, w)
	if err != nil {
		return err
	}
	if err := besides(ctx, w, s, "rebuild.rules", alone, func(ctx context.Context) (string, error) { return confirmed(ctx, w, id) }); err != nil {
		return err
	}
	if err := takenOut(ctx, w, id); err != nil {
		return err
	}
	return besides(ctx, w, s, "rebuild.all", alone, func(ctx context.Context) (string, error) {
		r, err := w.App.Standings.RebuildAll(ctx, func(int, int) {})
		if err != nil {
			return "", err
		}
		// Whoever is logged meanwhile follows the rules already: in a tiny world that may be anybody.
		nearlyAll := w.Quick() && r.Written > 0 || r.Written*10 >= r.People*9
		return r.String(), checkf(r.People == w.City.Spec.People && nearlyAll, "nearly every row is of other rules, and yet: %s", r)
	})
}

func logP99(ctx context.Context, w *World, s *Server) (float64, error) {
	r, err := logFor(ctx, w, s, rebuildConns, w.Brief(2*time.Second))
	return r.P99, err
}

// besides times a piece of work while people are logged in its first seconds, and compares that with logging alone.
func besides(ctx context.Context, w *World, s *Server, name string, alone Spread, work func(context.Context) (string, error)) error {
	var note string
	var took float64
	var p99 []float64
	done := make(chan struct{})
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(done)
		ms, err := Ms(func() (err error) {
			note, err = work(ctx)
			return err
		})
		took = ms / 1000
		return err
	})
	g.Go(func() error {
		for range w.Rounds {
			one, err := logP99(ctx, w, s)
			if err != nil {
				return err
			}
			select {
			case <-done: // it ended within, and so counts for less than it was
				if len(p99) == 0 {
					p99 = append(p99, one)
				}
				return nil
			default:
				p99 = append(p99, one)
			}
		}
		return nil
	})
	if err := g.Wait(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := everybody(ctx, w); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	w.Record(Figure{Scenario: name, Value: took, Unit: "s", Target: Under(rebuildSeconds), Note: fmt.Sprintf("%d people; %s", w.City.Spec.People, note)})
	log := SpreadOf(p99)
	w.Record(Figure{Scenario: name + ".log.p99", Value: log.Median, Unit: "ms", Floor: alone.Median, Low: log.Low / alone.Median, High: log.High / alone.Median,
		Target: AtMost(rebuildSlower), Note: fmt.Sprintf("of logging with %d connections alone; %d rounds while it ran", rebuildConns, len(p99))})
	return nil
}

// proposed proposes another pack for the city and waits until the server has counted what it asks for.
func proposed(ctx context.Context, w *World) (id int64, err error) {
	bureau, now := w.Bureau(), time.Now()
	ms, err := Ms(func() error {
		id, err = w.App.Rules.Propose(ctx, bureau, rulebook.Proposal{Kind: rulebook.PackChange, Place: rulebook.Place{Division: "370300"},
			Pack: "zibo-2022-h2", PackVersion: 1, EffectiveAt: now, Reason: "疫情形势"}, now)
		if err != nil {
			return err
		}
		_, err = untilChange(ctx, w, id, func(c change) bool { return c.Counted })
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("propose a pack: %w", err)
	}
	w.Record(Figure{Scenario: "rebuild.preview", Value: ms / 1000, Unit: "s", Note: "what the pack would ask of everybody in the week to come, counted in advance"})
	return id, nil
}

// confirmed lets a second person put the change in force and waits until the server has evaluated everybody.
func confirmed(ctx context.Context, w *World, id int64) (string, error) {
	second := w.Bureau()
	second.Account++
	if err := w.App.Rules.Confirm(ctx, second, id, "", time.Now()); err != nil {
		return "", fmt.Errorf("confirm: %w", err)
	}
	c, err := untilChange(ctx, w, id, func(c change) bool { return c.Rebuilt })
	if err != nil {
		return "", err
	}
	return "from the confirmation on", checkf(c.People == w.City.Spec.People, "%d of %d people were evaluated", c.People, w.City.Spec.People)
}

// change is how far the server has come with one.
type change struct {
	Counted bool `db:"counted"`
	Rebuilt bool `db:"rebuilt"`
	Failed  bool `db:"failed"`
	People  int  `db:"people"`
}

const sqlChange = `select preview is not null as counted, rebuilt_at is not null as rebuilt, rebuilt_people as people,
        exists (select from task t where t.kind like 'rules.%' and t.ref = c.id and t.state = 'failed') as failed
    from rule_change c where id = $1`

func untilChange(ctx context.Context, w *World, id int64, is func(change) bool) (c change, err error) {
	for {
		if err := w.Admin.GetContext(ctx, &c, sqlChange, id); err != nil {
			return c, err
		}
		switch {
		case is(c):
			return c, nil
		case c.Failed:
			return c, errors.New("the server gave the task up")
		}
		select {
		case <-ctx.Done():
			return c, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

const (
	sqlTakeOut = `delete from rule_change where id = $1`
	sqlNewer   = `update stamp set n = n + 1 where kind = 'rules'`
)

// takenOut makes as if the change had never been, so that every row is of other rules, and the scenarios that follow find the city as
// it was once it is rebuilt.
func takenOut(ctx context.Context, w *World, id int64) error {
	if _, err := w.Admin.ExecContext(ctx, sqlTakeOut, id); err != nil {
		return err
	}
	if _, err := w.Admin.ExecContext(ctx, sqlNewer); err != nil {
		return err
	}
	select { // until no process remembers the change
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(4 * time.Second):
		return nil
	}
}

const sqlEverybody = `select count(*) from employee e join standing s on s.org_id = e.org_id and s.employee_id = e.id`

func everybody(ctx context.Context, w *World) error {
	var n int
	if err := w.Admin.Get(&n, sqlEverybody); err != nil {
		return err
	}
	return checkf(n == w.City.Spec.People, "%d of %d people have a standing", n, w.City.Spec.People)
}

const sqlWaiting = `select count(*) from delivery where state in ('queued', 'sending') and next_at <= $1`

// remindFor bounds how long reminders are handed over before anything is measured.
const remindFor = 4 * time.Minute

// remind runs the product's own jobs until all reminders of the day are planned and handed over: else the server would be at it for
// its first minutes, and no figure would be of a day like others.
func remind(ctx context.Context, app *Subject, admin *sqlx.DB) error {
	ctx, cancel := context.WithTimeoutCause(ctx, remindFor, fmt.Errorf("reminders take longer than %v", remindFor))
	defer cancel()
	for {
		now := time.Now()
		for _, j := range app.Reminders.Jobs() {
			if _, err := j.Run(ctx, now); err != nil {
				return fmt.Errorf("%s: %w", j.Name, err)
			}
		}
		var waiting int
		if err := admin.GetContext(ctx, &waiting, sqlWaiting, now); err != nil || waiting == 0 {
			return err
		}
	}
}
