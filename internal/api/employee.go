package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/identity/authz"
)

func (s *server) mountEmployees() {
	huma.Register(s.api, s.operation(http.MethodGet, "/employees", "list-employees", tagEmployees,
		summary("职工列表", "List people"), authz.EmployeeView), s.listEmployees)
	huma.Register(s.api, s.operation(http.MethodGet, "/employees/{id}", "get-employee", tagEmployees,
		summary("职工档案", "Open a file"), authz.EmployeeView), s.getEmployee)
	huma.Register(s.api, s.operation(http.MethodGet, "/employees/{id}/standing", "get-standing", tagEmployees,
		summary("核酸状态与依据", "Where a person stands, and why"), authz.EmployeeView), s.getStanding)
	huma.Register(s.api, s.operation(http.MethodGet, "/employees/{id}/samples", "list-employee-samples", tagSamples,
		summary("个人采样记录", "List a person's samples"), authz.EmployeeView), s.listSamplesOf)
	upsert := s.operation(http.MethodPut, "/employees", "put-employees", tagEmployees,
		summary("批量写入职工", "Add or change people"), authz.RosterImport, authz.EmployeeEdit)
	upsert.MaxBodyBytes = 4 << 20
	upsert.Description = "Up to 1,000 people, found again by identity number. A column that is missing or blank stays as it is; " +
		"sending the same people again changes nothing. Each row has its own outcome: a refused row does not hold up the others."
	write(s, upsert, s.putEmployees, nil)
}

// employeeRow is a person in a list.
type employeeRow struct {
	ID         int64      `json:"id"`
	EmployeeNo string     `json:"employee_no"`
	Name       string     `json:"name"`
	IDType     string     `json:"id_type"`
	IDNumber   string     `json:"id_number" doc:"Masked" example:"3703**********9970"`
	Mobile     string     `json:"mobile,omitempty" doc:"Masked" example:"139****0001"`
	Sex        string     `json:"sex,omitempty" doc:"M, F or missing"`
	Dept       string     `json:"dept,omitempty"`
	TeamID     *int64     `json:"team_id,omitempty"`
	Workshop   string     `json:"workshop,omitempty"`
	Team       string     `json:"team,omitempty"`
	Shift      string     `json:"shift,omitempty"`
	Post       string     `json:"post,omitempty"`
	Employment string     `json:"employment"`
	Category   string     `json:"test_category"`
	WorkStatus string     `json:"work_status" doc:"Now"`
	State      string     `json:"state,omitempty" doc:"Now; missing before the first evaluation"`
	DueAt      *time.Time `json:"due_at,omitempty" doc:"When the next sample is owed; missing when none is"`
}

type listEmployeesInput struct {
	Search     string     `query:"q" maxLength:"60" doc:"Part of a name, pinyin or initials, or the beginning of an employee number. Identity numbers and mobiles are refused: they must not stand in an address"`
	State      stateID    `query:"state" doc:"Where people stand now"`
	WorkStatus statusID   `query:"work_status" doc:"Without it, everybody who has not left"`
	Category   categoryID `query:"category"`
	Team       int64      `query:"team" minimum:"1" doc:"Id of a team"`
	Sort       orderID    `query:"sort" default:"name"`
	PageQuery
}

func (s *server) listEmployees(ctx context.Context, in *listEmployeesInput) (*ok[list[employeeRow]], error) {
	k := callOf(ctx)
	q, err := searchText(in.Search)
	if err != nil {
		return nil, err
	}
	r, err := in.request(byText)
	if err != nil {
		return nil, err
	}
	l, err := s.Employees.List(ctx, k.scope, employee.Filter{Search: q, State: string(in.State), WorkStatus: string(in.WorkStatus),
		Category: string(in.Category), Team: in.Team, Sort: string(in.Sort)}, r, k.at)
	if err != nil {
		return nil, err
	}
	return listOf(l.Result, k.employeeRow), nil
}

