package api

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/employee"
)

// employeesBody is a batch of people.
type employeesBody struct {
	Employees []employeeInput `json:"employees" minItems:"1" maxItems:"1000" nullable:"false"`
}

// employeeInput is what a program says of one person. What is blank or missing stays as it is on file.
type employeeInput struct {
	IDNumber     string `json:"id_number" doc:"Finds the person again"`
	Name         string `json:"name"`
	IDType       string `json:"id_type,omitempty" doc:"Told by the number where it is missing"`
	EmployeeNo   string `json:"employee_no,omitempty"`
	Sex          string `json:"sex,omitempty" doc:"M or F; told by a resident's number"`
	Mobile       string `json:"mobile,omitempty"`
	Email        string `json:"email,omitempty"`
	Dept         string `json:"dept,omitempty"`
	Workshop     string `json:"workshop,omitempty"`
	Team         string `json:"team,omitempty"`
	Shift        string `json:"shift,omitempty"`
	Post         string `json:"post,omitempty"`
	KeyPost      *bool  `json:"key_post,omitempty"`
	Employment   string `json:"employment,omitempty" doc:"regular, dispatch, outsourced, temporary, intern or visitor_longterm; words such as 正式 are understood"`
	TestCategory string `json:"test_category,omitempty" doc:"Id or name of a category" example:"general_staff"`
	WorkStatus   string `json:"work_status,omitempty" doc:"on_post, work_from_home, awaiting_return, controlled, leave or resigned"`
	DormBuilding string `json:"dorm_building,omitempty"`
	DormRoom     string `json:"dorm_room,omitempty"`
	HomeAddress  string `json:"home_address,omitempty"`
	Commute      string `json:"commute,omitempty" doc:"walk, bike, drive, shuttle, bus, carpool, taxi, dorm or other"`
	JoinedOn     string `json:"joined_on,omitempty" doc:"2022-03-24"`
	Note         string `json:"note,omitempty"`
}

func (in *employeeInput) incoming() employee.Incoming {
	out := employee.Incoming{
		EmployeeNo: in.EmployeeNo, Name: in.Name, IDType: in.IDType, IDNumber: in.IDNumber, Sex: in.Sex, Mobile: in.Mobile, Email: in.Email,
		Dept: in.Dept, Workshop: in.Workshop, Team: in.Team, Shift: in.Shift, Post: in.Post, Employment: in.Employment,
		TestCategory: in.TestCategory, WorkStatus: in.WorkStatus, DormBuilding: in.DormBuilding, DormRoom: in.DormRoom,
		HomeAddress: in.HomeAddress, Commute: in.Commute, JoinedOn: in.JoinedOn, Note: in.Note,
	}
	if in.KeyPost != nil {
		out.KeyPost = map[bool]string{true: "yes", false: "no"}[*in.KeyPost]
	}
	return out
}

// employeeOutcome is what became of one person of a batch.
type employeeOutcome struct {
	Outcome string   `json:"outcome" enum:"new,changed,unchanged,rehired,refused"`
	ID      *int64   `json:"id,omitempty" doc:"Of the file; missing when refused"`
	Columns []string `json:"columns,omitempty" nullable:"false" doc:"What changed"`
	Faults  []fault  `json:"faults,omitempty" nullable:"false" doc:"Why the row was refused"`
}

func (o employeeOutcome) kind() string { return o.Outcome }

func (s *server) putEmployees(ctx context.Context, k *call, body *employeesBody) (batch[employeeOutcome], error) {
	in := make([]employee.Incoming, len(body.Employees))
	for i := range in {
		in[i] = body.Employees[i].incoming()
	}
	var res employee.MergeResult
	err := s.DB.InTx(ctx, k.scope.Tenant(), func(tx *sqlx.Tx) error {
		var err error
		res, err = s.Employees.Merge(ctx, tx, k.scope, in, k.at)
		return err
	})
	if err != nil {
		return batch[employeeOutcome]{}, err
	}
	rows := make([]employeeOutcome, len(res.Rows))
	for i, r := range res.Rows {
		rows[i] = employeeOutcome{Outcome: string(r.Outcome), ID: orNil(r.Employee),
			Faults: k.faults(fmt.Sprintf("body.employees[%d]", i), r.Problems)}
		if r.Outcome == employee.RowChanged || r.Outcome == employee.RowRehired {
			rows[i].Columns = r.Columns
		}
	}
	return batchOf(rows), nil
}
