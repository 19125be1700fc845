// Package holdview puts a hold into words for whoever reads it: what it is, what releases it, what is still missing and from when on.
// Which words, the reader's language decides; how instants are written, the caller. It decides nothing itself.
package holdview

import (
	"strings"
	"time"

	"github.com/fugong/fugong/internal/hold"
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

// Kind names a kind of hold.
func (v View) Kind(kind string) string { return v.t("hold." + kind) }

// Ground names a ground.
func (v View) Ground(ground string) string { return v.t("ground." + ground) }

// Rule says in one sentence what releases holds under a rule.
func (v View) Rule(r regime.HoldRule) string {
	var parts []string
	if r.MinHours > 0 {
		parts = append(parts, v.time(r))
	}
	if r.Negatives > 0 {
		parts = append(parts, v.samples(r))
	}
	switch {
	case r.Automatic:
		return strings.Join(append(parts, v.t("hold.rule.automatic")), v.t("hold.rule.and"))
	case r.Proof:
		parts = append(parts, v.t("hold.rule.proof"))
	}
	return strings.Join(append(parts, v.t("hold.rule.person")), v.t("hold.rule.and"))
}

func (v View) time(r regime.HoldRule) string {
	if r.Kind == hold.KindSymptom {
		return v.t("hold.rule.quiet", "Span", v.span(r.MinHours))
	}
	return v.t("hold.rule.time", "Span", v.span(r.MinHours))
}

func (v View) samples(r regime.HoldRule) string {
	key := "hold.rule.samples"
	if r.SingleTube {
		key = "hold.rule.samples_single"
	}
	return v.t(key, "N", r.Negatives)
}

func (v View) span(hours int) string {
	if hours%24 == 0 && hours > 24 {
		return v.t("common.days", "N", hours/24)
	}
	return v.t("common.hours", "N", hours)
}

// Missing says, thing by thing, what still stands between a hold and its release.
func (v View) Missing(c regime.ReleaseCheck) []string {
	var out []string
	for _, code := range c.Missing {
		m := hold.Missing(c, code)
		args := []any{"Earliest", v.when(c.Earliest), "After", v.when(c.SampledAfter)}
		for name, value := range m.Args {
			if name != "Earliest" && name != "After" {
				args = append(args, name, value)
			}
		}
		out = append(out, v.t(m.Key, args...))
	}
	return out
}

// Short is Missing for a list that shows the earliest instant beside it: which samples and papers are wanting.
func (v View) Short(c regime.ReleaseCheck) string {
	var parts []string
	for _, code := range c.Missing {
		switch code {
		case regime.ReleaseNeedsSample, regime.ReleaseNeedsGap:
			key := "hold.short.samples"
			if c.Rule.SingleTube {
				key = "hold.short.samples_single"
			}
			parts = append(parts, v.t(key, "Have", c.Have, "Need", c.Need))
		case regime.ReleaseNeedsProof:
			parts = append(parts, v.t("hold.short.proof"))
		}
	}
	return strings.Join(parts, v.t("hold.rule.and"))
}

// Steps shows the way to the release, what is done of it and what is not. A hold that ends at an instant ends by itself.
func (v View) Steps(h hold.Hold, c regime.ReleaseCheck, at time.Time) []ui.Step {
	var steps []ui.Step
	if !h.To.IsZero() {
		steps = append(steps, v.step(v.t("hold.step.ends"), v.t("hold.step.at", "At", v.when(h.To)), !at.Before(h.To)))
	}
	if c.Rule.MinHours > 0 {
		steps = append(steps, v.step(v.time(c.Rule), v.t("hold.step.earliest", "At", v.when(c.Earliest)), !at.Before(c.Earliest)))
	}
	if c.Need > 0 {
		s := v.step(v.samples(c.Rule), v.t("hold.step.have", "Have", c.Have, "Need", c.Need), c.Have >= c.Need)
		s.Text = v.t("hold.step.after", "After", v.when(c.SampledAfter))
		if c.Rule.GapHours > 0 && c.Need > 1 {
			s.Text = v.t("hold.step.after_gap", "After", v.when(c.SampledAfter), "Gap", c.Rule.GapHours)
		}
		steps = append(steps, s)
	}
	if c.Rule.Proof {
		steps = append(steps, v.step(v.t("hold.step.proof"), "", h.Document != ""))
	}
	last := v.t("hold.step.person")
	if c.Rule.Automatic {
		last = v.t("hold.step.automatic")
	}
	steps = append(steps, v.step(last, "", !h.ReleasedAt.IsZero()))
	for i := range steps {
		if !steps[i].Done {
			steps[i].Current = h.ReleasedAt.IsZero()
			break
		}
	}
	return steps
}

func (v View) step(title, due string, done bool) ui.Step {
	s := ui.Step{Title: title, Due: due, Done: done, Badge: ui.Badge{Label: v.t("hold.step.open"), Icon: "hourglass"}}
	if done {
		s.Badge = ui.Badge{Label: v.t("hold.step.done"), Tone: ui.ToneOK, Icon: "check"}
	}
	return s
}

// Badge says whether the hold may be released.
func (v View) Badge(h hold.Hold, c regime.ReleaseCheck, at time.Time) ui.Badge {
	switch {
	case h.Void:
		return ui.Badge{Label: v.t("hold.state.void"), Tone: ui.ToneNeutral, Icon: "close"}
	case !h.ReleasedAt.IsZero():
		return ui.Badge{Label: v.t("hold.state.released"), Tone: ui.ToneOK, Icon: "check"}
	case !h.Open(at):
		return ui.Badge{Label: v.t("hold.state.ended"), Tone: ui.ToneOK, Icon: "check"}
	case c.Ready && c.Rule.Proof:
		return ui.Badge{Label: v.t("hold.state.ready_proof"), Tone: ui.ToneInfo, Icon: "file"}
	case c.Ready:
		return ui.Badge{Label: v.t("hold.state.ready"), Tone: ui.ToneOK, Icon: "check"}
	case c.Rule.Automatic:
		return ui.Badge{Label: v.t("hold.state.retest"), Tone: ui.ToneWarn, Icon: "tube"}
	}
	return ui.Badge{Label: v.t("hold.state.not_yet"), Tone: ui.ToneHeld, Icon: "hourglass"}
}

// Measure says of a kind that leaves people on post that it does; nil for the others.
func (v View) Measure(c regime.ReleaseCheck) []ui.Badge {
	if c.Rule.OffPost {
		return nil
	}
	return []ui.Badge{{Label: v.t("hold.state.measure"), Tone: ui.ToneInfo, Icon: "shield"}}
}

// Author names who put a hold; a program has no name.
func (v View) Author(h hold.Hold) string {
	if h.ByName == "" {
		return v.t("hold.author.program")
	}
	return h.ByName
}

// Why says why a hold was released.
func (v View) Why(h hold.Hold) string {
	if h.ReleasedBy == 0 && h.Reason == hold.ReasonResult {
		return v.t("hold.reason.result")
	}
	return h.Reason
}

// Entries tells when a hold began and, if it did, ended. The note is left out: it may name others.
func (v View) Entries(h hold.Hold) []ui.Dated {
	begun := ui.Entry{Icon: "stop", Tone: ui.ToneHeld, Title: v.t("hold.timeline.begun", "Kind", v.Kind(h.Kind)),
		Text: v.Ground(h.Ground), Actor: v.Author(h)}
	if !h.To.IsZero() {
		begun.Facts = []ui.Fact{{Label: v.t("hold.field.to"), Value: v.when(h.To)}}
	}
	out := []ui.Dated{{At: h.From, Entry: begun}}
	if h.ReleasedAt.IsZero() {
		return out
	}
	ended := ui.Entry{Icon: "check", Tone: ui.ToneOK, Title: v.t("hold.timeline.released", "Kind", v.Kind(h.Kind)), Text: v.Why(h), Actor: h.ReleasedByName}
	if h.Void {
		ended.Icon, ended.Tone, ended.Title = "close", ui.ToneNeutral, v.t("hold.timeline.void", "Kind", v.Kind(h.Kind))
	}
	if h.Document != "" {
		ended.Facts = []ui.Fact{{Label: v.t("hold.field.document"), Value: h.Document}}
	}
	return append(out, ui.Dated{At: h.ReleasedAt, Entry: ended})
}
