package employeehttp

import (
	"database/sql"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/employee/profile"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
)

// filePage is one person's file: who it is, where the person stands and why, and everything that happened.
type filePage struct {
	httpd.Base
	Head     ui.PageHead
	Notices  []ui.Notice
	Standing ui.Standing
	Facts    ui.Facts
	Acts     []ui.Action
	Tabs     ui.Tabs
	Timeline []ui.Entry
	Empty    ui.Empty
	Earlier  *ui.Action
}

func (h *handlers) file(c echo.Context) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	return h.showFile(c, http.StatusOK, id, nil)
}

func (h *handlers) showFile(c echo.Context, status int, id int64, shown *revealed) error {
	ctx, sc, v := c.Request().Context(), httpd.ScopeOf(c), viewOf(c)
	p, err := h.employees.Get(ctx, sc, id, v.Now)
	if err != nil {
		return err
	}
	elsewhere, err := h.employees.ElsewhereActive(ctx, sc, id, v.Now)
	if err != nil {
		return err
	}
	view := fileView{View: v, sc: sc, p: p, shown: shown, kind: c.QueryParam("kind"), before: beforeOf(c)}
	page := &filePage{Head: view.head(), Notices: view.notices(elsewhere), Facts: view.facts(), Acts: view.acts(), Tabs: view.tabs(h.sources)}
	var entries []ui.Dated
	var earlier time.Time
	err = h.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		if page.Standing, err = h.standing(ctx, tx, sc, id, v); err != nil {
			return err
		}
		if h.more != nil {
			facts, err := h.more(ctx, tx, sc, id, v)
			if err != nil {
				return err
			}
			page.Facts.Items = append(page.Facts.Items, facts...)
		}
		r := TimelineRequest{Employee: id, Before: view.before, View: v}
		entries, earlier, err = timeline(ctx, tx, sc, view.chosen(h.sources), r)
		return err
	})
	if err != nil {
		return err
	}
	page.Head.Badges = append(page.Head.Badges, page.Standing.Badge)
	view.fill(page, entries, earlier)
	return httpd.Render(c, status, "employee/file", page)
}

// beforeOf reads the instant before which the timeline is asked for. When the address names none it is an hour ahead: a sample may
// be told of minutes before its time.
func beforeOf(c echo.Context) time.Time {
	if us, err := strconv.ParseInt(c.QueryParam("before"), 10, 64); err == nil && us > 0 {
		return time.UnixMicro(us)
	}
	return httpd.NowOf(c).Add(time.Hour)
}

// fileView makes the parts of the page.
type fileView struct {
	View
	sc     authz.Scope
	p      employee.Person
	shown  *revealed
	kind   string
	before time.Time
}

func (v fileView) status() string { return v.p.StatusAt(v.Now) }

func (v fileView) head() ui.PageHead {
	head := ui.NewHead(v.T, v.p.Name, ui.Link{Label: v.T("employee.list"), Href: "/employees"})
	head.Sub = joined(v.p.EmployeeNo, v.p.Workshop, v.p.Team, v.p.Post)
	head.Badges = []ui.Badge{ui.WorkBadge(v.T, v.status())}
	if v.status() != profile.Resigned {
		if v.sc.Can(authz.SampleRecord) {
			head.Actions = append(head.Actions, ui.Action{Label: v.T("employee.log_sample"), Href: address(v.p.ID) + "/sample", Icon: "tube", Kind: ui.KindPrimary})
		}
		if v.sc.Can(authz.SymptomRecord) {
			head.Actions = append(head.Actions, ui.Action{Label: v.T("employee.log_symptom"), Href: address(v.p.ID) + "/symptom", Icon: "thermometer"})
		}
	}
	if v.sc.Can(authz.HoldPut) && v.status() != profile.Resigned {
		head.Actions = append(head.Actions, ui.Action{Label: v.T("employee.hold"), Href: "/holds/new?employee=" + strconv.FormatInt(v.p.ID, 10), Icon: "stop"})
	}
	if v.sc.Can(authz.EmployeeEdit) {
		head.Actions = append(head.Actions, ui.Action{Label: v.T("common.edit"), Href: address(v.p.ID) + "/edit", Icon: "edit"})
	}
	return head
}

func (v fileView) notices(elsewhere int) []ui.Notice {
	var out []ui.Notice
	if v.shown != nil && v.shown.fault != "" {
		out = append(out, ui.Notice{Tone: ui.ToneWarn, Title: v.T("employee.reveal.refused"), Text: v.shown.fault})
	}
	if elsewhere > 0 {
		out = append(out, ui.Notice{Tone: ui.ToneInfo, Title: v.T("employee.elsewhere"), Text: v.T("employee.elsewhere_text")})
	}
	return out
}

