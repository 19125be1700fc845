package screening

import (
	"strings"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/regime"
)

var (
	at     = time.Date(2022, 3, 24, 9, 0, 0, 0, time.FixedZone("CST", 8*3600))
	worker = teller{self: true, account: 7}
	staff  = teller{account: 8}
)

func TestAcceptRefuses(t *testing.T) {
	ok := Input{Employee: 1, SampledAt: at.Add(-time.Hour), Result: regime.Negative, Institution: "区医院"}
	for _, tc := range []struct {
		name   string
		who    teller
		change func(*Input)
		field  string
		key    string
	}{
		{"within the clock's slack", worker, func(in *Input) { in.SampledAt = at.Add(10 * time.Minute) }, "", ""},
		{"in the future", worker, func(in *Input) { in.SampledAt = at.Add(10*time.Minute + time.Second) }, "sampled_at", "screening.refused.future"},
		{"no instant", staff, func(in *Input) { in.SampledAt = time.Time{} }, "sampled_at", "error.required"},
		{"30 days", staff, func(in *Input) { in.SampledAt = at.AddDate(0, 0, -30) }, "", ""},
		{"older without a reason", staff, func(in *Input) { in.SampledAt = at.AddDate(0, 0, -30).Add(-time.Second) }, "late_reason", "screening.refused.late"},
		{"older by the worker", worker, func(in *Input) { in.SampledAt = at.AddDate(0, 0, -31) }, "late_reason", "screening.refused.late_self"},
		{"older with a reason", staff, func(in *Input) { in.SampledAt, in.LateReason = at.AddDate(0, 0, -31), "补录" }, "", ""},
		{"a year", staff, func(in *Input) { in.SampledAt, in.LateReason = at.AddDate(-1, 0, 0), "补录" }, "", ""},
		{"more than a year", staff, func(in *Input) { in.SampledAt, in.LateReason = at.AddDate(-1, 0, 0).Add(-time.Second), "补录" }, "sampled_at", "screening.refused.too_old"},
		{"reported before sampled", staff, func(in *Input) { in.ReportedAt = at.Add(-2 * time.Hour) }, "reported_at", "screening.refused.reported_before"},
		{"reported in the future", staff, func(in *Input) { in.ReportedAt = at.Add(time.Hour) }, "reported_at", "screening.refused.future"},
		{"tested before sampled", staff, func(in *Input) { in.TestedAt = at.Add(-2 * time.Hour) }, "tested_at", "screening.refused.tested_before"},
		{"tested in the future", staff, func(in *Input) { in.TestedAt = at.Add(time.Hour) }, "tested_at", "screening.refused.future"},
		{"no result", staff, func(in *Input) { in.Result = 0 }, "result", "error.choice"},
		{"cancelled", staff, func(in *Input) { in.Result = regime.Cancelled }, "result", "error.choice"},
		{"unknown method", staff, func(in *Input) { in.Method = "spit" }, "method", "error.choice"},
		{"unknown mode", staff, func(in *Input) { in.Mode = "pool99" }, "mode", "error.choice"},
		{"unknown source", staff, func(in *Input) { in.Source = "aunt" }, "source", "error.choice"},
		{"PCR at home", worker, func(in *Input) { in.Institution = " " }, "institution", "screening.refused.pcr_without_place"},
		{"antigen at home", worker, func(in *Input) { in.Institution, in.Method = "", regime.MethodAntigenSelf }, "", ""},
		{"staff may leave the place out", staff, func(in *Input) { in.Institution = "" }, "", ""},
		{"long note", staff, func(in *Input) { in.Note = strings.Repeat("长", 201) }, "note", "error.too_long"},
		{"long enough note", staff, func(in *Input) { in.Note = strings.Repeat("长", 200) }, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := ok
			tc.change(&in)
			_, faults := in.accept(tc.who, at)
			if tc.field == "" {
				if len(faults) != 0 {
					t.Fatalf("refused: %v", faults.Err())
				}
				return
			}
			if faults[tc.field].Key != tc.key {
				t.Errorf("%s: %q, want %q", tc.field, faults[tc.field].Key, tc.key)
			}
		})
	}
}

func TestAcceptFillsIn(t *testing.T) {
	sampled := at.Add(-time.Hour)
	reported := at.Add(-30 * time.Minute)
	for _, tc := range []struct {
		name string
		who  teller
		in   Input
		want version
	}{
		{"worker, negative", worker, Input{Result: regime.Negative},
			version{Method: regime.MethodPCR, Mode: regime.ModeSingle, Source: regime.SourceSelf, Proof: ProofSelf, ReportedAt: at}},
		{"worker cannot claim a laboratory", worker, Input{Result: regime.Negative, Proof: ProofLab},
			version{Method: regime.MethodPCR, Mode: regime.ModeSingle, Source: regime.SourceSelf, Proof: ProofSelf, ReportedAt: at}},
		{"worker with a photo", worker, Input{Result: regime.Negative, Photo: []byte{1}},
			version{Method: regime.MethodPCR, Mode: regime.ModeSingle, Source: regime.SourceSelf, Proof: ProofPhoto, ReportedAt: at}},
		{"pending has no report", staff, Input{Result: regime.ResultPending, ReportedAt: reported},
			version{Method: regime.MethodPCR, Mode: regime.ModeSingle, Source: regime.SourceEmployerOrg, Proof: ProofStaff}},
		{"staff", staff, Input{Result: regime.Positive, ReportedAt: reported, Mode: regime.ModePool10},
			version{Method: regime.MethodPCR, Mode: regime.ModePool10, Source: regime.SourceEmployerOrg, Proof: ProofStaff, ReportedAt: reported}},
		{"laboratory", staff, Input{Result: regime.Negative, Proof: ProofLab},
			version{Method: regime.MethodPCR, Mode: regime.ModeSingle, Source: regime.SourceImport, Proof: ProofLab, ReportedAt: at}},
		{"antigen is not pooled", worker, Input{Result: regime.Negative, Method: regime.MethodAntigenSelf, Mode: regime.ModePool20},
			version{Method: regime.MethodAntigenSelf, Mode: regime.ModeSingle, Source: regime.SourceSelf, Proof: ProofSelf, ReportedAt: at}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := tc.in
			in.SampledAt = sampled
			got, _ := in.accept(tc.who, at)
			tc.want.Result, tc.want.EnteredBy, tc.want.EnteredAt = tc.in.Result, tc.who.account, at
			if got != tc.want {
				t.Errorf("got  %+v\nwant %+v", got, tc.want)
			}
		})
	}
}

func TestAheadClockReportsNoEarlierThanSampled(t *testing.T) {
	in := Input{SampledAt: at.Add(5 * time.Minute), Result: regime.Negative, Method: regime.MethodAntigenSelf}
	v, faults := in.accept(worker, at)
	if len(faults) != 0 || v.ReportedAt.Before(in.SampledAt) {
		t.Errorf("reported %v, faults %v", v.ReportedAt, faults)
	}
}

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"  区 医院\n": "区 医院", "a\x00b": "a b", "\xff": "", "张店区人民医院": "张店区人民医院", "a\tb  c": "a b c",
	} {
		if got := plain(in); got != want {
			t.Errorf("plain(%q) = %q, want %q", in, got, want)
		}
	}
}
