package sheetout

import (
	"fmt"
	"io"

	"github.com/fugong/fugong/internal/platform/sheet"
	"github.com/xuri/excelize/v2"
)

// Field is one column of an import form.
type Field struct {
	Label    string
	Required bool     // marks the label with an asterisk
	Note     string   // shown as a comment on the label; may be empty
	Example  string   // in the example row
	Options  []string // offered as a list in every cell of the column; others may be typed
	Width    float64  // in characters; 0 means as wide as the label needs
}

// templateRows is how many rows of a form offer the lists.
const templateRows = 2000

// WriteTemplate writes an empty import form: the header, a row with the
// examples, which package sheet passes over by the mark in its first cell, and
// below it cells that keep what is typed as text.
func WriteTemplate(w io.Writer, sheetName string, fields []Field) error {
	t := &template{file: excelize.NewFile(), name: sheetName, fields: fields}
	defer func() { _ = t.file.Close() }()
	for _, step := range []func() error{t.begin, t.addFields, t.addOptions} {
		if err := step(); err != nil {
			return fmt.Errorf("sheetout: template: %w", err)
		}
	}
	if _, err := t.file.WriteTo(w); err != nil {
		return fmt.Errorf("sheetout: template: %w", err)
	}
	return nil
}

type template struct {
	file   *excelize.File
	name   string
	fields []Field

	text, header, example int // styles
}

func (t *template) begin() (err error) {
	if err := t.file.SetSheetName("Sheet1", t.name); err != nil {
		return err
	}
	if t.text, err = t.file.NewStyle(&excelize.Style{NumFmt: textFormat}); err != nil {
		return err
	}
	if t.header, err = t.file.NewStyle(headerStyle()); err != nil {
		return err
	}
	grey := &excelize.Font{Italic: true, Color: "6B7280"}
	if t.example, err = t.file.NewStyle(&excelize.Style{NumFmt: textFormat, Font: grey}); err != nil {
		return err
	}
	return t.file.SetPanes(t.name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

func (t *template) addFields() error {
	for i, f := range t.fields {
		if err := t.addField(i, f); err != nil {
			return err
		}
	}
	return nil
}

func (t *template) addField(i int, f Field) error {
	letter, label, example := sheet.ColumnName(i), f.Label, f.Example
	if f.Required {
		label += "*"
	}
	width := Column{Label: label, Width: f.Width}.width()
	if i == 0 {
		example = sheet.ExampleMark + " " + example
		width = max(width, 24)
	}
	if err := t.file.SetColWidth(t.name, letter, letter, width); err != nil {
		return err
	}
	if err := t.file.SetColStyle(t.name, letter, t.text); err != nil {
		return err
	}
	if err := t.set(letter+"1", label, t.header); err != nil {
		return err
	}
	if err := t.set(letter+"2", example, t.example); err != nil {
		return err
	}
	if f.Note == "" {
		return nil
	}
	return t.file.AddComment(t.name, excelize.Comment{
		Cell: letter + "1", Author: "Fugong", Width: 320, Height: 90,
		Paragraph: []excelize.RichTextRun{{Text: f.Note}},
	})
}

func (t *template) set(ref, text string, style int) error {
	if err := t.file.SetCellStr(t.name, ref, text); err != nil {
		return err
	}
	return t.file.SetCellStyle(t.name, ref, ref, style)
}

// addOptions offers the options as lists. They stand on a hidden sheet: a list
// within the rule itself may have no more than 255 characters and no commas.
// The rule only offers, and forbids nothing, since an import takes synonyms.
func (t *template) addOptions() error {
	const lists = "options"
	for i, f := range t.fields {
		if len(f.Options) == 0 {
			continue
		}
		if _, err := t.file.NewSheet(lists); err != nil {
			return err
		}
		letter := sheet.ColumnName(i)
		if err := t.file.SetSheetCol(lists, letter+"1", &f.Options); err != nil {
			return err
		}
		rule := excelize.NewDataValidation(true)
		rule.Sqref = fmt.Sprintf("%s2:%s%d", letter, letter, templateRows+2)
		rule.SetSqrefDropList(fmt.Sprintf("%s!$%s$1:$%s$%d", lists, letter, letter, len(f.Options)))
		if err := t.file.AddDataValidation(t.name, rule); err != nil {
			return err
		}
	}
	if i, _ := t.file.GetSheetIndex(lists); i < 0 {
		return nil
	}
	return t.file.SetSheetVisible(lists, false)
}
