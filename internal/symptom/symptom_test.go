package symptom

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func celsius(t float64) *float64 { return &t }

// TestAlert holds the rule against domain practice: 37.3 ℃ is written "at least".
func TestAlert(t *testing.T) {
	for _, tc := range []struct {
		name        string
		temperature *float64
		symptoms    []string
		want        bool
	}{
		{"nothing", nil, nil, false},
		{"36.5, nothing", celsius(36.5), nil, false},
		{"just below", celsius(37.2), nil, false},
		{"fever", celsius(37.3), nil, true},
		{"high fever", celsius(39.1), nil, true},
		{"felt feverish", celsius(36.8), []string{"fever"}, true},
		{"dry cough", nil, []string{"dry_cough"}, true},
		{"cough", nil, []string{"cough"}, true},
		{"fatigue", nil, []string{"fatigue"}, true},
		{"sore throat", nil, []string{"sore_throat"}, true},
		{"smell", nil, []string{"smell_loss"}, true},
		{"taste", nil, []string{"taste_loss"}, true},
		{"diarrhea", nil, []string{"diarrhea"}, true},
		{"one other", celsius(36.5), []string{"runny_nose"}, false},
		{"headache", nil, []string{"headache"}, false},
		{"the same twice", nil, []string{"headache", "headache"}, false},
		{"two others", nil, []string{"runny_nose", "headache"}, true},
		{"one other with fever", celsius(37.5), []string{"myalgia"}, true},
		{"three others", nil, []string{"myalgia", "conjunctivitis", "dyspnea"}, true},
		{"unknown", nil, []string{"hiccups", "yawning"}, false},
	} {
		if got := Alert(tc.temperature, tc.symptoms, 37.3); got != tc.want {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
}

// TestAlertNeverCalmsDown: a further symptom or a higher temperature never takes an alert back.
func TestAlertNeverCalmsDown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.SliceOfDistinct(rapid.SampledFrom(IDs()), rapid.ID).Draw(t, "some")
		more := append(slices.Clone(some), rapid.SampledFrom(IDs()).Draw(t, "more"))
		degrees := rapid.Float64Range(34, 43).Draw(t, "degrees")
		warmer := degrees + rapid.Float64Range(0, 5).Draw(t, "warmer")
		if Alert(&degrees, some, 37.3) && !(Alert(&degrees, more, 37.3) && Alert(&warmer, some, 37.3)) {
			t.Fatalf("%v at %v alerts, but not %v or %v", some, degrees, more, warmer)
		}
	})
}

func TestCheck(t *testing.T) {
	at := time.Date(2022, 3, 24, 9, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name   string
		change func(*Input)
		field  string
		key    string
	}{
		{"36.5, none", func(*Input) {}, "", ""},
		{"none, not measured", func(in *Input) { in.Temperature = nil }, "", ""},
		{"measured only", func(in *Input) { in.None = false }, "", ""},
		{"nothing at all", func(in *Input) { in.Temperature, in.None = nil, false }, "temperature", "symptom.refused.empty"},
		{"none and some", func(in *Input) { in.Symptoms = []string{"cough"} }, "symptoms", "symptom.refused.none_and_some"},
		{"some", func(in *Input) { in.Symptoms, in.None, in.Temperature = []string{"cough"}, false, nil }, "", ""},
		{"unknown symptom", func(in *Input) { in.Symptoms, in.None = []string{"hiccups"}, false }, "symptoms", "error.choice"},
		{"too cold", func(in *Input) { in.Temperature = celsius(33.9) }, "temperature", "symptom.refused.range"},
		{"coldest", func(in *Input) { in.Temperature, in.Confirmed = celsius(34), true }, "", ""},
		{"implausible", func(in *Input) { in.Temperature = celsius(34.9) }, "confirmed", "symptom.refused.measure_again"},
		{"implausible, measured again", func(in *Input) { in.Temperature, in.Confirmed = celsius(34.9), true }, "", ""},
		{"plausible", func(in *Input) { in.Temperature = celsius(35) }, "", ""},
		{"hottest", func(in *Input) { in.Temperature = celsius(43) }, "", ""},
		{"too hot", func(in *Input) { in.Temperature = celsius(43.1) }, "temperature", "symptom.refused.range"},
		{"no number", func(in *Input) { in.Temperature = celsius(math.NaN()) }, "temperature", "symptom.refused.range"},
		{"site", func(in *Input) { in.Site = "ear" }, "", ""},
		{"unknown site", func(in *Input) { in.Site = "toe" }, "site", "error.choice"},
		{"no instant", func(in *Input) { in.At = time.Time{} }, "at", "error.required"},
		{"clock ahead", func(in *Input) { in.At = at.Add(10 * time.Minute) }, "", ""},
		{"future", func(in *Input) { in.At = at.Add(11 * time.Minute) }, "at", "symptom.refused.future"},
		{"a week", func(in *Input) { in.At = at.AddDate(0, 0, -7) }, "", ""},
		{"older", func(in *Input) { in.At = at.AddDate(0, 0, -7).Add(-time.Second) }, "at", "symptom.refused.too_old"},
		{"long note", func(in *Input) { in.Note = strings.Repeat("长", 201) }, "note", "error.too_long"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := Input{Employee: 1, At: at, Temperature: celsius(36.5), None: true}
			tc.change(&in)
			faults := in.check(at)
			if tc.field == "" && len(faults) != 0 || tc.field != "" && faults[tc.field].Key != tc.key {
				t.Errorf("faults %v, want %s %s", faults.Err(), tc.field, tc.key)
			}
		})
	}
}

func TestTemperatureIsKeptToATenth(t *testing.T) {
	in := Input{At: time.Unix(0, 0), Temperature: celsius(37.26)}
	in.check(time.Unix(0, 0))
	if *in.Temperature != 37.3 {
		t.Errorf("37.26 is kept as %v", *in.Temperature)
	}
}
