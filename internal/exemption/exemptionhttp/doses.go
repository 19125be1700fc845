package exemptionhttp

import (
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/exemption"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
)

// doseNumbers are the numbers that forms and filters offer; 0 is not vaccinated.
var doseNumbers = []string{"1", "2", "3", "4", "0"}

func (h *Handlers) doses(c echo.Context) error {
	ctx, l := c.Request().Context(), listerOf(c, doseAddress, "vaccination")
	f := filterOf(l.q)
	f.Request = httpd.PageRequest(c)
	res, err := h.records.ListDoses(ctx, l.sc, f)
	if err != nil {
		return err
	}
	teams, err := h.records.Teams(ctx, l.sc)
	if err != nil {
		return err
	}
	p := &listPage{Head: l.head(), Tabs: l.tabs(), Table: ui.NewTable(l.T, l.table, l.T("exemption.vaccination"))}
	tb := l.toolbar(teams, res.Total, "dose")
	options := append([]ui.Option{{Label: l.T("exemption.any.dose")}}, l.doseOptions()...)
	tb.Selects = append([]ui.Select{{Name: "dose", Label: l.T("exemption.field.number"), Options: ui.Choose(options, f.Dose)}}, tb.Selects...)
	tb.Chips = []ui.Chip{{Label: l.T("common.all"), Href: l.href("stage", ""), Current: f.Stage != exemption.Cancelled},
		{Label: l.T("exemption.stage.cancelled"), Href: l.href("stage", string(exemption.Cancelled)), Current: f.Stage == exemption.Cancelled}}
	p.Table.Toolbar = tb
	p.Table.Columns = []ui.Column{{Label: l.T("exemption.field.name"), Head: true}, {Label: l.T("exemption.field.number")},
		l.sortable(l.T("exemption.field.at"), string(exemption.SortFrom)), {Label: l.T("exemption.field.product")},
		l.sortable(l.T("exemption.field.entered"), string(exemption.SortEntered)), {Label: l.T("common.actions"), Tight: true}}
	for _, d := range res.Rows {
		p.Table.Rows = append(p.Table.Rows, l.doseRow(d))
	}
	p.Table.Pager = ui.NewPager(l.T, len(res.Rows), res.Total, l.turn("before", res.Prev), l.turn("after", res.Next))
	if tb.Clear == "" {
		p.Table.Empty = ui.Empty{Icon: "shield", Title: l.T("exemption.empty.doses"), Text: l.T("exemption.empty.doses_hint"), Actions: p.Head.Actions}
	}
	return httpd.Render(c, 200, "exemption/list", p)
}

func (l lister) doseOptions() []ui.Option {
	out := make([]ui.Option, len(doseNumbers))
	for i, n := range doseNumbers {
		number, _ := strconv.Atoi(n) // they are numbers
		out[i] = ui.Option{Value: n, Label: l.DoseName(exemption.Dose{Number: number})}
	}
	return out
}

func (l lister) doseRow(d exemption.ListedDose) ui.Row {
	at := ui.Text("—")
	if !d.At.IsZero() {
		at = ui.Cell{Text: l.DoseDay(d.Dose), DateTime: d.At.Format(time.RFC3339)}
	}
	number := ui.Cell{Text: l.DoseName(d.Dose)}
	if !d.Stands() {
		number = ui.Badges(l.Standing(exemption.Exemption{Entry: d.Entry}))
		number.Text, number.Sub = l.DoseName(d.Dose), l.Reason(d.Entry)
	}
	return ui.Row{Value: strconv.FormatInt(d.ID, 10), Label: d.Name, Cells: []ui.Cell{
		person(d.Who, d.Employee), number, at, ui.Text(l.DoseText(d.Dose)), l.entered(d.Entry), {Actions: l.actions(d.Entry, d.Name)},
	}}
}
