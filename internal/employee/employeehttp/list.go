package employeehttp

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/employee/profile"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/regime"
)

// listPage is the list of files.
type listPage struct {
	httpd.Base
	Head   ui.PageHead
	Search searchBox
	Table  ui.Table
}

// searchBox posts what is searched for: an identity number or mobile must not stand in an address.
type searchBox struct {
	Search ui.Search
	Hidden []ui.Param
	Submit string
}

// filterOf reads the filter from the address. A value that no list knows is left out.
func filterOf(q url.Values) employee.Filter {
	f := employee.Filter{
		Search: q.Get("q"), Workshop: q.Get("workshop"), WorkStatus: q.Get("status"), Category: q.Get("category"),
		Bus: q.Get("bus"), Canteen: q.Get("canteen"),
		State: q.Get("state"), Sort: q.Get("sort"), Desc: q.Get("desc") != "",
	}
	f.Team, _ = strconv.ParseInt(q.Get("team"), 10, 64) // no number is no team
	for _, s := range q["id"] {
		if id, err := strconv.ParseInt(s, 10, 64); err == nil {
			f.IDs = append(f.IDs, id)
		}
	}
	if _, err := regime.ParseState(f.State); err != nil && f.State != employee.StateHeld {
		f.State = ""
	}
	if !slices.Contains(profile.Choices(profile.ColWorkStatus), f.WorkStatus) && f.WorkStatus != employee.AnyStatus {
		f.WorkStatus = ""
	}
	return f
}

// filterNames are the parameters that make up a filter.
var filterNames = []string{"q", "workshop", "team", "status", "category", "bus", "canteen", "state", "id", "sort", "desc"}

// filterQuery keeps of an address what makes up the filter, without the page.
func filterQuery(q url.Values) url.Values {
	out := url.Values{}
	for _, name := range filterNames {
		for _, value := range q[name] {
			if value != "" {
				out.Add(name, value)
			}
		}
	}
	return out
}

func params(q url.Values, without ...string) []ui.Param {
	var out []ui.Param
	for _, name := range filterNames {
		if slices.Contains(without, name) {
			continue
		}
		for _, value := range q[name] {
			out = append(out, ui.Param{Name: name, Value: value})
		}
	}
	return out
}

func (h *handlers) list(c echo.Context) error {
	query := filterQuery(c.QueryParams())
	if employee.IsNumber(query.Get("q")) {
		query.Del("q")
		return c.Redirect(http.StatusSeeOther, ui.Href("/employees", query))
	}
	ctx, sc, v := c.Request().Context(), httpd.ScopeOf(c), viewOf(c)
	f := filterOf(query)
	l, err := h.employees.List(ctx, sc, f, httpd.PageRequest(c), v.Now)
	if err != nil {
		return err
	}
	teams, err := h.employees.Teams(ctx, sc)
	if err != nil {
		return err
	}
	view := listView{View: v, sc: sc, query: query, filter: f}
	p := &listPage{Head: view.head(), Search: view.search(), Table: view.table(l)}
	buses, tables, err := h.employees.Places(ctx, sc)
	if err != nil {
		return err
	}
	p.Table.Toolbar.Selects = append(view.selects(teams), view.places(buses, tables)...)
	return httpd.Render(c, http.StatusOK, "employee/list", p)
}

// search sends the reader to what was searched for: one person's file, the few people who share a phone, or the list.
func (h *handlers) search(c echo.Context) error {
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	query := filterQuery(form)
	text := query.Get("q")
	if !employee.IsNumber(text) {
		return c.Redirect(http.StatusSeeOther, ui.Href("/employees", query))
	}
	l, err := h.employees.List(c.Request().Context(), httpd.ScopeOf(c), employee.Filter{Search: text}, page.Request{}, httpd.NowOf(c))
	if err != nil {
		return err
	}
	switch len(l.Rows) {
	case 0:
		httpd.Flash(c, ui.ToneWarn, "employee.search.nobody")
		return c.Redirect(http.StatusSeeOther, "/employees")
	case 1:
		return c.Redirect(http.StatusSeeOther, address(l.Rows[0].ID))
	}
	found := url.Values{}
	for _, r := range l.Rows {
		found.Add("id", strconv.FormatInt(r.ID, 10))
	}
	return c.Redirect(http.StatusSeeOther, ui.Href("/employees", found))
}

