package demo

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"

	"github.com/fugong/fugong/internal/dispute"
	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/exemption"
	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/identity/auth"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/incident"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/jobs"
	"github.com/fugong/fugong/internal/returning"
	"github.com/fugong/fugong/internal/rollup"
	"github.com/fugong/fugong/internal/rulebook"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/symptom"
	"github.com/fugong/fugong/internal/tube"
)

// Loader writes a city through the program's own services, so that a demo is made of the same records as life.
type Loader struct {
	DB          *db.DB
	Orgs        *org.Service
	Auth        *auth.Service
	Employees   *employee.Service
	Screening   *screening.Service
	Symptoms    *symptom.Service
	Holds       *hold.Service
	Incidents   *incident.Service
	Returns     *returning.Service
	Disputes    *dispute.Service
	Corrections *dispute.Corrections
	Rules       *rulebook.Service
	Standing    *standing.Service
	Rollup      *rollup.Service
	Tasks       *jobs.Queue // does what a proposed change of rules asks for
	// History and Excuses evaluate nobody (see Unjudged), and History tells of no tubes: weeks of records are judged, and Tubes told of
	// them, once, when all of them are there.
	History  *screening.Service
	Excuses  *exemption.Service
	Tubes    *tube.Service
	Progress func(done, total int)
}

// Unjudged stands in for standings where records are many and their instants past: the loader evaluates everybody at the end.
type Unjudged struct{}

// Apply implements exemption.Standings.
func (Unjudged) Apply(context.Context, db.Q, int32, []int64, time.Time) error { return nil }

// Advance implements screening.Standings.
func (Unjudged) Advance(context.Context, db.Q, []standing.Moved, time.Time) error { return nil }

// Renew implements screening.Standings.
func (Unjudged) Renew(context.Context, db.Reader, []standing.Candidate) (*standing.Renewals, error) {
	return &standing.Renewals{}, nil
}

// Password is what every demo account signs in with.
const Password = "taoci-yaolu-88"

var operator = authz.System("demo")

// Load writes the firms as they stand at the instant, with one account per role, and a second person where one must not confirm what
// the same one proposed.
func (l *Loader) Load(ctx context.Context, firms []Firm, at time.Time) ([]Account, error) {
	since := at.AddDate(0, 0, -30) // when the offices came in
	admin, err := l.setUp(ctx, since)
	if err != nil {
		return nil, fmt.Errorf("set up: %w", err)
	}
	made, err := l.orgs(ctx, firms, at)
	if err != nil {
		return nil, err
	}
	if err := l.fill(ctx, made, at); err != nil {
		return nil, err
	}
	d, err := l.accounts(ctx, admin, made, since)
	if err != nil {
		return nil, err
	}
	if err := l.stories(ctx, made, d, at); err != nil {
		return nil, err
	}
	_, err = l.Rollup.Refresh(ctx, at)
	return d.accounts, err
}

// begun is when the firms began to keep files.
func begun(at time.Time) time.Time { return at.AddDate(0, 0, -7*HistoryWeeks-3) }

// written is a firm that is in the database.
type written struct {
	*Firm
	org   org.Org
	files []int64 // of its people, in their order
	// concerned are those whom incidents are about.
	concerned []int64
}

// system is who puts down what the firm does every day. The name is read on pages.
func (w *written) system() authz.Scope {
	sc := operator.ForOrg(w.org.ID)
	sc.Actor = "信息化专员"
	return sc
}

func (l *Loader) orgs(ctx context.Context, firms []Firm, at time.Time) ([]*written, error) {
	out := make([]*written, len(firms))
	for i := range firms {
		f := &firms[i]
		o, err := l.Orgs.Create(ctx, operator, org.Org{Kind: org.Enterprise, Code: f.Code, Name: f.Name, ShortName: f.Short, TimeZone: "Asia/Shanghai",
			GBDistrict: f.District, AdminZone: f.Zone, Industry: "C" + f.Industry, Size: f.Size, AboveScale: f.Above, ResumeStatus: f.Resume,
			RulePack: "zibo-2022-03", GoLiveAt: begun(at), Active: true}, begun(at))
		if err != nil {
			return nil, fmt.Errorf("create %s: %w", f.Name, err)
		}
		out[i] = &written{Firm: f, org: o}
	}
	return out, nil
}

// fill writes the firms' people and records, several firms at once: while one waits for the database another is drawn up.
func (l *Loader) fill(ctx context.Context, made []*written, at time.Time) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(3)
	var done atomic.Int32
	for _, w := range made {
		g.Go(func() error {
			if err := l.firm(ctx, w, at); err != nil {
				return fmt.Errorf("load %s: %w", w.Name, err)
			}
			l.Progress(int(done.Add(1)), len(made))
			return nil
		})
	}
	return g.Wait()
}

// firm writes one firm, evaluates its people at the instant and recounts the weeks behind it.
func (l *Loader) firm(ctx context.Context, w *written, at time.Time) error {
	for _, step := range []func(context.Context, *written, time.Time) error{l.people, l.excuses, l.samples, l.statuses, l.reports, l.judge} {
		if err := step(ctx, w, at); err != nil {
			return err
		}
	}
	return l.Rollup.BackfillWeeks(ctx, w.org.ID, w.org.Zone(), HistoryWeeks-1, at)
}

// judge evaluates everybody at the instant.
func (l *Loader) judge(ctx context.Context, w *written, at time.Time) error {
	return l.DB.InTx(ctx, w.system().Tenant(), func(tx *sqlx.Tx) error { return l.Standing.Apply(ctx, tx, w.org.ID, w.files, at) })
}
