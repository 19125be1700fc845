package rulebookhttp

import (
	"fmt"
	"strings"

	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/regime"
)

// testTable lists the rules of a pack by category; a category may have two, and must meet both.
func (w words) testTable(p *regime.Pack, source func(regime.TestRule) ui.Cell) ui.Table {
	tb := ui.NewTable(w.t, "tests", w.t("rules.tests"))
	tb.ShowCaption = true
	tb.Columns = []ui.Column{{Label: w.t("rules.category"), Head: true}, {Label: w.t("rules.frequency")}, {Label: w.t("rules.block")}}
	if source != nil {
		tb.Columns = append(tb.Columns, ui.Column{Label: w.t("rules.source")})
	}
	for _, r := range p.Tests {
		name := w.or("category."+string(r.Category), string(r.Category))
		cells := []ui.Cell{{Text: name}, {Text: w.frequency(r), Sub: w.t("rules.basis", "Basis", r.Basis)}, ui.Badges(w.blocking(r.BlockOnOverdue))}
		if source != nil {
			cells = append(cells, source(r))
		}
		tb.Rows = append(tb.Rows, ui.Row{Label: name, Cells: cells})
	}
	return tb
}

// Values beside the tests, in order of display.
var (
	personal = []string{"due_soon_hours", "result_late_hours", "no_record_hours", "exemption_grace_hours", "vaccination_exempt_hours",
		"return_gate.pcr_hours", "return_gate.lookback_days", "return_gate.overseas_days", "fever_c", "dorm_temp_per_day",
		"incident_minutes.stop_isolate", "incident_minutes.internal_report", "incident_minutes.external_report_target",
		"incident_minutes.external_report_hard", "incident_minutes.contacts_list", "incident_minutes.send_clinic"}
	further = []string{"stock_days", "m2_per_person", "cold_chain_prereport_hours", "cold_chain_keep_days", "noncold_rest_days",
		"vent.times_per_day", "vent.minutes", "appeal_sla_workdays.verify", "appeal_sla_workdays.answer", "appeal_sla_workdays.resolve",
		"appeal_sla_workdays.extended"}
)

// valuesOf reads the values of a pack by their paths.
func valuesOf(p *regime.Pack) map[string]string {
	out := map[string]string{}
	for _, d := range regime.Compare(new(regime.Pack), p) {
		out[d.Path] = d.New
	}
	return out
}

func (w words) valueTable(p *regime.Pack, paths []string, source func(path string) ui.Cell) ui.Table {
	tb := ui.NewTable(w.t, "values", w.t("rules.values"))
	tb.ShowCaption = true
	tb.Columns = []ui.Column{{Label: w.t("rules.item"), Head: true}, {Label: w.t("rules.value")}}
	if source != nil {
		tb.Columns = append(tb.Columns, ui.Column{Label: w.t("rules.source")})
	}
	values := valuesOf(p)
	for _, path := range paths {
		text := values[path]
		if text == "" {
			text = "0" // Compare tells of no value that a pack without any has as well
		}
		cells := []ui.Cell{ui.Text(w.label(path)), ui.Text(w.value(path, text))}
		if source != nil {
			cells = append(cells, source(path))
		}
		tb.Rows = append(tb.Rows, ui.Row{Label: w.label(path), Cells: cells})
	}
	return tb
}

func (w words) holdTable(p *regime.Pack) ui.Table {
	tb := ui.NewTable(w.t, "holds", w.t("rules.holds"))
	tb.ShowCaption = true
	tb.Columns = []ui.Column{{Label: w.t("rules.hold"), Head: true}, {Label: w.t("rules.hold.off_post")}, {Label: w.t("rules.hold.release")}, {Label: w.t("rules.hold.incident")}}
	for _, r := range p.Holds {
		name := w.or("hold."+r.Kind, r.Kind)
		tb.Rows = append(tb.Rows, ui.Row{Label: name, Cells: []ui.Cell{{Text: name, Sub: r.Basis}, ui.Text(w.t(fmt.Sprintf("rules.bool.%t", r.OffPost))),
			ui.Text(w.release(r)), ui.Text(w.t(fmt.Sprintf("rules.bool.%t", r.Incident)))}})
	}
	return tb
}

// release says what ends a hold.
func (w words) release(r regime.HoldRule) string {
	var parts []string
	add := func(key string, args ...any) { parts = append(parts, w.t(key, args...)) }
	if r.MinHours > 0 {
		add("rules.release.after", "Span", w.span(r.MinHours))
	}
	switch {
	case r.Negatives > 0 && r.SingleTube:
		add("rules.release.single", "N", r.Negatives)
	case r.Negatives > 0:
		add("rules.release.negatives", "N", r.Negatives)
	}
	if r.Negatives > 1 && r.GapHours > 0 {
		add("rules.release.gap", "Span", w.span(r.GapHours))
	}
	if r.Proof {
		add("rules.release.proof")
	}
	if r.Automatic {
		add("rules.release.automatic")
	}
	if len(parts) == 0 {
		add("rules.release.person")
	}
	return strings.Join(parts, w.t("rules.comma_wide"))
}
