package returning

import (
	"slices"
	"time"

	"github.com/fugong/fugong/internal/regime"
)

func (g *gate) code() Item {
	d := &g.Declaration
	switch {
	case d.HealthCode == "" || d.CodeCheckedAt.IsZero():
		return Item{Verdict: Missing, Why: whyCodeNone}
	case !slices.Contains(g.pack.ReturnGate.Codes, d.HealthCode):
		return Item{Verdict: Failed, Why: whyCodeColour, At: d.CodeCheckedAt, Names: []string{"returning.code." + d.HealthCode}}
	case g.stale(d.CodeCheckedAt):
		return Item{Verdict: Missing, Why: whyCodeStale, At: d.CodeCheckedAt}
	}
	return Item{Verdict: OK, Why: whyCodeOK, At: d.CodeCheckedAt, Names: []string{"returning.code." + d.HealthCode}}
}

func (g *gate) area() Item {
	d, gt := &g.Declaration, g.pack.ReturnGate
	var areas []string
	last := ""
	for _, s := range d.Stays {
		if slices.Contains(barring, s.Risk) && g.recent(s.To, gt.LookbackDays) {
			areas, last = append(areas, s.Area), max(last, s.To)
		}
	}
	abroad := d.Overseas == Yes && g.recent(d.EnteredOn, gt.OverseasDays)
	if abroad {
		last = max(last, d.EnteredOn)
	}
	today := g.at.Format(time.DateOnly)
	unlisted := d.RiskStay == Yes && len(d.Stays) == 0
	switch risky := len(areas) > 0 || abroad || unlisted; {
	case d.Control.Level != "" && (d.Control.To == "" || d.Control.To >= today):
		return Item{Verdict: Failed, Why: whyAreaControl, Until: g.midnight(d.Control.To), Names: []string{"control." + d.Control.Level}}
	case risky && d.Control.Level != "" && d.Control.To >= last && d.Control.Proof == "":
		return Item{Verdict: Missing, Why: whyAreaProof, At: g.midnight(d.Control.To), Names: []string{"control." + d.Control.Level}}
	case risky && d.Control.Level != "" && d.Control.To >= last:
		return Item{Verdict: OK, Why: whyAreaReleased, At: g.midnight(d.Control.To), Words: []string{d.Control.Proof}}
	case risky:
		it := Item{Verdict: Failed, Why: whyAreaRisk, Words: areas}
		if abroad {
			it.Names = append(it.Names, "returning.abroad")
		}
		if unlisted && len(it.Names) == 0 {
			it.Names = append(it.Names, "returning.unlisted")
		}
		return it
	case d.RiskStay == "" && len(d.Stays) == 0 || d.Overseas == "":
		return Item{Verdict: Missing, Why: whyAreaNone}
	}
	return Item{Verdict: OK, Why: whyAreaOK}
}

// measures are the holds for contacts and the control levels that keep from work.
var measures = []string{"close_contact", "secondary_contact", "co_spatiotemporal", "general_risk", "home_monitor", "home_quarantine",
	"central_quarantine", "hospital", "temp_isolation"}

// bars lists the holds that keep off post: those for contacts and control levels, or all others.
func (g *gate) bars(contact bool) (names []string, since time.Time) {
	for _, h := range g.Holds {
		if rule, _ := g.pack.HoldRule(h.Kind); !rule.OffPost || slices.Contains(measures, h.Kind) != contact {
			continue
		}
		if names = append(names, "hold."+h.Kind); since.IsZero() || h.From.Before(since) {
			since = h.From
		}
	}
	slices.Sort(names)
	return slices.Compact(names), since
}

