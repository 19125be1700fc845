package excusesheet

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/fugong/fugong/internal/platform/sheet"
)

// between is what people put between two dates. A hyphen also stands within dates, so every one is tried.
var between = regexp.MustCompile(`至|到|~|—+|–|-+`)

var dayOfMonth = regexp.MustCompile(`^\d{1,2}[日号]`)

// parsePeriod reads a cell that holds a beginning and an end, such as 3月22日-25日, or one day. A day as the end means its last
// moment. A single instant with a time of day is a beginning without an end.
func parsePeriod(c sheet.Cell, zone *time.Location, ref time.Time) (from, to time.Time, err error) {
	from, dayOnly, err := sheet.ParseInstant(c, zone, ref)
	if err == nil {
		if dayOnly {
			to = from.AddDate(0, 0, 1)
		}
		return from, to, nil
	}
	if c.Kind != sheet.KindText {
		return from, to, err
	}
	text := sheet.NormalizeText(c.Text)
	for _, at := range between.FindAllStringIndex(text, -1) {
		from, to, split := parseEnds(text[:at[0]], text[at[1]:], zone, ref)
		if split == nil {
			return from, to, nil
		}
		var p *sheet.Problem
		if errors.As(split, &p) && p.Key == sheet.ProblemAmbiguous {
			err = split
		}
	}
	return from, to, err
}

func parseEnds(first, last string, zone *time.Location, ref time.Time) (from, to time.Time, err error) {
	if from, _, err = parseText(first, zone, ref); err != nil {
		return from, to, err
	}
	last = strings.TrimSpace(last)
	if dayOfMonth.MatchString(last) { // 3月22日-25日
		last = fmt.Sprintf("%d年%d月%s", from.Year(), from.Month(), last)
	}
	to, dayOnly, err := parseText(last, zone, ref)
	var p *sheet.Problem
	if errors.As(err, &p) && p.Key == sheet.ProblemTimeOnly { // 3月22日 8:00-17:00
		to, dayOnly, err = parseText(from.Format(time.DateOnly)+" "+last, zone, ref)
	}
	if dayOnly {
		to = to.AddDate(0, 0, 1)
	}
	return from, to, err
}

func parseText(text string, zone *time.Location, ref time.Time) (time.Time, bool, error) {
	return sheet.ParseInstant(sheet.Cell{Kind: sheet.KindText, Text: text}, zone, ref)
}
