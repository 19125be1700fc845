package returninghttp

import (
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/returning"
)

// words writes for one reader: in the language, in the zone.
type words struct {
	t    ui.Translate
	when func(time.Time) string
	day  func(time.Time) string
}

func wordsOf(c echo.Context) words {
	p, zone := httpd.PrinterOf(c), httpd.ZoneOf(c)
	return words{p.T, func(at time.Time) string { return httpd.DateTime(p, at, zone) }, func(at time.Time) string {
		if at.IsZero() {
			return "—"
		}
		return httpd.Day(p, at.In(zone))
	}}
}

func (w words) join(texts []string) string { return strings.Join(texts, w.t("returning.comma")) }

var verdictFaces = map[returning.Verdict]ui.Badge{
	returning.OK:      {Tone: ui.ToneOK, Icon: "check"},
	returning.Missing: {Tone: ui.ToneWarn, Icon: "dashed"},
	returning.Failed:  {Tone: ui.ToneDanger, Icon: "alert"},
}

// args are what the sentences about an item may name. Areas and control levels are dated by the day.
func (w words) args(it returning.Item) []any {
	at := w.when
	if it.Code == returning.ItemArea {
		at = w.day
	}
	what := append(w.translated(it.Names), it.Words...)
	return []any{"At", at(it.At), "Until", at(it.Until), "What", w.join(what), "Degrees", strconv.FormatFloat(it.Degrees, 'f', 1, 64)}
}

func (w words) translated(keys []string) []string {
	var out []string
	for _, key := range keys {
		out = append(out, w.t(key))
	}
	return out
}

// item is one item of the gate: how it stands, why, and what to do.
func (w words) item(it returning.Item) ui.Step {
	badge := verdictFaces[it.Verdict]
	badge.Label = w.t("returning.verdict." + string(it.Verdict))
	step := ui.Step{Title: w.t("returning.item." + it.Code), Badge: badge, Text: w.t("returning.why."+it.Why, w.args(it)...),
		Done: it.Verdict == returning.OK}
	if it.Verdict != returning.OK {
		step.Owner = w.t("returning.todo." + it.Why)
	}
	return step
}

func (w words) items(items []returning.Item) []ui.Step {
	out := make([]ui.Step, len(items))
	for i, it := range items {
		out[i] = w.item(it)
	}
	return out
}

// chips are the items that do not hold, as badges of a list.
func (w words) chips(items []returning.Item) []ui.Badge {
	var out []ui.Badge
	for _, it := range items {
		if it.Verdict != returning.OK {
			badge := verdictFaces[it.Verdict]
			badge.Label = w.t("returning.chip." + it.Code)
			out = append(out, badge)
		}
	}
	return out
}

var stateFaces = map[returning.State]ui.Badge{
	returning.Draft:     {Tone: ui.ToneNeutral, Icon: "edit"},
	returning.Submitted: {Tone: ui.ToneInfo, Icon: "hourglass"},
	returning.Deferred:  {Tone: ui.ToneWarn, Icon: "clock"},
	returning.Override:  {Tone: ui.ToneHeld, Icon: "people"},
	returning.Approved:  {Tone: ui.ToneOK, Icon: "check"},
	returning.Rejected:  {Tone: ui.ToneDanger, Icon: "close"},
	returning.Withdrawn: {Tone: ui.ToneNeutral, Icon: "undo"},
}

func (w words) state(s returning.State) ui.Badge {
	badge := stateFaces[s]
	badge.Label = w.t("returning.state." + string(s))
	return badge
}

// facts is the declaration for its reader; what was not answered is left out.
func (w words) facts(c *returning.Case) ui.Facts {
	d := &c.Declaration
	f := ui.Facts{Columns: true}
	add := func(name, value string) {
		if value != "" && value != "—" {
			f.Items = append(f.Items, ui.Fact{Label: w.t("returning.field." + name), Value: value})
		}
	}
	choice := func(prefix, id string) string {
		if id == "" {
			return ""
		}
		return w.t(prefix + id)
	}
	add("planned_on", w.day(c.PlannedAt))
	add("origin_area", d.OriginArea)
	add("transport", strings.TrimSpace(choice("returning.transport.", d.Transport)+" "+d.TripNo))
	add("depart_at", w.when(d.DepartAt))
	add("arrive_at", w.when(d.ArriveAt))
	add("via_areas", d.ViaAreas)
	add("outside", choice("common.", string(d.Outside)))
	add("reported", strings.TrimSuffix(choice("common.", string(d.Reported))+" "+w.when(d.ReportedAt), " —"))
	add("risk_stay", choice("common.", string(d.RiskStay)))
	for _, s := range d.Stays {
		add("stay", w.join([]string{s.Area, strings.Trim(s.From+" – "+s.To, " –"), w.risk(s.Risk)}))
	}
	add("overseas", strings.TrimSpace(choice("common.", string(d.Overseas))+" "+d.EnteredOn))
	add("control_level", strings.TrimSpace(choice("control.", d.Control.Level)+" "+d.Control.To))
	add("control_proof", d.Control.Proof)
	add("health_code", strings.TrimSuffix(choice("returning.code.", d.HealthCode)+" "+w.when(d.CodeCheckedAt), " —"))
	add("trip_card", choice("returning.card.", d.TripCard))
	if d.Temperature != nil {
		add("temperature", strconv.FormatFloat(*d.Temperature, 'f', 1, 64)+" ℃")
	}
	add("symptoms", w.some(d.Symptoms, d.Well, "symptom.", "symptom.none"))
	add("contacts", strings.TrimSpace(w.some(d.Contacts, d.NoContact, "returning.contact.", "common.none")+" "+d.ContactOn))
	add("note", d.Note)
	return f
}

// some lists what was chosen, or says that there is none.
func (w words) some(ids []string, none bool, prefix, noneKey string) string {
	if none {
		return w.t(noneKey)
	}
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = w.t(prefix + id)
	}
	return w.join(out)
}

// risk names what an area is: its risk level, or the control zone.
func (w words) risk(id string) string {
	switch id {
	case "low", "medium", "high":
		return w.t("risk." + id)
	}
	return w.t("area." + id)
}
