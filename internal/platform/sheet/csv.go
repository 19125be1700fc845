package sheet

import (
	"errors"
	"io"
	"strings"

	"github.com/fugong/fugong/internal/platform/sheet/csvtext"
)

// openCSV opens text with separators. Delimiter and encoding are recognised.
func openCSV(data []byte, lim Limits) (*Book, error) {
	file, err := csvtext.Parse(data)
	switch {
	case errors.Is(err, csvtext.ErrBinary):
		return nil, refuse(RefusedNotSheet, nil)
	case err != nil:
		return nil, refuse(RefusedEncoding, nil)
	}
	head := strings.TrimSpace(file.Head)
	if head == "" {
		return nil, refuse(RefusedEmpty, nil)
	}
	if isMarkup([]byte(head)) {
		return nil, refuse(RefusedHTML, nil) // in UTF-16, so not seen before
	}
	rows := func(yield func(Row, error) bool) {
		streamCSV(file.Records(4*lim.Cell), lim, yield)
	}
	return &Book{Format: CSV, Sheets: []*Sheet{{Size: int64(len(data)), rows: rows}}}, nil
}

// streamCSV turns records into rows.
func streamCSV(r *csvtext.Reader, lim Limits, yield func(Row, error) bool) {
	count, width := 0, 0
	for number := 1; ; number++ {
		record, err := r.Read()
		if err == io.EOF {
			return
		}
		var row Row
		if err == nil {
			row, err = csvRow(record, number, width, lim)
		}
		if err == nil && row.Cells != nil {
			if count++; count > lim.Rows {
				err = refuse(RefusedRows, map[string]any{"limit": lim.Rows, "sheet": ""})
			}
		}
		switch {
		case err != nil:
			yield(Row{}, csvError(err, number, len(record), lim))
			return
		case row.Cells == nil:
			continue
		}
		row.Offset = r.Offset()
		if !yield(row, nil) {
			return
		}
		width = len(row.Cells)
	}
}

func csvError(err error, number, col int, lim Limits) error {
	switch {
	case errors.Is(err, csvtext.ErrField):
		return tooLong(Cell{row: int32(number), col: int32(col)}, "", lim)
	case errors.Is(err, csvtext.ErrQuote):
		return refuse(RefusedQuotes, map[string]any{"row": number})
	}
	return damaged("text", err)
}

// csvRow makes a row of a record; one without content has no Cells.
func csvRow(record []string, number, width int, lim Limits) (Row, error) {
	row := Row{Number: number}
	for i, text := range record {
		cell := Cell{row: int32(number), col: int32(i)}
		plain, formula := csvtext.Unguard(text)
		cell.Formula = formula
		cell.setText(plain)
		if cell.Kind == KindEmpty {
			continue
		}
		if err := row.put(cell, width, "", lim); err != nil {
			return row, err
		}
	}
	return row, nil
}
