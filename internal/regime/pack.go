package regime

import (
	"embed"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/fugong/fugong/internal/regime/duties"
	"github.com/fugong/fugong/internal/regime/strict"
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

	IntervalBasis          Basis        `json:"interval_basis"`
	CertificateBasis       Basis        `json:"certificate_basis"`
	ResultLateHours        int          `json:"result_late_hours"`     // after sampling
	DueSoonHours           int          `json:"due_soon_hours"`        // before due
	NoRecordHours          int          `json:"no_record_hours"`       // starting window after go-live or first day on post
	ExemptionGraceHours    int          `json:"exemption_grace_hours"` // after an exemption ends
	AntigenCounts          bool         `json:"antigen_counts"`
	VaccinationExemptHours int          `json:"vaccination_exempt_hours"` // after a vaccination
	ExemptionGrounds       []GroundRule `json:"exemption_grounds"`
	Holds                  []HoldRule   `json:"holds"`

	Tests []TestRule `json:"tests"`
	duties.Duties
}

// IncidentMinutes are the deadlines of incident steps after detection.
type IncidentMinutes = duties.IncidentMinutes

// Basis is the instant a period counts from.
type Basis string

const (
	BasisSampledAt  Basis = "sampled_at"
	BasisReportedAt Basis = "reported_at"
)

// RuleMode is how an interval repeats.
type RuleMode string

const (
	// RuleRolling counts each interval from the last sampling.
	RuleRolling RuleMode = "rolling"
	// RuleCalendarWeek counts the samplings of a week, Monday to Sunday.
	RuleCalendarWeek RuleMode = "calendar_week"
)

// TestRule says how often one category owes a sample. A category has one rule of
// a mode; with one of each it must meet both.
type TestRule struct {
	Category        Category `json:"category"`
	Mode            RuleMode `json:"mode"`
	IntervalHours   int      `json:"interval_hours,omitempty"`     // rolling
	MinCountPerWeek int      `json:"min_count_per_week,omitempty"` // calendar_week
	MinGapHours     int      `json:"min_gap_hours,omitempty"`      // calendar_week
	// BlockOnOverdue keeps an overdue person from work; without it they are
	// reminded and reported.
	BlockOnOverdue bool `json:"block_on_overdue"`
	// Basis is the text the rule rests on.
	Basis string `json:"basis"`
	// Origin names the overlay that the rule comes from, empty if the pack.
	Origin string `json:"origin,omitempty"`
}

// GroundRule is one ground of exemption. Its exemptions end MaxHours after they
// began at the latest; 0 leaves them as recorded.
type GroundRule struct {
	Ground   string `json:"ground"`
	MaxHours int    `json:"max_hours"`
}

func (r *TestRule) interval() time.Duration { return hours(r.IntervalHours) }

// calendar reports whether the pack counts weeks.
func (p *Pack) calendar() bool {
	for i := range p.Tests {
		if p.Tests[i].Mode == RuleCalendarWeek {
			return true
		}
	}
	return false
}

// maxHours is the longest an exemption of the ground lasts, 0 if as recorded.
func (p *Pack) maxHours(ground string) int {
	for i := range p.ExemptionGrounds {
		if p.ExemptionGrounds[i].Ground == ground {
			return p.ExemptionGrounds[i].MaxHours
		}
	}
	return 0
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

// ParsePack reads and checks a pack. Every member of the JSON must be known,
// spelt exactly, present once and of the right type, and every value must make
// sense; the error names the faulty fields by path, such as
// tests[2].interval_hours.
func ParsePack(data []byte) (*Pack, error) {
	p := new(Pack)
	err := strict.Decode(data, p)
	if err == nil {
		err = p.validate()
	}
	if err != nil {
		return nil, fmt.Errorf("regime: pack: %w", err)
	}
	return p, nil
}
