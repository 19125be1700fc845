package sheetout

import (
	"fmt"
	"io"
	"time"

	"github.com/xuri/excelize/v2"
)

// NewXLSX starts a workbook of one sheet with a frozen header row. The rows
// wait in memory, beyond 16 MB in a temporary file, until Close writes to w.
func NewXLSX(w io.Writer, sheetName string, cols []Column) (Writer, error) {
	b, err := newBook(w, sheetName)
	if err != nil {
		return nil, err
	}
	x := &xlsxWriter{book: b, cols: cols}
	if err := x.begin(); err != nil {
		b.free()
		return nil, err
	}
	return x, nil
}

// book is a workbook with one sheet that is written row by row.
type book struct {
	out    io.Writer
	file   *excelize.File
	stream *excelize.StreamWriter
	name   string
	rows   int
	header int // style
	err    error
}

func newBook(w io.Writer, sheetName string) (*book, error) {
	b := &book{out: w, file: excelize.NewFile(), name: sheetName}
	err := b.file.SetSheetName("Sheet1", sheetName)
	if err == nil {
		b.stream, err = b.file.NewStreamWriter(sheetName)
	}
	if err == nil {
		b.header, err = b.file.NewStyle(headerStyle())
	}
	if err != nil {
		b.free()
		return nil, fmt.Errorf("sheetout: new workbook: %w", err)
	}
	return b, nil
}

func (b *book) free() { _ = b.file.Close() }

// start sets column widths and writes the header row.
func (b *book) start(cols []Column) error {
	header := make([]any, len(cols))
	for i, col := range cols {
		header[i] = excelize.Cell{StyleID: b.header, Value: col.Label}
		if err := b.stream.SetColWidth(i+1, i+1, col.width()); err != nil {
			return err
		}
	}
	if err := b.stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	return b.add(header)
}

func (b *book) add(cells []any) error {
	b.rows++
	cell, err := excelize.CoordinatesToCellName(1, b.rows)
	if err != nil {
		return err
	}
	return b.stream.SetRow(cell, cells)
}

// close writes the workbook, unless something failed before, and frees it.
func (b *book) close() error {
	defer b.free()
	if b.err == nil {
		b.err = b.stream.Flush()
	}
	if b.err == nil {
		_, b.err = b.file.WriteTo(b.out)
	}
	if b.err != nil {
		return fmt.Errorf("sheetout: %w", b.err)
	}
	return nil
}

const textFormat = 49 // the built-in “@”

func headerStyle() *excelize.Style {
	return &excelize.Style{
		NumFmt:    textFormat,
		Font:      &excelize.Font{Bold: true},
		Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E8EEF4"}},
		Alignment: &excelize.Alignment{Vertical: "center", WrapText: true},
	}
}

type xlsxWriter struct {
	book   *book
	cols   []Column
	styles map[Kind]int
}

func (x *xlsxWriter) begin() error {
	date, instant := "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"
	x.styles = map[Kind]int{}
	for kind, style := range map[Kind]*excelize.Style{
		Text:    {NumFmt: textFormat},
		Number:  {},
		Date:    {CustomNumFmt: &date},
		Instant: {CustomNumFmt: &instant},
	} {
		id, err := x.book.file.NewStyle(style)
		if err != nil {
			return err
		}
		x.styles[kind] = id
	}
	return x.book.start(x.cols)
}

func (x *xlsxWriter) Write(values ...any) error {
	if x.book.err == nil {
		x.book.err = x.write(values)
	}
	return x.book.err
}

func (x *xlsxWriter) write(values []any) error {
	if err := checkRow(values, x.cols); err != nil {
		return err
	}
	cells := make([]any, len(values))
	for i, value := range values {
		content, ok := content(value, x.cols[i].Kind)
		if !ok {
			return badValue(value, x.cols[i])
		}
		cells[i] = excelize.Cell{StyleID: x.styles[x.cols[i].Kind], Value: content}
	}
	return x.book.add(cells)
}

func (x *xlsxWriter) Close() error { return x.book.close() }

// content is the value as excelize is to store it; ok is false if a column of
// that kind cannot hold it.
func content(value any, kind Kind) (stored any, ok bool) {
	if value == nil {
		return nil, true
	}
	switch kind {
	case Text:
		text, ok := value.(string)
		return text, ok
	case Number:
		n, ok := number(value)
		return n, ok
	}
	t, ok := value.(time.Time)
	if !ok || t.IsZero() {
		return nil, ok
	}
	return serial(t, kind), true
}
