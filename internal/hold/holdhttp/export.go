package holdhttp

import (
	"bytes"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/platform/sheet/sheetout"
)

// export sends the list as a workbook. It is built before the first byte leaves, so that a failure becomes a page.
func (h *handlers) export(c echo.Context) error {
	r, zone := readerOf(c), httpd.ZoneOf(c)
	rows, err := h.holds.Export(c.Request().Context(), httpd.ScopeOf(c), filterOf(c.QueryParams()), r.now)
	if err != nil {
		return err
	}
	var columns []sheetout.Column
	for _, key := range []string{"number", "name", "team", "kind", "ground"} {
		columns = append(columns, sheetout.Column{Label: r.t("hold.field." + key)})
	}
	columns = append(columns, sheetout.Column{Label: r.t("hold.field.from"), Kind: sheetout.Instant}, sheetout.Column{Label: r.t("hold.field.author")},
		sheetout.Column{Label: r.t("hold.field.earliest"), Kind: sheetout.Instant}, sheetout.Column{Label: r.t("common.status")},
		sheetout.Column{Label: r.t("hold.field.release")})
	var out bytes.Buffer
	w, err := sheetout.NewXLSX(&out, r.t("hold.list"), columns)
	if err != nil {
		return err
	}
	for _, l := range rows {
		if err := w.Write(r.cells(l, zone)...); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return httpd.Workbook(c, r.t("hold.list")+"-"+r.now.In(zone).Format("20060102-1504"), out.Bytes())
}

func (r reader) cells(l hold.Listed, zone *time.Location) []any {
	return []any{l.EmployeeNo, l.Name, joined(l.Workshop, l.Team), r.Kind(l.Kind), r.Ground(l.Ground), l.From.In(zone), r.Author(l.Hold),
		l.Check.Earliest.In(zone), r.Badge(l.Hold, l.Check, r.now).Label, strings.Join(r.Missing(l.Check), r.t("hold.rule.and"))}
}
