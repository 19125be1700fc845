package e2e

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/fugong/fugong/internal/httpd"
)

// nowhere is a place without a single row.
var nowhere = place{org: 99999999, employee: 99999999, resigned: 99999999, away: 99999999, sampled: 99999999, reporter: 99999999, report: 99999999,
	hold: 99999999, attachment: 99999999, imported: 99999999, account: 99999999, manager: 99999999, client: 99999999, zone: "nowhere", industry: "Z99",
	matters: matters{change: 99999999, group: 99999999, tube: 99999999, member: 99999999, exemption: 99999999, dose: 99999999, returner: 99999999,
		comeback: 99999999, dispute: 99999999, answered: 99999999, correction: 99999999, incident: 99999999, note: 99999999}}

// path puts the rows of a place into a route. A parameter that is not known here fails the test.
func (w *walk) path(r httpd.Route, p place) string {
	w.t.Helper()
	values := map[string]any{":token": "gone", ":org": p.org, ":zone": p.zone, ":industry": p.industry, ":at": p.sampled, ":hold": p.hold, ":kind": "roster",
		":note": p.note, ":round": 1, ":step": "internal_report"}
	if strings.Contains(r.Path, "return") {
		values[":step"] = "trip"
	}
	if p == nowhere {
		values[":kind"], values[":step"] = "nothing", "nothing"
	}
	switch begin := "/" + strings.Split(r.Path, "/")[1]; {
	case strings.HasPrefix(r.Path, "/rules/packs"):
		values[":id"] = map[bool]string{false: "zibo-2022-03", true: "nothing"}[p == nowhere]
	case strings.HasPrefix(r.Path, "/rules/changes"):
		values[":id"] = p.change
	case strings.HasPrefix(r.Path, "/holds/sets"):
		values[":id"] = p.group
	case begin == "/tubes":
		values[":id"], values[":employee"] = p.tube, p.member
	case strings.HasPrefix(r.Path, "/exemptions/vaccinations"):
		values[":employee"], values[":id"] = p.employee, p.dose
	case begin == "/exemptions":
		values[":employee"], values[":id"] = p.employee, p.exemption
	case begin == "/returns":
		values[":employee"], values[":id"] = p.returner, p.comeback
	case begin == "/disputes", strings.HasPrefix(r.Path, "/me/disputes"):
		values[":employee"], values[":id"] = p.employee, p.dispute
	case begin == "/corrections":
		values[":id"] = p.correction
	case begin == "/incidents":
		values[":id"] = p.incident
	case strings.HasSuffix(r.Path, "/rehire"):
		values[":id"] = p.resigned
	case strings.HasSuffix(r.Path, "/return"):
		values[":id"] = p.away
	case strings.Contains(r.Path, "/holds/"):
		values[":id"] = p.reporter
	case begin == "/employees":
		values[":id"] = p.employee
	case strings.HasPrefix(r.Path, "/samples/attachments"):
		values[":id"] = p.attachment
	case begin == "/samples":
		values[":employee"] = p.employee
	case begin == "/symptoms":
		values[":employee"], values[":id"] = p.reporter, p.report
	case begin == "/imports":
		values[":id"] = p.imported
	case strings.HasPrefix(r.Path, "/org/clients"):
		values[":id"] = p.client
	case strings.HasPrefix(r.Path, "/org/accounts"):
		values[":id"] = p.account
	case strings.HasPrefix(r.Path, "/admin/accounts"):
		values[":id"] = p.manager
	case strings.HasPrefix(r.Path, "/admin/orgs"):
		values[":id"] = p.org
	}
	parts := strings.Split(r.Path, "/")
	for i, part := range parts {
		if !strings.HasPrefix(part, ":") {
			continue
		}
		v, ok := values[part]
		if !ok || fmt.Sprint(v) == "0" || v == "" {
			w.t.Fatalf("%s %s: the walk has no value for %s", r.Method, r.Path, part)
		}
		parts[i] = url.PathEscape(fmt.Sprint(v))
	}
	return strings.Join(parts, "/")
}
