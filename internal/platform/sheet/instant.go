package sheet

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Numbers in this range, in a cell that its style does not show as a date, are
// taken for the serial numbers of the days from 1927 to 2119. Nothing else
// that stands in a date column looks so: not a year, not 20220324.
const (
	firstBareSerial = 10_000
	lastBareSerial  = 80_000
)

// yearless dates further ahead of the reference than this are of last year.
const yearlessAhead = 31 * 24 * time.Hour

// ParseInstant reads a date, with or without a time of day, as the wall clock
// in loc shows it. It takes
//
//	2022-03-24  2022/3/24  2022.3.24  2022年3月24日  20220324
//	3月24日                  in ref's year, or in the year before if that were
//	                        more than 31 days after ref
//	date cells, and serial numbers without a date's style
//
// followed by nothing, or by 8:30, 08:30:15, 8点30分, 8时, 8点半, 上午8:30, 下午3:05,
// 3:05 PM, or the T08:30:00+08:00 of ISO 8601, whose zone then counts and not
// loc. 24:00 is the next midnight. A day of the week is passed over. Seconds
// are whole. dateOnly reports that no time was given; then t is the day's
// midnight. A date cell at midnight is taken to have none, since a cell cannot
// tell.
//
// What has no four-digit year before month and day is refused as ambiguous,
// what no calendar or clock shows as impossible. The error is a *Problem.
func ParseInstant(c Cell, loc *time.Location, ref time.Time) (t time.Time, dateOnly bool, err error) {
	if p := c.spoilt(); p != nil {
		return time.Time{}, false, p
	}
	switch c.Kind {
	case KindEmpty:
		return time.Time{}, false, problem(ProblemEmpty, c)
	case KindBool:
		return time.Time{}, false, problem(ProblemDate, c)
	case KindDate:
		return parseSerial(c, c.Number, loc)
	case KindNumber:
		if c.Number >= firstBareSerial && c.Number < lastBareSerial {
			return parseSerial(c, c.Number, loc)
		}
	case KindText:
		if w, ok := plainInstant(c.Text); ok {
			if t, ok = w.instant(loc, ref); ok {
				return t, len(c.Text) == len(time.DateOnly), nil
			}
		}
		if m := serialRE.FindString(strings.TrimSpace(c.Text)); m != "" {
			if n, _ := strconv.ParseFloat(m, 64); n >= firstBareSerial && n < lastBareSerial {
				return parseSerial(c, n, loc)
			}
		}
	}
	t, dateOnly, key := parseInstantText(NormalizeText(c.Text), loc, ref)
	if key != "" {
		return time.Time{}, false, problem(key, c)
	}
	return t, dateOnly, nil
}

func parseSerial(c Cell, serial float64, loc *time.Location) (time.Time, bool, error) {
	if serial < 1 {
		return time.Time{}, false, problem(ProblemTimeOnly, c)
	}
	t, ok := serialTime(serial, c.date1904, loc)
	if !ok {
		return time.Time{}, false, problem(ProblemImpossible, c)
	}
	return t, serialSeconds(serial)%secondsPerDay == 0, nil
}

var serialRE = regexp.MustCompile(`^\d{5}(\.\d+)?$`)
