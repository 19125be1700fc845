package employeehttp

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/employee/profile"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
)

// act is one thing that is done to a file: a dialog on the file's page, and a page of its own at /employees/:id/<name> for
// readers without script and for faults.
type act struct {
	name     string
	icon     string
	kind     ui.Kind
	statuses []string // at which it is offered; nil for all but resigned
	fields   func(v View, p employee.Person, in actForm) []ui.Field
	do       func(ctx context.Context, s *employee.Service, sc authz.Scope, id int64, version int, in actForm, v View) error
}

// actForm is what any act's form holds.
type actForm struct {
	Version  string `form:"version"`
	Dept     string `form:"dept"`
	Workshop string `form:"workshop"`
	Team     string `form:"team"`
	Shift    string `form:"shift"`
	Post     string `form:"post"`
	KeyPost  string `form:"key_post"`
	Category string `form:"test_category"`
	Status   string `form:"work_status"`
	From     string `form:"from"`
	Until    string `form:"until"`
	Reason   string `form:"reason"`
}

// nearby are the statuses from which people come back to post without the return gate: they were off for a while, not away.
var nearby = []string{"work_from_home", "leave"}

var acts = []act{
	{name: "return", icon: "undo", kind: ui.KindPlain, statuses: nearby, fields: spanFields("from"), do: setStatus(profile.OnPost)},
	{name: "rehire", icon: "undo", kind: ui.KindPlain, statuses: []string{profile.Resigned}, fields: spanFields("from"), do: setStatus(profile.AwaitingReturn)},
	{name: "place", icon: "building", kind: ui.KindQuiet, fields: placeFields, do: place},
	{name: "leave", icon: "calendar", kind: ui.KindQuiet, fields: spanFields("from", "until"), do: setStatus(profile.Leave)},
	{name: "status", icon: "user", kind: ui.KindQuiet, fields: statusFields, do: setStatus("")},
	{name: "category", icon: "people", kind: ui.KindQuiet, fields: categoryFields, do: setCategory},
	{name: "resign", icon: "exit", kind: ui.KindQuiet, fields: spanFields("from"), do: setStatus(profile.Resigned)},
}

func (a act) offered(status string) bool {
	if a.statuses == nil {
		return status != profile.Resigned
	}
	return slices.Contains(a.statuses, status)
}

func (a act) dialog(v View, p employee.Person) *ui.Dialog {
	d := ui.NewDialog(v.T, "act-"+a.name, ui.Action{Label: v.T("employee.act." + a.name), Icon: a.icon, Kind: a.kind}, address(p.ID)+"/"+a.name)
	d.Text = v.T("employee.act." + a.name + ".text")
	d.Fields = a.fields(v, p, defaults(v, p))
	for i := range d.Fields {
		d.Fields[i].ID = a.name + "-" + d.Fields[i].Name
	}
	d.Hidden = version(p)
	if a.name == "resign" {
		d.Kind = ui.KindDanger
	}
	return d
}

func version(p employee.Person) []ui.Param {
	return []ui.Param{{Name: "version", Value: strconv.Itoa(p.Version)}}
}

// defaults fills a form with how the file is now.
func defaults(v View, p employee.Person) actForm {
	in := actForm{Version: strconv.Itoa(p.Version), Dept: p.Dept, Workshop: p.Workshop, Team: p.Team, Shift: p.Shift, Post: p.Post,
		KeyPost: "no", Category: p.Category, From: v.Now.In(v.Zone).Format("2006-01-02T15:04")}
	if p.KeyPost {
		in.KeyPost = "yes"
	}
	return in
}

func placeFields(v View, _ employee.Person, in actForm) []ui.Field {
	text := func(name, value string, max int) ui.Field {
		return ui.Field{Kind: ui.FieldText, Name: name, Label: v.label(name), Value: value, MaxLength: max}
	}
	team := text("team", in.Team, 60)
	team.Hint = v.T("employee.hint.team")
	return []ui.Field{text("dept", in.Dept, 60), text("workshop", in.Workshop, 60), team, text("shift", in.Shift, 30), text("post", in.Post, 60),
		{Kind: ui.FieldRadio, Name: "key_post", Label: v.label("key_post"), Inline: true, Options: ui.Choose(v.options(profile.ColKeyPost), in.KeyPost)},
		reasonField(v, in)}
}

func reasonField(v View, in actForm) ui.Field {
	return ui.Field{Kind: ui.FieldText, Name: "reason", Label: v.T("employee.reason"), Value: in.Reason, MaxLength: 200, Hint: v.T("employee.hint.reason")}
}

func categoryFields(v View, _ employee.Person, in actForm) []ui.Field {
	return []ui.Field{{Kind: ui.FieldSelect, Name: profile.ColCategory, Label: v.label(profile.ColCategory), Required: true,
		Options: ui.Choose(v.options(profile.ColCategory), in.Category)}, reasonField(v, in)}
}

