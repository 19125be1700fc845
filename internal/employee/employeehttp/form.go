package employeehttp

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/employee/profile"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/errs"
)

// formPage is any form of a file.
type formPage struct {
	httpd.Base
	Head    ui.PageHead
	Notices []ui.Notice
	Form    ui.Form
}

// fileForm is what the forms of a new file and of an edit hold; the edit has no placement, category and status.
type fileForm struct {
	EmployeeNo   string   `form:"employee_no"`
	Name         string   `form:"name"`
	IDType       string   `form:"id_type"`
	IDNumber     string   `form:"id_number"`
	Sex          string   `form:"sex"`
	Mobile       string   `form:"mobile"`
	Email        string   `form:"email"`
	Dept         string   `form:"dept"`
	Workshop     string   `form:"workshop"`
	Team         string   `form:"team"`
	Shift        string   `form:"shift"`
	Post         string   `form:"post"`
	KeyPost      string   `form:"key_post"`
	Employment   string   `form:"employment"`
	TestCategory string   `form:"test_category"`
	WorkStatus   string   `form:"work_status"`
	DormBuilding string   `form:"dorm_building"`
	DormRoom     string   `form:"dorm_room"`
	HomeAddress  string   `form:"home_address"`
	Commute      string   `form:"commute"`
	Bus          string   `form:"bus"`
	CanteenTable string   `form:"canteen_table"`
	JoinedOn     string   `form:"joined_on"`
	Note         string   `form:"note"`
	Version      string   `form:"version"`
	Clear        []string `form:"clear"`
}

func (f fileForm) incoming() employee.Incoming {
	return employee.Incoming{
		EmployeeNo: f.EmployeeNo, Name: f.Name, IDType: f.IDType, IDNumber: f.IDNumber, Sex: f.Sex, Mobile: f.Mobile, Email: f.Email,
		Dept: f.Dept, Workshop: f.Workshop, Team: f.Team, Shift: f.Shift, Post: f.Post, KeyPost: f.KeyPost, Employment: f.Employment,
		TestCategory: f.TestCategory, WorkStatus: f.WorkStatus, DormBuilding: f.DormBuilding, DormRoom: f.DormRoom,
		HomeAddress: f.HomeAddress, Commute: f.Commute, Bus: f.Bus, CanteenTable: f.CanteenTable, JoinedOn: f.JoinedOn, Note: f.Note,
	}
}

func (h *handlers) new(c echo.Context) error {
	return h.showNew(c, http.StatusOK, fileForm{KeyPost: "no", Employment: "regular", TestCategory: "general_staff", WorkStatus: profile.OnPost}, nil)
}

func (h *handlers) create(c echo.Context) error {
	var in fileForm
	if err := httpd.Bind(c, &in); err != nil {
		return err
	}
	p, err := h.employees.Create(c.Request().Context(), httpd.ScopeOf(c), in.incoming(), httpd.NowOf(c))
	if len(errs.FieldsOf(err)) > 0 {
		return h.showNew(c, http.StatusUnprocessableEntity, in, err)
	}
	if err != nil {
		return err
	}
	return httpd.Done(c, address(p.ID), "employee.created", "Name", p.Name)
}

func (h *handlers) showNew(c echo.Context, status int, in fileForm, err error) error {
	m := formMaker{View: viewOf(c), in: in, err: err}
	groups := []ui.FieldGroup{m.identity("", true), m.placement(), m.contact(nil)}
	head := ui.NewHead(m.T, m.T("employee.new"), ui.Link{Label: m.T("employee.list"), Href: "/employees"})
	return h.showForm(c, status, m, head, ui.NewGroupedForm(m.T, "/employees/new", m.T("employee.new.submit"), groups...), "/employees")
}

