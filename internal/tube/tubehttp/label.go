package tubehttp

import (
	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/gb"
)

type labelPage struct {
	httpd.Base
	Head  ui.PageHead
	Facts ui.Facts
	Table ui.Table
	Count string
}

// label is the sheet that goes with the tube: the barcode, how many, and who by masked names. It tells no result.
func (h *Handlers) label(c echo.Context) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	v, err := h.tubes.View(c.Request().Context(), httpd.ScopeOf(c), id, httpd.NowOf(c))
	if err != nil {
		return err
	}
	t := ui.Translate(httpd.PrinterOf(c).T)
	x := v.Tube
	p := &labelPage{Head: ui.NewHead(t, x.Barcode, ui.Link{Label: t("tube.title"), Href: "/tubes"}, ui.Link{Label: x.Barcode, Href: address(id)}),
		Count: t("tube.label.count", "N", x.Members)}
	p.Head.Sub = t("tube.label.sub")
	p.Facts = ui.Facts{Columns: true, Items: []ui.Fact{{Label: t("tube.field.mode"), Value: modeLabel(t, x.Mode)},
		{Label: t("tube.field.institution"), Value: x.Institution}, {Label: t("tube.field.opened_at"), Value: at(c, x.OpenedAt), Sub: ui.Actor(t, x.OpenedBy)}}}
	p.Table = ui.NewTable(t, "label", t("tube.members"))
	p.Table.Columns = []ui.Column{{Label: t("tube.field.number"), Numeric: true, Tight: true}, {Label: t("tube.field.name"), Head: true}, {Label: t("tube.field.sampled_at")}}
	for i, m := range v.Members {
		p.Table.Rows = append(p.Table.Rows, ui.Row{Cells: []ui.Cell{ui.Count(i + 1), ui.Text(gb.MaskName(m.Name)), ui.Text(at(c, m.SampledAt))}})
	}
	p.Table.Empty = ui.Empty{Icon: "people", Title: t("tube.members.none"), Text: t("tube.members.none.hint")}
	return httpd.Render(c, 200, "tube/label", p)
}
