package regime

import "time"

// CertificateValid returns the sample that proves a negative at the instant: the
// newest one known that is no longer ago than within, counted from the pack's
// certificate_basis. Two records of one sampling give the worse result, as ever.
func CertificateValid(p *Pack, samples []Sample, within time.Duration, at time.Time) (*Sample, bool) {
	rules := Fixed(p)
	c := casefile{rules: &rules, facts: &Facts{Samples: samples}}
	c.open()
	var best Sample
	var newest time.Time
	for rest := c.pcr; len(rest) > 0; {
		n := twins(rest)
		s, r, _ := merge(rest[:n], at)
		rest = rest[n:]
		since := s.SampledAt
		if p.CertificateBasis == BasisReportedAt {
			since = s.ReportedAt
		}
		if r == Negative && !s.SampledAt.After(at) && at.Sub(since) <= within && since.After(newest) {
			best, newest = *s, since
		}
	}
	if newest.IsZero() {
		return nil, false
	}
	return &best, true
}
