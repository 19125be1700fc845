package disputehttp

import (
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/dispute"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/standing/standingview"
)

// words writes in the reader's language and zone.
type words struct {
	c echo.Context
	t ui.Translate
	standingview.View
}

func wordsOf(c echo.Context) words {
	w := words{c: c, t: httpd.PrinterOf(c).T}
	w.View = standingview.New(w.t, w.when)
	return w
}

// when is an instant for people, "" for none.
func (w words) when(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return httpd.DateTime(httpd.PrinterOf(w.c), at, httpd.ZoneOf(w.c))
}

// about says what is contested, with its instant where it has one.
func (w words) about(d *dispute.Dispute) string {
	switch d.About.Subject {
	case dispute.OnSample:
		return w.t("dispute.about.sample", "At", w.when(d.About.SampledAt()))
	case dispute.OnSymptom:
		return w.t("dispute.about.symptom", "At", w.when(d.AboutAt))
	case dispute.OnHold:
		return w.t("dispute.about.hold", "At", w.when(d.AboutAt), "Kind", w.t("hold."+d.Shown.Hold))
	}
	return w.t("dispute.about." + string(d.About.Subject))
}

// matter is about for somebody else than the person concerned.
func (w words) matter(d *dispute.Dispute) string {
	if d.About.Ref == 0 {
		return w.t("dispute.subject." + string(d.About.Subject))
	}
	return w.about(d)
}

func (w words) stateBadge(s dispute.State) ui.Badge {
	face := map[dispute.State]ui.Badge{
		dispute.Open: {Tone: ui.ToneInfo, Icon: "inbox"}, dispute.Upheld: {Tone: ui.ToneOK, Icon: "check"},
		dispute.Rejected: {Tone: ui.ToneNeutral, Icon: "close"}, dispute.Withdrawn: {Tone: ui.ToneNeutral, Icon: "undo"},
	}[s]
	face.Label = w.t("dispute.state." + string(s))
	return face
}

// clock says how long there is to answer, or that it is too late: by colour, shape and words.
func (w words) clock(state dispute.State, due time.Time, late bool) ui.Badge {
	now := httpd.NowOf(w.c)
	switch {
	case state == dispute.Withdrawn:
		return ui.Badge{Label: w.t("dispute.clock.none"), Tone: ui.ToneNeutral, Icon: "clock"}
	case state != dispute.Open && late:
		return ui.Badge{Label: w.t("dispute.clock.was_late"), Tone: ui.ToneWarn, Icon: "clock"}
	case state != dispute.Open:
		return ui.Badge{Label: w.t("dispute.clock.in_time"), Tone: ui.ToneOK, Icon: "clock"}
	case late:
		return ui.Badge{Label: w.t("common.overdue_by", "Duration", w.Span(now.Sub(due))), Tone: ui.ToneDanger, Icon: "alert", Solid: true}
	case due.Sub(now) < 4*time.Hour:
		return ui.Badge{Label: w.t("common.left", "Duration", w.Span(due.Sub(now))), Tone: ui.ToneWarn, Icon: "clock"}
	}
	return ui.Badge{Label: w.t("common.left", "Duration", w.Span(due.Sub(now))), Tone: ui.ToneInfo, Icon: "clock"}
}

// shown are the facts that the person was shown.
func (w words) shown(s dispute.Shown) []ui.Fact {
	state := ui.StandingBadge(w.t, s.State)
	if len(s.Held) > 0 {
		state = ui.StandingBadge(w.t, "held")
	}
	facts := []ui.Fact{{Label: w.t("dispute.field.standing"), Badges: []ui.Badge{state}}}
	if !s.DueAt.IsZero() {
		facts = append(facts, ui.Fact{Label: w.t("dispute.field.due"), Value: w.when(s.DueAt)})
	}
	if x := s.Sample; x != nil {
		facts = append(facts, w.result(x.Result, x.ReportedAt, x.Rev)...)
	}
	facts = append(facts, ui.Fact{Label: w.t("dispute.field.reasons"), Value: w.reasons(s.Reasons)})
	if s.Rule.Pack != "" {
		facts = append(facts, ui.Fact{Label: w.t("dispute.field.rule"), Value: w.Rule(s.Rule), Sub: w.Source(s.Rule)})
	}
	return facts
}

func (w words) reasons(rs []regime.Reason) string {
	if len(rs) == 0 {
		return w.t("common.none")
	}
	out := make([]string, len(rs))
	for i, r := range rs {
		out[i] = w.Reason(r)
	}
	return strings.Join(out, w.t("dispute.semicolon"))
}

func (w words) result(result string, reported time.Time, rev int) []ui.Fact {
	facts := []ui.Fact{{Label: w.t("dispute.field.result"), Badges: []ui.Badge{ui.ResultBadge(w.t, result)}}}
	if !reported.IsZero() {
		facts = append(facts, ui.Fact{Label: w.t("dispute.field.reported_at"), Value: w.when(reported)})
	}
	return append(facts, ui.Fact{Label: w.t("dispute.field.rev"), Value: w.t("dispute.rev", "N", rev)})
}

// standing are the facts of a standing.
func (w words) standing(label string, st regime.Standing) []ui.Fact {
	facts := []ui.Fact{{Label: label, Badges: []ui.Badge{w.Badge(st)}}}
	if !st.DueAt.IsZero() {
		facts = append(facts, ui.Fact{Label: w.t("dispute.field.due"), Value: w.when(st.DueAt)})
	}
	return append(facts, ui.Fact{Label: w.t("dispute.field.reasons"), Value: w.reasons(st.Reasons)})
}

func teamName(workshop, name string) string { return strings.Trim(workshop+" · "+name, " ·") }

func id(n int64) string { return strconv.FormatInt(n, 10) }

func photo(attachment int64) string { return "/samples/attachments/" + id(attachment) }

// turn is the address of a neighbouring page, "" for none.
func turn(c echo.Context, path, name, cursor string) string {
	if cursor == "" {
		return ""
	}
	return ui.Href(path, c.QueryParams(), "after", "", "before", "", name, cursor)
}

func options[T ~string](t ui.Translate, prefix string, ids []T) []ui.Option {
	out := make([]ui.Option, len(ids))
	for i, id := range ids {
		out[i] = ui.Option{Value: string(id), Label: t(prefix + string(id))}
	}
	return out
}