func (g *gate) contact() Item {
	d := &g.Declaration
	if names, since := g.bars(true); len(names) > 0 {
		return Item{Verdict: Failed, Why: whyContactHeld, At: since, Names: names}
	}
	var said []string
	for _, c := range d.Contacts {
		if c != contactGoods && g.recent(d.ContactOn, g.pack.ReturnGate.LookbackDays) {
			said = append(said, "returning.contact."+c)
		}
	}
	switch {
	case len(said) > 0:
		return Item{Verdict: Failed, Why: whyContactSaid, Names: said}
	case slices.Contains(d.Contacts, contactGoods):
		return Item{Verdict: OK, Why: whyContactGoods}
	case len(d.Contacts) == 0 && !d.NoContact:
		return Item{Verdict: Missing, Why: whyContactNone}
	}
	return Item{Verdict: OK, Why: whyContactOK}
}

func (g *gate) health() Item {
	d := &g.Declaration
	switch {
	case d.Temperature != nil && *d.Temperature >= g.pack.FeverC:
		return Item{Verdict: Failed, Why: whyHealthFever, Degrees: *d.Temperature}
	case len(d.Symptoms) > 0:
		it := Item{Verdict: Failed, Why: whyHealthFelt}
		for _, s := range d.Symptoms {
			it.Names = append(it.Names, "symptom."+s)
		}
		return it
	case d.Temperature == nil || !d.Well:
		return Item{Verdict: Missing, Why: whyHealthNone}
	case g.StatedAt.IsZero():
		return Item{Verdict: OK, Why: whyHealthDraft, Degrees: *d.Temperature}
	case g.stale(g.StatedAt):
		return Item{Verdict: Missing, Why: whyHealthStale, At: g.StatedAt, Degrees: *d.Temperature}
	}
	return Item{Verdict: OK, Why: whyHealthOK, At: g.StatedAt, Degrees: *d.Temperature}
}

func (g *gate) pcr() Item {
	if s, ok := regime.CertificateValid(g.pack, g.Samples, g.fresh, g.at); ok {
		basis := s.SampledAt
		if g.pack.CertificateBasis == regime.BasisReportedAt {
			basis = s.ReportedAt
		}
		return Item{Verdict: OK, Why: whyPCROK, At: s.SampledAt, Until: basis.Add(g.fresh)}
	}
	var newest *regime.Sample
	for i := range g.Samples {
		s := &g.Samples[i]
		if s.Method == regime.MethodPCR && !s.SampledAt.After(g.at) && (newest == nil || s.SampledAt.After(newest.SampledAt)) {
			newest = s
		}
	}
	switch {
	case newest == nil:
		return Item{Verdict: Missing, Why: whyPCRNone}
	case newest.Result == regime.ResultPending || newest.ReportedAt.IsZero() || newest.ReportedAt.After(g.at):
		return Item{Verdict: Missing, Why: whyPCRAwaited, At: newest.SampledAt}
	case newest.Result == regime.Negative:
		return Item{Verdict: Missing, Why: whyPCROld, At: newest.SampledAt}
	case newest.Result == regime.Invalid || newest.Result == regime.Cancelled:
		return Item{Verdict: Missing, Why: whyPCRNone}
	}
	return Item{Verdict: Failed, Why: whyPCRRecheck, At: newest.SampledAt}
}

func (g *gate) pledge() Item {
	if g.PledgeAt.IsZero() {
		return Item{Verdict: Missing, Why: whyPledgeNone}
	}
	return Item{Verdict: OK, Why: whyPledgeOK, At: g.PledgeAt}
}

func (g *gate) community() Item {
	switch d := &g.Declaration; {
	case d.Outside == "":
		return Item{Verdict: Missing, Why: whyCommNone}
	case d.Outside == No:
		return Item{Verdict: OK, Why: whyCommLocal}
	case d.Reported == Yes:
		return Item{Verdict: OK, Why: whyCommOK, At: d.ReportedAt}
	}
	return Item{Verdict: Missing, Why: whyCommNot}
}

func (g *gate) hold() Item {
	names, since := g.bars(false)
	switch {
	case len(names) > 0:
		return Item{Verdict: Failed, Why: whyHoldHeld, At: since, Names: names}
	case g.Held && len(g.Holds) == 0:
		return Item{Verdict: Failed, Why: whyHoldUnknown}
	}
	return Item{Verdict: OK, Why: whyHoldOK}
}
