package sheet

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func textCell(s string) Cell {
	c := Cell{row: 1}
	c.setText(s)
	return c
}

func TestParseInstantText(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{ // a day, an instant, or a problem's key
		{"2022-03-24", "2022-03-24"},
		{"2022/3/4", "2022-03-04"},
		{"2022.12.31", "2022-12-31"},
		{"2022-3-24日", "2022-03-24"},
		{"2022 年 3 月 24 日", "2022-03-24"},
		{"2022年3月24", "2022-03-24"},
		{"2020-02-29", "2020-02-29"},
		{"4月24日", "2022-04-24"},  // 31 days ahead
		{"4月25日", "2021-04-25"},  // 32 days ahead, so last year's
		{"12月31日", "2021-12-31"}, // not the coming one
		{"2月29日", "date_impossible"},
		{"3月24日 8:30", "2022-03-24T08:30:00+08:00"},
		{"2022-03-24 0:00", "2022-03-24T00:00:00+08:00"},
		{"2022-03-24 00:00:00", "2022-03-24T00:00:00+08:00"},
		{"2022-03-24 8点半", "2022-03-24T08:30:00+08:00"},
		{"2022-03-24 8点整", "2022-03-24T08:00:00+08:00"},
		{"2022-03-24 8时30", "2022-03-24T08:30:00+08:00"},
		{"2022-03-24 8时30分15秒", "2022-03-24T08:30:15+08:00"},
		{"2022-03-24 3:05 PM", "2022-03-24T15:05:00+08:00"},
		{"2022-03-24 12:05 AM", "2022-03-24T00:05:00+08:00"},
		{"2022-03-24 12:05 pm", "2022-03-24T12:05:00+08:00"},
		{"2022-03-24 上午12:05", "2022-03-24T00:05:00+08:00"},
		{"2022-03-24 中午12:05", "2022-03-24T12:05:00+08:00"},
		{"2022-03-24 中午1点", "2022-03-24T13:00:00+08:00"},
		{"2022-03-24 下午15:05", "2022-03-24T15:05:00+08:00"},
		{"2022-03-24 晚上8:05", "2022-03-24T20:05:00+08:00"},
		{"2022-03-24T08:30:00.123456Z", "2022-03-24T16:30:00+08:00"},
		{"2022-03-24t08:30-0500", "2022-03-24T21:30:00+08:00"},
		{"2022-03-24 08:30:00+08:00", "2022-03-24T08:30:00+08:00"},
		{"202203240830", "2022-03-24T08:30:00+08:00"},
		{"20220324 08:30", "2022-03-24T08:30:00+08:00"},
		{"44644.5", "2022-03-24T12:00:00+08:00"},
		{"", "empty"},
		{"　", "empty"},
		{"星期四", "empty"},
		{"2021-02-29", "date_impossible"},
		{"2022-04-31", "date_impossible"},
		{"2022-00-10", "date_impossible"},
		{"0022-03-24", "date_impossible"},
		{"9999-03-24", "date_impossible"},
		{"20221301", "date_impossible"},
		{"2022-03-24 24:01", "date_impossible"},
		{"2022-03-24 8:60", "date_impossible"},
		{"2022-03-24 上午13:00", "date_impossible"},
		{"2022-03-24T08:30:00+25:00", "date_impossible"},
		{"2022-03-24 晚上12点", "date_ambiguous"},
		{"03/04/2022", "date_ambiguous"},
		{"3-24", "date_ambiguous"},
		{"24.3.22 8:30", "date_ambiguous"},
		{"8:30:15", "date_missing"},
		{"下午3点", "date_missing"},
		{"2022", "date"},
		{"2022-03", "date"},
		{"2022-3/24", "date"},
		{"2022-03-24 8", "date"},
		{"2022-03-24 8:30 9:30", "date"},
		{"2022-03-24 8:3015", "date"},
		{"2022-03-24至2022-03-25", "date"},
		{"上午2022-03-24", "date"},
		{"2022-03-24 上午8:30 PM", "date"},
		{"370303198503149970", "date"},
		{"99999", "date"},
	}
	for _, tt := range tests {
		if got := instantString(textCell(tt.text)); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.text, got, tt.want)
		}
	}
}

func instantString(c Cell) string {
	at, dateOnly, err := ParseInstant(c, shanghai, storyDay)
	var p *Problem
	switch {
	case errors.As(err, &p):
		return string(p.Key)
	case dateOnly:
		return at.Format(time.DateOnly)
	}
	return at.In(shanghai).Format(time.RFC3339)
}

