package demo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/employee/profile"
	"github.com/fugong/fugong/internal/exemption"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/symptom"
)

// people writes the files as a roster brings them, with an account for each person.
func (l *Loader) people(ctx context.Context, w *written, at time.Time) error {
	at = begun(at)
	sc := w.system()
	in := make([]profile.Incoming, len(w.People))
	for i, p := range w.People {
		in[i] = profile.Incoming{EmployeeNo: p.No, Name: p.Name, IDType: "cn_id", IDNumber: p.IDNumber, Mobile: p.Mobile, Email: p.Email,
			Dept: p.Dept, Workshop: p.Workshop, Team: p.Team, Post: p.Post, Employment: p.Employment, TestCategory: p.Category,
			WorkStatus: "on_post", DormBuilding: p.Building, DormRoom: p.Room, Commute: p.Commute, Bus: p.Bus, CanteenTable: p.Table,
			JoinedOn: p.JoinedOn.Format(time.DateOnly)}
	}
	w.files = make([]int64, len(in))
	return l.DB.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		res, err := l.Employees.Merge(ctx, tx, sc, in, at)
		if err != nil {
			return err
		}
		for i, r := range res.Rows {
			if r.Outcome == employee.RowRefused {
				return fmt.Errorf("person %d refused: %v", i, r.Problems)
			}
			w.files[i] = r.Employee
		}
		return l.Auth.EnsureWorkerAccounts(ctx, tx, w.org.ID, w.files, at)
	})
}

// excuses writes vaccinations and exemptions: those before the firm kept its records day by day, and those since.
func (l *Loader) excuses(ctx context.Context, w *written, at time.Time) error {
	var before, since []exemption.DoseInput
	var ins []exemption.Input
	for i, p := range w.People {
		for _, d := range p.Doses {
			in := exemption.DoseInput{Employee: w.files[i], Number: d.Number, At: d.At, Product: d.Product, None: d.None, Source: exemption.ByImport}
			if d.At.Before(keptFrom(at)) {
				before = append(before, in)
			} else {
				since = append(since, in)
			}
		}
		if x := p.Excuse; x != nil {
			ins = append(ins, exemption.Input{Employee: w.files[i], Ground: x.Ground, From: x.From, To: x.To, Proof: x.Proof, Source: exemption.ByImport})
		}
	}
	sc := w.system()
	return l.DB.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		first, err := l.Excuses.MergeDoses(ctx, tx, sc, before, keptFrom(at))
		if err != nil {
			return err
		}
		second, err := l.Excuses.MergeDoses(ctx, tx, sc, since, at)
		if err != nil {
			return err
		}
		third, err := l.Excuses.MergeExemptions(ctx, tx, sc, ins, at)
		for i, o := range slices.Concat(first, second, third) {
			if o.Kind == exemption.Refused {
				return fmt.Errorf("vaccination or exemption %d refused: %s %s", i, o.Field, o.Message.Key)
			}
		}
		return err
	})
}

// samples writes the swabs sheet by sheet, as they were put down. From the sheet with an abnormal tube on, people are evaluated with each
// sheet: then holds begin and end when they did.
func (l *Loader) samples(ctx context.Context, w *written, at time.Time) error {
	all, err := w.sheets()
	if err != nil {
		return err
	}
	to := l.History
	for _, entered := range slices.SortedFunc(maps.Keys(all), time.Time.Compare) {
		if to == l.History && slices.ContainsFunc(all[entered], func(in screening.Input) bool { return in.Result == regime.PoolAbnormal }) {
			to = l.Screening
		}
		outcomes, err := to.RecordBatch(ctx, w.system(), all[entered], entered)
		if err != nil {
			return err
		}
		for i, o := range outcomes {
			if o.Kind == screening.Refused {
				return fmt.Errorf("sample %d refused: %s %s", i, o.Field, o.Message.Key)
			}
		}
	}
	return l.DB.InTx(ctx, w.system().Tenant(), func(tx *sqlx.Tx) error { return l.Tubes.Stored(ctx, tx, w.system(), w.labels(), at) })
}

// sheets gathers the swabs by when they were put down. Who comes late is put down at once, awaited, and with the result again.
func (w *written) sheets() (map[time.Time][]screening.Input, error) {
	all := map[time.Time][]screening.Input{}
	for i, p := range w.People {
		for _, s := range p.Swabs {
			result, err := regime.ParseResult(s.Result)
			if err != nil {
				return nil, err
			}
			in := screening.Input{Employee: w.files[i], SampledAt: s.SampledAt, ReportedAt: s.ReportedAt, Result: result, Mode: regime.CollectMode(s.Mode),
				Source: regime.Source(s.Source), Proof: screening.Proof(s.Proof), Institution: s.Institution, Lab: s.Lab, Barcode: s.Barcode,
				LateReason: "启用系统前的记录"}
			all[s.EnteredAt] = append(all[s.EnteredAt], in)
			if !s.NotedAt.IsZero() {
				in.Result, in.ReportedAt = regime.ResultPending, time.Time{}
				all[s.NotedAt] = append(all[s.NotedAt], in)
			}
		}
	}
	return all, nil
}

// labels lists the labels of the firm's mixed tubes.
func (w *written) labels() []string {
	var labels []string
	for _, p := range w.People {
		for _, s := range p.Swabs {
			if s.Mode != "single" {
				labels = append(labels, s.Barcode)
			}
		}
	}
	slices.Sort(labels)
	return slices.Compact(labels)
}

var statusReasons = map[string]string{"leave": "事假", "resigned": "合同到期", "work_from_home": "居家办公", "awaiting_return": "等待返岗"}

// statuses lets people go on leave, leave for good, or wait to come back, at the instants at which they did.
func (l *Loader) statuses(ctx context.Context, w *written, at time.Time) error {
	changes := map[time.Time][]employee.Dated{}
	for i, p := range w.People {
		if p.Status != "on_post" {
			change := employee.StatusChange{Status: p.Status, From: p.StatusFrom, Until: p.StatusTo, Reason: statusReasons[p.Status]}
			changes[p.StatusFrom] = append(changes[p.StatusFrom], employee.Dated{Employee: w.files[i], StatusChange: change})
		}
	}
	sc := w.system()
	for _, from := range slices.SortedFunc(maps.Keys(changes), time.Time.Compare) {
		err := l.DB.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
			faults, err := l.Employees.Statuses(ctx, tx, sc, changes[from], from)
			if err != nil {
				return err
			}
			return errors.Join(faults...)
		})
		if err != nil {
			return fmt.Errorf("statuses from %v: %w", from, err)
		}
	}
	return nil
}

// reports writes what people said of their health, and notes who was unwell.
func (l *Loader) reports(ctx context.Context, w *written, _ time.Time) error {
	for i, p := range w.People {
		for _, r := range p.Reports {
			in := symptom.Input{Employee: w.files[i], At: r.At, Temperature: &r.Temperature, Symptoms: r.Symptoms, None: len(r.Symptoms) == 0}
			told, err := l.Symptoms.Report(ctx, w.system(), in, r.At)
			if err != nil {
				return fmt.Errorf("report of person %d: %w", i, err)
			}
			if told.Alert {
				w.concerned = append(w.concerned, w.files[i])
			}
		}
		if w.inAbnormal(p) {
			w.concerned = append(w.concerned, w.files[i])
		}
	}
	return nil
}
