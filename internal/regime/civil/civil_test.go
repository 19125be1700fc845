package civil

import (
	"testing"
	"time"
	_ "time/tzdata" // the tests must not depend on the machine's zones
)

func TestWeek(t *testing.T) {
	tests := []struct {
		zone, at, begin, end string
		hours                int
	}{
		{"Asia/Shanghai", "2022-04-03T23:59:59+08:00", "2022-03-28T00:00:00+08:00", "2022-04-04T00:00:00+08:00", 168},
		{"Asia/Shanghai", "2022-04-04T00:00:00+08:00", "2022-04-04T00:00:00+08:00", "2022-04-11T00:00:00+08:00", 168},
		{"Asia/Shanghai", "2022-12-31T12:00:00+08:00", "2022-12-26T00:00:00+08:00", "2023-01-02T00:00:00+08:00", 168},
		{"Asia/Shanghai", "2024-02-29T12:00:00+08:00", "2024-02-26T00:00:00+08:00", "2024-03-04T00:00:00+08:00", 168},
		{"America/New_York", "2022-03-13T12:00:00-04:00", "2022-03-07T00:00:00-05:00", "2022-03-14T00:00:00-04:00", 167},
		{"America/New_York", "2022-11-06T00:00:00-04:00", "2022-10-31T00:00:00-04:00", "2022-11-07T00:00:00-05:00", 169},
		// Monday has no midnight: it begins at one.
		{"Asia/Tehran", "2021-03-22T12:00:00+04:30", "2021-03-22T01:00:00+04:30", "2021-03-29T00:00:00+04:30", 167},
		{"Asia/Tehran", "2021-03-21T12:00:00+03:30", "2021-03-15T00:00:00+03:30", "2021-03-22T01:00:00+04:30", 168},
		// The clocks go back at a midnight.
		{"Asia/Tehran", "2015-09-21T12:00:00+04:30", "2015-09-21T00:00:00+04:30", "2015-09-28T00:00:00+03:30", 169},
	}
	for _, tt := range tests {
		read := func(s string) time.Time {
			at, err := time.Parse(time.RFC3339, s)
			if err != nil {
				t.Fatal(err)
			}
			return at
		}
		zone, err := time.LoadLocation(tt.zone)
		if err != nil {
			t.Fatal(err)
		}
		begin, end := Week(read(tt.at), zone)
		if !begin.Equal(read(tt.begin)) || !end.Equal(read(tt.end)) {
			t.Errorf("%s in %s: %v to %v", tt.at, tt.zone, begin, end)
		}
		if got := int(end.Sub(begin) / time.Hour); got != tt.hours {
			t.Errorf("%s in %s: %d hours", tt.at, tt.zone, got)
		}
	}
}
