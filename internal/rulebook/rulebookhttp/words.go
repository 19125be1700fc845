package rulebookhttp

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/rulebook"
)

// words puts rules into the reader's language.
type words struct {
	*i18n.Printer
	t ui.Translate
}

func wordsOf(c echo.Context) words {
	p := httpd.PrinterOf(c)
	return words{Printer: p, t: p.T}
}

// or translates a key, or keeps a value that is newer than the texts.
func (w words) or(key, value string) string {
	if w.Has(key) {
		return w.T(key)
	}
	return value
}

// span writes hours, in whole days where they are more than people count in hours.
func (w words) span(hours int) string {
	if hours > 72 && hours%24 == 0 {
		return w.t("common.days", "N", hours/24)
	}
	return w.t("common.hours", "N", hours)
}

// frequency writes how often a rule asks for a sample.
func (w words) frequency(r regime.TestRule) string {
	if r.Mode == regime.RuleCalendarWeek {
		return w.t("rules.weekly", "N", r.MinCountPerWeek, "Gap", w.span(r.MinGapHours))
	}
	return w.t("rules.rolling", "Span", w.span(r.IntervalHours))
}

func (w words) blocking(block bool) ui.Badge {
	if block {
		return ui.Badge{Label: w.t("rules.block.yes"), Tone: ui.ToneDanger, Icon: "stop"}
	}
	return ui.Badge{Label: w.t("rules.block.no"), Tone: ui.ToneNeutral, Icon: "bell"}
}

// units of values, by the last part of their path.
var units = map[string]string{
	"interval_hours": "hours", "min_gap_hours": "hours", "min_count_per_week": "count", "due_soon_hours": "hours", "result_late_hours": "hours",
	"no_record_hours": "hours", "exemption_grace_hours": "hours", "vaccination_exempt_hours": "hours", "max_hours": "hours", "pcr_hours": "hours",
	"lookback_days": "days", "overseas_days": "days", "fever_c": "celsius", "dorm_temp_per_day": "count", "stop_isolate": "minutes",
	"internal_report": "minutes", "external_report_target": "minutes", "external_report_hard": "minutes", "contacts_list": "minutes",
	"send_clinic": "minutes", "stock_days": "days", "m2_per_person": "square", "cold_chain_prereport_hours": "hours", "cold_chain_keep_days": "days",
	"noncold_rest_days": "days", "times_per_day": "count", "minutes": "minutes", "verify": "workdays", "answer": "workdays", "resolve": "workdays",
	"extended": "workdays", "min_hours": "hours", "gap_hours": "hours", "negatives": "count",
}

// value writes a value of a pack as its JSON has it.
func (w words) value(path, text string) string {
	switch text {
	case "":
		return "—"
	case "true", "false":
		return w.t("rules.bool." + text)
	}
	switch last(path) {
	case "isolation":
		return w.stages(text)
	case "test_days":
		return w.t("rules.on_days", "Days", strings.Join(strings.Fields(strings.Trim(text, "[]")), w.t("rules.comma")))
	}
	unit := units[last(path)]
	n, err := strconv.Atoi(text)
	switch {
	case unit == "hours" && err == nil && n > 0:
		return w.span(n)
	case unit != "":
		return w.t("rules.unit."+unit, "N", text)
	}
	return text
}

var stage = regexp.MustCompile(`"?([a-z_]+)"?[ ,]+(\d+)`)

// stages writes the stages of an isolation one after the other.
func (w words) stages(text string) string {
	var parts []string
	for _, m := range stage.FindAllStringSubmatch(text, -1) {
		parts = append(parts, w.or("control."+m[1], m[1])+" "+w.t("rules.unit.days", "N", m[2]))
	}
	if len(parts) == 0 {
		return w.t("common.none")
	}
	return strings.Join(parts, w.t("rules.comma_wide"))
}

// label names a value by its path; entries of lists go by what they are about.
func (w words) label(path string) string {
	parts := strings.Split(path, ".")
	name := last(path)
	if len(parts) > 2 {
		switch parts[0] {
		case "tests":
			return w.or("rules.test."+name, name)
		case "holds":
			return w.or("hold."+parts[1], parts[1]) + " · " + w.or("rules.hold."+name, name)
		case "exemption_grounds":
			return w.or("exemption."+parts[1], parts[1]) + " · " + w.or("rules.value.max_hours", name)
		case "contacts":
			return w.or("contact."+parts[1], parts[1]) + " · " + w.or("rules.value."+name, name)
		case "arrivals":
			return w.or("rules.arrival."+parts[1], parts[1]) + " · " + w.or("rules.value."+name, name)
		}
	}
	return w.or("rules.value."+path, path)
}

// content says what a change does, without its place.
func (w words) content(c rulebook.Change) string {
	switch {
	case c.Kind == rulebook.PackChange:
		return w.t("rules.content.pack", "Pack", w.packName(c.Pack), "Version", c.PackVersion)
	case c.Lifts():
		return w.t("rules.content.lift")
	}
	return w.t("rules.content.overlay")
}

// packName is the short name of a pack, its id where it has none.
func (w words) packName(id string) string { return w.or("rules.pack_name."+id, id) }

var stateFaces = map[rulebook.State]ui.Badge{
	rulebook.Proposed:  {Tone: ui.ToneWarn, Icon: "hourglass"},
	rulebook.Confirmed: {Tone: ui.ToneOK, Icon: "check"},
	rulebook.Refused:   {Tone: ui.ToneDanger, Icon: "stop"},
	rulebook.Withdrawn: {Tone: ui.ToneNeutral, Icon: "undo"},
}

func (w words) state(s rulebook.State) ui.Badge {
	b := stateFaces[s]
	b.Label = w.t("rules.state." + string(s))
	return b
}

// idle names the values of an overlay that have no effect. Paths count the overlay's entries.
func (w words) idle(o regime.Overlay, paths []string) []string {
	out := make([]string, len(paths))
	for i, path := range paths {
		var entry int
		var field string
		if n, _ := fmt.Sscanf(path, "tests[%d].%s", &entry, &field); n == 2 && entry < len(o.Tests) {
			out[i] = w.or("category."+string(o.Tests[entry].Category), string(o.Tests[entry].Category)) + " · " + w.label("tests..."+field)
		} else {
			out[i] = w.label(path)
		}
	}
	return out
}
