package regime

import (
	"embed"
	"fmt"
	"path"
	"strings"
	"time"
)

// Pack is a versioned set of rules, in the shape of its JSON file. Make one
// with ParsePack or Builtin, which vouch for its values, and do not change it.
// Hours are elapsed hours, dates are civil dates YYYY-MM-DD in TZ.
type Pack struct {
	ID            string  `json:"id"`
	Version       int     `json:"version"`
	Title         string  `json:"title"`
	EffectiveFrom string  `json:"effective_from"`
	EffectiveTo   *string `json:"effective_to"` // nil: until replaced
	TZ            string  `json:"tz"`

	IntervalBasis       Basis `json:"interval_basis"`
	CertificateBasis    Basis `json:"certificate_basis"`
	ResultLateHours     int   `json:"result_late_hours"`     // after sampling
	DueSoonHours        int   `json:"due_soon_hours"`        // before due
	NoRecordHours       int   `json:"no_record_hours"`       // starting window after go-live or first day on post
	ExemptionGraceHours int   `json:"exemption_grace_hours"` // after an exemption ends
	AntigenCounts       bool  `json:"antigen_counts"`

	FeverC            float64 `json:"fever_c"` // °C, from which on it is a fever
	DormTempPerDay    int     `json:"dorm_temp_per_day"`
	GateTempEachEntry bool    `json:"gate_temp_each_entry"`

	ReturnGate ReturnGate    `json:"return_gate"`
	Tests      []TestRule    `json:"tests"`
	Arrivals   []ArrivalRule `json:"arrivals"`
	Contacts   Contacts      `json:"contacts"`

	IncidentMinutes         IncidentMinutes `json:"incident_minutes"`
	StockDays               int             `json:"stock_days"`
	M2PerPerson             int             `json:"m2_per_person"`
	ColdChainPrereportHours int             `json:"cold_chain_prereport_hours"`
	ColdChainKeepDays       int             `json:"cold_chain_keep_days"`
	NoncoldRestDays         int             `json:"noncold_rest_days"`
	Vent                    Vent            `json:"vent"`
	AppealSLAWorkdays       AppealSLA       `json:"appeal_sla_workdays"`
}

// Basis is the instant a period counts from.
type Basis string

const (
	BasisSampledAt  Basis = "sampled_at"
	BasisReportedAt Basis = "reported_at"
)

// RuleMode is how an interval repeats.
type RuleMode string

// RuleRolling counts each interval from the last sampling.
const RuleRolling RuleMode = "rolling"

// TestRule says how often one category owes a sample.
type TestRule struct {
	Category      Category `json:"category"`
	Mode          RuleMode `json:"mode"`
	IntervalHours int      `json:"interval_hours"`
	// BlockOnOverdue keeps an overdue person from work; without it they are
	// reminded and reported.
	BlockOnOverdue bool `json:"block_on_overdue"`
	// Basis is the text the rule rests on.
	Basis string `json:"basis"`
}

func (r *TestRule) interval() time.Duration { return hours(r.IntervalHours) }

// ReturnGate is what a person must show before the first shift.
type ReturnGate struct {
	PCRHours     int      `json:"pcr_hours"`
	LookbackDays int      `json:"lookback_days"`
	OverseasDays int      `json:"overseas_days"`
	Codes        []string `json:"codes"` // health codes that pass
}

// ArrivalRule is what a class of arrivals owes. Test days count from arrival as day 1.
type ArrivalRule struct {
	Class     string  `json:"class"`
	Isolation []Stage `json:"isolation"` // in sequence; empty: none
	TestDays  []int   `json:"test_days"`
}

// Contacts is what the contacts of a case owe, in the 8th edition's terms.
type Contacts struct {
	Close     ContactRule `json:"close_contact"`
	Secondary ContactRule `json:"secondary_contact"`
}

// ContactRule is ArrivalRule for contacts.
type ContactRule struct {
	Isolation []Stage `json:"isolation"`
	TestDays  []int   `json:"test_days"`
}

// Stage is one stage of isolation, in JSON [level, days].
type Stage struct {
	Level string
	Days  int
}

// IncidentMinutes are the deadlines of incident steps after detection.
type IncidentMinutes struct {
	StopIsolate          int `json:"stop_isolate"`
	InternalReport       int `json:"internal_report"`
	ExternalReportTarget int `json:"external_report_target"`
	ExternalReportHard   int `json:"external_report_hard"`
	ContactsList         int `json:"contacts_list"`
	SendClinic           int `json:"send_clinic"`
}

// Vent is how often and how long to ventilate.
type Vent struct {
	TimesPerDay int `json:"times_per_day"`
	Minutes     int `json:"minutes"`
}

// AppealSLA are the working days of an enterprise appeal's stages.
type AppealSLA struct {
	Verify   int `json:"verify"`
	Answer   int `json:"answer"`
	Resolve  int `json:"resolve"`
	Extended int `json:"extended"`
}

// rule returns the rule of a category, that of general_staff if the pack has none.
func (p *Pack) rule(category Category) *TestRule {
	var base *TestRule
	for i := range p.Tests {
		switch r := &p.Tests[i]; r.Category {
		case category:
			return r
		case CategoryGeneralStaff:
			base = r
		}
	}
	if base == nil {
		return new(TestRule) // not from ParsePack
	}
	return base
}

func (p *Pack) ref(r *TestRule) RuleRef {
	return RuleRef{
		Pack: p.ID, Version: p.Version, Category: r.Category,
		IntervalHours: r.IntervalHours, Mode: r.Mode, BlockOnOverdue: r.BlockOnOverdue, Basis: r.Basis,
	}
}

func hours(n int) time.Duration { return time.Duration(n) * time.Hour }

//go:embed packs/*.json
var builtin embed.FS

// Builtin returns a fresh copy of one of the packs that come with the program.
func Builtin(id string) (*Pack, error) {
	data, err := builtin.ReadFile("packs/" + id + ".json")
	if err != nil {
		return nil, fmt.Errorf("regime: no built-in pack %q", id)
	}
	return ParsePack(data)
}

// BuiltinIDs lists the ids that Builtin accepts, sorted.
func BuiltinIDs() []string {
	files, err := builtin.ReadDir("packs")
	if err != nil {
		panic(err) // the directory is compiled in
	}
	ids := make([]string, len(files))
	for i, f := range files {
		ids[i] = strings.TrimSuffix(f.Name(), path.Ext(f.Name()))
	}
	return ids
}
