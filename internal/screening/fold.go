package screening

import (
	"time"

	"github.com/fugong/fugong/internal/regime"
)

// version is what one telling says of a sample, without its key. It is kept as a body once it does not stand.
type version struct {
	Result      regime.Result      `json:"-"`
	Method      regime.Method      `json:"method"`
	Mode        regime.CollectMode `json:"mode"`
	Source      regime.Source      `json:"source"`
	Proof       Proof              `json:"proof"`
	ReportedAt  time.Time          `json:"reported_at,omitzero"`
	TestedAt    time.Time          `json:"tested_at,omitzero"`
	Institution string             `json:"institution,omitempty"`
	Lab         string             `json:"lab,omitempty"`
	Barcode     string             `json:"barcode,omitempty"`
	Note        string             `json:"note,omitempty"`
	Attachment  int64              `json:"attachment,omitempty"`
	Flag        string             `json:"flag,omitempty"`
	EnteredBy   int64              `json:"entered_by"`
	EnteredAt   time.Time          `json:"entered_at"`
}

// pcr reports whether the version tells of a PCR test; an antigen test at the same second is another thing.
func (v *version) pcr() bool { return v.Method == regime.MethodPCR }

func (v *version) settled() bool {
	return v.Result != regime.ResultPending && v.Result != regime.Cancelled
}

// said is what a version says, for telling news from repetition.
type said struct {
	pcr    bool
	result regime.Result
}

func (v *version) said() said { return said{v.pcr(), v.Result} }

// record is a sample while tellings are folded into it: the version that stands and what all its versions say.
type record struct {
	now   *version     // nil: not known yet
	rev   int          // of now
	base  int          // rev as it was read; 0: the table has none
	heard map[said]int // the strongest proof, as a rank, with which each thing was said
	aside []aside      // versions that do not stand, added by this fold
}

// known begins with the version that stands in the table.
func (r *record) known(v version, rev int) {
	r.now, r.rev, r.base = &v, rev, rev
	r.hear(v)
}

// aside is a version that does not stand, under its number.
type aside struct {
	rev int
	version
}

// stand makes v the version that stands and keeps the one before.
func (r *record) stand(v version) {
	if r.now != nil {
		r.aside = append(r.aside, aside{r.rev, *r.now})
	}
	r.now = &v
	r.rev++
	r.hear(v)
}

// keep keeps v beside the version that stands, as if v had been told first.
func (r *record) keep(v version) {
	r.aside = append(r.aside, aside{r.rev, v})
	r.rev++
	r.hear(v)
}

func (r *record) hear(v version) {
	if r.heard == nil {
		r.heard = map[said]int{}
	}
	r.heard[v.said()] = max(r.heard[v.said()], proofRank[v.Proof])
}

// clashes reports whether some version gave another result than v.
func (r *record) clashes(v version) bool {
	if !v.settled() {
		return false
	}
	for s := range r.heard {
		if s.result != v.Result && s.result != regime.ResultPending && s.result != regime.Cancelled {
			return true
		}
	}
	return false
}

// heardOf reports whether a PCR test, or an antigen test, was told of at all.
func (r *record) heardOf(pcr bool) bool {
	for s := range r.heard {
		if s.pcr == pcr {
			return true
		}
	}
	return false
}

// fold takes in one more telling. Which result stands in the end, with which proof, and whether it is flagged, does not
// depend on the order of the tellings, and a repetition changes nothing:
//
//   - What was said before with no weaker proof is a repetition, even if somebody corrected it since.
//   - A result completes a pending record; a pending telling of a settled record says nothing.
//   - Of two results the worse stands, flagged for review.
//   - Of a PCR and an antigen test at the same second the PCR stands, since antigen never counts.
//   - A cancelled record takes nothing in; it is to be corrected.
func (r *record) fold(v version) Kind {
	if r.now == nil {
		r.stand(v)
		return Added
	}
	now, clash := *r.now, r.clashes(v)
	completes := v.pcr() == now.pcr() && now.Result == regime.ResultPending && v.settled()
	switch {
	case r.heard[v.said()] >= proofRank[v.Proof] && !completes:
		return Duplicate
	case now.Result == regime.Cancelled:
		return Refused
	case v.said() == now.said(), completes:
		r.stand(now.with(v))
	case v.Result == regime.ResultPending && r.heardOf(v.pcr()):
		return Duplicate
	case v.pcr() && !now.pcr():
		v.Flag = now.Flag
		r.stand(v)
	case v.pcr() == now.pcr() && regime.Worse(now.Result, v.Result) == v.Result:
		r.stand(now.with(v))
	default:
		r.keep(v)
	}
	if !clash || v.said() == now.said() {
		return Updated
	}
	r.now.Flag = FlagConflict
	return Conflict
}

// with is v completed by a newer telling: result and proof are the newer's, what v already said besides stays. How the sample
// was collected follows the stronger proof, because it decides what a negative releases.
func (v version) with(newer version) version {
	out := v
	out.Result, out.ReportedAt, out.Proof = newer.Result, newer.ReportedAt, newer.Proof
	out.EnteredBy, out.EnteredAt = newer.EnteredBy, newer.EnteredAt
	if newer.Result == v.Result && !v.ReportedAt.IsZero() {
		out.ReportedAt = v.ReportedAt // known since then; the newer only proves it
	}
	if proofRank[newer.Proof] > proofRank[v.Proof] {
		out.Method, out.Mode, out.Source = newer.Method, newer.Mode, newer.Source
	}
	if out.TestedAt.IsZero() {
		out.TestedAt = newer.TestedAt
	}
	fill(&out.Institution, newer.Institution)
	fill(&out.Lab, newer.Lab)
	fill(&out.Barcode, newer.Barcode)
	fill(&out.Note, newer.Note)
	if newer.Attachment != 0 {
		out.Attachment = newer.Attachment
	}
	return out
}

func fill(s *string, with string) {
	if *s == "" {
		*s = with
	}
}
