package employeehttp

import (
	"bytes"
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/employee/profile"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/sheet/sheetout"
)

// export sends the list as a workbook or as CSV, sealed values masked.
func (h *handlers) export(c echo.Context) error {
	query := c.QueryParams()
	return h.send(c, filterOf(query), employee.ExportOptions{}, query.Get("format"))
}

// exportFull sends the list with whole identity numbers and mobiles, for a reason.
func (h *handlers) exportFull(c echo.Context) error {
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	query := filterQuery(form)
	err = h.send(c, filterOf(query), employee.ExportOptions{Full: true, Reason: form.Get("reason")}, "")
	if m, ok := errs.FieldsOf(err)["reason"]; ok {
		httpd.Flash(c, ui.ToneWarn, m.Key)
		return c.Redirect(http.StatusSeeOther, ui.Href("/employees", query))
	}
	return err
}

// send builds the file before the first byte leaves, so that a failure becomes a page and not half a file.
func (h *handlers) send(c echo.Context, f employee.Filter, o employee.ExportOptions, format string) error {
	v := viewOf(c)
	var out bytes.Buffer
	w, media, suffix, err := writer(&out, v, format)
	if err != nil {
		return err
	}
	err = h.employees.Export(c.Request().Context(), httpd.ScopeOf(c), f, o, v.Now, func(r employee.Row) error { return w.Write(v.cells(r)...) })
	if closed := w.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	name := v.T("employee.list") + "-" + v.Now.In(v.Zone).Format("20060102-1504") + suffix
	header := c.Response().Header()
	header.Set("Cache-Control", "no-store")
	header.Set(echo.HeaderContentDisposition, "attachment; filename*=UTF-8''"+url.PathEscape(name))
	return c.Blob(http.StatusOK, media, out.Bytes())
}

func writer(out *bytes.Buffer, v View, format string) (w sheetout.Writer, media, suffix string, err error) {
	if format == "csv" {
		w, err = sheetout.NewCSV(out, v.columns())
		return w, "text/csv; charset=utf-8", ".csv", err
	}
	w, err = sheetout.NewXLSX(out, v.T("employee.list"), v.columns())
	return w, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx", err
}

func (v View) columns() []sheetout.Column {
	var out []sheetout.Column
	for _, key := range []string{"employee_no", "name", "id_type", "id_number", "sex", "mobile", "dept", "workshop", "team", "shift", "post",
		"employment", "test_category", "work_status", "bus", "canteen_table"} {
		out = append(out, sheetout.Column{Label: v.label(key)})
	}
	return append(out, sheetout.Column{Label: v.T("employee.state")}, sheetout.Column{Label: v.T("employee.due"), Kind: sheetout.Instant})
}

func (v View) cells(r employee.Row) []any {
	state, due := "", time.Time{}
	if r.State != "" {
		state = v.T("state." + r.State)
	}
	if r.DueAt != nil {
		due = r.DueAt.In(v.Zone)
	}
	said := func(column, value string) string {
		if value == "" {
			return ""
		}
		return v.value(column, value)
	}
	return []any{r.EmployeeNo, r.Name, said(profile.ColIDType, string(r.IDType)), r.MaskedID, said(profile.ColSex, r.Sex), r.MaskedMobile,
		r.Dept, r.Workshop, r.Team, r.Shift, r.Post, said(profile.ColEmployment, r.Employment), said(profile.ColCategory, r.Category),
		said(profile.ColWorkStatus, r.WorkStatus), r.Bus, r.CanteenTable, state, due}
}
