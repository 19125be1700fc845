// Package civil reckons in the days of a calendar on the wall, not in hours.
package civil

import "time"

// Week returns the week of t in the zone, from the first instant of its Monday to
// that of the next. Where the clocks change it has an hour more or less.
func Week(t time.Time, zone *time.Location) (begin, end time.Time) {
	y, m, d := t.In(zone).Date()
	d -= (int(t.In(zone).Weekday()) + 6) % 7
	return monday(y, m, d, zone), monday(y, m, d+7, zone)
}

// monday is the first instant of the day, also where its midnight is skipped or
// comes twice.
func monday(y int, m time.Month, d int, zone *time.Location) time.Time {
	t := time.Date(y, m, d, 0, 0, 0, 0, zone)
	if t.Weekday() != time.Monday {
		return t.Add(time.Hour)
	}
	if before := t.Add(-time.Hour); before.Weekday() == time.Monday {
		return before
	}
	return t
}
