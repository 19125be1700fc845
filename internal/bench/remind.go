package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/secret/redact"
	"github.com/fugong/fugong/internal/platform/webhook"
	"github.com/fugong/fugong/internal/platform/webhook/webhooktest"
	"github.com/fugong/fugong/internal/reminder"
)

func init() {
	register(Scenario{Name: "sweep", Title: "everyone overdue; everyone due in 24 hours; as rows in Go", Run: runSweep})
	register(Scenario{Name: "remind", Title: "plan reminders, plan again with none new, hand them to a message gateway on loopback", Run: runRemind})
}

const (
	sqlScan       = `select count(*) from standing`
	sqlOverdueNow = `select count(*) from standing
    where not held and standing_state($1, s0, t1, s1, t2, s2, t3, s3) = 3`
	sqlDueSoon = `select count(*) from standing
    where not held and due_at > $1 and due_at <= $2 and standing_state($1, s0, t1, s1, t2, s2, t3, s3) in (1, 2, 4)`
)

// sweepTargets are the bounds at the scale of a city, in milliseconds.
const overdueTarget, dueTarget = 90, 250

// runSweep measures each sweep beside the bare count of the same rows, which reads as many pages and brings nothing.
func runSweep(ctx context.Context, w *World) error {
	day := w.Now.Add(24 * time.Hour)
	for _, s := range []struct {
		name   string
		bound  float64
		sweep  func(context.Context) (int, error)
		expect string
		args   []any
	}{
		{"sweep.overdue", overdueTarget, func(ctx context.Context) (int, error) {
			found, err := w.App.Standings.Overdue(ctx, w.Now)
			return len(found), err
		}, sqlOverdueNow, []any{w.Now}},
		{"sweep.due24h", dueTarget, func(ctx context.Context) (int, error) {
			found, err := w.App.Standings.DueWithin(ctx, w.Now, 24*time.Hour)
			return len(found), err
		}, sqlDueSoon, []any{w.Now, day}},
	} {
		var want int
		c, err := w.Compare(ctx, w.scan, func(ctx context.Context) (float64, error) {
			// The server goes on working: whom it evaluates anew meanwhile may be among those found, or not.
			before, err := w.people(ctx, s.expect, s.args)
			if err != nil {
				return 0, err
			}
			start := time.Now()
			n, err := s.sweep(ctx)
			took := ms(start)
			if err == nil && n != before {
				var after int
				if after, err = w.people(ctx, s.expect, s.args); err == nil {
					err = checkf(n >= min(before, after) && n <= max(before, after), "%d people found; there were %d before and %d after", n, before, after)
				}
			}
			want = n
			return took, err
		})
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		f := Figure{Scenario: s.name, Value: c.Value.Median, Unit: "ms", Floor: c.Floor.Median, Ratio: c.Ratio.Median, Low: c.Value.Low, High: c.Value.High,
			Note: fmt.Sprintf("%d people = those counted; floor: count(*) of all standings", want)}
		if w.Scale == BigCity {
			f.Target = Under(s.bound)
		}
		w.Record(f)
	}
	return nil
}

func (w *World) people(ctx context.Context, query string, args []any) (n int, err error) {
	err = w.Admin.GetContext(ctx, &n, query, args...)
	return n, err
}

func (w *World) scan(ctx context.Context) (float64, error) {
	var n int
	start := time.Now()
	err := w.Admin.GetContext(ctx, &n, sqlScan)
	return ms(start), err
}

func ms(start time.Time) float64 { return float64(time.Since(start).Microseconds()) / 1000 }

const (
	// remindAfter moves the instant: the reminders of that day are nobody else's, for a server beside lives at the real one.
	remindAfter = 72 * time.Hour
	asMany      = 300_000 // people that the targets are told for
	planTarget  = 1800    // milliseconds
	againTarget = 300
	sendTarget  = 25_000 // messages a second
)

// sqlWindows counts the different windows that are open at an instant, from the standings themselves.
const sqlWindows = `select count(*) from standing s join org o on o.id = s.org_id and o.active
    where not s.held and (s.due_at > $1 and s.due_at <= $1::timestamptz + interval '24 hours'
            and standing_state($1, s.s0, s.t1, s.s1, s.t2, s.s2, s.t3, s.s3) in (2, 4)
        or s.due_at > $1::timestamptz - interval '24 hours' and s.due_at <= $1::timestamptz - interval '1 second'
            and standing_state($1, s.s0, s.t1, s.s1, s.t2, s.s2, s.t3, s.s3) = 3)`

