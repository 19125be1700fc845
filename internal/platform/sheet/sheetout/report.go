package sheetout

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/fugong/fugong/internal/platform/sheet"
	"github.com/xuri/excelize/v2"
)

// Fault is what is wrong with one cell of a row, in the reader's language.
type Fault struct {
	Column int // from 0; -1 if it concerns the row as a whole
	Text   string
}

// Report writes the rows of a sheet that an import refused, to be corrected
// and uploaded again: the sheet's own header, only these rows, each faulty
// cell filled light red with a comment that names the fault, and two columns
// at the end, which package sheet passes over when it reads the file: the
// row's number in the original sheet, and all its faults.
type Report struct {
	book     *book
	width    int // columns of the original sheet
	comments int
	text     int // styles
	fault    int
	problem  int
}

// maxComments is where a report stops commenting on single cells: office
// programs become slow with thousands of comments. Colours and the column of
// faults go on.
const maxComments = 2000

// NewReport starts a report under the labels of the original header, from its
// first column on (sheet.Header.Labels). sheetName is the tab's name.
func NewReport(w io.Writer, sheetName string, labels []string) (*Report, error) {
	b, err := newBook(w, sheetName)
	if err != nil {
		return nil, err
	}
	r := &Report{book: b, width: len(labels)}
	if err := r.begin(labels); err != nil {
		b.free()
		return nil, fmt.Errorf("sheetout: new report: %w", err)
	}
	return r, nil
}

func (r *Report) begin(labels []string) error {
	cols := make([]Column, 0, len(labels)+2)
	for _, label := range labels {
		cols = append(cols, Column{Label: label, Width: 16})
	}
	cols = append(cols, Column{Label: sheet.ReportRowLabel, Width: 12}, Column{Label: sheet.ReportProblemLabel, Width: 60})
	red := excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FBD5D5"}}
	for id, style := range map[*int]*excelize.Style{
		&r.text:    {NumFmt: textFormat},
		&r.fault:   {NumFmt: textFormat, Fill: red},
		&r.problem: {NumFmt: textFormat, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}},
	} {
		var err error
		if *id, err = r.book.file.NewStyle(style); err != nil {
			return err
		}
	}
	return r.book.start(cols)
}

// Write adds a row: its number in the original sheet, the texts of its cells
// (sheet.Row.Texts; those beyond the header are left out) and its faults.
func (r *Report) Write(number int, texts []string, faults []Fault) error {
	if r.book.err == nil {
		r.book.err = r.write(number, texts, faults)
	}
	return r.book.err
}

func (r *Report) write(number int, texts []string, faults []Fault) error {
	cells := make([]any, r.width+2)
	for i := range r.width {
		text := ""
		if i < len(texts) {
			text = texts[i]
		}
		cells[i] = excelize.Cell{StyleID: r.text, Value: text}
	}
	all := make([]string, len(faults))
	byColumn := map[int][]string{}
	for i, f := range faults {
		all[i] = f.Text
		if f.Column >= 0 && f.Column < r.width {
			byColumn[f.Column] = append(byColumn[f.Column], f.Text)
		}
	}
	cells[r.width] = excelize.Cell{StyleID: r.text, Value: strconv.Itoa(number)}
	cells[r.width+1] = excelize.Cell{StyleID: r.problem, Value: strings.Join(all, "\n")}
	for i := range r.width {
		if byColumn[i] == nil {
			continue
		}
		cell := cells[i].(excelize.Cell)
		cell.StyleID = r.fault
		cells[i] = cell
		if err := r.comment(i, strings.Join(byColumn[i], "\n")); err != nil {
			return err
		}
	}
	return r.book.add(cells)
}

// comment attaches a text to a cell of the row about to be written.
func (r *Report) comment(col int, text string) error {
	if r.comments++; r.comments > maxComments {
		return nil
	}
	ref, err := excelize.CoordinatesToCellName(col+1, r.book.rows+1)
	if err != nil {
		return err
	}
	return r.book.file.AddComment(r.book.name, excelize.Comment{
		Cell:      ref,
		Author:    "Fugong",
		Paragraph: []excelize.RichTextRun{{Text: text}},
		Width:     320,
		Height:    90,
	})
}

// Close finishes the report, as Writer.Close does.
func (r *Report) Close() error { return r.book.close() }
