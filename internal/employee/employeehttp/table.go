package employeehttp

import (
	"strconv"
	"time"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/employee/profile"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
)

const tableID = "employees"

func (v listView) table(l employee.Listing) ui.Table {
	tb := ui.NewTable(v.T, tableID, v.T("employee.list"))
	tb.Toolbar = v.toolbar(l)
	tb.Columns = []ui.Column{
		v.sortable(ui.Column{Label: v.label("name"), Head: true}, employee.SortName),
		v.sortable(ui.Column{Label: v.label("employee_no"), Tight: true}, employee.SortNumber),
		v.sortable(ui.Column{Label: v.T("employee.state"), Tight: true}, employee.SortState),
		v.sortable(ui.Column{Label: v.T("employee.due")}, employee.SortDue),
		{Label: v.label("team")}, {Label: v.label("test_category")}, {Label: v.label("mobile"), Tight: true},
	}
	for _, r := range l.Rows {
		tb.Rows = append(tb.Rows, v.row(r))
	}
	prev, next := "", ""
	if l.Prev != "" {
		prev = v.href("before", l.Prev)
	}
	if l.Next != "" {
		next = v.href("after", l.Next)
	}
	tb.Pager = ui.NewPager(v.T, len(l.Rows), l.Total, prev, next)
	if v.sc.Can(authz.ReminderSend) {
		tb.Bulk = ui.NewBulk(v.T, "ids", ui.Action{Label: v.T("employee.remind"), Href: "/week/remind", Icon: "bell"})
	}
	if len(v.query) == 0 {
		tb.Empty = v.nobodyYet()
	}
	return tb
}

// nobodyYet is the list of an enterprise that has only begun.
func (v listView) nobodyYet() ui.Empty {
	e := ui.Empty{Icon: "people", Title: v.T("employee.empty"), Text: v.T("employee.empty_hint")}
	if v.sc.Can(authz.RosterImport) {
		e.Actions = append(e.Actions, ui.Action{Label: v.T("employee.import"), Href: "/imports/new?kind=roster", Icon: "upload", Kind: ui.KindPrimary})
	}
	if v.sc.Can(authz.EmployeeEdit) {
		e.Actions = append(e.Actions, ui.Action{Label: v.T("employee.new"), Href: "/employees/new", Icon: "plus"})
	}
	return e
}

// sortable makes a column's heading a link: to its order, and from there to the reverse.
func (v listView) sortable(col ui.Column, sort string) ui.Column {
	current := v.filter.Sort
	if current == "" {
		current = employee.SortName
	}
	desc := ""
	if current == sort {
		col.Sorted = "ascending"
		if v.filter.Desc {
			col.Sorted = "descending"
		} else {
			desc = "1"
		}
	}
	col.SortHref = v.href("sort", sort, "desc", desc)
	return col
}

func (v listView) toolbar(l employee.Listing) *ui.Toolbar {
	tb := ui.NewToolbar(v.T, "/employees", tableID)
	tb.Hidden = params(v.query, "workshop", "team", "status", "category", "bus", "canteen")
	all := 0
	for _, n := range l.Counts {
		all += n
	}
	tb.Chips = []ui.Chip{{Label: v.T("common.all"), Count: ui.Number(all), Href: v.href("state", ""), Current: v.filter.State == ""}}
	for _, state := range ui.StandingStates() {
		n := l.Counts[state]
		if n == 0 && state != v.filter.State {
			continue
		}
		b := ui.StandingBadge(v.T, state)
		tb.Chips = append(tb.Chips, ui.Chip{Label: b.Label, Count: ui.Number(n), Tone: b.Tone, Href: v.href("state", state), Current: state == v.filter.State})
	}
	if len(params(v.query, "sort", "desc")) > 0 {
		tb.Clear = "/employees"
	}
	if v.sc.Can(authz.EmployeeExport) && l.Total > 0 {
		tb.Actions = []ui.Action{
			{Label: v.T("employee.export.xlsx"), Href: ui.Href("/employees/export", v.query), Icon: "download", Download: true},
			{Label: v.T("employee.export.csv"), Href: ui.Href("/employees/export", v.query, "format", "csv"), Kind: ui.KindQuiet, Download: true},
		}
	}
	return tb
}

func (v listView) row(r employee.Row) ui.Row {
	due := ui.Text(none)
	if r.DueAt != nil {
		due = ui.Cell{Text: v.When(*r.DueAt), DateTime: r.DueAt.Format(time.RFC3339)}
	}
	row := ui.Row{Value: strconv.FormatInt(r.ID, 10), Label: r.Name, Cells: []ui.Cell{
		{Text: r.Name, Sub: r.MaskedID, Href: address(r.ID)},
		ui.Text(r.EmployeeNo),
		ui.Badges(v.badges(r)...),
		due,
		{Text: joined(r.Workshop, r.Team), Sub: r.Post},
		ui.Text(v.value(profile.ColCategory, r.Category)),
		ui.Text(r.MaskedMobile),
	}}
	switch r.State {
	case employee.StateHeld:
		row.Tone = ui.ToneHeld
	case "overdue":
		row.Tone = ui.ToneDanger
	}
	return row
}

// badges are the standing, none before the first evaluation, and the work status of whoever is not on post.
func (v listView) badges(r employee.Row) []ui.Badge {
	var out []ui.Badge
	if r.State != "" {
		out = append(out, ui.StandingBadge(v.T, r.State))
	}
	if r.WorkStatus != profile.OnPost {
		out = append(out, ui.WorkBadge(v.T, r.WorkStatus))
	}
	return out
}
