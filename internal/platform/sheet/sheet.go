// Package sheet reads spreadsheets as offices really make them.
//
// Open looks at the bytes, never at the file name, and answers with a
// Book or with a *Refusal that says why the bytes are no readable sheet. A
// Sheet streams its rows: the file is never held unpacked in memory, and a Row
// carries the number that the spreadsheet shows, so that a fault can be named
// as people see it. Book.Find picks the sheet and the header row by a
// Vocabulary that the caller owns; IsFooter, IsBlank and IsRepeat, asked in
// that order, tell which of the rows below are not data. ParseInstant,
// ParseYesNo, ParseDecimal, NormalizeText and NormalizeName turn a cell into a
// value or into a *Problem.
//
// Writing is in package sheetout; csvtext and xmlscan are the two grammars
// beneath this package.
//
// The package knows no domain words and makes no sentences: refusals and
// problems carry a machine key with arguments, and are put into words by the
// caller. Only the two column labels of a fault report are fixed here, because
// reading must recognise them again in any language.
package sheet

import (
	"iter"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits bound what one file may cost. The zero value of a field means its
// default.
type Limits struct {
	File     int64 // bytes of the file as uploaded; default 20 MB
	Unpacked int64 // bytes of all parts of an xlsx once unzipped, a quarter of it for shared texts; default 256 MB
	Rows     int   // rows that hold anything, per sheet; default 100,000
	Columns  int   // the rightmost column that may hold anything; default 256
	Cell     int   // characters in one cell; default 32,767, which is Excel's own limit
}

func (l Limits) withDefaults() Limits {
	if l.File <= 0 {
		l.File = 20 << 20
	}
	if l.Unpacked <= 0 {
		l.Unpacked = 256 << 20
	}
	if l.Rows <= 0 {
		l.Rows = 100_000
	}
	if l.Columns <= 0 {
		l.Columns = 256
	}
	if l.Cell <= 0 {
		l.Cell = 32_767
	}
	return l
}

// Format is the kind of file a Book was read from.
type Format string

const (
	XLSX Format = "xlsx"
	CSV  Format = "csv"
)

// Book is an opened file. It may be used by several goroutines at once.
type Book struct {
	Name   string // the name given to Open, for messages only
	Format Format
	Sheets []*Sheet // in the order of the tabs, hidden ones too; one for a CSV
}

// Sheet is one table of a Book.
type Sheet struct {
	Name   string // the tab's name; empty for a CSV
	Hidden bool
	Size   int64 // bytes that its rows are read from, once unpacked; a CSV's are about so many

	rows func(yield func(Row, error) bool)
}

// Rows streams the rows that hold anything, in the order of the file, each
// time from the start. Rows without any content are left out, but counted: a
// row's Number is always the one the spreadsheet shows. An error is a
// *Refusal and ends the stream.
func (s *Sheet) Rows() iter.Seq2[Row, error] { return s.rows }

// RowsAfter streams the rows below the row of that number, as Rows does.
func (s *Sheet) RowsAfter(number int) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for row, err := range s.rows {
			if err == nil && row.Number <= number {
				continue
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// Row is one row that holds something.
type Row struct {
	Number int    // the row number the spreadsheet shows, from 1; for a CSV the record's, not the line's
	Hidden bool   // hidden by hand or by a filter
	Cells  []Cell // Cells[i] stands in column i, from 0; trailing empty cells may be missing
	Offset int64  // how much of the sheet's Size is read: for telling how far a reader is, no more exact than a buffer
}

// Cell returns the cell in column i, from 0: an empty one beyond the row's end
// or for a negative i, so that an absent column reads as empty.
func (r Row) Cell(i int) Cell {
	if i >= 0 && i < len(r.Cells) {
		return r.Cells[i]
	}
	return Cell{row: int32(r.Number), col: int32(i)}
}

// Texts returns the texts of all cells, as a fault report wants them.
func (r Row) Texts() []string {
	texts := make([]string, len(r.Cells))
	for i, c := range r.Cells {
		texts[i] = c.Text
	}
	return texts
}

// put places a cell, which holds something, in its column and fills the gap
// before it. width is the room to make for a row's first cell.
func (r *Row) put(cell Cell, width int, sheet string, lim Limits) error {
	at := int(cell.col)
	if at >= lim.Columns {
		return refuse(RefusedColumns, map[string]any{"limit": lim.Columns, "ref": cell.Ref(), "sheet": sheet})
	}
	if len(cell.Text) > lim.Cell && utf8.RuneCountInString(cell.Text) > lim.Cell {
		return tooLong(cell, sheet, lim)
	}
	if r.Cells == nil {
		r.Cells = make([]Cell, 0, max(width, at+1))
	}
	for len(r.Cells) <= at {
		r.Cells = append(r.Cells, Cell{row: cell.row, col: int32(len(r.Cells))})
	}
	r.Cells[at] = cell
	return nil
}

func tooLong(at Cell, sheet string, lim Limits) error {
	return refuse(RefusedCell, map[string]any{"limit": lim.Cell, "ref": at.Ref(), "sheet": sheet})
}

// Kind is the type of a cell's content.
type Kind uint8

const (
	KindEmpty Kind = iota
	KindText
	KindNumber
	KindDate // a number that its style shows as a date or a time of day
	KindBool
	KindError // #N/A and the like
	// KindUncalculated is a formula whose value the file does not hold: no
	// office program has saved it yet.
	KindUncalculated
)

// Cell is one cell. The cells of a CSV are text or empty.
type Cell struct {
	// Text is what the cell says: a text as it is, a number in full without
	// exponent and without the noise of binary fractions, a date as
	// 2022-03-24 or 2022-03-24 08:30:00, TRUE or FALSE, or the error's name.
	Text    string
	Number  float64 // for KindNumber and KindBool; for KindDate the serial number
	Kind    Kind
	Formula bool // calculated; Text is the value the office program last stored

	date1904 bool
	row, col int32
}

// Ref is the cell's name as the spreadsheet shows it, such as "C7".
func (c Cell) Ref() string {
	return ColumnName(int(c.col)) + strconv.Itoa(int(c.row))
}

// Empty reports whether the cell holds nothing but white space.
func (c Cell) Empty() bool {
	return c.Kind == KindEmpty || c.Kind == KindText && strings.TrimSpace(c.Text) == ""
}

// LostDigits reports whether a long number can no longer be trusted to be what
// was typed: a spreadsheet keeps 15 digits of a number and makes zeros of the
// rest, and a CSV saved from it says 3.70303E+17. No reader can undo that.
func (c Cell) LostDigits() bool {
	switch c.Kind {
	case KindNumber:
		return c.Number >= 1e15 || c.Number <= -1e15
	case KindText:
		return looksScientific(strings.TrimSpace(c.Text))
	}
	return false
}

// looksScientific reports whether s is a number as a spreadsheet abbreviates
// it, with an exponent that leaves at least twelve digits: 3.70303E+17.
func looksScientific(s string) bool {
	mantissa, exp, found := strings.Cut(strings.ToUpper(s), "E+")
	if !found || !isDigits(exp) || len(exp) > 3 {
		return false
	}
	if n, _ := strconv.Atoi(exp); n < 11 {
		return false
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	return len(whole) == 1 && isDigits(whole) && (fraction == "" || isDigits(fraction))
}

func isDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// ColumnName is the letter name of column i, from 0: A, B, …, Z, AA.
func ColumnName(i int) string {
	if i < 0 {
		return ""
	}
	var buf [8]byte
	at := len(buf)
	for i++; i > 0; i = (i - 1) / 26 {
		at--
		buf[at] = byte('A' + (i-1)%26)
	}
	return string(buf[at:])
}
