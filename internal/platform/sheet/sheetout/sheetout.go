// Package sheetout writes spreadsheets: tables for export (NewXLSX, NewCSV), the
// report of an import's faulty rows (NewReport) and empty import forms
// (WriteTemplate). What it writes, package sheet reads.
//
// Every text goes out as text. An office program neither rounds an identity
// number nor drops a phone number's zero nor runs a name that begins like a
// formula. A CSV cannot say so: there a long number survives in the file, but
// not its opening in Excel, so offer people the xlsx.
package sheetout

import (
	"fmt"
	"strconv"
	"time"

	"github.com/fugong/fugong/internal/platform/sheet"
)

// Kind is how the values of a column are written.
type Kind uint8

const (
	Text    Kind = iota // string; also identity and phone numbers
	Number              // int, int64 or float64
	Date                // time.Time, its day
	Instant             // time.Time, its day and time of day to the second
)

// Column is one column of a table.
type Column struct {
	Label string
	Kind  Kind
	Width float64 // in characters; 0 means as wide as the label needs
}

// Writer writes a table row by row.
type Writer interface {
	// Write adds a row: a value for each column, nil or a zero time for an
	// empty cell. A time is written as its own location's clock shows it.
	Write(values ...any) error
	// Close finishes the file and frees what writing it took. It must be
	// called once, also after a failed Write, whose error it then repeats.
	Close() error
}

func checkRow(values []any, cols []Column) error {
	if len(values) != len(cols) {
		return fmt.Errorf("sheetout: %d values for %d columns", len(values), len(cols))
	}
	return nil
}

func badValue(value any, col Column) error {
	return fmt.Errorf("sheetout: column %q cannot hold a %T", col.Label, value)
}

func (c Column) width() float64 {
	if c.Width > 0 {
		return c.Width
	}
	width := 2.0
	for _, r := range c.Label {
		if width++; r > 0x2E80 {
			width++ // a Chinese character is two columns wide
		}
	}
	switch c.Kind {
	case Date:
		width = max(width, 12)
	case Instant:
		width = max(width, 20)
	}
	return min(max(width, 10), 40)
}

// number is the value of a Number column.
func number(value any) (float64, bool) {
	switch v := value.(type) {
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// plain is the value as text; ok is false if the column cannot hold it.
func plain(value any, col Column) (text string, ok bool) {
	if value == nil {
		return "", true
	}
	switch col.Kind {
	case Text:
		text, ok = value.(string)
		return text, ok
	case Number:
		n, ok := number(value)
		return strconv.FormatFloat(n, 'f', -1, 64), ok
	}
	t, ok := value.(time.Time)
	if !ok || t.IsZero() {
		return "", ok
	}
	if col.Kind == Date {
		return t.Format(time.DateOnly), true
	}
	return t.Format(time.DateTime), true
}

// serial is the value of a Date or Instant column as a spreadsheet counts it.
func serial(t time.Time, kind Kind) float64 {
	if kind == Date {
		y, m, d := t.Date()
		t = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return sheet.Serial(t)
}
