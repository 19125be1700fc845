package returning

import (
	"fmt"
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/fugong/fugong/internal/platform/errs"
)

// Answer is a yes or a no; "" has not been answered.
type Answer string

// The answers.
const (
	Yes Answer = "yes"
	No  Answer = "no"
)

// Declaration is what a returning person declares. Days are civil days, 2006-01-02; a blank field has not been answered.
type Declaration struct {
	OriginArea string    `json:"origin_area,omitempty"`
	DepartAt   time.Time `json:"depart_at,omitzero"`
	ArriveAt   time.Time `json:"arrive_at,omitzero"`
	Transport  string    `json:"transport,omitempty"` // one of Transports
	TripNo     string    `json:"trip_no,omitempty"`
	ViaAreas   string    `json:"via_areas,omitempty"`

	Outside    Answer    `json:"outside,omitempty"`  // comes from outside the city
	Reported   Answer    `json:"reported,omitempty"` // to the community of the home address
	ReportedAt time.Time `json:"reported_at,omitzero"`

	RiskStay  Answer  `json:"risk_stay,omitempty"` // was in an area that bars within the days looked back
	Stays     []Stay  `json:"stays,omitempty"`
	Overseas  Answer  `json:"overseas,omitempty"`
	EnteredOn string  `json:"entered_on,omitempty"` // day of entry from abroad
	Control   Control `json:"control,omitzero"`

	Contacts  []string `json:"contacts,omitempty"` // of ContactKinds
	NoContact bool     `json:"no_contact,omitempty"`
	ContactOn string   `json:"contact_on,omitempty"` // the last one

	HealthCode    string    `json:"health_code,omitempty"` // one of HealthCodes
	CodeCheckedAt time.Time `json:"code_checked_at,omitzero"`
	TripCard      string    `json:"trip_card,omitempty"` // one of TripCards

	Temperature *float64 `json:"temperature,omitempty"` // °C, to a tenth
	Symptoms    []string `json:"symptoms,omitempty"`    // ids symptom.*
	Well        bool     `json:"well,omitempty"`        // said in so many words that there are no symptoms

	Note string `json:"note,omitempty"`

	erased bool // the stored one is gone
}

// Stay is a place where the person has been.
type Stay struct {
	Area string `json:"area"`
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"` // last day there
	Risk string `json:"risk,omitempty"`
}

// Control is a measure that the person was, or is, under.
type Control struct {
	Level string `json:"level,omitempty"` // one of ControlLevels
	To    string `json:"to,omitempty"`    // last day
	Proof string `json:"proof,omitempty"` // number or issuer of the certificate of release
}

// Bounds of what may be entered.
const (
	MaxStays   = 14
	maxText    = 100
	coldest    = 34.0
	hottest    = 43.0
	clockSlack = 10 * time.Minute
	planAhead  = 90 // days
)

// check normalises a declaration and says what is wrong with what was answered; what was not is for missing and for the gate. Fields
// have the names of the JSON, places of stays as stay_area_0 and so on.
func (d *Declaration) check(at time.Time) errs.Fields {
	f := errs.Fields{}
	for name, text := range map[string]string{"origin_area": d.OriginArea, "trip_no": d.TripNo, "via_areas": d.ViaAreas,
		"control_proof": d.Control.Proof, "note": d.Note} {
		tooLong(f, name, text)
	}
	for name, c := range map[string]struct {
		value string
		among []string
	}{"transport": {d.Transport, Transports()}, "health_code": {d.HealthCode, HealthCodes()}, "trip_card": {d.TripCard, TripCards()},
		"control_level": {d.Control.Level, ControlLevels()}, "outside": {string(d.Outside), answers}, "reported": {string(d.Reported), answers},
		"risk_stay": {string(d.RiskStay), answers}, "overseas": {string(d.Overseas), answers}} {
		if c.value != "" && !slices.Contains(c.among, c.value) {
			f.Add(name, "error.choice")
		}
	}
	for name, t := range map[string]time.Time{"depart_at": d.DepartAt, "reported_at": d.ReportedAt, "code_checked_at": d.CodeCheckedAt} {
		if t.After(at.Add(clockSlack)) {
			f.Add(name, "returning.refused.future")
		}
	}
	if !d.ArriveAt.IsZero() && d.ArriveAt.Before(d.DepartAt) {
		f.Add("arrive_at", "returning.refused.arrive_before")
	}
	for name, day := range map[string]string{"entered_on": d.EnteredOn, "contact_on": d.ContactOn} {
		pastDay(f, name, day, at)
	}
	if !isDay(d.Control.To) {
		f.Add("control_to", "returning.refused.day")
	}
	d.checkStays(f, at)
	d.checkHealth(f)
	return f
}

