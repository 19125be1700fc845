package incidenthttp

import (
	"encoding/json"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/incident"
	"github.com/fugong/fugong/internal/incident/plan"
)

// words writes what an incident holds in the reader's language, as it stands at one instant.
type words struct {
	c    echo.Context
	t    ui.Translate
	sc   authz.Scope
	now  time.Time
	zone *time.Location
}

func wordsOf(c echo.Context) words {
	return words{c: c, t: httpd.PrinterOf(c).T, sc: httpd.ScopeOf(c), now: httpd.NowOf(c), zone: httpd.ZoneOf(c)}
}

func path(id int64, parts ...string) string {
	return "/incidents/" + strings.Join(append([]string{strconv.FormatInt(id, 10)}, parts...), "/")
}

func stepPath(id int64, s plan.Step) string { return path(id, "steps", s.Name, strconv.Itoa(s.Round)) }

type face struct {
	tone  ui.Tone
	icon  string
	solid bool
}

// Each state of a clock has its own shape, so that none is told by colour alone.
var clockFaces = map[plan.Clock]face{
	plan.Untimed:    {ui.ToneNeutral, "dot", false},
	plan.OnTime:     {ui.ToneInfo, "clock", false},
	plan.LastThird:  {ui.ToneWarn, "hourglass", false},
	plan.Late:       {ui.ToneDanger, "alert", false},
	plan.PastHard:   {ui.ToneDanger, "stop", true},
	plan.DoneInTime: {ui.ToneOK, "check", false},
	plan.DoneLate:   {ui.ToneWarn, "check", false},
	plan.LeftOut:    {ui.ToneNeutral, "away", false},
}

func (w words) clockBadge(c plan.Clock) ui.Badge {
	f := clockFaces[c]
	return ui.Badge{Label: w.t("incident.clock." + string(c)), Tone: f.tone, Icon: f.icon, Solid: f.solid}
}

// badges tell whether an incident is a drill, whether it runs, and how it ended.
func (w words) badges(i incident.Incident) []ui.Badge {
	var out []ui.Badge
	if i.Drill {
		out = append(out, ui.Badge{Label: w.t("incident.drill"), Tone: ui.ToneInfo, Icon: "info", Solid: true})
	}
	if i.IsOpen() {
		out = append(out, ui.Badge{Label: w.t("incident.state.open"), Tone: ui.ToneHeld, Icon: "bell"})
	} else {
		out = append(out, ui.Badge{Label: w.t("incident.state.closed"), Tone: ui.ToneNeutral, Icon: "check"})
	}
	if i.Outcome != "" && !i.Drill {
		out = append(out, ui.Badge{Label: w.t("incident.outcome." + i.Outcome), Tone: outcomeTone(i.Outcome), Icon: "info"})
	}
	return out
}

func outcomeTone(outcome string) ui.Tone {
	switch outcome {
	case incident.Excluded, incident.OtherDisease:
		return ui.ToneOK
	case incident.Suspected:
		return ui.ToneWarn
	}
	return ui.ToneDanger
}

// kind names what an incident is about; a kind newer than the texts is named as any.
func (w words) kind(kind string) string {
	if key := "incident.kind." + kind; httpd.PrinterOf(w.c).Has(key) {
		return w.t(key)
	}
	return w.t("incident.kind.other")
}

// title names an incident: what, if the reader may know, and where. Never who.
func (w words) title(i incident.Incident) string {
	what := w.t("incident.one")
	if i.Kind != "" {
		what = w.kind(i.Kind)
	}
	if i.Place == "" {
		return what
	}
	return what + " · " + i.Place
}

// step names a step, and its round where it came again.
func (w words) step(s plan.Step) string {
	name := w.t("incident.step." + s.Name)
	if s.Round == 1 {
		return name
	}
	return w.t("incident.round", "Step", name, "N", s.Round)
}

// instant writes an instant: of the same day its time only.
func (w words) instant(at time.Time) string {
	if at.IsZero() {
		return "—"
	}
	local, now := at.In(w.zone), w.now.In(w.zone)
	if local.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return local.Format("15:04")
	}
	return local.Format("01-02 15:04")
}

func (w words) datetime(at time.Time) string { return httpd.DateTime(httpd.PrinterOf(w.c), at, w.zone) }

// due says by when a step is to be done, or when it was.
func (w words) due(s plan.Step) string {
	switch {
	case s.Skipped:
		return w.instant(s.DoneAt)
	case !s.Open():
		return w.t("incident.done_at", "At", w.instant(s.DoneAt))
	case s.Due.IsZero():
		return ""
	case s.Hard.IsZero():
		return w.t("incident.due_by", "At", w.instant(s.Due))
	}
	return w.t("incident.due_hard", "At", w.instant(s.Due), "Hard", w.instant(s.Hard))
}

// left says how long a clock still has, or for how long it has run out, to the minute; a started minute left counts as one.
func (w words) left(s plan.Step) string {
	switch s.Clock(w.now) {
	case plan.OnTime, plan.LastThird:
		return w.t("common.left", "Duration", w.duration(s.Due.Sub(w.now)+time.Minute-time.Nanosecond))
	case plan.Late:
		return w.t("incident.late_by", "Duration", w.duration(w.now.Sub(s.Due)))
	case plan.PastHard:
		return w.t("incident.hard_by", "Duration", w.duration(w.now.Sub(s.Hard)))
	}
	return ""
}

func (w words) duration(d time.Duration) string {
	minutes := max(0, int(d/time.Minute))
	h, m := minutes/60, minutes%60
	switch {
	case h == 0:
		return w.t("common.minutes", "N", m)
	case m == 0 || h >= 24:
		return w.t("common.hours", "N", h)
	}
	return w.t("common.hours", "N", h) + " " + w.t("common.minutes", "N", m)
}

// owner says whose a step is.
func (w words) owner(s plan.Step) string {
	role := w.t("role." + string(s.OwnerRole))
	if s.OwnerName == "" {
		return role
	}
	return role + " · " + s.OwnerName
}

// actor names who did something; the program is not called by the name of its job.
func (w words) actor(name string) string {
	if strings.HasPrefix(name, "system:") {
		return w.t("incident.by_program")
	}
	return name
}

// level names who is told of a late step.
func (w words) level(level string) string {
	if level == plan.LevelBureau {
		return w.t("incident.level.bureau")
	}
	return w.t("role." + level)
}

func (w words) levels(levels []string) string {
	names := make([]string, len(levels))
	for i, l := range levels {
		names[i] = w.level(l)
	}
	return strings.Join(names, w.t("incident.comma"))
}

func (w words) place(workshop, team, shift string) string {
	var parts []string
	for _, p := range []string{workshop, team, shift} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, " · ")
}

func options(t ui.Translate, prefix string, ids []string) []ui.Option {
	out := make([]ui.Option, len(ids))
	for i, id := range ids {
		out[i] = ui.Option{Value: id, Label: t(prefix + id)}
	}
	return out
}

// tag changes when what a page shows does, so that a page that asks again is left alone while it need not change.
func tag(shown ...any) string {
	h := fnv.New64a()
	_ = json.NewEncoder(h).Encode(shown) // a hash takes all, and pages hold plain values
	return strconv.FormatUint(h.Sum64(), 36)
}