func TestParseInstantCells(t *testing.T) {
	t.Parallel()
	tests := []struct {
		cell Cell
		want string
	}{
		{Cell{Kind: KindDate, Number: 44644}, "2022-03-24"},
		{Cell{Kind: KindDate, Number: 43182, date1904: true}, "2022-03-24"},
		{Cell{Kind: KindDate, Number: 44644.99999999}, "2022-03-25"}, // rounds to the second
		{Cell{Kind: KindDate, Number: 1}, "1900-01-01"},
		{Cell{Kind: KindDate, Number: 59}, "1900-02-28"},
		{Cell{Kind: KindDate, Number: 60}, "date_impossible"},
		{Cell{Kind: KindDate, Number: 61}, "1900-03-01"},
		{Cell{Kind: KindDate, Number: 0.5}, "date_missing"},
		{Cell{Kind: KindNumber, Number: 44644, Text: "44644"}, "2022-03-24"},
		{Cell{Kind: KindNumber, Number: 43182, Text: "43182", date1904: true}, "2022-03-24"},
		{Cell{Kind: KindNumber, Number: 20220324, Text: "20220324"}, "2022-03-24"},
		{Cell{Kind: KindNumber, Number: 1985, Text: "1985"}, "date"},
		{Cell{Kind: KindNumber, Number: -5, Text: "-5"}, "date"},
		{Cell{Kind: KindBool, Number: 1, Text: "TRUE"}, "date"},
		{Cell{Kind: KindError, Text: "#N/A"}, "error_value"},
		{Cell{Kind: KindUncalculated, Formula: true}, "uncalculated"},
		{Cell{}, "empty"},
	}
	for _, tt := range tests {
		if got := instantString(tt.cell); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.cell, got, tt.want)
		}
	}
}

var testZones = []string{"Asia/Shanghai", "UTC", "America/New_York", "America/Sao_Paulo", "Africa/Cairo", "Pacific/Auckland"}

// TestInstantForms writes any time in any form and reads it back: every form
// says the same, in every zone, on days on which the clock jumps too.
func TestInstantForms(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc, err := time.LoadLocation(rapid.SampledFrom(testZones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		day := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 72_000).Draw(t, "day"))
		secs := rapid.IntRange(0, secondsPerDay-1).Draw(t, "second")
		wall := day.Add(time.Duration(secs) * time.Second)
		noon := "上午"
		if wall.Hour() >= 12 {
			noon = "下午"
		}
		dates := []string{"2006-01-02", "2006/1/2", "2006.1.2", "2006年1月2日", "2006年01月02号 ", "20060102"}
		times := []string{" 15:04:05", " 15时4分5秒", "T15:04:05", noon + "3:04:05", " 3:04:05 PM", ""}
		date := rapid.SampledFrom(dates).Draw(t, "date")
		clock := rapid.SampledFrom(times).Draw(t, "time")
		want := wallTime(wall, loc)
		if clock == "" {
			want = wallTime(day, loc)
		}
		text := wall.Format(date + clock)
		if rapid.Bool().Draw(t, "wide") {
			text = strings.Map(func(r rune) rune {
				if r > ' ' && r <= '~' {
					return r - '!' + 0xFF01
				}
				return r
			}, text)
		}
		checkInstant(t, textCell(text), loc, want, clock == "")
		serial := Serial(wall)
		checkInstant(t, Cell{Kind: KindDate, Number: serial}, loc, wallTime(wall, loc), secs == 0)
		if serial > shift1904 {
			checkInstant(t, Cell{Kind: KindDate, Number: serial - shift1904, date1904: true}, loc, wallTime(wall, loc), secs == 0)
		}
	})
}

func checkInstant(t *rapid.T, c Cell, loc *time.Location, want time.Time, wantDateOnly bool) {
	got, dateOnly, err := ParseInstant(c, loc, storyDay)
	if err != nil {
		t.Fatalf("%+v: %v", c, err)
	}
	if !got.Equal(want) || dateOnly != wantDateOnly {
		t.Fatalf("%+v in %v: %v %v, want %v %v", c, loc, got, dateOnly, want, wantDateOnly)
	}
}

// TestDaysStayDays: the midnight of a date is on that date, even where the
// clock skips midnight.
func TestDaysStayDays(t *testing.T) {
	t.Parallel()
	skipped := 0
	for zone, from := range map[string]int{"Asia/Shanghai": 1940, "America/Sao_Paulo": 2010, "Africa/Cairo": 2005} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for day := time.Date(from, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < from+9; day = day.AddDate(0, 0, 1) {
			text := day.Format(time.DateOnly)
			got, _, err := ParseInstant(textCell(text), loc, storyDay)
			if err != nil || got.Format(time.DateOnly) != text {
				t.Fatalf("%s in %s: %v, %v", text, zone, got, err)
			}
			if got.Hour() != 0 {
				skipped++
			}
		}
	}
	if skipped < 5 {
		t.Error("hardly a midnight was skipped: the test tests nothing")
	}
}

func TestYearlessIsNeverFarAhead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ref := time.Date(2000, 1, 1, 0, 0, 0, 0, shanghai).AddDate(0, 0, rapid.IntRange(0, 15_000).Draw(t, "ref"))
		month, day := rapid.IntRange(1, 12).Draw(t, "month"), rapid.IntRange(1, 28).Draw(t, "day")
		got, _, err := ParseInstant(textCell(fmt.Sprintf("%d月%d日", month, day)), shanghai, ref)
		if err != nil {
			t.Fatal(err)
		}
		if int(got.Month()) != month || got.Day() != day {
			t.Fatalf("%v", got)
		}
		if ahead := got.Sub(ref); ahead > yearlessAhead || ahead < -366*24*time.Hour {
			t.Fatalf("%v is %v from %v", got, ahead, ref)
		}
	})
}
