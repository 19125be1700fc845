// Package symptom keeps reports of temperature and symptoms and raises the alert that takes a person off post. It is the only
// writer of symptom_report.
//
// "No symptoms, 36.5" is a report like any other. What was felt is sealed in the database: it is for the person, the health
// officer and nobody else; a team leader may enter a report and never read one.
package symptom

import (
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/secret"
)

// The symptoms that raise an alert by themselves, and those of which it takes two.
var (
	alerting = []string{"fever", "dry_cough", "cough", "fatigue", "sore_throat", "smell_loss", "taste_loss", "diarrhea"}
	lesser   = []string{"nasal_congestion", "runny_nose", "conjunctivitis", "myalgia", "headache", "dyspnea"}
)

// IDs lists the ids of all symptoms, in the order in which forms show them.
func IDs() []string { return slices.Concat(alerting, lesser) }

// Sites lists where a temperature may be taken.
func Sites() []string { return []string{"forehead", "ear", "axilla"} }

// Alert is the rule for taking someone off post: a temperature of at least fever (°C, 37.3 by the rule pack), one of the
// symptoms named in Zibo's notice of January 2022, or two others.
func Alert(temperature *float64, symptoms []string, fever float64) bool {
	if temperature != nil && *temperature >= fever {
		return true
	}
	others := map[string]bool{}
	for _, s := range symptoms {
		if slices.Contains(alerting, s) {
			return true
		}
		if slices.Contains(lesser, s) {
			others[s] = true
		}
	}
	return len(others) >= 2
}

// Bounds of what may be entered.
const (
	coldest     = 34.0
	hottest     = 43.0
	implausible = 35.0 // below, somebody is asked to measure again
	clockSlack  = 10 * time.Minute
	oldest      = 7 * 24 * time.Hour
	maxNote     = 200
)

// Input is one report.
type Input struct {
	Employee    int64
	At          time.Time // when it was measured or felt
	Temperature *float64  // °C, kept to a tenth; nil when not measured
	Site        string    // one of Sites, or ""
	Symptoms    []string  // ids; empty for none
	None        bool      // said in so many words that there are no symptoms
	Note        string
	Confirmed   bool // measured again: takes a temperature below 35.0
	API         bool // came by the API
}

// check normalises an input and says what is wrong with it, by the fields of Input in snake case.
func (in *Input) check(at time.Time) errs.Fields {
	f := errs.Fields{}
	switch {
	case in.At.IsZero():
		f.Add("at", "error.required")
	case in.At.After(at.Add(clockSlack)):
		f.Add("at", "symptom.refused.future")
	case in.At.Before(at.Add(-oldest)):
		f.Add("at", "symptom.refused.too_old")
	}
	in.checkTemperature(f)
	if in.Site != "" && !slices.Contains(Sites(), in.Site) {
		f.Add("site", "error.choice")
	}
	in.Symptoms = slices.Compact(slices.Sorted(slices.Values(in.Symptoms)))
	for _, s := range in.Symptoms {
		if !slices.Contains(IDs(), s) {
			f.Add("symptoms", "error.choice")
		}
	}
	switch {
	case in.None && len(in.Symptoms) > 0:
		f.Add("symptoms", "symptom.refused.none_and_some")
	case !in.None && len(in.Symptoms) == 0 && in.Temperature == nil:
		f.Add("temperature", "symptom.refused.empty")
	}
	if utf8.RuneCountInString(in.Note) > maxNote {
		f.Add("note", "error.too_long", "Max", maxNote)
	}
	return f
}

func (in *Input) checkTemperature(f errs.Fields) {
	if in.Temperature == nil {
		return
	}
	t := math.Round(*in.Temperature*10) / 10
	in.Temperature = &t
	switch {
	case !(t >= coldest && t <= hottest): // also not a number
		f.Add("temperature", "symptom.refused.range")
	case t < implausible && !in.Confirmed:
		f.Add("confirmed", "symptom.refused.measure_again")
	}
}

// Report is a stored report. Symptoms and Note are filled only for those who may read them.
type Report struct {
	ID          int64
	Employee    int64
	At          time.Time
	Temperature *float64
	Site        string
	Symptoms    []string
	Note        string
	Alert       bool
	Reporter    Reporter
	Hold        int64     // put or found open by this report, 0 if none
	SeenAt      time.Time // by the health officer; zero: not yet
	EnteredAt   time.Time
}

// Reporter is who told of it.
type Reporter string

// The reporters.
const (
	BySelf   Reporter = "self"
	ByLeader Reporter = "leader"
	ByStaff  Reporter = "staff"
	ByAPI    Reporter = "api"
)

// Service keeps reports.
type Service struct {
	db    *db.DB
	box   *secret.Box
	holds *hold.Service
	rules hold.Rules
}

// New returns a service. It must be told of releases (hold.Service.WatchReleases).
func New(d *db.DB, box *secret.Box, holds *hold.Service, rules hold.Rules) *Service {
	return &Service{db: d, box: box, holds: holds, rules: rules}
}
