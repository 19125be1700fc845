package regime

import (
	"cmp"
	"slices"
	"time"
)

// casefile is one person's facts arranged for evaluation.
type casefile struct {
	rules      *Rules
	facts      *Facts
	pcr        []*Sample      // newest first; only PCR counts
	categories []CategorySpan // oldest first
	start      time.Time      // when the rule began for the person
	abnormal   bool           // some sample has a result that holds
	// deep says that samples older than the newest negative may matter: in a
	// calendar week, and where versions differ in how long a result is awaited.
	deep bool
	// excused caches the exemptions under the pack excusedBy.
	excused   []Exemption
	excusedBy *Pack
	last      struct { // see rulesFor
		pack     *Pack
		category Category
		rules    [2]*TestRule
	}
}

// open arranges the facts. The caller makes the casefile of rules and facts
// itself, which keeps all three off the heap.
func (c *casefile) open() {
	f := c.facts
	c.start = start(f)
	c.pcr = make([]*Sample, 0, len(f.Samples))
	for i := len(f.Samples) - 1; i >= 0; i-- { // records mostly come oldest first
		if s := &f.Samples[i]; s.Method == MethodPCR {
			c.pcr = append(c.pcr, s)
			c.abnormal = c.abnormal || s.Result.Abnormal()
		}
	}
	slices.SortFunc(c.pcr, newestFirst)

	c.categories = f.Categories
	if !slices.IsSortedFunc(c.categories, oldestFirst) {
		c.categories = slices.Clone(c.categories)
		slices.SortFunc(c.categories, oldestFirst)
	}
	c.deep = len(c.rules.later) > 0 || c.rules.first.Pack.calendar()
}

// start is when the person first came under the rule: the later of go-live and
// the first day on post. Leave and return do not start it afresh.
func start(f *Facts) time.Time {
	var first time.Time
	seen := false
	for _, s := range f.Statuses {
		if s.Status == StatusOnPost && (!seen || s.From.Before(first)) {
			first, seen = s.From, true
		}
	}
	return later(f.GoLive, first)
}

// newestFirst is a total order. Among samples of one instant it puts a pooled
// one before a single one, of two negatives the one that releases less; then it
// goes by what is known from the sampling on, so that the choice between two
// awaited results does not betray them.
func newestFirst(a, b *Sample) int {
	if n := b.SampledAt.Compare(a.SampledAt); n != 0 {
		return n
	}
	return cmp.Or(
		compareBool(a.Mode == ModeSingle, b.Mode == ModeSingle),
		cmp.Compare(a.Mode, b.Mode),
		cmp.Compare(a.Source, b.Source),
		a.ReportedAt.Compare(b.ReportedAt),
		cmp.Compare(a.Result, b.Result),
	)
}

// oldestFirst is a total order.
func oldestFirst(a, b CategorySpan) int {
	return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Category, b.Category))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// evidence is what the samples told by some instant.
type evidence struct {
	known        time.Time // that instant
	counted      *Sample   // newest negative
	latest       *Sample   // newest sample not cancelled
	latestResult Result    // its result as known
	awaited      *Sample   // newest sample without a result, if newer than counted
	waiting      *Sample   // newest one older than counted, looked for in deep files
	invalid      *Sample   // newest invalid sample, if newer than counted
	conflict     *Sample   // newest sampling with contradictory results, if not older than counted
	abnormal     []finding // every abnormal result
	// week has the samplings of the negatives of a week and a day up to counted,
	// newest first, in deep files.
	week []time.Time
}

// finding is an abnormal result.
type finding struct {
	result Result
	known  time.Time // since when
}

// reach is how far before the newest negative its civil week can begin.
const reach = 8 * 24 * time.Hour

// gather collects the evidence as it was known at the instant k.
func (c *casefile) gather(k time.Time) evidence {
	ev := evidence{known: k}
	for rest := c.pcr; len(rest) > 0; {
		if rest[0].SampledAt.After(k) {
			rest = rest[1:]
			continue
		}
		n := twins(rest)
		s, r, clash := merge(rest[:n], k)
		if ev.counted != nil && !c.abnormal && ev.settled(c, s) {
			break // nothing older can matter
		}
		ev.add(s, r, clash, c.deep)
		rest = rest[n:]
	}
	return ev
}

// settled reports whether s and what is older cannot matter any more beside the
// newest negative.
func (ev *evidence) settled(c *casefile, s *Sample) bool {
	if !c.deep {
		return true
	}
	return s.SampledAt.Before(ev.counted.SampledAt.Add(-reach)) && s.SampledAt.Before(ev.known.Add(-c.rules.longestWait()))
}

// longestWait is how long a result is awaited under the most patient version.
func (r *Rules) longestWait() time.Duration {
	longest := r.first.Pack.ResultLateHours
	for i := range r.later {
		longest = max(longest, r.later[i].Pack.ResultLateHours)
	}
	return hours(longest)
}

// twins counts the records of the instant of the first.
func twins(records []*Sample) int {
	n := 1
	for n < len(records) && records[n].SampledAt.Equal(records[0].SampledAt) {
		n++
	}
	return n
}

// merge makes one sampling of the records of one instant: the worst result
// known at k stands, an abnormal one from its first report. clash reports
// whether two settled results contradict.
func merge(records []*Sample, k time.Time) (s *Sample, r Result, clash bool) {
	var settled Result
	for i, twin := range records {
		result := twin.resultAt(k)
		first := result == r && r.Abnormal() && twin.ReportedAt.Before(s.ReportedAt)
		if i == 0 || Worse(r, result) != r || first {
			s, r = twin, result
		}
		if result != ResultPending && result != Cancelled {
			clash = clash || settled != 0 && settled != result
			settled = result
		}
	}
	return s, r, clash
}

// add takes in the next older sampling s with its known result r.
func (ev *evidence) add(s *Sample, r Result, clash, deep bool) {
	if r == Cancelled {
		return
	}
	if ev.latest == nil {
		ev.latest, ev.latestResult = s, r
	}
	switch {
	case ev.counted == nil:
		ev.addNewest(s, r, clash)
	case r == ResultPending && ev.waiting == nil:
		ev.waiting = s
	}
	if deep && r == Negative && ev.counted.SampledAt.Sub(s.SampledAt) <= reach {
		ev.week = append(ev.week, s.SampledAt)
	}
	if r.Abnormal() {
		ev.abnormal = append(ev.abnormal, finding{r, later(s.SampledAt, s.ReportedAt)})
	}
}

// addNewest notes what matters only down to the newest negative.
func (ev *evidence) addNewest(s *Sample, r Result, clash bool) {
	if clash && ev.conflict == nil {
		ev.conflict = s
	}
	switch {
	case r == Negative:
		ev.counted = s
	case r == ResultPending && ev.awaited == nil:
		ev.awaited = s
	case r == Invalid && ev.invalid == nil:
		ev.invalid = s
	}
}

// samples returns copies of the counted and the latest sample, the latter with
// its result as known.
func (ev *evidence) samples() (counted, latest *Sample) {
	if ev.latest == nil {
		return nil, nil
	}
	pair := &[2]Sample{1: *ev.latest}
	pair[1].Result = ev.latestResult
	if ev.latestResult == ResultPending {
		pair[1].ReportedAt = time.Time{}
	}
	if ev.counted == nil {
		return nil, &pair[1]
	}
	pair[0] = *ev.counted
	return &pair[0], &pair[1]
}
