package api

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/symptom"
)

func (s *server) mountSymptoms() {
	huma.Register(s.api, s.operation(http.MethodGet, "/symptom-reports", "list-symptom-reports", tagSymptoms,
		summary("症状上报列表", "List reports"), authz.SymptomRecord), s.listReports)
	post := s.operation(http.MethodPost, "/symptom-reports", "post-symptom-reports", tagSymptoms,
		summary("上报体温与症状", "Report temperature and symptoms"), authz.SymptomRecord)
	post.MaxBodyBytes = 512 << 10
	post.Description = "Up to 100 reports. An alert (by temperature or symptoms) takes the person off post until a health officer releases " +
		"the hold. The same report again is a duplicate and changes nothing. Each row has its own outcome."
	write(s, post, s.postReports, nil)
}

// reportsBody is a batch of reports.
type reportsBody struct {
	Reports []reportInput `json:"reports" minItems:"1" maxItems:"100" nullable:"false"`
}

// reportInput is what a program says of one person's health.
type reportInput struct {
	Person
	At          time.Time   `json:"at" doc:"When it was measured or felt" example:"2022-03-24T07:40:00+08:00"`
	Temperature *float64    `json:"temperature,omitempty" doc:"°C"`
	Site        siteID      `json:"site,omitempty" doc:"Where it was measured"`
	Symptoms    []symptomID `json:"symptoms,omitempty" maxItems:"20" nullable:"false"`
	None        bool        `json:"none,omitempty" doc:"Asked, and there are no symptoms"`
	Note        string      `json:"note,omitempty"`
	Confirmed   bool        `json:"confirmed,omitempty" doc:"Measured again: needed for a temperature below 35.0"`
}

func (in *reportInput) input(employee int64) symptom.Input {
	symptoms := make([]string, len(in.Symptoms))
	for i, id := range in.Symptoms {
		symptoms[i] = string(id)
	}
	return symptom.Input{Employee: employee, At: in.At, Temperature: in.Temperature, Site: string(in.Site), Symptoms: symptoms,
		None: in.None, Note: in.Note, Confirmed: in.Confirmed, API: true}
}

// reportOutcome is what became of one report of a batch.
type reportOutcome struct {
	Outcome    string   `json:"outcome" enum:"new,duplicate,refused"`
	ID         *int64   `json:"id,omitempty" doc:"Of the report"`
	EmployeeID *int64   `json:"employee_id,omitempty"`
	Alert      *bool    `json:"alert,omitempty" doc:"The person is to leave the post; missing when refused"`
	HoldID     *int64   `json:"hold_id,omitempty" doc:"The hold that the alert put or found"`
	MatchedBy  string   `json:"matched_by,omitempty" enum:"employee_id,id_number,employee_no,name"`
	Warnings   []string `json:"warnings,omitempty" nullable:"false" doc:"matched_by_name, name_differs, resigned"`
	Faults     []fault  `json:"faults,omitempty" nullable:"false" doc:"Why the row was refused"`
}

func (o reportOutcome) kind() string { return o.Outcome }

func (s *server) postReports(ctx context.Context, k *call, body *reportsBody) (batch[reportOutcome], error) {
	people := make([]Person, len(body.Reports))
	for i, in := range body.Reports {
		people[i] = in.Person
	}
	found, err := s.match(ctx, k, people)
	if err != nil {
		return batch[reportOutcome]{}, err
	}
	rows := make([]reportOutcome, len(body.Reports))
	for i, m := range found {
		if rows[i], err = s.report(ctx, k, &body.Reports[i], m, fmt.Sprintf("body.reports[%d]", i)); err != nil {
			return batch[reportOutcome]{}, err
		}
	}
	return batchOf(rows), nil
}

// report stores one report. Each is a transaction of its own, so a batch that was cut short is repeated: what is on file
// already is a duplicate.
func (s *server) report(ctx context.Context, k *call, row *reportInput, m matched, place string) (reportOutcome, error) {
	refuse := func(fields errs.Fields) (reportOutcome, error) {
		return reportOutcome{Outcome: refusedRow, Faults: k.faults(place, fields)}, nil
	}
	if m.faults != nil {
		return refuse(m.faults)
	}
	in := row.input(m.id)
	o := reportOutcome{Outcome: "duplicate", EmployeeID: orNil(m.id), MatchedBy: m.by, Warnings: m.warnings}
	r, known, err := s.reported(ctx, k, in)
	if err == nil && !known {
		o.Outcome = "new"
		r, err = s.Symptoms.Report(ctx, k.scope, in, k.at)
	}
	switch {
	case errs.Is(err, errs.NotFound):
		return refuse(errs.Fields{"employee_id": errs.Msg("api.match.nobody")})
	case errs.FieldsOf(err) != nil:
		return refuse(errs.FieldsOf(err))
	case err != nil:
		return o, err
	}
	o.ID, o.Alert, o.HoldID = orNil(r.ID), &r.Alert, orNil(r.Hold)
	return o, nil
}

