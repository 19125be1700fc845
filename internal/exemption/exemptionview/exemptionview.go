// Package exemptionview puts exemptions and vaccinations into words for whoever reads them: the lists, the timeline of a file, the
// particulars at its head, the worker's own file. Which words, the reader's language decides; how instants are written, the caller.
package exemptionview

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/fugong/fugong/internal/exemption"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
)

// View writes in one reader's language.
type View struct {
	T    ui.Translate
	When func(time.Time) string // writes an instant
	Zone *time.Location
	Now  time.Time
}

// Ground names a ground.
func (v View) Ground(id string) string { return v.T("exemption." + id) }

// Until writes the end of an exemption.
func (v View) Until(x exemption.Exemption) string {
	if x.To.IsZero() {
		return v.T("exemption.open_ended")
	}
	return v.When(x.To)
}

// Ends says until when an exemption lasts, in a phrase.
func (v View) Ends(x exemption.Exemption) string {
	if x.To.IsZero() {
		return v.T("exemption.no_end")
	}
	return v.T("exemption.until", "At", v.When(x.To))
}

// DoseName names a vaccination: 第 3 剂, or that there is none.
func (v View) DoseName(d exemption.Dose) string {
	if d.Number == 0 {
		return v.T("exemption.coverage.not")
	}
	return v.T("exemption.dose", "N", strconv.Itoa(d.Number))
}

// DoseDay is when somebody was vaccinated. Sheets tell days: midnight stands for a day whose hour is not known.
func (v View) DoseDay(d exemption.Dose) string {
	local := d.At.In(v.Zone)
	if local.Hour() == 0 && local.Minute() == 0 {
		return local.Format(time.DateOnly)
	}
	return v.When(d.At)
}

// DoseText is what a vaccination was with, or why there is none.
func (v View) DoseText(d exemption.Dose) string {
	if d.Number == 0 {
		return v.T("exemption.none." + d.None)
	}
	return d.Product
}

var stageFaces = map[exemption.Stage]ui.Badge{
	exemption.Running: {Tone: ui.ToneOK, Icon: "shield"}, exemption.Coming: {Tone: ui.ToneInfo, Icon: "clock"},
	exemption.Over: {Tone: ui.ToneNeutral, Icon: "check"}, exemption.Cancelled: {Tone: ui.ToneNeutral, Icon: "close"},
}

// Stage is the badge of a stage.
func (v View) Stage(s exemption.Stage) ui.Badge {
	b := stageFaces[s]
	b.Label = v.T("exemption.stage." + string(s))
	return b
}

// Standing is the badge of a record that may have been cancelled, and of an exemption's stage.
func (v View) Standing(x exemption.Exemption) ui.Badge {
	if x.CancelReason == exemption.Replaced {
		return ui.Badge{Label: v.T("exemption.replaced"), Tone: ui.ToneNeutral, Icon: "copy"}
	}
	return v.Stage(x.Stage(v.Now))
}

// Reason is why a record was cancelled.
func (v View) Reason(e exemption.Entry) string {
	if e.CancelReason == exemption.Replaced {
		return v.T("exemption.replaced_hint")
	}
	return e.CancelReason
}

// mayRead reports whether the scope may see what is kept about an employee: health officers everyone's, people their own.
func mayRead(sc authz.Scope, employee int64) bool {
	return sc.Can(authz.ExemptionEdit) || sc.Employee == employee && sc.Can(authz.OwnFile)
}

// Timeline tells of a person's exemptions and vaccinations from before an instant, the newest first; to whom they are no business it tells
// nothing. It reads in the caller's transaction.
func (v View) Timeline(ctx context.Context, q db.Q, sc authz.Scope, employee int64, before time.Time, limit int) ([]ui.Dated, error) {
	if !mayRead(sc, employee) {
		return nil, nil
	}
	xs, err := exemption.Of(ctx, q, sc.Org, employee, before, limit)
	if err != nil {
		return nil, err
	}
	ds, err := exemption.DosesOf(ctx, q, sc.Org, employee, before, limit)
	if err != nil {
		return nil, err
	}
	var out []ui.Dated
	for _, x := range xs {
		out = append(out, v.exemptionEntries(x)...)
	}
	for _, d := range ds {
		out = append(out, v.doseEntries(d)...)
	}
	out = slices.DeleteFunc(out, func(e ui.Dated) bool { return !e.At.Before(before) })
	slices.SortStableFunc(out, func(a, b ui.Dated) int { return b.At.Compare(a.At) })
	return out[:min(limit, len(out))], nil
}

