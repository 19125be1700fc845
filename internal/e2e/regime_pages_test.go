package e2e

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"github.com/fugong/fugong/internal/identity/authz"
)

// shows are what only looking at pages needs, beside one of everything.
type shows struct {
	place
	begins   string // login of somebody on leave who has declared nothing
	sealed   int64  // a tube whose result is awaited
	open     int64  // a tube that is being filled
	change   int64  // of the rules of the city
	question string // reference of an answer that a firm handed over
}

func show(t *testing.T, c *city, p place) shows {
	t.Helper()
	o := &office{c, t, as(t, c.URL, c.logins[authz.FirmAdmin]), &p}
	s := shows{place: p, change: c.cityChange(t)}
	_, _, s.begins = o.away()
	s.sealed, _ = o.filled("ZB20220324", p.employee)
	done(t, o.by.post(fmt.Sprintf("/tubes/%d/seal", s.sealed), nil))
	s.open, _ = o.filled("ZB20220325", p.employee)
	ref := regexp.MustCompile(`id="ref">([^<]+)<`).FindStringSubmatch(o.by.get(fmt.Sprintf("/employees/%d/standing", p.employee)).body)
	if ref == nil {
		t.Fatal("the answer about a standing has no reference")
	}
	s.question = html.UnescapeString(ref[1])
	return s
}

