package exemption

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
)

var zone = time.FixedZone("CST", 8*3600)

// now is Thursday 24 March 2022, 09:00.
var now = time.Date(2022, 3, 24, 9, 0, 0, 0, zone)

func march(day, hour, minute int) time.Time { return time.Date(2022, 3, day, hour, minute, 0, 0, zone) }

func zibo(t testing.TB) regime.Rules {
	t.Helper()
	p, err := regime.Builtin("zibo-2022-03")
	if err != nil {
		t.Fatal(err)
	}
	return regime.Fixed(p)
}

func TestCoverage(t *testing.T) {
	day := func(n int, product string) Dose { return Dose{Number: n, Product: product} }
	for name, c := range map[string]struct {
		doses []Dose
		want  Coverage
		last  int
	}{
		"nothing on file":                     {nil, CoverageUnknown, 0},
		"said to have none":                   {[]Dose{{None: "refused"}}, CoverageNone, 0},
		"one of two":                          {[]Dose{day(1, "北京生物")}, CoveragePartial, 1},
		"two":                                 {[]Dose{day(2, "科兴中维"), day(1, "科兴中维")}, CoverageFull, 2},
		"only the last one is known":          {[]Dose{day(3, "")}, CoverageBooster, 3},
		"two of three":                        {[]Dose{day(1, "智飞生物"), day(2, "智飞生物")}, CoveragePartial, 2},
		"three of three":                      {[]Dose{day(1, "智飞生物"), day(2, "智飞生物"), day(3, "智飞生物")}, CoverageFull, 3},
		"a third of the three-dose product":   {[]Dose{day(3, "智飞龙科马")}, CoverageFull, 3},
		"a booster of another product":        {[]Dose{day(1, "北京生物"), day(2, "北京生物"), day(3, "智飞生物")}, CoverageBooster, 3},
		"one dose is a course":                {[]Dose{day(1, "康希诺 Ad5-nCoV")}, CoverageFull, 1},
		"its booster":                         {[]Dose{day(1, "康希诺"), day(2, "康希诺")}, CoverageBooster, 2},
		"a cancelled dose does not count":     {[]Dose{day(1, ""), {Entry: Entry{CancelledAt: now}, Number: 2}}, CoveragePartial, 1},
		"a cancelled reason does not, either": {[]Dose{{Entry: Entry{CancelledAt: now}, None: "refused"}}, CoverageUnknown, 0},
	} {
		if got, last := CoverageOf(c.doses); got != c.want || last.Number != c.last {
			t.Errorf("%s: %s, last %d; want %s, %d", name, got, last.Number, c.want, c.last)
		}
	}
}

func TestStage(t *testing.T) {
	x := Exemption{From: march(24, 9, 0), To: march(25, 9, 0)}
	for at, want := range map[time.Time]Stage{
		march(24, 8, 59): Coming, march(24, 9, 0): Running, march(25, 8, 59): Running, march(25, 9, 0): Over,
	} {
		if got := x.Stage(at); got != want {
			t.Errorf("at %v: %s, want %s", at, got, want)
		}
	}
	open := Exemption{From: march(1, 0, 0)}
	if open.Stage(now.AddDate(10, 0, 0)) != Running {
		t.Error("an open-ended one has ended")
	}
	x.CancelledAt = now
	if x.Stage(now) != Cancelled {
		t.Error("a cancelled one runs")
	}
}