func (h *handlers) edit(c echo.Context) error {
	p, err := h.person(c)
	if err != nil {
		return err
	}
	in := fileForm{EmployeeNo: p.EmployeeNo, Name: p.Name, IDType: string(p.IDType), Sex: p.Sex, Email: p.Email, Employment: p.Employment,
		DormBuilding: p.DormBuilding, DormRoom: p.DormRoom, Commute: p.Commute, Bus: p.Bus,
		CanteenTable: p.CanteenTable, Note: p.Note, Version: strconv.Itoa(p.Version)}
	if p.JoinedOn.Valid {
		in.JoinedOn = p.JoinedOn.Time.Format(time.DateOnly)
	}
	return h.showEdit(c, http.StatusOK, p, in, nil)
}

func (h *handlers) person(c echo.Context) (employee.Person, error) {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return employee.Person{}, err
	}
	return h.employees.Get(c.Request().Context(), httpd.ScopeOf(c), id, httpd.NowOf(c))
}

func (h *handlers) save(c echo.Context) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	var in fileForm
	if err := httpd.Bind(c, &in); err != nil {
		return err
	}
	version, err := strconv.Atoi(in.Version)
	if err != nil {
		return errs.New(errs.Conflict, "error.conflict")
	}
	e := employee.Edit{Incoming: in.incoming(), Version: version, Clear: in.Clear}
	err = h.employees.Edit(c.Request().Context(), httpd.ScopeOf(c), id, e, httpd.NowOf(c))
	if len(errs.FieldsOf(err)) == 0 {
		if err != nil {
			return err
		}
		return httpd.Done(c, address(id), "common.saved")
	}
	p, failed := h.person(c)
	if failed != nil {
		return failed
	}
	return h.showEdit(c, http.StatusUnprocessableEntity, p, in, err)
}

func (h *handlers) showEdit(c echo.Context, status int, p employee.Person, in fileForm, err error) error {
	m := formMaker{View: viewOf(c), in: in, err: err}
	identity := m.identity(p.MaskedID, false)
	identity.Fields = append(identity.Fields, m.text("employee_no", in.EmployeeNo, 32), m.choice(profile.ColEmployment, in.Employment), m.day("joined_on", in.JoinedOn))
	form := ui.NewGroupedForm(m.T, address(p.ID)+"/edit", m.T("common.save"), identity, m.contact(&p))
	form.Hidden = []ui.Param{{Name: "version", Value: in.Version}}
	form.Note = m.T("employee.edit.note")
	head := ui.NewHead(m.T, m.T("employee.edit"), ui.Link{Label: m.T("employee.list"), Href: "/employees"}, ui.Link{Label: p.Name, Href: address(p.ID)})
	return h.showForm(c, status, m, head, form, address(p.ID))
}

func (h *handlers) showForm(c echo.Context, status int, m formMaker, head ui.PageHead, form ui.Form, cancel string) error {
	form.Cancel = &ui.Link{Label: m.T("common.cancel"), Href: cancel}
	var fields []ui.Field
	for _, g := range form.Groups {
		fields = append(fields, g.Fields...)
	}
	return httpd.Render(c, status, "employee/form", &formPage{Head: head, Notices: append(twins(m.View, m.err), others(m.View, m.err, fields)...), Form: form})
}

// twins links the files that already have the identity or the employee number.
func twins(v View, err error) []ui.Notice {
	var out []ui.Notice
	for _, field := range []string{"id_number", "employee_no"} {
		m := errs.FieldsOf(err)[field]
		id, ok := m.Args["ID"].(int64)
		if !ok {
			continue
		}
		out = append(out, ui.Notice{Tone: ui.ToneWarn, Title: v.Printer.M(m), Links: []ui.Link{{Label: v.T("employee.open_file"), Href: address(id)}}})
	}
	return out
}

// others tells the faults that belong to none of the fields.
func others(v View, err error, fields []ui.Field) []ui.Notice {
	var out []ui.Notice
	faults := errs.FieldsOf(err)
	for _, name := range slices.Sorted(maps.Keys(faults)) {
		if !slices.ContainsFunc(fields, func(f ui.Field) bool { return f.Name == name }) {
			out = append(out, ui.Notice{Tone: ui.ToneDanger, Text: v.Printer.M(faults[name])})
		}
	}
	return out
}