// regimePages are the visits of what a firm does about people, and of what the bureaux see of it.
func regimePages(s shows) map[string][]visit {
	hr, worker, leader, manager := authz.HealthOfficer, authz.Worker, authz.TeamLeader, authz.FirmAdmin
	city, district, auditor := authz.CityBureau, authz.DistrictBureau, authz.Auditor
	file := fmt.Sprintf("/employees/%d", s.employee)
	tube := func(id int64) string { return fmt.Sprintf("/tubes/%d", id) }
	incident := fmt.Sprintf("/incidents/%d", s.incident)
	comeback := fmt.Sprintf("/returns/%d/%d", s.returner, s.comeback)
	group := fmt.Sprintf("/holds/sets/%d", s.group)
	change := func(id int64) string { return fmt.Sprintf("/rules/changes/%d", id) }
	return map[string][]visit{
		"/employees/:id/standing": {{name: "standing", role: hr, path: file + "/standing"}, {name: "standing-past", role: hr, path: file + "/standing?at=2022-03-23T17:00"}},
		"/me/standing":            {{name: "me-standing", role: worker, path: "/me/standing"}},
		"/bureau/standing":        {{name: "bureau-standing", role: city, path: "/bureau/standing"}, {name: "bureau-standing-answer", role: city, path: "/bureau/standing?ref=" + url.QueryEscape(s.question)}},

		"/rules":           {{name: "rules", role: hr, path: "/rules"}, {name: "rules-city", role: city, path: "/rules"}, {name: "rules-district", role: district, path: "/rules"}},
		"/rules/packs":     {{name: "rule-packs", role: hr, path: "/rules/packs"}, {name: "rule-packs-city", role: city, path: "/rules/packs"}},
		"/rules/packs/:id": {{name: "rule-pack", role: auditor, path: "/rules/packs/zibo-2022-03"}},
		"/rules/packs/new": {{name: "rule-pack-new", role: city, path: "/rules/packs/new"}, {name: "rule-pack-new-faults", role: city, path: "/rules/packs/new", act: sendEmpty}},
		"/rules/changes/new": {{name: "rule-change-place", role: city, path: "/rules/changes/new"}, {name: "rule-change-pack", role: city, path: "/rules/changes/new?kind=pack"},
			{name: "rule-change-overlay", role: city, path: "/rules/changes/new?kind=overlay"}, {name: "rule-change-own", role: hr, path: "/rules/changes/new"},
			{name: "rule-change-review", role: hr, path: "/rules/changes/new", act: reviewChange}},
		"/rules/changes/:id": {{name: "rule-change-decide", role: city, path: change(s.change)}, {name: "rule-change-district", role: district, path: change(s.change)},
			{name: "rule-change-firm", role: hr, path: change(s.matters.change)}, {name: "rule-change-mine", role: manager, path: change(s.matters.change)}},

		"/holds":      {{name: "holds", role: hr, path: "/holds"}},
		"/holds/sets": {{name: "hold-sets", role: hr, path: "/holds/sets"}},
		"/holds/new": {{name: "hold-new", role: hr, path: "/holds/new"}, {name: "hold-new-faults", role: hr, path: "/holds/new", act: sendEmpty},
			{name: "hold-new-one", role: hr, path: fmt.Sprintf("/holds/new?employee=%d", s.employee)},
			{name: "hold-new-preview", role: hr, path: fmt.Sprintf("/holds/new?employee=%d", s.employee), act: previewHold}},
		"/holds/release":             {{name: "hold-release", role: hr, path: "/holds/release"}},
		"/holds/sets/:id":            {{name: "hold-set-decide", role: hr, path: group}, {name: "hold-set-mine", role: manager, path: group}},
		"/employees/:id/holds/:hold": {{name: "hold", role: hr, path: fmt.Sprintf("/employees/%d/holds/%d", s.reporter, s.hold)}},

		"/tubes":     {{name: "tubes", role: hr, path: "/tubes"}, {name: "tubes-leader", role: leader, path: "/tubes"}},
		"/tubes/new": {{name: "tube-new", role: leader, path: "/tubes/new"}, {name: "tube-new-faults", role: leader, path: "/tubes/new", act: sendNothing}},
		"/tubes/:id": {{name: "tube-abnormal", role: hr, path: tube(s.tube)}, {name: "tube-abnormal-leader", role: leader, path: tube(s.tube)},
			{name: "tube-open", role: leader, path: tube(s.open)}, {name: "tube-sealed", role: hr, path: tube(s.sealed)},
			{name: "tube-confirm", role: hr, path: tube(s.sealed), act: abnormalTube}},
		"/tubes/:id/label":                    {{name: "tube-label", role: leader, path: tube(s.tube) + "/label"}},
		"/tubes/:id/members/:employee/single": {{name: "tube-single", role: hr, path: fmt.Sprintf("%s/members/%d/single", tube(s.tube), s.member)}},

		"/exemptions":                {{name: "exemptions", role: hr, path: "/exemptions"}},
		"/exemptions/new":            {{name: "exemption-find", role: hr, path: "/exemptions/new"}, {name: "exemption-found", role: hr, path: "/exemptions/new?q=张"}},
		"/exemptions/vaccinations":   {{name: "vaccinations", role: hr, path: "/exemptions/vaccinations"}},
		"/employees/:id/exemption":   {{name: "exemption-new", role: hr, path: file + "/exemption"}, {name: "exemption-new-faults", role: hr, path: file + "/exemption", act: sendEmpty}},
		"/employees/:id/vaccination": {{name: "vaccination-new", role: hr, path: file + "/vaccination"}},

		"/me/return": {{name: "me-return", as: s.comer, path: "/me/return"}, {name: "me-return-begin", as: s.begins, path: "/me/return"},
			{name: "me-return-faults", as: s.begins, path: "/me/return", act: sendEmpty}, {name: "me-return-on-post", role: leader, path: "/me/return"}},
		"/me/return/:step": {{name: "me-return-trip", as: s.comer, path: "/me/return/trip"}, {name: "me-return-stays", as: s.comer, path: "/me/return/stays"},
			{name: "me-return-health", as: s.comer, path: "/me/return/health"}, {name: "me-return-sign", as: s.comer, path: "/me/return/sign"},
			{name: "me-return-sign-faults", as: s.comer, path: "/me/return/sign", act: sendEmpty}},
		"/returns":                          {{name: "returns", role: hr, path: "/returns"}},
		"/returns/new":                      {{name: "return-new", role: hr, path: "/returns/new"}, {name: "return-new-faults", role: hr, path: "/returns/new", act: sendEmpty}},
		"/returns/:employee/:id":            {{name: "return", role: hr, path: comeback}},
		"/returns/:employee/:id/edit/:step": {{name: "return-edit", role: hr, path: comeback + "/edit/trip"}},

		"/incidents": {{name: "incidents", role: hr, path: "/incidents"}, {name: "incidents-leader", role: leader, path: "/incidents"}},
		"/incidents/new": {{name: "incident-new", role: hr, path: "/incidents/new"}, {name: "incident-new-drill", role: hr, path: "/incidents/new?drill=1"},
			{name: "incident-new-faults", role: hr, path: "/incidents/new", act: sendEmpty}},
		"/incidents/:id": {{name: "incident", role: hr, path: incident}, {name: "incident-leader", role: leader, path: incident},
			{name: "incident-drill", role: hr, path: fmt.Sprintf("/incidents/%d", s.drill)}},
		"/incidents/:id/steps/:step/:round": {{name: "incident-step", role: hr, path: incident + "/steps/external_report/1"},
			{name: "incident-step-faults", role: hr, path: incident + "/steps/external_report/1", act: sendEmpty},
			{name: "incident-step-leader", role: leader, path: incident + "/steps/stop_isolate/1"}},
		"/incidents/:id/contacts": {{name: "incident-contacts", role: hr, path: incident + "/contacts"}},
		"/incidents/:id/messages": {{name: "incident-messages", role: hr, path: incident + "/messages"}},
		"/incidents/:id/close":    {{name: "incident-close", role: hr, path: incident + "/close"}},
		"/incidents/:id/report":   {{name: "incident-report", role: hr, path: incident + "/report"}, {name: "incident-report-drill", role: hr, path: fmt.Sprintf("/incidents/%d/report", s.drill)}},
		"/bureau/incidents":       {{name: "bureau-incidents", role: city, path: "/bureau/incidents"}, {name: "bureau-incidents-district", role: district, path: "/bureau/incidents"}},
		"/bureau/incidents/:org":  {{name: "bureau-incidents-org", role: city, path: fmt.Sprintf("/bureau/incidents/%d", s.org)}},

		"/me/disputes": {{name: "me-disputes", role: worker, path: "/me/disputes"}, {name: "me-disputes-none", role: leader, path: "/me/disputes"}},
		"/me/disputes/new": {{name: "me-dispute-new", role: worker, path: "/me/disputes/new"}, {name: "me-dispute-new-faults", role: worker, path: "/me/disputes/new", act: sendEmpty},
			{name: "me-dispute-new-sample", role: worker, path: fmt.Sprintf("/me/disputes/new?about=sample:%d", s.sampled)},
			{name: "me-dispute-new-waiting", role: worker, path: "/me/disputes/new?about=standing", act: contestAgain}},
		"/me/disputes/:id": {{name: "me-dispute", role: worker, path: fmt.Sprintf("/me/disputes/%d", s.dispute)}, {name: "me-dispute-answered", role: worker, path: fmt.Sprintf("/me/disputes/%d", s.answered)}},
		"/disputes":        {{name: "disputes", role: hr, path: "/disputes"}, {name: "disputes-all", role: hr, path: "/disputes?show=all"}},
		"/disputes/:employee/:id": {{name: "dispute", role: hr, path: fmt.Sprintf("/disputes/%d/%d", s.employee, s.dispute)},
			{name: "dispute-answered", role: hr, path: fmt.Sprintf("/disputes/%d/%d", s.employee, s.answered)}},
		"/corrections": {{name: "corrections", role: hr, path: "/corrections"}},
		"/corrections/new": {{name: "correction-move", role: hr, path: "/corrections/new?kind=move"}, {name: "correction-report", role: hr, path: "/corrections/new?kind=report"},
			{name: "correction-add", role: hr, path: "/corrections/new?kind=add"}, {name: "correction-cancel", role: hr, path: "/corrections/new?kind=cancel"},
			{name: "correction-faults", role: hr, path: "/corrections/new?kind=add", act: sendEmpty},
			{name: "correction-preview", role: hr, path: "/corrections/new?kind=report", act: previewCorrection}},
		"/corrections/:id": {{name: "correction", role: hr, path: fmt.Sprintf("/corrections/%d", s.correction)}},
		"/quality": {{name: "quality", role: hr, path: "/quality"}, {name: "quality-city", role: city, path: "/quality"},
			{name: "quality-district", role: district, path: "/quality"}, {name: "quality-auditor", role: auditor, path: "/quality"}},
	}
}

