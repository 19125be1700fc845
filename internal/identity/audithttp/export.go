package audithttp

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/platform/sheet/csvtext"
)

// export answers the rows that the list shows as a CSV file that a Chinese Excel opens.
func (h *Handlers) export(c echo.Context) error {
	_, f, err := h.read(c)
	if err != nil {
		return err
	}
	now := httpd.NowOf(c)
	rows, err := h.reader.Export(c.Request().Context(), httpd.ScopeOf(c), f, now)
	if err != nil {
		return err
	}
	name := "audit-" + now.In(httpd.ZoneOf(c)).Format("20060102-1504") + ".csv"
	header := c.Response().Header()
	header.Set(echo.HeaderContentDisposition, `attachment; filename="`+name+`"`)
	header.Set("Cache-Control", "no-store")
	return c.Blob(http.StatusOK, "text/csv; charset=utf-8", csv(c, rows))
}

func csv(c echo.Context, rows []audit.Row) []byte {
	t := httpd.PrinterOf(c).T
	var b bytes.Buffer
	b.WriteString("\ufeff") // without it Excel takes UTF-8 for GB18030
	line(&b, t("audit.time"), t("audit.org"), t("audit.actor"), t("audit.role"), t("audit.kind"), t("audit.action"), t("audit.subject"),
		t("audit.subject_id"), t("audit.file_id"), t("common.reason"), t("audit.detail"), t("audit.request"))
	for _, r := range rows {
		kind := t("audit.kind.change")
		if r.Read {
			kind = t("audit.kind.read")
		}
		file := ""
		if r.Employee != 0 {
			file = strconv.FormatInt(r.Employee, 10)
		}
		line(&b, r.At.In(httpd.ZoneOf(c)).Format(time.DateTime), r.OrgName, r.ActorName, roleLabel(c, r.Role), kind, actionLabel(c, r.Action),
			label(c, "audit.subject.", r.Subject), r.SubjectID, file, r.Reason, detail(r), r.RequestID)
	}
	return b.Bytes()
}

// line quotes every cell and disarms those that a spreadsheet would run.
func line(b *bytes.Buffer, cells ...string) {
	for i, cell := range cells {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('"')
		b.WriteString(strings.ReplaceAll(csvtext.Guard(cell), `"`, `""`))
		b.WriteByte('"')
	}
	b.WriteString("\r\n")
}