func runRemind(ctx context.Context, w *World) (err error) {
	at := w.Now.Add(remindAfter).Truncate(time.Microsecond)
	// By day, so that no quiet hour keeps a part of them back.
	for zone := time.FixedZone("CST", 8*3600); at.In(zone).Hour() < 11 || at.In(zone).Hour() > 20; {
		at = at.Add(time.Hour)
	}
	defer func() { err = errors.Join(err, forget(context.WithoutCancel(ctx), w, at)) }()
	var want int
	if err := w.Admin.GetContext(ctx, &want, sqlWindows, at); err != nil {
		return fmt.Errorf("count windows: %w", err)
	}
	secret := redact.New("a secret of the bench alone")
	gateway := webhooktest.New(secret, false)
	defer gateway.Close()
	svc := reminder.New(reminder.Config{DB: w.App.DB, Clock: w.App.Clock, Log: slog.New(slog.DiscardHandler), Catalog: w.App.Catalog,
		BaseURL: "https://fugong.example.org", Gateway: &webhook.Hook{URL: gateway.URL, Secret: secret, Clock: clock.System(),
			HTTP: &http.Client{Transport: &http.Transport{}}}})
	var plan, again []float64
	for round := range w.Rounds + 1 {
		if err := forget(ctx, w, at); err != nil {
			return err
		}
		p, a, err := planTwice(ctx, svc, at, want)
		if err != nil {
			return err
		}
		if round > 0 { // the first warms up
			plan, again = append(plan, p), append(again, a)
		}
	}
	w.recordPlans(want, plan, again)
	return w.dispatch(ctx, svc, gateway, at, want)
}

func planTwice(ctx context.Context, svc *reminder.Service, at time.Time, want int) (plan, again float64, err error) {
	start := time.Now()
	n, err := svc.Plan(ctx, at)
	plan = ms(start)
	if err == nil && n != want {
		err = fmt.Errorf("%d steps planned, %d windows are open", n, want)
	}
	if err != nil {
		return 0, 0, err
	}
	start = time.Now()
	n, err = svc.Plan(ctx, at)
	if err == nil && n != 0 {
		err = fmt.Errorf("%d steps planned twice", n)
	}
	return plan, ms(start), err
}

// recordPlans tells the times for as many people as the targets are about; there are as many as the city's instant has.
func (w *World) recordPlans(n int, plan, again []float64) {
	for _, f := range []struct {
		name  string
		times []float64
		bound float64
	}{{"remind.plan", plan, planTarget}, {"remind.again", again, againTarget}} {
		s := SpreadOf(f.times)
		figure := Figure{Scenario: f.name, Value: s.Median, Unit: "ms", Low: s.Low, High: s.High, Note: fmt.Sprintf("%d steps = windows", n)}
		if w.Scale == BigCity {
			k := float64(asMany) / float64(n)
			figure.Value, figure.Low, figure.High, figure.Target = s.Median*k, s.Low*k, s.High*k, Under(f.bound)
			figure.Note = fmt.Sprintf("told for %d people; %d steps = windows in %s ms", asMany, n, number(s.Median))
		}
		w.Record(figure)
	}
}

// dispatch hands every planned message to the gateway: deliveries written, looked at again, posted, recorded and settled.
func (w *World) dispatch(ctx context.Context, svc *reminder.Service, gateway *webhooktest.Server, at time.Time, want int) error {
	if want == 0 {
		w.Record(Figure{Scenario: "remind.send", Absent: "nobody is due at the instant of the scenario"})
		return nil
	}
	start := time.Now()
	if _, err := svc.Send(ctx, at); err != nil {
		return err
	}
	took := time.Since(start)
	got := gateway.Counts()
	if got.Messages != want || got.Twice != 0 || got.Forged != 0 {
		return fmt.Errorf("the gateway counted %+v, there are %d windows", got, want)
	}
	f := Figure{Scenario: "remind.send", Value: float64(want) / took.Seconds(), Unit: "messages/s",
		Note: fmt.Sprintf("%d messages = windows, in %d signed POSTs, every one told in the app as well", got.Messages, got.Posts)}
	f.Low, f.High = f.Value, f.Value
	if w.Scale == BigCity {
		f.Target = Over(sendTarget)
	}
	w.Record(f)
	return nil
}

// forget takes back what the scenario wrote, which is what was planned at its instant; the rest of the ledger stays.
func forget(ctx context.Context, w *World, at time.Time) error {
	_, err := w.Admin.ExecContext(ctx, "delete from delivery d using reminder r where d.org_id = r.org_id and d.reminder_id = r.id and r.planned_at = $1", at)
	if err == nil {
		_, err = w.Admin.ExecContext(ctx, "delete from reminder where planned_at = $1", at)
	}
	if err == nil {
		_, err = w.Admin.ExecContext(ctx, "vacuum (analyze) reminder, delivery")
	}
	if err != nil {
		return fmt.Errorf("forget reminders: %w", err)
	}
	return nil
}
