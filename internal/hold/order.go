package hold

import (
	"slices"
	"time"

	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
)

const maxAge = 90 * 24 * time.Hour // how far back a hold may begin

// check says what is wrong with an order, by field.
func (o *Order) check(rule regime.HoldRule, at time.Time) errs.Fields {
	f := errs.Fields{}
	if o.Act == ActRelease {
		if !slices.Contains(regime.HoldKinds(), o.Kind) {
			f.Add("kind", "error.choice")
		}
		if rule.Proof && o.Document == "" {
			f.Add("document", "hold.missing.needs_proof")
		}
		if o.Note == "" {
			f.Add("note", "error.required")
		}
	} else {
		o.checkPut(f, rule, at)
	}
	tooLong(f, "note", o.Note)
	tooLong(f, "document", o.Document)
	if o.Who.Value == "" {
		f.Add("who", "error.required")
	}
	return f
}

func (o *Order) checkPut(f errs.Fields, rule regime.HoldRule, at time.Time) {
	if !slices.Contains(regime.HoldKinds(), o.Kind) || !byHand(o.Kind) {
		f.Add("kind", "error.choice")
	}
	if !slices.Contains(Grounds(), o.Ground) {
		f.Add("ground", "error.choice")
	}
	switch {
	case o.From.After(at):
		f.Add("from", "hold.fault.from_future")
	case at.Sub(o.From) > maxAge:
		f.Add("from", "hold.fault.from_old", "Days", int(maxAge.Hours()/24))
	}
	switch {
	case o.To.IsZero():
	case rule.Negatives > 0 || rule.Proof:
		f.Add("to", "hold.fault.to_needs_release")
	case !o.To.After(at) || o.To.Before(o.From.Add(time.Duration(rule.MinHours)*time.Hour)):
		f.Add("to", "hold.fault.to_early", "Hours", rule.MinHours)
	}
}
