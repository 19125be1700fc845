package app

import (
	"strings"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
)

// entry is one place of the navigation; it is shown to whoever holds one of the permissions.
type entry struct {
	key, href, icon, group string
	perms                  []authz.Permission
}

var entries = []entry{
	{"app.nav.home", "/me", "home", "", []authz.Permission{authz.OwnFile}},
	{"app.nav.my_file", "/me/file", "file", "", []authz.Permission{authz.OwnFile}},
	{"app.nav.team", "/team", "people", "", []authz.Permission{authz.TeamView}},
	{"app.nav.week", "/week", "calendar", "app.nav.group.daily", []authz.Permission{authz.WeekView}},
	{"app.nav.employees", "/employees", "people", "app.nav.group.daily", []authz.Permission{authz.EmployeeView}},
	{"app.nav.samples", "/samples", "tube", "app.nav.group.daily", []authz.Permission{authz.SampleRecord}},
	{"app.nav.tubes", "/tubes", "pool", "app.nav.group.daily", []authz.Permission{authz.TeamRecord, authz.SampleRecord}},
	{"app.nav.symptoms", "/symptoms", "thermometer", "app.nav.group.daily", []authz.Permission{authz.SymptomRecord}},
	{"app.nav.incidents", "/incidents", "alert", "app.nav.group.daily", []authz.Permission{authz.IncidentRun, authz.IncidentStep}},
	{"app.nav.holds", "/holds", "stop", "app.nav.group.daily", []authz.Permission{authz.HoldPut, authz.HoldRelease}},
	{"app.nav.returns", "/returns", "right", "app.nav.group.daily", []authz.Permission{authz.ReturnReview}},
	{"app.nav.exemptions", "/exemptions", "shield", "app.nav.group.daily", []authz.Permission{authz.ExemptionEdit}},
	{"app.nav.disputes", "/disputes", "question", "app.nav.group.daily", []authz.Permission{authz.DisputeAnswer}},
	{"app.nav.imports", "/imports", "upload", "app.nav.group.data", []authz.Permission{authz.RosterImport, authz.SampleImport, authz.ExemptionEdit, authz.ReturnReview}},
	{"app.nav.corrections", "/corrections", "edit", "app.nav.group.data", []authz.Permission{authz.SampleRecord}},
	{"app.nav.reminders", "/reminders", "bell", "app.nav.group.data", []authz.Permission{authz.ReminderView}},
	{"app.nav.bureau", "/bureau", "chart", "app.nav.group.bureau", []authz.Permission{authz.BureauView}},
	{"app.nav.bureau_orgs", "/bureau/orgs", "building", "app.nav.group.bureau", []authz.Permission{authz.BureauView}},
	{"app.nav.bureau_incidents", "/bureau/incidents", "alert", "app.nav.group.bureau", []authz.Permission{authz.BureauView}},
	{"app.nav.bureau_standing", "/bureau/standing", "search", "app.nav.group.bureau", []authz.Permission{authz.BureauView}},
	{"app.nav.quality", "/quality", "check", "app.nav.group.data", []authz.Permission{authz.QualityView}},
	{"app.nav.rules", "/rules", "list", "app.nav.group.data", []authz.Permission{authz.RulesView}},
	{"app.nav.invites", "/org/invites", "qr", "app.nav.group.org", []authz.Permission{authz.InvitePrint}},
	{"app.nav.org", "/org", "building", "app.nav.group.org", []authz.Permission{authz.OrgSettings}},
	{"app.nav.org_accounts", "/org/accounts", "key", "app.nav.group.org", []authz.Permission{authz.OrgSettings}},
	{"app.nav.admin_orgs", "/admin/orgs", "building", "app.nav.group.admin", []authz.Permission{authz.OrgManage}},
	{"app.nav.admin_accounts", "/admin/accounts", "key", "app.nav.group.admin", []authz.Permission{authz.OrgManage}},
	{"app.nav.clients", "/org/clients", "link", "app.nav.group.org", []authz.Permission{authz.ClientManage}},
	{"app.nav.audit", "/audit", "shield", "app.nav.group.org", []authz.Permission{authz.AuditView}},
}

// navigation lists the places the viewer may go to; the current one is the longest address that the path begins with.
func navigation(v httpd.Viewer, t ui.Translate, path string) []ui.NavItem {
	var items []ui.NavItem
	current, length := -1, 0
	group := ""
	for _, e := range entries {
		if v.Scope.Require(e.perms...) != nil {
			continue
		}
		item := ui.NavItem{Label: t(e.key), Href: e.href, Icon: e.icon}
		if e.group != group && e.group != "" {
			item.Group = t(e.group)
		}
		group = e.group
		if within(path, e.href) && len(e.href) > length {
			current, length = len(items), len(e.href)
		}
		items = append(items, item)
	}
	if current >= 0 {
		items[current].Current = true
	}
	return items
}

func within(path, href string) bool {
	return path == href || strings.HasPrefix(path, href+"/")
}

// home is the first page of a role.
func home(s authz.Scope) string {
	for _, h := range []struct {
		perm authz.Permission
		href string
	}{
		{authz.TeamView, "/team"}, {authz.OwnFile, "/me"}, {authz.WeekView, "/week"}, {authz.BureauView, "/bureau"},
		{authz.OrgManage, "/admin/orgs"}, {authz.AuditView, "/audit"},
	} {
		if s.Can(h.perm) {
			return h.href
		}
	}
	return "/account"
}
