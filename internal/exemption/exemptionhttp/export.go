package exemptionhttp

import (
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/exemption"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/sheet/sheetout"
)

// export sends what the list shows, all pages of it, as a workbook or as CSV.
func (h *Handlers) export(c echo.Context) error {
	v := viewOf(c)
	rows, err := h.records.Export(c.Request().Context(), httpd.ScopeOf(c), filterOf(c.QueryParams()), v.Now)
	if err != nil {
		return err
	}
	columns := columns(v.T, "employee_no", "name", "workshop", "team", "ground", "from*", "to*", "status", "proof", "actor", "entered*", "reason")
	return send(c, "exemptions", v.T("exemption.title"), columns, rows, func(x exemption.Listed) []any {
		return []any{x.EmployeeNo, x.Name, x.Workshop, x.Team, v.Ground(x.Ground), local(c, x.From), local(c, x.To), v.Standing(x.Exemption).Label,
			x.Proof, x.Actor, local(c, x.EnteredAt), v.Reason(x.Entry)}
	})
}

func (h *Handlers) exportDoses(c echo.Context) error {
	v := viewOf(c)
	rows, err := h.records.ExportDoses(c.Request().Context(), httpd.ScopeOf(c), filterOf(c.QueryParams()), v.Now)
	if err != nil {
		return err
	}
	columns := columns(v.T, "employee_no", "name", "workshop", "team", "number", "at*", "product", "none", "actor", "entered*", "reason")
	return send(c, "vaccinations", v.T("exemption.vaccination"), columns, rows, func(d exemption.ListedDose) []any {
		product, none := d.Product, ""
		if d.Number == 0 {
			none = v.DoseText(d.Dose)
		}
		return []any{d.EmployeeNo, d.Name, d.Workshop, d.Team, v.DoseName(d.Dose), local(c, d.At), product, none, d.Actor, local(c, d.EnteredAt), v.Reason(d.Entry)}
	})
}

// columns heads a table; a star marks an instant.
func columns(t ui.Translate, names ...string) []sheetout.Column {
	out := make([]sheetout.Column, len(names))
	for i, name := range names {
		kind := sheetout.Text
		if name[len(name)-1] == '*' {
			name, kind = name[:len(name)-1], sheetout.Instant
		}
		out[i] = sheetout.Column{Label: t("exemption.field." + name), Kind: kind}
	}
	return out
}

// local is an instant as the reader's clock shows it; a zero one stays zero.
func local(c echo.Context, at time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	return at.In(httpd.ZoneOf(c))
}

func send[T any](c echo.Context, name, title string, columns []sheetout.Column, rows []T, cells func(T) []any) error {
	name += "-" + httpd.NowOf(c).In(httpd.ZoneOf(c)).Format("20060102-1504")
	header := c.Response().Header()
	header.Set("Cache-Control", "no-store")
	var w sheetout.Writer
	var err error
	if c.QueryParam("format") == "csv" {
		header.Set("Content-Type", "text/csv; charset=utf-8")
		header.Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
		w, err = sheetout.NewCSV(c.Response(), columns)
	} else {
		header.Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
		header.Set("Content-Disposition", `attachment; filename="`+name+`.xlsx"`)
		w, err = sheetout.NewXLSX(c.Response(), title, columns)
	}
	if err != nil {
		return err
	}
	for _, row := range rows {
		if w.Write(cells(row)...) != nil {
			break // Close repeats it
		}
	}
	return w.Close()
}