var answers = []string{string(Yes), string(No)}

func tooLong(f errs.Fields, name, text string) {
	if utf8.RuneCountInString(text) > maxText {
		f.Add(name, "error.too_long", "Max", maxText)
	}
}

// isDay reports whether a text is a civil day or blank.
func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return s == "" || err == nil
}

func pastDay(f errs.Fields, name, day string, at time.Time) {
	switch {
	case !isDay(day):
		f.Add(name, "returning.refused.day")
	case day > at.Format(time.DateOnly):
		f.Add(name, "returning.refused.future")
	}
}

func (d *Declaration) checkStays(f errs.Fields, at time.Time) {
	d.Stays = slices.DeleteFunc(d.Stays, func(s Stay) bool { return s == Stay{} })
	if len(d.Stays) > MaxStays {
		f.Add("stay_area_0", "returning.refused.stays", "Max", MaxStays)
		d.Stays = d.Stays[:MaxStays]
	}
	for i, s := range d.Stays {
		n := func(part string) string { return fmt.Sprintf("stay_%s_%d", part, i) }
		if s.Area == "" {
			f.Add(n("area"), "error.required")
		}
		tooLong(f, n("area"), s.Area)
		if !slices.Contains(Risks(), s.Risk) {
			f.Add(n("risk"), "error.choice")
		}
		if s.To == "" {
			f.Add(n("to"), "error.required")
		}
		pastDay(f, n("to"), s.To, at)
		if !isDay(s.From) || s.From > s.To && s.To != "" {
			f.Add(n("from"), "returning.refused.from_to")
		}
	}
}

func (d *Declaration) checkHealth(f errs.Fields) {
	if d.Temperature != nil {
		t := math.Round(*d.Temperature*10) / 10
		d.Temperature = &t
		if !(t >= coldest && t <= hottest) { // also not a number
			f.Add("temperature", "returning.refused.temperature")
		}
	}
	d.Symptoms = slices.Compact(slices.Sorted(slices.Values(d.Symptoms)))
	for _, s := range d.Symptoms {
		if !slices.Contains(Symptoms(), s) {
			f.Add("symptoms", "error.choice")
		}
	}
	d.Contacts = slices.Compact(slices.Sorted(slices.Values(d.Contacts)))
	for _, c := range d.Contacts {
		if !slices.Contains(ContactKinds(), c) {
			f.Add("contacts", "error.choice")
		}
	}
	if d.Well && len(d.Symptoms) > 0 {
		f.Add("symptoms", "returning.refused.none_and_some")
	}
	if d.NoContact && len(d.Contacts) > 0 {
		f.Add("contacts", "returning.refused.none_and_some")
	}
}

// Missing lists the questions without an answer that a declaration must have before it is handed in.
func (d *Declaration) Missing() []string {
	var out []string
	need := func(name string, answered bool) {
		if !answered {
			out = append(out, name)
		}
	}
	need("origin_area", d.OriginArea != "")
	need("transport", d.Transport != "")
	need("outside", d.Outside != "")
	need("reported", d.Outside != Yes || d.Reported != "")
	need("risk_stay", d.RiskStay != "")
	need("stay_area_0", d.RiskStay != Yes || len(d.Stays) > 0)
	need("overseas", d.Overseas != "")
	need("entered_on", d.Overseas != Yes || d.EnteredOn != "")
	need("contacts", d.NoContact || len(d.Contacts) > 0)
	need("health_code", d.HealthCode != "")
	need("code_checked_at", !d.CodeCheckedAt.IsZero())
	need("temperature", d.Temperature != nil)
	need("symptoms", d.Well || len(d.Symptoms) > 0)
	return out
}
