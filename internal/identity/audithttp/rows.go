package audithttp

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
)

func columns(t ui.Translate, everyOrg bool) []ui.Column {
	cols := []ui.Column{{Label: t("audit.action"), Head: true}, {Label: t("audit.kind")}, {Label: t("audit.time")}, {Label: t("audit.actor")},
		{Label: t("audit.subject")}, {Label: t("audit.reason")}}
	if everyOrg {
		cols = append(cols, ui.Column{Label: t("audit.org")})
	}
	return cols
}

func row(c echo.Context, r audit.Row, everyOrg bool) ui.Row {
	printer := httpd.PrinterOf(c)
	kind := ui.Badge{Label: printer.T("audit.kind.change"), Tone: ui.ToneInfo, Icon: "edit"}
	if r.Read {
		kind = ui.Badge{Label: printer.T("audit.kind.read"), Tone: ui.ToneNeutral, Icon: "eye"}
	}
	out := ui.Row{Label: r.Action, Cells: []ui.Cell{
		ui.Text(actionLabel(c, r.Action)), ui.Badges(kind),
		{Text: httpd.DateTime(printer, r.At, httpd.ZoneOf(c)), DateTime: r.At.Format(time.RFC3339)},
		{Text: r.ActorName, Sub: roleLabel(c, r.Role)},
		subject(c, r),
		{Text: r.Reason, Sub: detail(r)},
	}}
	if everyOrg {
		out.Cells = append(out.Cells, ui.Text(r.OrgName))
	}
	return out
}

// label translates a code of the log; one newer than the texts shows as it is.
func label(c echo.Context, prefix, code string) string {
	if p := httpd.PrinterOf(c); p.Has(prefix + code) {
		return p.T(prefix + code)
	}
	return code
}

func actionLabel(c echo.Context, action string) string { return label(c, "audit.action.", action) }

func roleLabel(c echo.Context, role string) string {
	if role == "system" {
		return httpd.PrinterOf(c).T("audit.system")
	}
	return label(c, "role.", role)
}

// subject names what was read or changed; somebody who may open the file gets there.
func subject(c echo.Context, r audit.Row) ui.Cell {
	cell := ui.Cell{Text: label(c, "audit.subject.", r.Subject)}
	if r.SubjectID != "" {
		cell.Sub = r.SubjectID
	}
	sc := httpd.ScopeOf(c)
	if r.Employee != 0 && r.Org == sc.Org && sc.Can(authz.EmployeeView) {
		cell.Href = fmt.Sprintf("/employees/%d", r.Employee)
	}
	return cell
}

const maxDetail = 200

// detail writes the entry's particulars in one line, in the order of their names.
func detail(r audit.Row) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(r.Detail.V)) {
		switch text := fmt.Sprint(r.Detail.V[name]); text {
		case "", "[]", "map[]", "false", "<nil>": // says nothing
		default:
			parts = append(parts, name+": "+text)
		}
	}
	text := []rune(strings.Join(parts, " · "))
	if len(text) > maxDetail {
		return string(text[:maxDetail]) + "…"
	}
	return string(text)
}
