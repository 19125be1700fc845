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
	{"nav.home", "/me", "home", "", []authz.Permission{authz.OwnFile}},
	{"nav.my_file", "/me/file", "file", "", []authz.Permission{authz.OwnFile}},
	{"nav.team", "/team", "people", "", []authz.Permission{authz.TeamView}},
	{"nav.week", "/week", "calendar", "nav.group.daily", []authz.Permission{authz.WeekView}},
	{"nav.employees", "/employees", "people", "nav.group.daily", []authz.Permission{authz.EmployeeView}},
	{"nav.samples", "/samples", "tube", "nav.group.daily", []authz.Permission{authz.SampleRecord}},
	{"nav.symptoms", "/symptoms", "thermometer", "nav.group.daily", []authz.Permission{authz.SymptomRecord}},
	{"nav.imports", "/imports", "upload", "nav.group.data", []authz.Permission{authz.RosterImport, authz.SampleImport}},
	{"nav.reminders", "/reminders", "bell", "nav.group.data", []authz.Permission{authz.ReminderView}},
	{"nav.invites", "/org/invites", "qr", "nav.group.org", []authz.Permission{authz.InvitePrint}},
	{"nav.bureau", "/bureau", "chart", "nav.group.bureau", []authz.Permission{authz.BureauView}},
	{"nav.bureau_orgs", "/bureau/orgs", "building", "nav.group.bureau", []authz.Permission{authz.BureauView}},
	{"nav.org", "/org", "building", "nav.group.org", []authz.Permission{authz.OrgSettings}},
	{"nav.org_accounts", "/org/accounts", "key", "nav.group.org", []authz.Permission{authz.OrgSettings}},
	{"nav.admin_orgs", "/admin/orgs", "building", "nav.group.admin", []authz.Permission{authz.OrgManage}},
	{"nav.admin_accounts", "/admin/accounts", "key", "nav.group.admin", []authz.Permission{authz.OrgManage}},
	{"nav.clients", "/org/clients", "link", "nav.group.org", []authz.Permission{authz.ClientManage}},
	{"nav.audit", "/audit", "shield", "nav.group.org", []authz.Permission{authz.AuditView}},
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
