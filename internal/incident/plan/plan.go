// Package plan says what the response to a kind of hold consists of: which steps, whose, by when, and how their clocks stand at an
// instant. It is pure: rules, a kind and instants go in.
package plan

import (
	"slices"
	"time"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/regime"
)

// The steps, in the order in which they are shown.
const (
	StopIsolate    = "stop_isolate"
	InternalReport = "internal_report"
	ExternalReport = "external_report"
	Resample       = "resample"
	SendClinic     = "send_clinic"
	CloseArea      = "close_area"
	ContactsList   = "contacts_list"
	Disinfect      = "disinfect"
	FollowUp       = "follow_up"
	EpiSupport     = "epi_support"
	CloseStep      = "close"
)

// Steps lists every step in order.
func Steps() []string {
	return []string{StopIsolate, InternalReport, ExternalReport, Resample, SendClinic, CloseArea, ContactsList, Disinfect, FollowUp,
		EpiSupport, CloseStep}
}

// For says which steps a kind of hold calls for. Common to all: stop, report, list and follow up. What differs, and why:
//
//   - Someone with symptoms is sent to a fever clinic; only here does the firm take a person to a doctor.
//   - The members of an abnormal mixed tube are sampled again at once, each alone. They stay where they are, and nothing is closed
//     or disinfected before the re-sample says that there is a case.
//   - A suspicious or positive result is tested again and fetched by the CDC, as are cases and close contacts that a notice names:
//     nobody is sent anywhere by the firm. The area of a close contact is not closed.
func For(kind string) []string {
	switch kind {
	case "pool_abnormal":
		return []string{StopIsolate, InternalReport, ExternalReport, Resample, ContactsList, FollowUp, CloseStep}
	case "suspicious", "positive", "confirmed", "asymptomatic", "suspected":
		return []string{StopIsolate, InternalReport, ExternalReport, CloseArea, ContactsList, Disinfect, FollowUp, CloseStep}
	case "close_contact":
		return []string{StopIsolate, InternalReport, ExternalReport, ContactsList, Disinfect, FollowUp, CloseStep}
	}
	return []string{StopIsolate, InternalReport, ExternalReport, SendClinic, CloseArea, ContactsList, Disinfect, FollowUp, CloseStep}
}

// Gravity orders kinds, -1 for one it does not know: a graver hold that joins an incident gives it its kind and calls for a new report.
func Gravity(kind string) int {
	order := []string{"close_contact", "symptom", "pool_abnormal", "suspicious", "positive", "suspected", "asymptomatic", "confirmed"}
	return slices.Index(order, kind)
}

// HandKinds lists the kinds of incident that can be opened by hand: found at the gate, or named by a notice. Results open theirs
// by themselves.
func HandKinds() []string {
	return []string{"symptom", "suspected", "confirmed", "asymptomatic", "close_contact"}
}

// OwnerOf is the role that a step falls to. Whoever may run incidents may do every step in its place.
func OwnerOf(step string) authz.Role {
	if step == StopIsolate || step == InternalReport {
		return authz.TeamLeader
	}
	return authz.HealthOfficer
}

// Times that no rule pack holds.
const (
	closeAreaIn   = time.Hour
	followUpEvery = 12 * time.Hour
	// A case detected late in the evening leaves no time to disinfect on the same day.
	disinfectAtLeast = 4 * time.Hour
)

// Deadlines returns by when a step whose clock starts at from is to be done, and the limit set by law, if any. Zero is none. The
// disinfection is due on the same civil day in the zone.
func Deadlines(step string, from time.Time, m regime.IncidentMinutes, zone *time.Location) (due, hard time.Time) {
	after := func(minutes int) time.Time { return from.Add(time.Duration(minutes) * time.Minute) }
	switch step {
	case StopIsolate:
		return after(m.StopIsolate), hard
	case InternalReport:
		return after(m.InternalReport), hard
	case ExternalReport:
		return after(m.ExternalReportTarget), after(m.ExternalReportHard)
	case SendClinic, Resample:
		return after(m.SendClinic), hard
	case ContactsList:
		return after(m.ContactsList), hard
	case CloseArea:
		return from.Add(closeAreaIn), hard
	case FollowUp:
		return from.Add(followUpEvery), hard
	case Disinfect:
		y, mo, d := from.In(zone).Date()
		midnight, least := time.Date(y, mo, d+1, 0, 0, 0, 0, zone), from.Add(disinfectAtLeast)
		if least.After(midnight) {
			return least, hard
		}
		return midnight, hard
	}
	return due, hard
}

// NeedsText reports whether a step is done only with words: who was told, by whom one was received, what was answered.
func NeedsText(step string) bool {
	return step == ExternalReport || step == SendClinic || step == FollowUp || step == EpiSupport
}
