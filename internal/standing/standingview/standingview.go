// Package standingview puts a standing into words for whoever reads it: the worker's card, the head of a file, the API. Which
// words, the reader's language decides; how instants are written, the caller. It decides nothing itself.
package standingview

import (
	"strconv"
	"strings"
	"time"

	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/regime"
)

// View writes in one reader's language.
type View struct {
	t    ui.Translate
	when func(time.Time) string
}

// New returns a view; when writes an instant for the reader.
func New(t ui.Translate, when func(time.Time) string) View { return View{t, when} }

// Reason is one ground in a short sentence. A code that is newer than this package reads as itself.
func (v View) Reason(r regime.Reason) string {
	args := []any{"At", v.when(r.At), "Have", r.Args["have"], "Need", r.Args["need"], "Pack", r.Args["pack"]}
	for _, a := range []struct{ name, arg, prefix string }{
		{"Status", "status", "work_status."}, {"Kind", "kind", "hold."}, {"Ground", "ground", "exemption."}, {"Category", "category", "category."},
	} {
		if id := r.Args[a.arg]; id != "" {
			args = append(args, a.name, v.t(a.prefix+id))
		}
	}
	return v.t("standing.reason."+r.Code, args...)
}

// Reasons is the whole explanation: the grounds, the rule, and when the state changes by itself.
func (v View) Reasons(s regime.Standing) []string {
	var out []string
	for _, r := range s.Reasons {
		out = append(out, v.Reason(r))
	}
	if s.State.Owed() || s.State == regime.Exempt {
		out = append(out, v.Rule(s.Rule))
	}
	if !s.NextChange.IsZero() {
		out = append(out, v.t("standing.next", "At", v.when(s.NextChange), "State", v.t("state."+s.Next.String())))
	}
	return out
}

// Rule says how often the person's category is tested.
func (v View) Rule(r regime.RuleRef) string {
	category := v.t("category." + string(r.Category))
	if r.Mode == regime.RuleCalendarWeek {
		return v.t("standing.rule_week", "Category", category, "N", r.MinCountPerWeek, "Gap", v.Span(time.Duration(r.MinGapHours)*time.Hour))
	}
	return v.t("standing.rule", "Category", category, "Interval", v.Span(time.Duration(r.IntervalHours)*time.Hour))
}

// Source names the rule pack and its version, and who tightened the rule if somebody did.
func (v View) Source(r regime.RuleRef) string {
	place, id, _ := strings.Cut(r.Origin, ":")
	switch place {
	case "division":
		return v.t("standing.source_division", "Pack", r.Pack, "Version", r.Version, "Place", v.t("zone."+id))
	case "org":
		return v.t("standing.source_org", "Pack", r.Pack, "Version", r.Version)
	}
	return v.t("standing.source", "Pack", r.Pack, "Version", r.Version)
}

// Span is a length of time in its largest whole unit, at least a minute.
func (v View) Span(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return v.t("common.days", "N", strconv.Itoa(int(d/(24*time.Hour))))
	case d >= 2*time.Hour:
		return v.t("common.hours", "N", strconv.Itoa(int(d/time.Hour)))
	}
	return v.t("common.minutes", "N", strconv.Itoa(max(int(d/time.Minute), 1)))
}

// Left says how far off the due instant is; empty when nothing is owed.
func (v View) Left(s regime.Standing, at time.Time) string {
	switch {
	case s.DueAt.IsZero():
		return ""
	case s.DueAt.After(at):
		return v.t("common.left", "Duration", v.Span(s.DueAt.Sub(at)))
	case s.State == regime.Overdue || s.State == regime.ResultLate:
		return v.t("common.overdue_by", "Duration", v.Span(at.Sub(s.DueAt)))
	}
	return ""
}

// Badge is the state, or that the person is held.
func (v View) Badge(s regime.Standing) ui.Badge {
	if len(s.Held) > 0 {
		return ui.StandingBadge(v.t, "held")
	}
	return ui.StandingBadge(v.t, s.State.String())
}

// Card is the large card for the person concerned: where they stand and what to do, in plain words. The caller sets Action.
func (v View) Card(s regime.Standing, at time.Time) ui.Standing {
	key := s.State.String()
	switch {
	case len(s.Held) > 0:
		key = "held"
	case s.DueAt.IsZero() && s.State == regime.Exempt:
		key = "exempt_open"
	}
	c := ui.Standing{
		Badge: v.Badge(s), Title: v.t("standing.card."+key, "Due", v.when(s.DueAt)), Text: v.t("standing.todo." + key),
		Left: v.Left(s, at), Why: v.t("standing.why"), Reasons: v.Reasons(s), Source: v.Source(s.Rule),
	}
	if !s.DueAt.IsZero() {
		c.DateTime = s.DueAt.Format(time.RFC3339)
	}
	if s.State == regime.Pending {
		c.DateTime = "" // its title names no instant
	}
	if !s.MayWork && s.State.Owed() {
		c.Text = v.t("standing.todo.blocked")
	}
	return c
}
