package demo

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/employee/profile"
	"github.com/fugong/fugong/internal/identity/auth"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/rollup"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/symptom"
)

// Loader writes a city through the program's own services, so that a demo is made of the same records as life.
type Loader struct {
	DB        *db.DB
	Orgs      *org.Service
	Auth      *auth.Service
	Employees *employee.Service
	Screening *screening.Service
	Symptoms  *symptom.Service
	Standing  *standing.Service
	Rollup    *rollup.Service
	Progress  func(done, total int)
}

// Password is what every demo account signs in with.
const Password = "taoci-yaolu-88"

var operator = authz.System("demo")

// Load writes the firms as they stand at the instant, with one account per role.
func (l *Loader) Load(ctx context.Context, firms []Firm, at time.Time) ([]Account, error) {
	admin, err := l.setUp(ctx, at)
	if err != nil {
		return nil, fmt.Errorf("set up: %w", err)
	}
	orgs, err := l.orgs(ctx, firms, at)
	if err != nil {
		return nil, err
	}
	if err := l.fill(ctx, firms, orgs, at); err != nil {
		return nil, err
	}
	if _, err := l.Rollup.Refresh(ctx, at); err != nil {
		return nil, err
	}
	return l.accounts(ctx, admin, firms, orgs, at)
}

// begun is when the firms began to keep files.
func begun(at time.Time) time.Time { return at.AddDate(0, 0, -7*HistoryWeeks-3) }

func (l *Loader) orgs(ctx context.Context, firms []Firm, at time.Time) ([]org.Org, error) {
	out := make([]org.Org, len(firms))
	for i, f := range firms {
		o, err := l.Orgs.Create(ctx, operator, org.Org{Kind: org.Enterprise, Code: f.Code, Name: f.Name, ShortName: f.Short, TimeZone: "Asia/Shanghai",
			GBDistrict: f.District, AdminZone: f.Zone, Industry: "C" + f.Industry, Size: f.Size, AboveScale: f.Above, ResumeStatus: f.Resume,
			RulePack: "zibo-2022-03", GoLiveAt: begun(at), Active: true}, begun(at))
		if err != nil {
			return nil, fmt.Errorf("create %s: %w", f.Name, err)
		}
		out[i] = o
	}
	return out, nil
}

// fill writes the firms' people and records, several firms at once: while one waits for the database another is drawn up.
func (l *Loader) fill(ctx context.Context, firms []Firm, orgs []org.Org, at time.Time) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(3)
	var done atomic.Int32
	for i := range firms {
		g.Go(func() error {
			if err := l.firm(ctx, &firms[i], orgs[i], at); err != nil {
				return fmt.Errorf("load %s: %w", firms[i].Name, err)
			}
			l.Progress(int(done.Add(1)), len(firms))
			return nil
		})
	}
	return g.Wait()
}

func (l *Loader) firm(ctx context.Context, f *Firm, o org.Org, at time.Time) error {
	sc := authz.System("demo").ForOrg(o.ID)
	files, err := l.people(ctx, sc, f, begun(at))
	if err != nil {
		return err
	}
	if err := l.samples(ctx, sc, f, files, at); err != nil {
		return err
	}
	if err := l.statuses(ctx, sc, f, files, at); err != nil {
		return err
	}
	if err := l.reports(ctx, sc, f, files); err != nil {
		return err
	}
	err = l.DB.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		if err := l.Auth.EnsureWorkerAccounts(ctx, tx, o.ID, files, at); err != nil {
			return err
		}
		return l.Standing.Apply(ctx, tx, o.ID, files, at)
	})
	if err != nil {
		return err
	}
	return l.Rollup.BackfillWeeks(ctx, o.ID, o.Zone(), HistoryWeeks-1, at)
}

func (l *Loader) people(ctx context.Context, sc authz.Scope, f *Firm, at time.Time) ([]int64, error) {
	in := make([]profile.Incoming, len(f.People))
	for i, p := range f.People {
		in[i] = profile.Incoming{EmployeeNo: p.No, Name: p.Name, IDType: "cn_id", IDNumber: p.IDNumber, Mobile: p.Mobile, Email: p.Email,
			Dept: p.Dept, Workshop: p.Workshop, Team: p.Team, Post: p.Post, Employment: p.Employment, TestCategory: p.Category,
			WorkStatus: "on_post", DormRoom: p.DormRoom, JoinedOn: p.JoinedOn.Format(time.DateOnly)}
	}
	files := make([]int64, len(in))
	err := l.DB.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		res, err := l.Employees.Merge(ctx, tx, sc, in, at)
		if err != nil {
			return err
		}
		for i, r := range res.Rows {
			if r.Outcome == employee.RowRefused {
				return fmt.Errorf("person %d refused: %v", i, r.Problems)
			}
			files[i] = r.Employee
		}
		return nil
	})
	return files, err
}

func (l *Loader) samples(ctx context.Context, sc authz.Scope, f *Firm, files []int64, at time.Time) error {
	var ins []screening.Input
	for i, p := range f.People {
		for _, s := range p.Swabs {
			result, err := regime.ParseResult(s.Result)
			if err != nil {
				return err
			}
			ins = append(ins, screening.Input{Employee: files[i], SampledAt: s.SampledAt, ReportedAt: s.ReportedAt, Result: result,
				Mode: regime.CollectMode(s.Mode), Source: regime.Source(s.Source), Proof: screening.Proof(s.Proof), Institution: s.Institution,
				Lab: s.Lab, Barcode: s.Barcode, LateReason: "demo"})
		}
	}
	outcomes, err := l.Screening.RecordBatch(ctx, sc, ins, at)
	if err != nil {
		return err
	}
	for i, o := range outcomes {
		if o.Kind == screening.Refused {
			return fmt.Errorf("sample %d refused: %s %s", i, o.Field, o.Message.Key)
		}
	}
	return nil
}

// statuses lets people go on leave, leave for good, or wait to come back, at the instants at which they did.
func (l *Loader) statuses(ctx context.Context, sc authz.Scope, f *Firm, files []int64, at time.Time) error {
	for i, p := range f.People {
		if p.Status == "on_post" {
			continue
		}
		change := employee.StatusChange{Version: 1, Status: p.Status, From: p.StatusFrom, Until: p.StatusTo, Reason: "demo"}
		if err := l.Employees.SetStatus(ctx, sc, files[i], change, at); err != nil {
			return fmt.Errorf("status of person %d: %w", i, err)
		}
	}
	return nil
}

func (l *Loader) reports(ctx context.Context, sc authz.Scope, f *Firm, files []int64) error {
	for i, p := range f.People {
		for _, r := range p.Reports {
			in := symptom.Input{Employee: files[i], At: r.At, Temperature: &r.Temperature, Symptoms: r.Symptoms, None: len(r.Symptoms) == 0}
			if _, err := l.Symptoms.Report(ctx, sc, in, r.At); err != nil {
				return fmt.Errorf("report of person %d: %w", i, err)
			}
		}
	}
	return nil
}