// listView makes the list's parts.
type listView struct {
	View
	sc     authz.Scope
	query  url.Values
	filter employee.Filter
}

func (v listView) href(pairs ...string) string { return ui.Href("/employees", v.query, pairs...) }

func (v listView) head() ui.PageHead {
	head := ui.NewHead(v.T, v.T("employee.list"))
	head.Sub = v.T("employee.list.sub")
	if v.sc.Can(authz.EmployeeEdit) {
		head.Actions = append(head.Actions, ui.Action{Label: v.T("employee.new"), Href: "/employees/new", Icon: "plus", Kind: ui.KindPrimary})
	}
	if v.sc.Can(authz.RosterImport) {
		head.Actions = append(head.Actions, ui.Action{Label: v.T("employee.import"), Href: "/imports/new?kind=roster", Icon: "upload"})
	}
	if v.sc.Can(authz.EmployeeExport) && v.sc.Can(authz.EmployeeReveal) {
		head.Actions = append(head.Actions, ui.Action{Dialog: v.fullExport()})
	}
	return head
}

func (v listView) fullExport() *ui.Dialog {
	d := ui.NewDialog(v.T, "export-full", ui.Action{Label: v.T("employee.export.full"), Icon: "download", Kind: ui.KindQuiet}, "/employees/export")
	d.Text = v.T("employee.export.full_text")
	d.Hidden = params(v.query)
	d.Fields = []ui.Field{{Kind: ui.FieldText, Name: "reason", ID: "export-reason", Label: v.T("common.reason"), Required: true, MaxLength: 200,
		Hint: v.T("employee.export.reason_hint")}}
	return d
}

func (v listView) search() searchBox {
	return searchBox{
		Search: ui.Search{Name: "q", Value: v.filter.Search, Label: v.T("employee.search"), Placeholder: v.T("employee.search.placeholder")},
		Hidden: params(v.query, "q", "id"), Submit: v.T("common.search"),
	}
}

func (v listView) selects(teams []employee.Team) []ui.Select {
	workshops, names := []ui.Option{}, []ui.Option{}
	for _, t := range teams {
		if t.Workshop != "" && !slices.ContainsFunc(workshops, func(o ui.Option) bool { return o.Value == t.Workshop }) {
			workshops = append(workshops, ui.Option{Value: t.Workshop, Label: t.Workshop})
		}
		names = append(names, ui.Option{Value: strconv.FormatInt(t.ID, 10), Label: joined(t.Workshop, t.Name)})
	}
	all := v.T("common.all")
	statuses := append(optional(v.T("employee.status.here"), v.options(profile.ColWorkStatus)), ui.Option{Value: employee.AnyStatus, Label: all})
	return []ui.Select{
		{Name: "workshop", Label: v.label("workshop"), Options: ui.Choose(optional(all, workshops), v.filter.Workshop)},
		{Name: "team", Label: v.label("team"), Options: ui.Choose(optional(all, names), v.query.Get("team"))},
		{Name: "status", Label: v.label("work_status"), Options: ui.Choose(statuses, v.filter.WorkStatus)},
		{Name: "category", Label: v.label("test_category"), Options: ui.Choose(optional(all, v.options(profile.ColCategory)), v.filter.Category)},
	}
}

// places are the filters by shuttle and by table, where the org has any.
func (v listView) places(buses, tables []string) []ui.Select {
	var out []ui.Select
	for _, f := range []struct {
		name, column, current string
		values                []string
	}{{"bus", "bus", v.filter.Bus, buses}, {"canteen", "canteen_table", v.filter.Canteen, tables}} {
		if len(f.values) == 0 && f.current == "" {
			continue
		}
		var options []ui.Option
		for _, value := range f.values {
			options = append(options, ui.Option{Value: value, Label: value})
		}
		out = append(out, ui.Select{Name: f.name, Label: v.label(f.column), Options: ui.Choose(optional(v.T("common.all"), options), f.current)})
	}
	return out
}
