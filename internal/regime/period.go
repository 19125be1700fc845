package regime

import "time"

// period is a stretch of time, up to the next one, under one version and the
// categories that began last, none before the first.
type period struct {
	version    *Version
	later      bool // not the first version: nobody falls due before it begins
	categories []CategorySpan
}

// begins is when the version begins, zero for the first.
func (p *period) begins() time.Time {
	if p.later {
		return p.version.From
	}
	return time.Time{}
}

// timeline is what begins after a period.
type timeline struct {
	spans    []CategorySpan
	versions []Version
}

// next is the next instant at which a category or a version begins.
func (l *timeline) next() (edge time.Time, ok bool) {
	switch {
	case len(l.spans) == 0 && len(l.versions) == 0:
		return time.Time{}, false
	case len(l.spans) == 0:
		return l.versions[0].From, true
	case len(l.versions) == 0 || l.spans[0].From.Before(l.versions[0].From):
		return l.spans[0].From, true
	}
	return l.versions[0].From, true
}

// enter moves the period on to the edge and reports whether a version begins there.
func (l *timeline) enter(p *period, edge time.Time) (version bool) {
	if len(l.versions) > 0 && l.versions[0].From.Equal(edge) {
		p.version, p.later, l.versions = &l.versions[0], true, l.versions[1:]
		version = true
	}
	n := 0
	for n < len(l.spans) && l.spans[n].From.Equal(edge) {
		n++
	}
	if n > 0 {
		p.categories, l.spans = l.spans[:n], l.spans[n:]
	}
	return version
}