// facts are the particulars. Of the birth date only the year: with it and the masked number the whole number could be told.
func (v fileView) facts() ui.Facts {
	p := v.p
	fact := func(column, value string) ui.Fact {
		return ui.Fact{Label: v.label(column), Value: v.value(column, value)}
	}
	status := fact(profile.ColWorkStatus, v.status())
	status.Sub = v.T("employee.since_at", "At", v.When(p.StatusSince))
	if p.StatusUntil.Valid && v.Now.Before(p.StatusUntil.Time) {
		status.Sub = v.T("employee.from_until", "From", v.When(p.StatusSince), "Until", v.When(p.StatusUntil.Time))
	}
	category := fact(profile.ColCategory, p.Category)
	category.Sub = v.T("employee.since_at", "At", v.When(p.CategorySince))
	keyPost := "no"
	if p.KeyPost {
		keyPost = "yes"
	}
	items := []ui.Fact{
		fact(profile.ColIDType, string(p.IDType)), v.sealed(employee.FieldIDNumber, p.MaskedID),
		fact(profile.ColSex, p.Sex), {Label: v.T("employee.birth_year"), Value: date(p.Birth, "2006")},
		v.sealed(employee.FieldMobile, p.MaskedMobile), status, category,
	}
	for _, f := range []ui.Fact{
		fact("dept", p.Dept), {Label: v.label("team"), Value: joined(p.Workshop, p.Team)}, fact("shift", p.Shift), fact("post", p.Post),
		fact(profile.ColKeyPost, keyPost), fact(profile.ColEmployment, p.Employment),
		{Label: v.label("joined_on"), Value: date(p.JoinedOn, time.DateOnly)}, fact(profile.ColCommute, p.Commute), fact("bus", p.Bus), fact("canteen_table", p.CanteenTable),
		{Label: v.T("employee.dorm"), Value: joined(p.DormBuilding, p.DormRoom)}, v.sealed(employee.FieldAddress, p.MaskedAddress),
		fact("email", p.Email), fact("note", p.Note),
	} {
		if f.Value != "" && f.Value != none {
			items = append(items, f)
		}
	}
	return ui.Facts{Columns: true, Items: items}
}

func date(t sql.NullTime, layout string) string {
	if !t.Valid {
		return none
	}
	return t.Time.Format(layout)
}

func (v fileView) acts() []ui.Action {
	if !v.sc.Can(authz.EmployeeEdit) {
		return nil
	}
	var out []ui.Action
	if s := v.status(); s != profile.OnPost && v.sc.Can(authz.ReturnReview) && v.p.EmployeeNo != "" {
		out = append(out, ui.Action{Label: v.T("employee.act.gate"), Href: "/returns/new?" + url.Values{"who": {v.p.EmployeeNo}}.Encode(), Icon: "right"})
	}
	for _, a := range acts {
		if a.offered(v.status()) {
			out = append(out, ui.Action{Dialog: a.dialog(v.View, v.p)})
		}
	}
	return out
}

// chosen are the sources of the tab that is open. Readings have only a tab of their own: every opening of the file is one, and among
// the rest they would drown what happened.
func (v fileView) chosen(all []TimelineSource) []TimelineSource {
	var out []TimelineSource
	for _, s := range all {
		if s.Kind == v.kind {
			return []TimelineSource{s}
		}
		if s.Kind != kindReading {
			out = append(out, s)
		}
	}
	return out
}

func (v fileView) tabs(sources []TimelineSource) ui.Tabs {
	tabs := ui.Tabs{Label: v.T("employee.timeline"), Items: []ui.Tab{{Label: v.T("common.all"), Href: address(v.p.ID), Current: true}}}
	for _, s := range sources {
		current := s.Kind == v.kind
		if current {
			tabs.Items[0].Current = false
		}
		tabs.Items = append(tabs.Items, ui.Tab{Label: v.T("employee.timeline." + s.Kind), Href: ui.Href(address(v.p.ID), url.Values{"kind": {s.Kind}}), Current: current})
	}
	return tabs
}

func (v fileView) fill(page *filePage, entries []ui.Dated, earlier time.Time) {
	out := make([]ui.Entry, len(entries))
	for i, e := range entries {
		out[i] = v.entry(e)
	}
	page.Timeline = ui.GroupDays(out)
	page.Empty = ui.Empty{Icon: "list", Title: v.T("employee.timeline.empty")}
	if !earlier.IsZero() {
		href := ui.Href(address(v.p.ID), nil, "kind", v.kind, "before", strconv.FormatInt(earlier.UnixMicro(), 10))
		page.Earlier = &ui.Action{Label: v.T("employee.timeline.earlier"), Href: href, Icon: "down"}
	}
}
