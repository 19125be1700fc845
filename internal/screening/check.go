package screening

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
)

// Bounds of what may be entered.
const (
	clockSlack = 10 * time.Minute    // a telephone's clock may be ahead by so much
	lateAfter  = 30 * 24 * time.Hour // older samples need a reason
	keptMonths = 12                  // older samples are never taken

	maxPlace   = 80 // characters of institution and laboratory
	maxBarcode = 40
	maxNote    = 200
)

// teller is who says what an Input says.
type teller struct {
	self    bool // about the own file
	account int64
}

// accept checks an input and makes a version of it. Faults are named by the fields of Input in snake case.
func (in Input) accept(who teller, at time.Time) (version, errs.Fields) {
	v := version{
		ReportedAt: in.ReportedAt, TestedAt: in.TestedAt, Result: in.Result, Method: in.Method, Mode: in.Mode, Source: in.Source,
		Institution: plain(in.Institution), Lab: plain(in.Lab), Barcode: plain(in.Barcode), Note: plain(in.Note),
		EnteredBy: who.account, EnteredAt: at,
	}
	v.setDefaults(in, who)
	f := errs.Fields{}
	checkSampled(f, in.SampledAt, at)
	if in.SampledAt.Before(at.Add(-lateAfter)) && plain(in.LateReason) == "" {
		f.Add("late_reason", lateKey(who))
	}
	v.checkTimes(f, in.SampledAt, at)
	v.checkWords(f)
	if who.self && v.Method == regime.MethodPCR && v.Institution == "" {
		// Nobody swabs a PCR sample at home: what has no place was an antigen test.
		f.Add("institution", "screening.refused.pcr_without_place")
	}
	if v.Result == regime.Cancelled {
		f.Add("result", "error.choice")
	}
	return v, f
}

func (v *version) setDefaults(in Input, who teller) {
	if v.Method == "" {
		v.Method = regime.MethodPCR
	}
	if v.Mode == "" || v.Method != regime.MethodPCR {
		v.Mode = regime.ModeSingle // only PCR is pooled
	}
	switch {
	case who.self && len(in.Photo) > 0:
		v.Proof = ProofPhoto
	case who.self:
		v.Proof = ProofSelf
	case in.Proof == ProofLab:
		v.Proof = ProofLab
	default:
		v.Proof = ProofStaff
	}
	switch {
	case v.Source != "":
	case who.self:
		v.Source = regime.SourceSelf
	case v.Proof == ProofLab:
		v.Source = regime.SourceImport
	default:
		v.Source = regime.SourceEmployerOrg
	}
	v.settleReport(in.ReportedAt, in.SampledAt, v.EnteredAt)
}

// settleReport says when the result became known: a pending one not yet, any other when it is said to have been, or else on
// entry; a cancelled record is void from the start.
func (v *version) settleReport(given, sampled, at time.Time) {
	switch {
	case v.Result == regime.ResultPending || v.Result == regime.Cancelled:
		v.ReportedAt = time.Time{}
	case given.IsZero() && at.Before(sampled):
		v.ReportedAt = sampled // within the clock's slack
	case given.IsZero():
		v.ReportedAt = at
	default:
		v.ReportedAt = given
	}
}

func checkSampled(f errs.Fields, sampled, at time.Time) {
	switch {
	case sampled.IsZero():
		f.Add("sampled_at", "error.required")
	case sampled.After(at.Add(clockSlack)):
		f.Add("sampled_at", "screening.refused.future")
	case sampled.Before(at.AddDate(0, -keptMonths, 0)):
		f.Add("sampled_at", "screening.refused.too_old")
	}
}

func lateKey(who teller) string {
	if who.self {
		return "screening.refused.late_self"
	}
	return "screening.refused.late"
}

func (v *version) checkTimes(f errs.Fields, sampled, at time.Time) {
	sampled = second(sampled)
	switch {
	case v.ReportedAt.IsZero():
	case v.ReportedAt.Before(sampled):
		f.Add("reported_at", "screening.refused.reported_before")
	case v.ReportedAt.After(at.Add(clockSlack)):
		f.Add("reported_at", "screening.refused.future")
	}
	switch {
	case v.TestedAt.IsZero():
	case v.TestedAt.Before(sampled):
		f.Add("tested_at", "screening.refused.tested_before")
	case v.TestedAt.After(at.Add(clockSlack)):
		f.Add("tested_at", "screening.refused.future")
	}
}

func (v *version) checkWords(f errs.Fields) {
	if _, err := regime.ParseResult(v.Result.String()); err != nil {
		f.Add("result", "error.choice")
	}
	if !v.Method.Valid() {
		f.Add("method", "error.choice")
	}
	if !v.Mode.Valid() {
		f.Add("mode", "error.choice")
	}
	if !v.Source.Valid() {
		f.Add("source", "error.choice")
	}
	for _, text := range [...]struct {
		field, s string
		max      int
	}{
		{"institution", v.Institution, maxPlace}, {"lab", v.Lab, maxPlace}, {"barcode", v.Barcode, maxBarcode}, {"note", v.Note, maxNote},
	} {
		if len(text.s) > text.max && utf8.RuneCountInString(text.s) > text.max {
			f.Add(text.field, "error.too_long", "Max", text.max)
		}
	}
}

// second is the instant as samples are known by.
func second(t time.Time) time.Time { return t.Truncate(time.Second).UTC() }

// plain makes one line of a text: control characters, which PostgreSQL or a spreadsheet could choke on, become spaces.
func plain(s string) string {
	if isPlain(s) {
		return s
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// isPlain reports a text that is one line already, as nearly all are.
func isPlain(s string) bool {
	before := ' '
	for _, r := range s {
		if unicode.IsControl(r) || r == utf8.RuneError || unicode.IsSpace(r) && (r != ' ' || before == ' ') {
			return false
		}
		before = r
	}
	return s == "" || before != ' '
}
