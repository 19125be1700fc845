package sheet

import (
	"errors"
	"io"
	"strconv"

	"github.com/fugong/fugong/internal/platform/sheet/xmlscan"
)

// maxRowNumber is the bound of the format itself.
const maxRowNumber = 1 << 20

// rowsOf streams the rows of one worksheet part, each time from the zip.
func (wb *workbook) rowsOf(name, part string) func(yield func(Row, error) bool) {
	return func(yield func(Row, error) bool) {
		rc, err := wb.pack.open(part)
		if err != nil {
			yield(Row{}, err)
			return
		}
		defer rc.Close()
		r := &rowReader{wb: wb, x: xmlscan.New(rc, wb.maxToken()), sheet: name}
		for {
			row, ok, err := r.next()
			if err != nil {
				yield(Row{}, damaged(part, err))
				return
			}
			if !ok {
				// The rest is no data, but only its end tells whether the part is whole.
				if _, err := io.Copy(io.Discard, rc); err != nil {
					yield(Row{}, damaged(part, err))
				}
				return
			}
			row.Offset = rc.read
			if !yield(row, nil) {
				return
			}
		}
	}
}

// rowReader turns the tokens of a worksheet into rows.
type rowReader struct {
	wb     *workbook
	x      *xmlscan.Scanner
	sheet  string
	inData bool
	number int // of the row last begun
	count  int // rows handed out
	width  int // cells in the longest row so far
	buf    []byte
	inline richText
}

// next returns the next row with content. ok is false after the last.
func (r *rowReader) next() (row Row, ok bool, err error) {
	for {
		switch r.x.Next() {
		case xmlscan.End:
			return Row{}, false, r.cutOff()
		case xmlscan.Open:
			switch {
			case string(r.x.Name) == "sheetData":
				if r.inData = true; r.x.Empty {
					return Row{}, false, nil
				}
			case r.inData && string(r.x.Name) == "row":
				row, err := r.readRow()
				if err != nil {
					return Row{}, false, err
				}
				if row.Cells == nil {
					continue
				}
				if r.count++; r.count > r.wb.limits.Rows {
					return Row{}, false, refuse(RefusedRows, map[string]any{"limit": r.wb.limits.Rows, "sheet": r.sheet})
				}
				return row, true, nil
			}
		case xmlscan.Close:
			if string(r.x.Name) == "sheetData" {
				return Row{}, false, nil
			}
		}
	}
}

// cutOff is the error of an input that ends within the sheet's data, a text
// that is far too long told as such.
func (r *rowReader) cutOff() error {
	switch {
	case errors.Is(r.x.Err, xmlscan.ErrToken):
		return tooLong(Cell{row: int32(r.number), col: -1}, r.sheet, r.wb.limits)
	case r.x.Err == nil:
		return xmlscan.ErrSyntax
	}
	return r.x.Err
}

// beginRow reads the start tag of a row.
func (r *rowReader) beginRow() Row {
	row := Row{Number: r.number + 1}
	for name, value, rest, ok := xmlscan.NextAttr(r.x.Attrs); ok; name, value, rest, ok = xmlscan.NextAttr(rest) {
		switch string(name) {
		case "r":
			if n, err := strconv.Atoi(string(value)); err == nil && n > 0 && n <= maxRowNumber {
				row.Number = n
			}
		case "hidden":
			row.Hidden = string(value) == "1" || string(value) == "true"
		}
	}
	r.number = row.Number
	return row
}

// readRow reads a row from its start tag on. A row without content has no
// Cells.
func (r *rowReader) readRow() (Row, error) {
	row := r.beginRow()
	if r.x.Empty {
		return row, nil
	}
	col := 0
	for {
		switch r.x.Next() {
		case xmlscan.End:
			return row, r.cutOff()
		case xmlscan.Close:
			if string(r.x.Name) == "row" {
				r.width = max(r.width, len(row.Cells))
				return row, nil
			}
		case xmlscan.Open:
			if string(r.x.Name) != "c" {
				continue
			}
			cell, err := r.readCell(col)
			if err != nil {
				return row, err
			}
			col = int(cell.col) + 1
			if cell.Kind == KindEmpty {
				continue
			}
			if err := row.put(cell, r.width, r.sheet, r.wb.limits); err != nil {
				return row, err
			}
		}
	}
}
