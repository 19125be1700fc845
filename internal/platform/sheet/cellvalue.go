package sheet

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

var errSharedIndex = errors.New("shared string index")

// setValue gives the cell its content from what is written in the file.
func (wb *workbook) setValue(cell *Cell, raw rawCell) error {
	switch raw.typ {
	case "s":
		i, err := strconv.Atoi(string(bytes.TrimSpace(raw.value)))
		text, ok := wb.shared.at(i)
		if raw.stored && (err != nil || !ok) {
			return errSharedIndex
		}
		if text != "" {
			cell.Kind, cell.Text = KindText, text
		}
	case "str":
		cell.setText(string(decodeEscapes(raw.value)))
	case "inlineStr":
		cell.setText(string(raw.inline))
	case "b":
		cell.setBool(string(raw.value) == "1" || string(raw.value) == "true")
	case "e":
		cell.Kind, cell.Text = KindError, string(raw.value)
	case "d":
		cell.setISODate(string(raw.value))
	default:
		var style cellStyle
		if raw.style >= 0 && raw.style < len(wb.styles) {
			style = wb.styles[raw.style]
		}
		cell.setNumber(raw.value, style)
	}
	if cell.Formula && !raw.stored && cell.Text == "" {
		cell.Kind = KindUncalculated
	}
	return nil
}

func (c *Cell) setText(text string) {
	if text != "" {
		c.Kind, c.Text = KindText, strings.ToValidUTF8(text, "\uFFFD")
	}
}

func (c *Cell) setBool(value bool) {
	c.Kind, c.Text = KindBool, "FALSE"
	if value {
		c.Text, c.Number = "TRUE", 1
	}
}

// setISODate takes a date that is written as such and not as a number.
func (c *Cell) setISODate(text string) {
	for _, layout := range []string{"2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			wall := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
			c.date1904 = false
			c.setDate(Serial(wall))
			return
		}
	}
	c.setText(text)
}

func (c *Cell) setNumber(raw []byte, style cellStyle) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return
	}
	n, text, ok := parseNumber(raw)
	if !ok {
		c.setText(string(raw))
		return
	}
	if style.date {
		if c.setDate(n); c.Kind == KindDate {
			return
		}
	}
	c.Kind, c.Number = KindNumber, n
	if style.pad > len(text) && isDigits(text) {
		text = strings.Repeat("0", style.pad-len(text)) + text
	}
	c.Text = text
}

// setDate makes the cell a date if the serial number can be one.
func (c *Cell) setDate(serial float64) {
	if serial >= 0 && serial < 1 {
		t := time.Date(2000, 1, 1, 0, 0, serialSeconds(serial), 0, time.UTC)
		c.Kind, c.Number, c.Text = KindDate, serial, t.Format(time.TimeOnly)
		return
	}
	t, ok := serialTime(serial, c.date1904, time.UTC)
	if !ok {
		return
	}
	layout := time.DateTime
	if t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 {
		layout = time.DateOnly
	}
	c.Kind, c.Number, c.Text = KindDate, serial, t.Format(layout)
}

// parseNumber reads a number as a workbook writes it. text is the shortest
// decimal that means the same, without exponent: 36.600000000000001 was typed
// as 36.6.
func parseNumber(raw []byte) (n float64, text string, ok bool) {
	if i, ok := smallInt(raw); ok {
		return float64(i), string(raw), true
	}
	for _, b := range raw {
		if strings.IndexByte("0123456789+-.eE", b) < 0 {
			return 0, "", false
		}
	}
	n, err := strconv.ParseFloat(string(raw), 64)
	if err != nil {
		return 0, "", false
	}
	if n == 0 {
		return 0, "0", true // also for the negative zero
	}
	if math.Abs(n) > 1e30 || math.Abs(n) < 1e-12 {
		return n, strconv.FormatFloat(n, 'E', -1, 64), true
	}
	return n, strconv.FormatFloat(n, 'f', -1, 64), true
}

// smallInt reads a whole number of up to 15 digits in its only spelling.
func smallInt(raw []byte) (n int64, ok bool) {
	if len(raw) == 0 || len(raw) > 15 || raw[0] == '0' && len(raw) > 1 {
		return 0, false
	}
	for _, b := range raw {
		if b < '0' || b > '9' {
			return 0, false
		}
		n = n*10 + int64(b-'0')
	}
	return n, true
}

const (
	secondsPerDay = 24 * 60 * 60
	maxSerial     = 2958466 // 10000-01-01, the first day a spreadsheet cannot show
	shift1904     = 1462    // days between the two epochs, as serial numbers
)

func serialSeconds(serial float64) int {
	return int(math.Round((serial - math.Floor(serial)) * secondsPerDay))
}

// serialTime is the wall-clock time of a serial number, to the second. Serial
// 1 is 1900-01-01, and 60 the 29 February 1900 that never was; or 0 is
// 1904-01-01 in the workbooks of old Macintoshes.
func serialTime(serial float64, date1904 bool, loc *time.Location) (time.Time, bool) {
	if !(serial >= 0 && serial < maxSerial) {
		return time.Time{}, false
	}
	days, seconds := int(serial), serialSeconds(serial)
	switch {
	case date1904:
		days += shift1904
	case days == 0 || days == 60:
		return time.Time{}, false
	case days < 60:
		days++
	}
	t := time.Date(1899, 12, 30+days, 0, 0, seconds, 0, time.UTC)
	if t.Year() > 9999 {
		return time.Time{}, false
	}
	return wallTime(t, loc), true
}

// Serial is the number by which a spreadsheet stores what t's own clock shows,
// counted from 1900.
func Serial(t time.Time) float64 {
	wall := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
	serial := float64(wall.Unix()-time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).Unix()) / secondsPerDay
	if serial < 61 {
		serial--
	}
	return serial
}

// wallTime is the instant at which a clock in loc shows what t shows. Where
// the clock skipped that time, it is the first instant after the gap on the
// same day, so that a day never turns into the day before.
func wallTime(t time.Time, loc *time.Location) time.Time {
	w := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), loc)
	for range 4 {
		if w.Day() == t.Day() {
			break
		}
		w = w.Add(30 * time.Minute)
	}
	return w
}

// decodeEscapes resolves in place the _xHHHH_ by which a workbook writes what
// XML cannot hold.
func decodeEscapes(b []byte) []byte {
	at := bytes.Index(b, []byte("_x"))
	if at < 0 {
		return b
	}
	out := b[:at]
	for i := at; i < len(b); {
		if r, ok := escapedRune(b[i:]); ok {
			out = utf8.AppendRune(out, r)
			i += len("_xHHHH_")
			continue
		}
		out = append(out, b[i])
		i++
	}
	return out
}

func escapedRune(b []byte) (rune, bool) {
	if len(b) < 7 || b[0] != '_' || b[1] != 'x' || b[6] != '_' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return rune(n), err == nil && n != 0
}
