package main

import (
	"bytes"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"
)

// Values that a grid stores as an office program does.
type (
	day   time.Time // a date cell
	stamp time.Time // a date cell with a time of day
	shown struct {  // a number in a format of its own
		value  float64
		format string
	}
)

// grid builds a workbook row by row. The first error stays and is returned by
// bytes, so that building a table reads as the table does.
type grid struct {
	file  *excelize.File
	sheet string
	next  int // row number of the next line
	err   error
	style map[string]int // by number format
}

func newGrid(sheet string) *grid {
	g := &grid{file: excelize.NewFile(), style: map[string]int{}}
	g.do(g.file.SetSheetName("Sheet1", sheet))
	g.sheet, g.next = sheet, 1
	return g
}

func (g *grid) do(err error) {
	if g.err == nil {
		g.err = err
	}
}

// addSheet goes on with a new sheet.
func (g *grid) addSheet(name string) {
	_, err := g.file.NewSheet(name)
	g.do(err)
	g.sheet, g.next = name, 1
}

// line writes one row and returns its number. A nil value leaves its cell out.
func (g *grid) line(values ...any) int {
	row := g.next
	g.next++
	for i, v := range values {
		cell, err := excelize.CoordinatesToCellName(i+1, row)
		g.do(err)
		g.set(cell, v)
	}
	return row
}

func (g *grid) set(cell string, value any) {
	switch v := value.(type) {
	case nil:
	case string:
		g.do(g.file.SetCellStr(g.sheet, cell, v))
	case day:
		g.number(cell, excelSerial(time.Time(v)), "yyyy/m/d")
	case stamp:
		g.number(cell, excelSerial(time.Time(v)), "yyyy/m/d h:mm")
	case shown:
		g.number(cell, v.value, v.format)
	default:
		g.do(g.file.SetCellValue(g.sheet, cell, v))
	}
}

func (g *grid) number(cell string, value float64, format string) {
	id, ok := g.style[format]
	if !ok {
		var err error
		id, err = g.file.NewStyle(&excelize.Style{CustomNumFmt: &format})
		g.do(err)
		g.style[format] = id
	}
	// As Excel does, with 17 digits; SetCellFloat would cut off the last two.
	g.do(g.file.SetCellDefault(g.sheet, cell, strconv.FormatFloat(value, 'G', 17, 64)))
	g.do(g.file.SetCellStyle(g.sheet, cell, cell, id))
}

func (g *grid) merge(from, to string) { g.do(g.file.MergeCell(g.sheet, from, to)) }

func (g *grid) skip(rows int) { g.next += rows }

func (g *grid) hideRow(row int) { g.do(g.file.SetRowVisible(g.sheet, row, false)) }

func (g *grid) bytes() ([]byte, error) {
	defer func() { _ = g.file.Close() }()
	if g.err != nil {
		return nil, g.err
	}
	var b bytes.Buffer
	_, err := g.file.WriteTo(&b)
	return b.Bytes(), err
}

// excelSerial is the number of days since 30 December 1899.
func excelSerial(t time.Time) float64 {
	return t.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Seconds() / (24 * 60 * 60)
}

// people writes a header of usual labels and a line for each person.
func (g *grid) people(keys []string, staff []person) {
	g.line(labelsOf(rosterColumns, keys)...)
	for _, p := range staff {
		g.line(p.row(keys)...)
	}
}

func labelsOf(columns []column, keys []string) []any {
	labels := make([]any, len(keys))
	for i, key := range keys {
		labels[i] = label(columns, key)
	}
	return labels
}

// at is a moment in March 2022 on the wall clock.
func at(dayOfMonth, hour, minute int) time.Time {
	return time.Date(2022, 3, dayOfMonth, hour, minute, 0, 0, time.UTC)
}
