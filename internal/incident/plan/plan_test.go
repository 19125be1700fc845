package plan

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/regime"
)

var (
	zone    = time.FixedZone("CST", 8*3600)
	at      = time.Date(2022, 3, 24, 9, 0, 0, 0, zone)
	minutes = regime.IncidentMinutes{StopIsolate: 10, InternalReport: 15, ExternalReportTarget: 30, ExternalReportHard: 120, ContactsList: 120, SendClinic: 120}
)

// Every kind begins with stopping and ends with closing, and its report runs against the law's two hours.
func TestEveryKindHasItsSteps(t *testing.T) {
	for _, kind := range append(regime.HoldKinds(), "unknown") {
		steps := For(kind)
		if steps[0] != StopIsolate || steps[len(steps)-1] != CloseStep || !slices.Contains(steps, ExternalReport) || !slices.Contains(steps, FollowUp) {
			t.Errorf("%s: %v", kind, steps)
		}
		if slices.Contains(steps, Resample) == slices.Contains(steps, SendClinic) && kind == "pool_abnormal" {
			t.Errorf("%s: %v", kind, steps)
		}
		last := -1
		for _, s := range steps {
			n := slices.Index(Steps(), s)
			if n <= last {
				t.Errorf("%s: %s is out of order", kind, s)
			}
			last = n
		}
	}
}

func TestDisinfectionIsDueOnTheSameDay(t *testing.T) {
	for _, tc := range []struct{ from, due string }{
		{"2022-03-24T09:00", "2022-03-25T00:00"},
		{"2022-03-24T20:00", "2022-03-25T00:00"},
		{"2022-03-24T22:30", "2022-03-25T02:30"}, // four hours at least
		{"2022-02-28T00:00", "2022-03-01T00:00"},
	} {
		from, _ := time.ParseInLocation("2006-01-02T15:04", tc.from, zone)
		due, hard := Deadlines(Disinfect, from.UTC(), minutes, zone)
		if got := due.In(zone).Format("2006-01-02T15:04"); got != tc.due || !hard.IsZero() {
			t.Errorf("from %s due %s, want %s", tc.from, got, tc.due)
		}
	}
}

func TestClock(t *testing.T) {
	due, hard := Deadlines(ExternalReport, at, minutes, zone)
	s := Step{Name: ExternalReport, From: at, Due: due, Hard: hard}
	done := func(d time.Duration, skipped bool) Step {
		out := s
		out.DoneAt, out.Skipped = at.Add(d), skipped
		return out
	}
	for _, tc := range []struct {
		name string
		step Step
		at   time.Duration
		want Clock
	}{
		{"begun", s, 0, OnTime},
		{"two thirds less a second", s, 20*time.Minute - time.Second, OnTime},
		{"last third", s, 20 * time.Minute, LastThird},
		{"at the deadline", s, 30 * time.Minute, LastThird},
		{"a second late", s, 30*time.Minute + time.Second, Late},
		{"at the limit", s, 2 * time.Hour, Late},
		{"past the limit", s, 2*time.Hour + time.Second, PastHard},
		{"done", done(30*time.Minute, false), 5 * time.Hour, DoneInTime},
		{"done late", done(31*time.Minute, false), 5 * time.Hour, DoneLate},
		{"left out", done(40*time.Minute, true), 5 * time.Hour, LeftOut},
		{"no deadline", Step{Name: CloseStep, From: at}, 500 * time.Hour, Untimed},
		{"no deadline, done", Step{Name: CloseStep, From: at, DoneAt: at.Add(time.Hour)}, 500 * time.Hour, DoneInTime},
	} {
		if got := tc.step.Clock(at.Add(tc.at)); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

// TestClocksOnlyRunOn: as time goes by an open step's clock never goes back, and more levels are told, never fewer, each after the one
// below it.
func TestClocksOnlyRunOn(t *testing.T) {
	severity := []Clock{Untimed, OnTime, LastThird, Late, PastHard}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(Steps()).Draw(t, "step")
		s := Step{Name: name, From: at, OwnerRole: OwnerOf(name)}
		s.Due, s.Hard = Deadlines(name, at, minutes, zone)
		drill := rapid.Bool().Draw(t, "drill")
		a := time.Duration(rapid.Int64Range(0, int64(48*time.Hour)).Draw(t, "a"))
		b := a + time.Duration(rapid.Int64Range(0, int64(48*time.Hour)).Draw(t, "b"))
		if x, y := s.Clock(at.Add(a)), s.Clock(at.Add(b)); slices.Index(severity, x) > slices.Index(severity, y) {
			t.Fatalf("%s after %v, %s after %v", x, a, y, b)
		}
		early, late := DueLevels(s, drill, at.Add(a)), DueLevels(s, drill, at.Add(b))
		if len(early) > len(late) || !slices.Equal(early, late[:len(early)]) {
			t.Fatalf("told %v, then %v", early, late)
		}
		if len(late) > 0 && !s.Clock(at.Add(b)).IsLate() {
			t.Fatalf("told %v of a step in time", late)
		}
		if slices.Contains(late, LevelBureau) && (drill || !s.Hard.IsZero() && !at.Add(b).After(s.Hard)) {
			t.Fatalf("the bureau is told after %v", b)
		}
	})
}

func TestLevels(t *testing.T) {
	step := func(name string) Step {
		s := Step{Name: name, From: at, OwnerRole: OwnerOf(name)}
		s.Due, s.Hard = Deadlines(name, at, minutes, zone)
		return s
	}
	ho, fa := string(authz.HealthOfficer), string(authz.FirmAdmin)
	for _, tc := range []struct {
		step  string
		drill bool
		after time.Duration
		want  []string
	}{
		{StopIsolate, false, 10 * time.Minute, nil},
		{StopIsolate, false, 11 * time.Minute, []string{ho}},
		{StopIsolate, false, 21 * time.Minute, []string{ho, fa}},
		{StopIsolate, false, 31 * time.Minute, []string{ho, fa, LevelBureau}},
		{StopIsolate, true, 31 * time.Minute, []string{ho, fa}},
		{ExternalReport, false, 31 * time.Minute, []string{fa}},
		{ExternalReport, false, 119 * time.Minute, []string{fa}},
		{ExternalReport, false, 121 * time.Minute, []string{fa, LevelBureau}},
		{CloseStep, false, 100 * time.Hour, nil},
	} {
		if got := DueLevels(step(tc.step), tc.drill, at.Add(tc.after)); !slices.Equal(got, tc.want) {
			t.Errorf("%s after %v: %v, want %v", tc.step, tc.after, got, tc.want)
		}
	}
	s := step(StopIsolate)
	s.DoneAt = at.Add(time.Hour)
	if got := DueLevels(s, false, at.Add(5*time.Hour)); got != nil {
		t.Errorf("a done step is told to %v", got)
	}
}

func TestCurrent(t *testing.T) {
	steps := []Step{{Name: StopIsolate, Due: at.Add(10 * time.Minute)}, {Name: InternalReport, Due: at.Add(5 * time.Minute)}, {Name: CloseStep}}
	if n := Current(steps); n != 1 {
		t.Errorf("current %d", n)
	}
	steps[0].DoneAt, steps[1].DoneAt = at, at
	if n := Current(steps); n != 2 {
		t.Errorf("current %d", n)
	}
	steps[2].DoneAt = at
	if n := Current(steps); n != -1 {
		t.Errorf("current %d", n)
	}
}
