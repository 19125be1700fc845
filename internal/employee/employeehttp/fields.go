package employeehttp

import (
	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/employee/profile"
	"github.com/fugong/fugong/internal/httpd/ui"
)

// formMaker makes fields with their values and faults.
type formMaker struct {
	View
	in  fileForm
	err error
}

func (m formMaker) field(kind ui.FieldKind, name, value string) ui.Field {
	f := ui.Field{Kind: kind, Name: name, Label: m.label(name), Value: value, Error: faultOf(m.View, m.err, name)}
	return f
}

func (m formMaker) text(name, value string, max int) ui.Field {
	f := m.field(ui.FieldText, name, value)
	f.MaxLength = max
	return f
}

func (m formMaker) day(name, value string) ui.Field { return m.field(ui.FieldDate, name, value) }

func (m formMaker) choice(column, value string) ui.Field {
	f := m.field(ui.FieldSelect, column, "")
	f.Options = ui.Choose(m.options(column), value)
	return f
}

// identity asks who it is. On an edit the number's box is empty and blank keeps the number.
func (m formMaker) identity(masked string, fresh bool) ui.FieldGroup {
	name := m.text("name", m.in.Name, 50)
	name.Required = true
	kind := m.choice(profile.ColIDType, m.in.IDType)
	number := m.text("id_number", m.in.IDNumber, 40)
	number.Required, number.Autocomplete, number.Hint = fresh, "off", m.T("employee.hint.id_number")
	if fresh {
		kind.Options = ui.Choose(optional(m.T("employee.id_type.guess"), m.options(profile.ColIDType)), m.in.IDType)
	} else {
		number.Hint = m.T("employee.hint.keep", "Now", masked)
	}
	sex := m.field(ui.FieldRadio, profile.ColSex, "")
	sex.Inline, sex.Hint, sex.Options = true, m.T("employee.hint.sex"), ui.Choose(m.options(profile.ColSex), m.in.Sex)
	return ui.FieldGroup{Legend: m.T("employee.group.identity"), Fields: []ui.Field{name, kind, number, sex}}
}

func (m formMaker) placement() ui.FieldGroup {
	team := m.text("team", m.in.Team, 60)
	team.Hint = m.T("employee.hint.team")
	keyPost := m.field(ui.FieldRadio, profile.ColKeyPost, "")
	keyPost.Inline, keyPost.Options = true, ui.Choose(m.options(profile.ColKeyPost), m.in.KeyPost)
	return ui.FieldGroup{Legend: m.T("employee.group.placement"), Fields: []ui.Field{
		m.text("employee_no", m.in.EmployeeNo, 32), m.text("dept", m.in.Dept, 60), m.text("workshop", m.in.Workshop, 60), team,
		m.text("shift", m.in.Shift, 30), m.text("post", m.in.Post, 60), keyPost, m.choice(profile.ColEmployment, m.in.Employment),
		m.choice(profile.ColCategory, m.in.TestCategory), m.choice(profile.ColWorkStatus, m.in.WorkStatus), m.day("joined_on", m.in.JoinedOn),
	}}
}

// contact asks how to reach the person. On an edit, of p, sealed boxes are empty and may be cleared by a tick.
func (m formMaker) contact(p *employee.Person) ui.FieldGroup {
	mobile := m.field(ui.FieldTel, "mobile", m.in.Mobile)
	mobile.Autocomplete = "off"
	email := m.field(ui.FieldEmail, "email", m.in.Email)
	home := m.text("home_address", m.in.HomeAddress, 200)
	commute := m.choice(profile.ColCommute, m.in.Commute)
	commute.Options = ui.Choose(optional(none, m.options(profile.ColCommute)), m.in.Commute)
	note := m.field(ui.FieldTextarea, "note", m.in.Note)
	note.MaxLength = 500
	fields := []ui.Field{mobile, email, home, m.text("dorm_building", m.in.DormBuilding, 60), m.text("dorm_room", m.in.DormRoom, 30), commute,
		m.text("bus", m.in.Bus, 30), m.text("canteen_table", m.in.CanteenTable, 30), note}
	if p == nil {
		return ui.FieldGroup{Legend: m.T("employee.group.contact"), Fields: fields}
	}
	var clear []ui.Option
	for _, sealed := range []struct {
		at     int
		column string
		masked string
	}{{0, "mobile", p.MaskedMobile}, {2, "home_address", p.MaskedAddress}} {
		if sealed.masked == "" {
			continue
		}
		fields[sealed.at].Hint = m.T("employee.hint.keep", "Now", sealed.masked)
		clear = append(clear, ui.Option{Value: sealed.column, Label: m.label(sealed.column)})
	}
	if len(clear) > 0 {
		fields = append(fields, ui.Field{Kind: ui.FieldChecks, Name: "clear", Label: m.T("employee.clear"), Inline: true, Options: ui.Choose(clear, m.in.Clear...)})
	}
	return ui.FieldGroup{Legend: m.T("employee.group.contact"), Fields: fields}
}