// reported looks for a report that says the same of the same person and instant.
func (s *server) reported(ctx context.Context, k *call, in symptom.Input) (symptom.Report, bool, error) {
	if in.At.Before(earliest) || in.At.After(latest) {
		return symptom.Report{}, false, nil
	}
	at := in.At.Truncate(time.Microsecond)
	var reports []symptom.Report
	err := s.DB.Read(ctx, k.scope.Tenant(), func(tx *sqlx.Tx) error {
		var err error
		reports, err = s.Symptoms.OfEmployee(ctx, tx, k.scope.Org, in.Employee, at.Add(time.Microsecond), 5)
		return err
	})
	for _, r := range reports {
		if r.At.Equal(at) && same(r, in) {
			return r, true, err
		}
	}
	return symptom.Report{}, false, err
}

func same(r symptom.Report, in symptom.Input) bool {
	symptoms := slices.Compact(slices.Sorted(slices.Values(in.Symptoms)))
	if r.Site != in.Site || r.Note != in.Note || !slices.Equal(r.Symptoms, symptoms) || (r.Temperature == nil) != (in.Temperature == nil) {
		return false
	}
	return r.Temperature == nil || math.Round(*r.Temperature*10) == math.Round(*in.Temperature*10) // kept to a tenth
}

// reportRow is a report in a list.
type reportRow struct {
	ID          int64      `json:"id"`
	EmployeeID  int64      `json:"employee_id"`
	EmployeeNo  string     `json:"employee_no,omitempty"`
	Name        string     `json:"name"`
	Workshop    string     `json:"workshop,omitempty"`
	Team        string     `json:"team,omitempty"`
	At          *time.Time `json:"at"`
	Temperature *float64   `json:"temperature,omitempty"`
	Site        string     `json:"site,omitempty"`
	Symptoms    []string   `json:"symptoms" nullable:"false"`
	Note        string     `json:"note,omitempty"`
	Alert       bool       `json:"alert"`
	Reporter    string     `json:"reporter" enum:"self,leader,staff,api"`
	HoldID      *int64     `json:"hold_id,omitempty"`
	HoldOpen    bool       `json:"hold_open" doc:"The hold is in force"`
	SeenAt      *time.Time `json:"seen_at,omitempty" doc:"When the health officer looked at the alert"`
	EnteredAt   *time.Time `json:"entered_at"`
}

type listReportsInput struct {
	Search string `query:"q" maxLength:"60" doc:"Part of a name, pinyin or initials from the start, or the whole employee number"`
	Alert  bool   `query:"alert" doc:"Alerts only"`
	Unseen bool   `query:"unseen" doc:"Alerts that nobody has looked at"`
	PageQuery
}

func (s *server) listReports(ctx context.Context, in *listReportsInput) (*ok[list[reportRow]], error) {
	k := callOf(ctx)
	q, err := searchText(in.Search)
	if err != nil {
		return nil, err
	}
	r, err := in.request(byInstant)
	if err != nil {
		return nil, err
	}
	res, err := s.Symptoms.List(ctx, k.scope, symptom.Filter{Query: q, Alert: in.Alert, Unseen: in.Unseen, Request: r}, k.at)
	if err != nil {
		return nil, err
	}
	return listOf(res, k.reportRow), nil
}

func (k *call) reportRow(l symptom.Listed) reportRow {
	symptoms := l.Symptoms
	if symptoms == nil {
		symptoms = []string{}
	}
	return reportRow{ID: l.ID, EmployeeID: l.Employee, EmployeeNo: l.EmployeeNo, Name: l.Name, Workshop: l.Workshop, Team: l.Team,
		At: k.instant(l.At), Temperature: l.Temperature, Site: l.Site, Symptoms: symptoms, Note: l.Note, Alert: l.Alert,
		Reporter: string(l.Reporter), HoldID: orNil(l.Hold), HoldOpen: l.HoldOpen, SeenAt: k.instant(l.SeenAt), EnteredAt: k.instant(l.EnteredAt)}
}
