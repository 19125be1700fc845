package screeninghttp

import (
	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/sheet/sheetout"
	"github.com/fugong/fugong/internal/screening"
)

// export sends what the list shows, all pages of it, as a workbook or as CSV.
func (h *Handlers) export(c echo.Context) error {
	rows, err := h.samples.Export(c.Request().Context(), httpd.ScopeOf(c), filterOf(c), httpd.NowOf(c))
	if err != nil {
		return err
	}
	t := ui.Translate(httpd.PrinterOf(c).T)
	name := "samples-" + httpd.NowOf(c).In(httpd.ZoneOf(c)).Format("20060102-1504")
	header := c.Response().Header()
	header.Set("Cache-Control", "no-store")
	var w sheetout.Writer
	if c.QueryParam("format") == "csv" {
		header.Set("Content-Type", "text/csv; charset=utf-8")
		header.Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
		w, err = sheetout.NewCSV(c.Response(), columns(t))
	} else {
		header.Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
		header.Set("Content-Disposition", `attachment; filename="`+name+`.xlsx"`)
		w, err = sheetout.NewXLSX(c.Response(), t("screening.title"), columns(t))
	}
	if err != nil {
		return err
	}
	for _, l := range rows {
		if w.Write(cells(c, t, l)...) != nil {
			break // Close repeats it
		}
	}
	return w.Close()
}

func columns(t ui.Translate) []sheetout.Column {
	var out []sheetout.Column
	for _, f := range []struct {
		name string
		kind sheetout.Kind
	}{
		{"employee_no", sheetout.Text}, {"name", sheetout.Text}, {"workshop", sheetout.Text}, {"team", sheetout.Text},
		{"sampled_at", sheetout.Instant}, {"tested_at", sheetout.Instant}, {"reported_at", sheetout.Instant}, {"result", sheetout.Text},
		{"method", sheetout.Text}, {"mode", sheetout.Text}, {"source", sheetout.Text}, {"proof", sheetout.Text},
		{"place", sheetout.Text}, {"lab", sheetout.Text}, {"barcode", sheetout.Text}, {"flag", sheetout.Text}, {"note", sheetout.Text},
	} {
		out = append(out, sheetout.Column{Label: t("screening.field." + f.name), Kind: f.kind})
	}
	return out
}

func cells(c echo.Context, t ui.Translate, l screening.Listed) []any {
	zone := httpd.ZoneOf(c)
	flag := ""
	if l.Flagged() {
		flag = t("screening.flag." + l.Flag)
	}
	return []any{l.EmployeeNo, l.Name, l.Workshop, l.Team, l.SampledAt.In(zone), l.TestedAt.In(zone), l.ReportedAt.In(zone),
		t("result." + l.Result.String()), t("method." + string(l.Method)), t("collect_mode." + string(l.Mode)), t("source." + string(l.Source)),
		t("screening.proof." + string(l.Proof)), l.Institution, l.Lab, l.Barcode, flag, l.Note}
}

// attachment shows the photo of a report.
func (h *Handlers) attachment(c echo.Context) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	media, data, err := h.samples.Attachment(c.Request().Context(), httpd.ScopeOf(c), id, httpd.NowOf(c))
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.Blob(200, media, data)
}
