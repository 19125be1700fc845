package regime

import (
	"cmp"
	"slices"
	"time"
)

// casefile is one person's facts arranged for evaluation.
type casefile struct {
	pack       *Pack
	facts      *Facts
	pcr        []*Sample      // newest first; only PCR counts
	categories []CategorySpan // oldest first
	abnormal   bool           // some sample has a result that holds
	startDue   time.Time      // end of the starting window
}

func open(p *Pack, f *Facts) *casefile {
	c := &casefile{
		pack: p, facts: f,
		pcr:      make([]*Sample, 0, len(f.Samples)),
		startDue: start(f).Add(hours(p.NoRecordHours)),
	}
	for i := range f.Samples {
		if s := &f.Samples[i]; s.Method == MethodPCR {
			c.pcr = append(c.pcr, s)
			c.abnormal = c.abnormal || s.Result.abnormal()
		}
	}
	slices.SortFunc(c.pcr, newestFirst)

	c.categories = f.Categories
	if !slices.IsSortedFunc(c.categories, p.oldestFirst) {
		c.categories = slices.Clone(c.categories)
		slices.SortFunc(c.categories, p.oldestFirst)
	}
	return c
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

// oldestFirst is a total order. Among spans that begin together the strictest
// comes last, where it is the one that applies: blocking goes before interval,
// so that shortening the interval of a milder category cannot unblock anyone.
func (p *Pack) oldestFirst(a, b CategorySpan) int {
	if n := a.From.Compare(b.From); n != 0 {
		return n
	}
	ra, rb := p.rule(a.Category), p.rule(b.Category)
	return cmp.Or(
		compareBool(ra.BlockOnOverdue, rb.BlockOnOverdue),
		cmp.Compare(rb.IntervalHours, ra.IntervalHours),
		cmp.Compare(a.Category, b.Category),
	)
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
	counted      *Sample // newest negative
	latest       *Sample // newest sample not cancelled
	latestResult Result  // its result as known
	awaited      *Sample // newest sample without a result, if newer than counted
	invalid      *Sample // newest invalid sample, if newer than counted
	conflict     *Sample // newest sampling with contradictory results, if not older than counted
	// holds has the beginning of the hold that each abnormal result puts the
	// person under, indexed from Positive; zero if none.
	holds [PoolAbnormal - Positive + 1]time.Time
}

// known gathers the evidence as it was known at the instant k.
func (c *casefile) known(k time.Time) evidence {
	var ev evidence
	cleared := false // a later single-tube negative is known
	for rest := c.pcr; len(rest) > 0; {
		if rest[0].SampledAt.After(k) {
			rest = rest[1:]
			continue
		}
		n := 1
		for n < len(rest) && rest[n].SampledAt.Equal(rest[0].SampledAt) {
			n++
		}
		s, r, clash := merge(rest[:n], k)
		ev.add(s, r, clash, &cleared)
		if ev.counted != nil && !c.abnormal {
			break // nothing older can matter
		}
		rest = rest[n:]
	}
	return ev
}

// merge makes one sampling of the records of one instant: the worst result
// known at k stands, an abnormal one from its first report. clash reports
// whether two settled results contradict.
func merge(records []*Sample, k time.Time) (s *Sample, r Result, clash bool) {
	var settled Result
	for i, twin := range records {
		result := twin.resultAt(k)
		first := result == r && r.abnormal() && twin.ReportedAt.Before(s.ReportedAt)
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

// add takes in the next older sampling s with its known result r. cleared
// carries from newer samplings to older ones.
func (ev *evidence) add(s *Sample, r Result, clash bool, cleared *bool) {
	if r == Cancelled {
		return
	}
	if ev.latest == nil {
		ev.latest, ev.latestResult = s, r
	}
	if ev.counted == nil {
		ev.addNewest(s, r, clash)
	}
	switch {
	case r == Negative && s.Mode == ModeSingle:
		*cleared = true
	case r == PoolAbnormal && *cleared:
	case r.abnormal():
		from := &ev.holds[r-Positive]
		if known := later(s.SampledAt, s.ReportedAt); from.IsZero() || known.Before(*from) {
			*from = known
		}
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
