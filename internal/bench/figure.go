package bench

import (
	"fmt"
	"slices"
	"strconv"
)

// Figure is one thing measured.
type Figure struct {
	Scenario  string // "log.api.c32"
	Scale     Scale  // filled by Record
	Value     float64
	Unit      string  // "rows/s", "ms", "ratio", "KB", "MB" …
	Floor     float64 // measured in the same round, same unit; 0: none
	Ratio     float64 // Value/Floor (or as the target defines), 0: none
	Low, High float64 // spread over the rounds: of the ratio where the target is one, else of the value
	Target    Target  // zero: none
	Note      string  // client used, counts asserted
	Peer      string  // the program that Floor was measured of, where it is no floor but what people use today
	Absent    string  // why it could not be measured here, in place of everything but the scenario
}

// What a target may be about.
const (
	OfRatio = "ratio"
	OfValue = "value"
)

// Target is the bound that a figure is to keep. Of is what is compared: "ratio" or "value".
type Target struct {
	Of    string
	Op    string // ">=" or "<="
	Bound float64
}

// AtLeast and AtMost are targets of the ratio; Under one of the value.
func AtLeast(ratio float64) Target { return Target{OfRatio, ">=", ratio} }

// AtMost bounds the ratio from above.
func AtMost(ratio float64) Target { return Target{OfRatio, "<=", ratio} }

// Under bounds the value from above, in the figure's unit.
func Under(value float64) Target { return Target{OfValue, "<=", value} }

// Over bounds the value from below, in the figure's unit.
func Over(value float64) Target { return Target{OfValue, ">=", value} }

func (t Target) String() string {
	if t == (Target{}) {
		return ""
	}
	op := map[string]string{">=": "≥ ", "<=": "≤ "}[t.Op]
	if t.Of == OfRatio {
		return op + number(t.Bound) + " × floor"
	}
	return op + number(t.Bound)
}

// Met reports whether the figure keeps its target; true without one.
func (f Figure) Met() bool {
	v := f.Value
	if f.Target.Of == OfRatio {
		v = f.Ratio
	}
	switch f.Target.Op {
	case ">=":
		return v >= f.Target.Bound
	case "<=":
		return v <= f.Target.Bound
	}
	return true
}

// number writes three significant digits, or whole numbers with commas.
func number(v float64) string {
	if v >= 1000 || v <= -1000 {
		s := strconv.FormatFloat(v, 'f', 0, 64)
		for i := len(s) - 3; i > 0; i -= 3 {
			s = s[:i] + "," + s[i:]
		}
		return s
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// Spread is what several rounds gave.
type Spread struct{ Median, Low, High float64 }

// SpreadOf sums up the rounds.
func SpreadOf(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	s := slices.Clone(values)
	slices.Sort(s)
	m := s[len(s)/2]
	if len(s)%2 == 0 {
		m = (s[len(s)/2-1] + m) / 2
	}
	return Spread{m, s[0], s[len(s)-1]}
}

// Percentile of a list of measurements, p from 0 to 100; the list is sorted in place.
func Percentile(values []float64, p float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[min(len(values)-1, int(p/100*float64(len(values))))]
}

// checkf is the assertion of a scenario.
func checkf(holds bool, format string, args ...any) error {
	if holds {
		return nil
	}
	return fmt.Errorf("assertion failed: "+format, args...)
}