// faultsOf writes faults as field=key, in order.
func faultsOf(f errs.Fields) string {
	var out []string
	for field, m := range f {
		out = append(out, field+"="+strings.TrimPrefix(m.Key, "exemption.refused."))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func TestWhatAnExemptionMayBe(t *testing.T) {
	rules := zibo(t)
	limit := maxHours(rules.At(now), "vaccinated_48h")
	if limit != 48 {
		t.Fatalf("the pack lets a vaccination excuse for %d hours", limit)
	}
	base := Input{Employee: 1, Ground: "in_quarantine", From: march(22, 8, 0), To: march(26, 8, 0), Proof: "隔离证明", Source: ByStaff}
	for name, c := range map[string]struct {
		edit func(*Input)
		want string
	}{
		"good":                      {func(*Input) {}, ""},
		"no ground":                 {func(in *Input) { in.Ground = "" }, "ground=error.required"},
		"unknown ground":            {func(in *Input) { in.Ground = "tired" }, "ground=error.choice"},
		"no beginning":              {func(in *Input) { in.From = time.Time{} }, "from=error.required"},
		"a year and more ago":       {func(in *Input) { in.From = now.AddDate(-2, 0, 0) }, "from=long_ago"},
		"a year and more ahead":     {func(in *Input) { in.From = now.AddDate(2, 0, 0) }, "from=far_ahead"},
		"ends as it begins":         {func(in *Input) { in.To = in.From }, "to=ends_before"},
		"ends years later":          {func(in *Input) { in.To = in.From.AddDate(2, 0, 0) }, "to=far_ahead"},
		"no end":                    {func(in *Input) { in.To = time.Time{} }, ""},
		"longest of its ground":     {func(in *Input) { in.Ground, in.To = "vaccinated_48h", in.From.Add(48*time.Hour) }, ""},
		"longer than its ground":    {func(in *Input) { in.Ground, in.To = "vaccinated_48h", in.From.Add(48*time.Hour+time.Second) }, "to=too_long"},
		"no proof":                  {func(in *Input) { in.Proof = " " }, "proof=proof"},
		"no proof in a sheet":       {func(in *Input) { in.Proof, in.Source = "", ByImport }, ""},
		"a novel as a proof":        {func(in *Input) { in.Proof = strings.Repeat("长", 201) }, "proof=text_too_long"},
		"several faults":            {func(in *Input) { in.Ground, in.Proof = "", "" }, "ground=error.required proof=proof"},
		"full-width forms are same": {func(in *Input) { in.Proof = "　ＡＢ " }, ""},
	} {
		in := base
		c.edit(&in)
		if got := faultsOf(in.check(rules, now)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	short := Input{Ground: "vaccinated_48h", From: march(23, 8, 0), Source: ByImport}
	if f := short.check(rules, now); len(f) > 0 || !short.To.Equal(march(25, 8, 0)) {
		t.Errorf("without an end: %v until %v, want as long as the ground allows", f, short.To)
	}
}

func TestWhatADoseMayBe(t *testing.T) {
	for name, c := range map[string]struct {
		in   DoseInput
		want string
	}{
		"good":                   {DoseInput{Number: 3, At: march(10, 0, 0), Product: "北京生物"}, ""},
		"just now":               {DoseInput{Number: 3, At: now.Add(9 * time.Minute)}, ""},
		"tomorrow":               {DoseInput{Number: 3, At: now.AddDate(0, 0, 1)}, "at=future"},
		"before there was one":   {DoseInput{Number: 1, At: time.Date(2020, 5, 1, 0, 0, 0, 0, zone)}, "at=no_vaccine_yet"},
		"without a day":          {DoseInput{Number: 2}, "at=error.required"},
		"a tenth":                {DoseInput{Number: 10, At: now}, "number=error.choice"},
		"a dose and a reason":    {DoseInput{Number: 1, At: now, None: "refused"}, "none=none_and_some"},
		"none":                   {DoseInput{None: "contraindicated"}, ""},
		"none without a reason":  {DoseInput{}, "none=why_none"},
		"none for a new reason":  {DoseInput{None: "sleepy"}, "none=error.choice"},
		"none on a day":          {DoseInput{None: "refused", At: now}, "at=none_and_some"},
		"an endless product":     {DoseInput{Number: 1, At: now, Product: strings.Repeat("长", 81)}, "product=text_too_long"},
		"a minus-first":          {DoseInput{Number: -1, At: now}, "number=error.choice"},
		"an hour without a day ": {DoseInput{Number: 1, At: time.Time{}, DayOnly: true}, "at=error.required"},
	} {
		if got := faultsOf(c.in.check(now)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestDosesFollowEachOther(t *testing.T) {
	day := func(month time.Month, d int) time.Time { return time.Date(2021, month, d, 0, 0, 0, 0, zone) }
	file := []Dose{{Entry: Entry{ID: 1}, Number: 1, At: day(5, 1)}, {Entry: Entry{ID: 2}, Number: 2, At: day(6, 1), Product: "北京生物"}}
	for name, c := range map[string]struct {
		file []Dose
		ins  []DoseInput
		want string // kinds, refused ones with the fault
	}{
		"the next one":             {file, []DoseInput{{Number: 3, At: day(12, 1)}}, "new"},
		"the same day again":       {file, []DoseInput{{Number: 2, At: day(6, 1)}}, "unchanged"},
		"the day of an instant":    {[]Dose{{Number: 1, At: day(5, 1).Add(9 * time.Hour)}}, []DoseInput{{Number: 1, At: day(5, 1), DayOnly: true}}, "unchanged"},
		"the hour of a day":        {[]Dose{{Number: 1, At: day(5, 1)}}, []DoseInput{{Number: 1, At: day(5, 1).Add(9 * time.Hour)}}, "changed"},
		"another day":              {file, []DoseInput{{Number: 2, At: day(6, 3)}}, "changed"},
		"its product":              {file, []DoseInput{{Number: 1, At: day(5, 1), Product: "北京生物"}}, "changed"},
		"third before second":      {file, []DoseInput{{Number: 3, At: day(5, 20)}}, "at=before_dose"},
		"second before first":      {file, []DoseInput{{Number: 2, At: day(4, 20)}}, "at=before_dose"},
		"first after second":       {file, []DoseInput{{Number: 1, At: day(6, 20)}}, "at=after_dose"},
		"two on one day":           {file, []DoseInput{{Number: 3, At: day(6, 1)}}, "at=before_dose"},
		"both moved":               {file, []DoseInput{{Number: 1, At: day(7, 1)}, {Number: 2, At: day(8, 1)}}, "changed changed"},
		"none, although two":       {file, []DoseInput{{None: "refused"}}, "number=vaccinated"},
		"none, then one":           {[]Dose{{Entry: Entry{ID: 3}, None: "interval"}}, []DoseInput{{Number: 1, At: day(9, 1)}}, "changed"},
		"another reason":           {[]Dose{{Entry: Entry{ID: 3}, None: "interval"}}, []DoseInput{{None: "refused"}}, "changed"},
		"twice in one sheet":       {nil, []DoseInput{{Number: 1, At: day(5, 1)}, {Number: 1, At: day(5, 1)}}, "new unchanged"},
		"twice, different":         {nil, []DoseInput{{Number: 1, At: day(5, 1)}, {Number: 1, At: day(5, 2)}}, "new at=told_twice"},
		"what was refused, again":  {file, []DoseInput{{Number: 3, At: day(6, 1)}, {Number: 3, At: day(6, 1)}}, "at=before_dose at=before_dose"},
		"a refused one frees none": {[]Dose{{Entry: Entry{ID: 2}, Number: 2, At: day(6, 20)}}, []DoseInput{{Number: 1, At: day(6, 7)}, {Number: 2, At: day(6, 5)}, {Number: 3, At: day(6, 15)}}, "at=after_dose at=before_dose at=before_dose"},
	} {
		p := judgeDoses(c.ins, map[int64]bool{0: true}, map[int64][]Dose{0: c.file}, now)
		var got []string
		for _, o := range p.outcomes {
			if o.Kind == Refused {
				got = append(got, faultsOf(o.Faults))
			} else {
				got = append(got, string(o.Kind))
			}
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %s, want %s", name, s, c.want)
		}
	}
}

// Whatever is told: what stands is in the order of its numbers, nobody has both a dose and none, the same telling again changes
// nothing, and the order of the rows decides nothing.
func TestDosesStandInOrder(t *testing.T) {
	telling := rapid.Custom(func(t *rapid.T) DoseInput {
		in := DoseInput{Number: rapid.IntRange(0, 4).Draw(t, "number"), Product: rapid.SampledFrom([]string{"", "甲"}).Draw(t, "product")}
		if in.Number == 0 {
			in.Product, in.None = "", rapid.SampledFrom(NoneReasons()).Draw(t, "none")
			return in
		}
		in.At = now.AddDate(0, 0, -rapid.IntRange(0, 9).Draw(t, "days"))
		in.DayOnly = rapid.Bool().Draw(t, "day only")
		return in
	})
	sheet := rapid.SliceOfNDistinct(telling, 0, 5, func(in DoseInput) int { return in.Number })
	rapid.Check(t, func(t *rapid.T) {
		var file []Dose
		for range 4 {
			ins := sheet.Draw(t, "sheet")
			p := judgeDoses(ins, map[int64]bool{0: true}, map[int64][]Dose{0: file}, now)
			back := slices.Clone(ins)
			slices.Reverse(back)
			if q := judgeDoses(back, map[int64]bool{0: true}, map[int64][]Dose{0: file}, now); len(q.add) != len(p.add) || len(q.cancel) != len(p.cancel) {
				t.Fatalf("backwards %d added and %d cancelled, forwards %d and %d", len(q.add), len(q.cancel), len(p.add), len(p.cancel))
			}
			file = applied(file, p)
			if again := judgeDoses(ins, map[int64]bool{0: true}, map[int64][]Dose{0: file}, now); len(again.add) > 0 || len(again.cancel) > 0 {
				t.Fatalf("the same again adds %v and cancels %v", again.add, again.cancel)
			}
			slices.SortFunc(file, func(a, b Dose) int { return a.Number - b.Number })
			for i := 1; i < len(file); i++ {
				if a, b := file[i-1], file[i]; a.Number == 0 || a.Number == b.Number || !a.At.Before(b.At) {
					t.Fatalf("%d on %v beside %d on %v", a.Number, a.At, b.Number, b.At)
				}
			}
		}
	})
}

// applied is the file after a plan was carried out.
func applied(file []Dose, p *plan[DoseInput]) []Dose {
	out := slices.DeleteFunc(slices.Clone(file), func(d Dose) bool { return slices.Contains(p.cancel, ref{d.Employee, d.ID}) })
	id := int64(len(file) + 1)
	for _, d := range file {
		id = max(id, d.ID+1)
	}
	for i, in := range p.add {
		out = append(out, Dose{Entry: Entry{ID: id + int64(i)}, Number: in.Number, At: in.At, Product: in.Product, None: in.None})
	}
	return out
}
