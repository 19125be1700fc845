package exemptionhttp

import (
	"fmt"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
)

// findPage asks for whom something shall be recorded.
type findPage struct {
	httpd.Base
	Head  ui.PageHead
	Table ui.Table
}

// found is how many people a search shows: whoever gets more types more.
const found = 20

func (h *Handlers) find(c echo.Context) error {
	v, q := viewOf(c), c.QueryParam("q")
	people, err := h.records.Find(c.Request().Context(), httpd.ScopeOf(c), q, found)
	if err != nil {
		return err
	}
	p := &findPage{Head: ui.NewHead(v.T, v.T("exemption.new"), ui.Link{Label: v.T("exemption.list"), Href: listAddress}),
		Table: ui.NewTable(v.T, "people", v.T("exemption.find"))}
	p.Head.Sub = v.T("exemption.find.sub")
	p.Table.Toolbar = ui.NewToolbar(v.T, "/exemptions/new", "people")
	p.Table.Toolbar.Search = &ui.Search{Name: "q", Value: q, Label: v.T("exemption.search")}
	p.Table.Toolbar.Words.Submit = v.T("common.search")
	p.Table.Columns = []ui.Column{{Label: v.T("exemption.field.name"), Head: true}, {Label: v.T("exemption.field.employee_no")},
		{Label: v.T("exemption.field.team")}, {Label: v.T("common.actions"), Tight: true}}
	for _, who := range people {
		file := fmt.Sprint("/employees/", who.ID)
		p.Table.Rows = append(p.Table.Rows, ui.Row{Value: strconv.FormatInt(who.ID, 10), Label: who.Name, Cells: []ui.Cell{
			{Text: who.Name, Href: file}, ui.Text(who.EmployeeNo), ui.Text(joined(who.Workshop, who.Team)),
			{Actions: []ui.Action{{Label: v.T("exemption.title"), Href: file + "/exemption", Icon: "shield"},
				{Label: v.T("exemption.vaccination"), Href: file + "/vaccination", Icon: "plus"}}}}})
	}
	p.Table.Empty = ui.Empty{Icon: "search", Title: v.T("exemption.find.nobody"), Text: v.T("exemption.find.nobody_hint")}
	if q == "" {
		p.Table.Empty = ui.Empty{Icon: "people", Title: v.T("exemption.find.begin"), Text: v.T("exemption.find.begin_hint")}
	}
	return httpd.Render(c, 200, "exemption/find", p)
}