func (k *call) employeeRow(r employee.Row) employeeRow {
	return employeeRow{ID: r.ID, EmployeeNo: r.EmployeeNo, Name: r.Name, IDType: string(r.IDType), IDNumber: r.MaskedID, Mobile: r.MaskedMobile,
		Sex: r.Sex, Dept: r.Dept, TeamID: orNil(r.TeamID), Workshop: r.Workshop, Team: r.Team, Shift: r.Shift, Post: r.Post,
		Employment: r.Employment, Category: r.Category, WorkStatus: r.WorkStatus, State: r.State, DueAt: k.instantOf(r.DueAt)}
}

// employeeFile is a person's file. Address, birth date and note stay inside.
type employeeFile struct {
	ID            int64      `json:"id"`
	EmployeeNo    string     `json:"employee_no"`
	Name          string     `json:"name"`
	IDType        string     `json:"id_type"`
	IDNumber      string     `json:"id_number" doc:"Masked" example:"3703**********9970"`
	Mobile        string     `json:"mobile,omitempty" doc:"Masked" example:"139****0001"`
	Sex           string     `json:"sex,omitempty" doc:"M, F or missing"`
	Email         string     `json:"email,omitempty"`
	Dept          string     `json:"dept,omitempty"`
	TeamID        *int64     `json:"team_id,omitempty"`
	Workshop      string     `json:"workshop,omitempty"`
	Team          string     `json:"team,omitempty"`
	Shift         string     `json:"shift,omitempty"`
	Post          string     `json:"post,omitempty"`
	KeyPost       bool       `json:"key_post"`
	Employment    string     `json:"employment"`
	Category      string     `json:"test_category"`
	CategorySince *time.Time `json:"category_since,omitempty"`
	WorkStatus    string     `json:"work_status" doc:"Now: a leave that ended is over"`
	StatusSince   *time.Time `json:"status_since,omitempty" doc:"When the status on record began"`
	StatusUntil   *time.Time `json:"status_until,omitempty" doc:"When the status on record ends or ended"`
	DormBuilding  string     `json:"dorm_building,omitempty"`
	DormRoom      string     `json:"dorm_room,omitempty"`
	Commute       string     `json:"commute,omitempty"`
	JoinedOn      string     `json:"joined_on,omitempty" format:"date"`
	Version       int        `json:"version" doc:"Counts the changes of the file"`
	CreatedAt     *time.Time `json:"created_at,omitempty"`
	UpdatedAt     *time.Time `json:"updated_at,omitempty"`
}

type FileID struct {
	ID int64 `path:"id" minimum:"1" doc:"Of the file"`
}

func (s *server) getEmployee(ctx context.Context, in *FileID) (*ok[employeeFile], error) {
	k := callOf(ctx)
	p, err := s.Employees.Get(ctx, k.scope, in.ID, k.at)
	if err != nil {
		return nil, err
	}
	return &ok[employeeFile]{employeeFile{
		ID: p.ID, EmployeeNo: p.EmployeeNo, Name: p.Name, IDType: string(p.IDType), IDNumber: p.MaskedID, Mobile: p.MaskedMobile, Sex: p.Sex,
		Email: p.Email, Dept: p.Dept, TeamID: orNil(p.TeamID), Workshop: p.Workshop, Team: p.Team, Shift: p.Shift, Post: p.Post,
		KeyPost: p.KeyPost, Employment: p.Employment, Category: p.Category, CategorySince: k.instant(p.CategorySince),
		WorkStatus: p.StatusAt(k.at), StatusSince: k.instant(p.StatusSince), StatusUntil: k.instant(p.StatusUntil.Time),
		DormBuilding: p.DormBuilding, DormRoom: p.DormRoom, Commute: p.Commute, JoinedOn: day(p.JoinedOn.Time), Version: p.Version,
		CreatedAt: k.instant(p.CreatedAt), UpdatedAt: k.instant(p.UpdatedAt),
	}}, nil
}