func (v View) exemptionEntries(x exemption.Exemption) []ui.Dated {
	e := ui.Entry{Icon: "shield", Title: v.T("exemption.entry", "Ground", v.Ground(x.Ground)), Badges: []ui.Badge{v.Standing(x)}, Actor: x.Actor,
		Facts: []ui.Fact{{Label: v.T("exemption.field.from"), Value: v.When(x.From)}, {Label: v.T("exemption.field.to"), Value: v.Until(x)}}}
	if x.Proof != "" {
		e.Facts = append(e.Facts, ui.Fact{Label: v.T("exemption.field.proof"), Value: x.Proof})
	}
	return v.withCancelling(x.Entry, e, v.T("exemption.entry.cancelled", "Ground", v.Ground(x.Ground)))
}

func (v View) doseEntries(d exemption.Dose) []ui.Dated {
	e := ui.Entry{Icon: "shield", Title: v.T("exemption.entry.dose", "Dose", v.DoseName(d)), Text: v.DoseText(d), Actor: d.Actor}
	if d.Number > 0 {
		e.Facts = []ui.Fact{{Label: v.T("exemption.field.at"), Value: v.DoseDay(d)}}
	}
	if !d.Stands() {
		e.Badges = []ui.Badge{v.Standing(exemption.Exemption{Entry: d.Entry})}
	}
	return v.withCancelling(d.Entry, e, v.T("exemption.entry.dose_cancelled", "Dose", v.DoseName(d)))
}

// withCancelling adds the cancelling to the entry of a record. A newer telling is an entry of its own and needs none.
func (v View) withCancelling(e exemption.Entry, made ui.Entry, title string) []ui.Dated {
	out := []ui.Dated{{At: e.EnteredAt, Entry: made}}
	if !e.Stands() && e.CancelReason != exemption.Replaced {
		out = append(out, ui.Dated{At: e.CancelledAt, Entry: ui.Entry{Icon: "close", Title: title, Text: e.CancelReason, Actor: e.CancelledBy}})
	}
	return out
}

// recent is how many records of a file are looked at for its particulars: people have a handful.
const recent = 50

// Facts are the particulars at the head of a file: how far the person is vaccinated, and the exemptions in force. They read in the
// caller's transaction.
func (v View) Facts(ctx context.Context, q db.Q, sc authz.Scope, employee int64) ([]ui.Fact, error) {
	if !mayRead(sc, employee) {
		return nil, nil
	}
	ds, err := exemption.DosesOf(ctx, q, sc.Org, employee, v.Now.Add(time.Hour), recent)
	if err != nil {
		return nil, err
	}
	xs, err := exemption.Of(ctx, q, sc.Org, employee, v.Now.Add(time.Hour), recent)
	if err != nil {
		return nil, err
	}
	facts := []ui.Fact{v.Coverage(ds)}
	for _, x := range xs {
		if x.Stage(v.Now) == exemption.Running {
			facts = append(facts, ui.Fact{Label: v.T("exemption.title"), Value: v.Ground(x.Ground), Sub: v.Ends(x)})
		}
	}
	return facts, nil
}

// Coverage says how far somebody is vaccinated, and when last.
func (v View) Coverage(doses []exemption.Dose) ui.Fact {
	coverage, last := exemption.CoverageOf(doses)
	f := ui.Fact{Label: v.T("exemption.vaccination"), Value: v.T("exemption.coverage." + string(coverage))}
	switch {
	case coverage == exemption.CoverageUnknown:
	case last.Number == 0:
		f.Sub = v.DoseText(last)
	default:
		f.Sub = v.T("exemption.last", "Dose", v.DoseName(last), "At", v.DoseDay(last))
		if last.Product != "" {
			f.Sub += " · " + last.Product
		}
	}
	return f
}