// answer fills fields in, whatever their kind.
func (tb *tab) answer(fields ...string) {
	tb.t.Helper()
	for i := 0; i+1 < len(fields); i += 2 {
		eval[bool](tb, fmt.Sprintf(`(() => { const all = [...document.querySelectorAll('main [name="%s"]')], v = %q;
if (!all.length) throw new Error('no field %[1]s');
for (const e of all) { if (e.type === 'radio' || e.type === 'checkbox') e.checked = e.value === v; else e.value = v; }
return true; })()`, fields[i], fields[i+1]))
	}
}

const send = "main form[method=post] button.btn-primary"

func sendNothing(tb *tab) {
	tb.answer("institution", "")
	sendEmpty(tb)
}

func contestAgain(tb *tab) {
	tb.answer("claim", "还是不对")
	tb.refused(send, http.StatusConflict)
}

func reviewChange(tb *tab) {
	tb.answer("hours_general_staff", "72", "reason", "疫情形势")
	tb.shown(send)
}

func previewHold(tb *tab) {
	tb.answer("kind", "self_monitor", "ground", "community_notice")
	tb.shown(send)
}

func abnormalTube(tb *tab) {
	tb.answer("result", "pool_abnormal")
	tb.shown(send)
}

func previewCorrection(tb *tab) {
	tb.answer("chosen", "pool_abnormal", "result", "invalid")
	tb.shown(send)
}
