// Package duties is the part of a rule pack that deals with the duties besides the
// weekly test: temperature, return, arrivals, contacts, incidents, stock. It holds
// numbers and checks that they make sense; those who have the duties apply them.
package duties

import (
	"encoding/json"
	"fmt"

	"github.com/fugong/fugong/internal/regime/strict"
)

const (
	maxHours = 24 * 366 // a rule longer than a year is a slip
	maxDays  = 36600
)

// Duties are members of the JSON of a pack.
type Duties struct {
	FeverC            float64 `json:"fever_c"` // °C, from which on it is a fever
	DormTempPerDay    int     `json:"dorm_temp_per_day"`
	GateTempEachEntry bool    `json:"gate_temp_each_entry"`

	ReturnGate ReturnGate    `json:"return_gate"`
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

// Pair lets a Stage be read from [level, days].
func (s *Stage) Pair() (first, second any, want string) { return &s.Level, &s.Days, "[level, days]" }

// MarshalJSON writes [level, days].
func (s Stage) MarshalJSON() ([]byte, error) { return json.Marshal([]any{s.Level, s.Days}) }

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

// Check notes every senseless value, by the path in the pack.
func (p *Duties) Check(f *strict.Faults) {
	f.Must(35 <= p.FeverC && p.FeverC <= 42, "fever_c", "must be from 35 to 42, is %v", p.FeverC)
	f.Between("dorm_temp_per_day", p.DormTempPerDay, 0, 24)
	f.Between("return_gate.pcr_hours", p.ReturnGate.PCRHours, 1, maxHours)
	f.Between("return_gate.lookback_days", p.ReturnGate.LookbackDays, 0, maxDays)
	f.Between("return_gate.overseas_days", p.ReturnGate.OverseasDays, 0, maxDays)
	for i, code := range p.ReturnGate.Codes {
		f.Word(fmt.Sprintf("return_gate.codes[%d]", i), code)
	}
	for i, a := range p.Arrivals {
		at := fmt.Sprintf("arrivals[%d]", i)
		f.Word(at+".class", a.Class)
		follow(f, at, a.Isolation, a.TestDays)
	}
	follow(f, "contacts.close_contact", p.Contacts.Close.Isolation, p.Contacts.Close.TestDays)
	follow(f, "contacts.secondary_contact", p.Contacts.Secondary.Isolation, p.Contacts.Secondary.TestDays)

	for _, n := range []struct {
		path string
		n    int
	}{
		{"incident_minutes.stop_isolate", p.IncidentMinutes.StopIsolate},
		{"incident_minutes.internal_report", p.IncidentMinutes.InternalReport},
		{"incident_minutes.external_report_target", p.IncidentMinutes.ExternalReportTarget},
		{"incident_minutes.external_report_hard", p.IncidentMinutes.ExternalReportHard},
		{"incident_minutes.contacts_list", p.IncidentMinutes.ContactsList},
		{"incident_minutes.send_clinic", p.IncidentMinutes.SendClinic},
		{"stock_days", p.StockDays},
		{"m2_per_person", p.M2PerPerson},
		{"cold_chain_prereport_hours", p.ColdChainPrereportHours},
		{"cold_chain_keep_days", p.ColdChainKeepDays},
		{"noncold_rest_days", p.NoncoldRestDays},
		{"vent.times_per_day", p.Vent.TimesPerDay},
		{"vent.minutes", p.Vent.Minutes},
		{"appeal_sla_workdays.verify", p.AppealSLAWorkdays.Verify},
		{"appeal_sla_workdays.answer", p.AppealSLAWorkdays.Answer},
		{"appeal_sla_workdays.resolve", p.AppealSLAWorkdays.Resolve},
		{"appeal_sla_workdays.extended", p.AppealSLAWorkdays.Extended},
	} {
		f.Between(n.path, n.n, 1, maxDays)
	}
}

// follow checks an isolation with its test days, which must rise.
func follow(f *strict.Faults, path string, isolation []Stage, days []int) {
	for i, s := range isolation {
		at := fmt.Sprintf("%s.isolation[%d]", path, i)
		f.Word(at+"[0]", s.Level)
		f.Between(at+"[1]", s.Days, 1, maxDays)
	}
	last := 0
	for i, d := range days {
		at := fmt.Sprintf("%s.test_days[%d]", path, i)
		f.Between(at, d, 1, maxDays)
		f.Must(d > last, at, "must be later than the day before it, is %d", d)
		last = d
	}
}
