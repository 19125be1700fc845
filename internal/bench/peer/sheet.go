package peer

import (
	"fmt"
	"time"

	"github.com/xuri/excelize/v2"
)

const (
	peopleSheet  = "people"
	samplesSheet = "samples"
	stateColumn  = 6
	overdue      = "overdue"
)

// WriteSheet writes the workbook that somebody keeps who has nothing but a spreadsheet: a row per sample in one sheet; in the
// other a row per person with the last sample looked up, the next due date and the state by formula. The instant that states are
// asked for stands in a cell where NOW() would stand, so that both sides can be asked for the same one. No formula has a value
// yet: whoever opens the file has to work out all of them.
func WriteSheet(path string, people []Person, at time.Time) error {
	x := excelize.NewFile()
	defer x.Close()
	if err := x.SetSheetName("Sheet1", peopleSheet); err != nil {
		return err
	}
	if _, err := x.NewSheet(samplesSheet); err != nil {
		return err
	}
	last, err := writeSamples(x, people)
	if err != nil {
		return fmt.Errorf("write samples: %w", err)
	}
	if err := writePeople(x, people, at, last); err != nil {
		return fmt.Errorf("write people: %w", err)
	}
	return x.SaveAs(path)
}

// writeSamples returns the number of the last row.
func writeSamples(x *excelize.File, people []Person) (int, error) {
	w, err := x.NewStreamWriter(samplesSheet)
	if err != nil {
		return 0, err
	}
	row := 1
	if err := w.SetRow("A1", []any{"id", "sampled at"}); err != nil {
		return 0, err
	}
	for _, p := range people {
		for _, s := range p.Samples {
			row++
			if err := w.SetRow(fmt.Sprintf("A%d", row), []any{p.ID, serial(s)}); err != nil {
				return 0, err
			}
		}
	}
	return max(row, 2), w.Flush()
}

func writePeople(x *excelize.File, people []Person, at time.Time, lastSample int) error {
	w, err := x.NewStreamWriter(peopleSheet)
	if err != nil {
		return err
	}
	if err := w.SetRow("A1", []any{"id", "name", "team", "interval in days", "last sampled", "next due", "state", "now", serial(at)}); err != nil {
		return err
	}
	for i, p := range people {
		r := i + 2
		row := []any{p.ID, p.Name, p.Team, nil,
			excelize.Cell{Formula: fmt.Sprintf("_xlfn.MAXIFS(%s!$B$2:$B$%d,%[1]s!$A$2:$A$%[2]d,A%[3]d)", samplesSheet, lastSample, r)},
			excelize.Cell{Formula: fmt.Sprintf(`IF(D%d="","",E%[1]d+D%[1]d)`, r)},
			excelize.Cell{Formula: fmt.Sprintf(`IF(D%d="","",IF(F%[1]d<=$I$1,"%s","ok"))`, r, overdue)}}
		if p.Interval > 0 {
			row[3] = p.Interval.Hours() / 24
		}
		if err := w.SetRow(fmt.Sprintf("A%d", r), row); err != nil {
			return err
		}
	}
	return w.Flush()
}

// serial is an instant as spreadsheets count: days, in Universal Time.
func serial(t time.Time) float64 {
	return t.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Seconds() / (24 * 3600)
}
