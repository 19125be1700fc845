package peer

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestASpreadsheetFindsTheOverdue(t *testing.T) {
	t.Parallel()
	c, err := FindCalc(t.Context(), t.TempDir())
	if errors.Is(err, ErrAbsent) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(c.Version, "LibreOffice ") {
		t.Errorf("version %q", c.Version)
	}
	at := time.Date(2022, 3, 24, 8, 0, 0, 5e8, time.UTC)
	ago := func(hours ...int) []time.Time {
		var out []time.Time
		for _, h := range hours {
			out = append(out, at.Add(-time.Duration(h)*time.Hour))
		}
		return out
	}
	const weekly = 7 * 24 * time.Hour
	people := []Person{
		{ID: 11, Name: "王志强", Team: "1车间1班", Interval: weekly, Samples: ago(1, 200)},
		{ID: 12, Name: "李敏", Interval: weekly, Samples: ago(169, 400)},
		{ID: 13, Name: "孙涛", Interval: 48 * time.Hour, Samples: ago(47, 500)},
		{ID: 14, Name: "于静", Interval: 48 * time.Hour, Samples: ago(49)},
		{ID: 15, Name: "张强", Samples: ago(900)},        // owes none
		{ID: 16, Name: "陈立", Interval: 48 * time.Hour}, // never came
	}
	book := filepath.Join(t.TempDir(), "people.xlsx")
	if err := WriteSheet(book, people, at); err != nil {
		t.Fatal(err)
	}
	got, err := c.Overdue(t.Context(), book)
	if err != nil {
		t.Fatal(err)
	}
	if want := []int64{12, 14, 16}; !slices.Equal(got, want) {
		t.Errorf("overdue are %d, want %d", got, want)
	}
}
