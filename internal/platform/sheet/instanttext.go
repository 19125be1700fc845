package sheet

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	weekdayRE = regexp.MustCompile(`\(?(星期|礼拜|周)[一二三四五六日天]\)?`)

	// A date, and what follows it.
	numericRE = regexp.MustCompile(`^(\d{4})([-/.])(\d{1,2})([-/.])(\d{1,2})(?:[日号](.*)|(\D.*)?)$`)
	chineseRE = regexp.MustCompile(`^(?:(\d{4}) ?年 ?)?(\d{1,2}) ?月 ?(\d{1,2})(?: ?[日号](.*)|(\D.*)?)$`)
	compactRE = regexp.MustCompile(`^(\d{4})(\d{2})(\d{2})()(\D.*)?$`)
	digitsRE  = regexp.MustCompile(`^(\d{8})(\d{2})(\d{2})(\d{2})?$`)

	// A date whose year is missing or has two digits, or stands last.
	ambiguousRE = regexp.MustCompile(`^(\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{1,2})|\d{2} ?年 ?\d{1,2} ?月 ?\d{1,2} ?[日号]?)(\D.*)?$`)

	timeRE = regexp.MustCompile(`^(凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|am|pm)? ?(\d{1,2}) ?` +
		`(?::(\d{1,2})(?::(\d{1,2})(?:\.\d+)?)?|[点时] ?(?:(半)|整|(\d{1,2}) ?(?:分 ?(?:(\d{1,2}) ?秒)?)?)?)` +
		` ?(am|pm)? ?(z|[+-]\d{2}:?\d{2})?$`)
)

// wallClock is a date and time of day as written.
type wallClock struct {
	year, month, day     int // year 0: none was given
	hour, minute, second int
	zone                 *time.Location // nil: none was given
}

// parseInstantText reads a normalised text. key is the problem, or "".
func parseInstantText(text string, loc *time.Location, ref time.Time) (t time.Time, dateOnly bool, key ProblemKey) {
	text = strings.TrimSpace(weekdayRE.ReplaceAllString(strings.ToLower(text), " "))
	if text == "" {
		return time.Time{}, false, ProblemEmpty
	}
	if m := digitsRE.FindStringSubmatch(text); m != nil {
		text = m[1] + " " + m[2] + ":" + m[3]
		if m[4] != "" {
			text += ":" + m[4]
		}
	}
	w, rest, ok := scanDate(text)
	if !ok {
		return time.Time{}, false, dateProblem(text)
	}
	if rest != "" {
		if key := w.scanTime(rest); key != "" {
			return time.Time{}, false, key
		}
	}
	if w.zone != nil {
		loc = w.zone
	}
	t, ok = w.instant(loc, ref.In(loc))
	if !ok {
		return time.Time{}, false, ProblemImpossible
	}
	return t, rest == "", ""
}

// scanDate cuts the date off the front of text.
func scanDate(text string) (w wallClock, rest string, ok bool) {
	var m []string
	if m = numericRE.FindStringSubmatch(text); m != nil && m[2] == m[4] {
		m = []string{m[0], m[1], m[3], m[5], m[6], m[7]}
	} else if m = chineseRE.FindStringSubmatch(text); m == nil {
		m = compactRE.FindStringSubmatch(text)
	}
	if m == nil {
		return w, "", false
	}
	w = wallClock{year: number(m[1]), month: number(m[2]), day: number(m[3])}
	return w, strings.TrimSpace(m[4] + m[5]), true
}

// dateProblem says why a text does not begin with a date.
func dateProblem(text string) ProblemKey {
	w := wallClock{}
	switch {
	case w.scanTime(text) == "":
		return ProblemTimeOnly
	case ambiguousRE.MatchString(text):
		return ProblemAmbiguous
	}
	return ProblemDate
}

// scanTime reads the time of day and the zone, or names the problem.
func (w *wallClock) scanTime(text string) ProblemKey {
	m := timeRE.FindStringSubmatch(strings.TrimSpace(strings.TrimPrefix(text, "t")))
	if m == nil {
		return ProblemDate
	}
	w.hour, w.minute, w.second = number(m[2]), number(m[3]+m[6]), number(m[4]+m[7])
	if m[5] != "" {
		w.minute = 30
	}
	if key := w.halfDay(m[1] + m[8]); key != "" {
		return key
	}
	if w.minute > 59 || w.second > 59 || w.hour > 24 || w.hour == 24 && w.minute+w.second > 0 {
		return ProblemImpossible
	}
	return w.scanZone(m[9])
}

// halfDay applies 上午, 下午, am, pm and their like to the hour.
func (w *wallClock) halfDay(word string) ProblemKey {
	switch word {
	case "":
	case "上午", "凌晨", "清晨", "早上", "早晨", "am":
		if w.hour > 12 {
			return ProblemImpossible
		}
		w.hour %= 12
	case "中午":
		if w.hour < 4 {
			w.hour += 12
		}
	case "下午", "傍晚", "pm":
		if w.hour < 12 {
			w.hour += 12
		}
	case "晚上":
		if w.hour == 12 {
			return ProblemAmbiguous // midnight, but of which day?
		}
		if w.hour < 12 {
			w.hour += 12
		}
	default:
		return ProblemDate // one word before and another behind
	}
	return ""
}

func (w *wallClock) scanZone(text string) ProblemKey {
	switch {
	case text == "":
		return ""
	case text == "z":
		w.zone = time.UTC
		return ""
	}
	digits := strings.ReplaceAll(text[1:], ":", "")
	hours, minutes := number(digits[:2]), number(digits[2:])
	if hours > 14 || minutes > 59 {
		return ProblemImpossible
	}
	offset := hours*3600 + minutes*60
	if text[0] == '-' {
		offset = -offset
	}
	w.zone = time.FixedZone("", offset)
	return ""
}

// instant finds the instant, for a date without a year by the reference.
func (w *wallClock) instant(loc *time.Location, ref time.Time) (time.Time, bool) {
	if w.year != 0 {
		return w.inYear(w.year, loc)
	}
	for _, year := range []int{ref.Year(), ref.Year() - 1} {
		if t, ok := w.inYear(year, loc); ok && t.Sub(ref) <= yearlessAhead {
			return t, true
		}
	}
	return time.Time{}, false
}

func (w *wallClock) inYear(year int, loc *time.Location) (time.Time, bool) {
	day := time.Date(year, time.Month(w.month), w.day, 0, 0, 0, 0, time.UTC)
	if year < 1900 || year > 2100 || int(day.Month()) != w.month || day.Day() != w.day {
		return time.Time{}, false
	}
	return wallTime(day.Add(time.Duration(w.hour*3600+w.minute*60+w.second)*time.Second), loc), true
}

// number reads digits that an expression has matched; none are 0.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}