// statusFields offer the statuses that have no act of their own.
func statusFields(v View, p employee.Person, in actForm) []ui.Field {
	options := slices.DeleteFunc(v.options(profile.ColWorkStatus), func(o ui.Option) bool {
		return o.Value == profile.OnPost || o.Value == profile.Leave || o.Value == profile.Resigned
	})
	choice := ui.Field{Kind: ui.FieldRadio, Name: profile.ColWorkStatus, Label: v.label(profile.ColWorkStatus), Required: true, Options: ui.Choose(options, in.Status)}
	return append([]ui.Field{choice}, spanFields("from")(v, p, in)...)
}

// spanFields ask since when, perhaps until when, and why.
func spanFields(names ...string) func(View, employee.Person, actForm) []ui.Field {
	return func(v View, _ employee.Person, in actForm) []ui.Field {
		var out []ui.Field
		for _, name := range names {
			f := ui.Field{Kind: ui.FieldDateTime, Name: name, Label: v.T("employee." + map[string]string{"from": "since", "until": "until"}[name])}
			f.Value, f.Required = in.From, true
			if name == "until" {
				f.Value, f.Required, f.Hint = in.Until, false, v.T("employee.hint.until")
			}
			out = append(out, f)
		}
		return append(out, reasonField(v, in))
	}
}

func place(ctx context.Context, s *employee.Service, sc authz.Scope, id int64, version int, in actForm, v View) error {
	p := profile.Placement{Dept: in.Dept, Workshop: in.Workshop, Team: in.Team, Shift: in.Shift, Post: in.Post, KeyPost: in.KeyPost}
	return s.Place(ctx, sc, id, version, p, in.Reason, v.Now)
}

func setCategory(ctx context.Context, s *employee.Service, sc authz.Scope, id int64, version int, in actForm, v View) error {
	return s.SetCategory(ctx, sc, id, version, in.Category, in.Reason, v.Now)
}

// setStatus sets the status, or the one that the form chose.
func setStatus(status string) func(context.Context, *employee.Service, authz.Scope, int64, int, actForm, View) error {
	return func(ctx context.Context, s *employee.Service, sc authz.Scope, id int64, version int, in actForm, v View) error {
		change := employee.StatusChange{Version: version, Status: status, Reason: in.Reason}
		if status == "" {
			change.Status = in.Status
		}
		faults := errs.Fields{}
		change.From, change.Until = instant(v, "from", in.From, faults), instant(v, "until", in.Until, faults)
		if err := faults.Err(); err != nil {
			return err
		}
		change.Ungated = true
		return s.SetStatus(ctx, sc, id, change, v.Now)
	}
}

// instant reads a date and time of the reader's zone; blank is none.
func instant(v View, field, value string, faults errs.Fields) time.Time {
	if value == "" {
		return time.Time{}
	}
	t, err := time.ParseInLocation("2006-01-02T15:04", value, v.Zone)
	if err != nil {
		faults.Add(field, "error.datetime")
	}
	return t
}

func (h *handlers) actForm(a act) echo.HandlerFunc {
	return func(c echo.Context) error {
		id, err := httpd.ID(c, "id")
		if err != nil {
			return err
		}
		p, err := h.employees.Get(c.Request().Context(), httpd.ScopeOf(c), id, httpd.NowOf(c))
		if err != nil {
			return err
		}
		v := viewOf(c)
		return h.showAct(c, http.StatusOK, a, p, defaults(v, p), nil)
	}
}

func (h *handlers) actSave(a act) echo.HandlerFunc {
	return func(c echo.Context) error {
		id, err := httpd.ID(c, "id")
		if err != nil {
			return err
		}
		var in actForm
		if err := httpd.Bind(c, &in); err != nil {
			return err
		}
		n, err := strconv.Atoi(in.Version)
		if err != nil {
			return errs.New(errs.Conflict, "error.conflict")
		}
		ctx, sc, v := c.Request().Context(), httpd.ScopeOf(c), viewOf(c)
		err = a.do(ctx, h.employees, sc, id, n, in, v)
		if len(errs.FieldsOf(err)) == 0 {
			if err != nil {
				return err
			}
			return httpd.Done(c, address(id), "employee.act."+a.name+".done")
		}
		p, failed := h.employees.Get(ctx, sc, id, v.Now)
		if failed != nil {
			return failed
		}
		return h.showAct(c, http.StatusUnprocessableEntity, a, p, in, err)
	}
}

// showAct is the act's own page. Faults of fields that it does not have stand above the form.
func (h *handlers) showAct(c echo.Context, status int, a act, p employee.Person, in actForm, err error) error {
	v := viewOf(c)
	fields := a.fields(v, p, in)
	for i := range fields {
		fields[i].Error = faultOf(v, err, fields[i].Name)
	}
	form := ui.NewForm(v.T, address(p.ID)+"/"+a.name, v.T("employee.act."+a.name), fields...)
	form.Hidden = []ui.Param{{Name: "version", Value: in.Version}}
	form.Cancel = &ui.Link{Label: v.T("common.cancel"), Href: address(p.ID)}
	head := ui.NewHead(v.T, v.T("employee.act."+a.name), ui.Link{Label: v.T("employee.list"), Href: "/employees"}, ui.Link{Label: p.Name, Href: address(p.ID)})
	head.Sub = v.T("employee.act." + a.name + ".text")
	return httpd.Render(c, status, "employee/form", &formPage{Head: head, Notices: others(v, err, fields), Form: form})
}
