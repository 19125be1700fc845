package sheet

import (
	"errors"
	"testing"
)

var fuzzLimits = Limits{File: 1 << 20, Unpacked: 4 << 20, Rows: 5000}

// fuzzRead opens and reads whatever the bytes are. There is no panic, every
// error is a refusal, and what is read keeps the promises about rows.
func fuzzRead(t *testing.T, data []byte) {
	book, err := Open("fuzz", data, fuzzLimits)
	if err != nil {
		checkRefusal(t, err)
		return
	}
	for _, s := range book.Sheets {
		for row, err := range s.Rows() {
			if err != nil {
				checkRefusal(t, err)
				break
			}
			checkRow(t, row)
		}
	}
	s, h, err := book.Find(testWords)
	if err != nil {
		checkRefusal(t, err)
		return
	}
	for row, err := range s.RowsAfter(h.Row) {
		if err != nil {
			break
		}
		if row.Number <= h.Row {
			t.Fatalf("row %d after row %d", row.Number, h.Row)
		}
		_, _, _ = IsBlank(row, h), IsFooter(row, h), IsRepeat(row, h)
	}
}

func checkRefusal(t *testing.T, err error) {
	var r *Refusal
	if !errors.As(err, &r) || r.Kind == "" {
		t.Fatalf("not a refusal: %v", err)
	}
}

func checkRow(t *testing.T, row Row) {
	filled := 0
	for i, c := range row.Cells {
		if int(c.row) != row.Number || int(c.col) != i {
			t.Fatalf("cell %d of row %d says it is %s", i, row.Number, c.Ref())
		}
		if c.Kind != KindEmpty {
			filled++
		}
		if (c.Kind == KindEmpty) != (c.Text == "") && c.Kind != KindUncalculated && c.Kind != KindError {
			t.Fatalf("%s: kind %s, text %q", c.Ref(), kindNames[c.Kind], c.Text)
		}
		_, _, _ = ParseInstant(c, shanghai, storyDay)
		_, _ = ParseDecimal(c)
		_, _ = ParseYesNo(c)
		_, _ = c.LostDigits(), NormalizeName(c.Text)
	}
	if filled == 0 || row.Number < 1 {
		t.Fatalf("a row of nothing: %+v", row)
	}
}

// FuzzOpen starts from real files of every kind.
func FuzzOpen(f *testing.F) {
	for _, name := range sheetFiles(f) {
		if data := readSheetFile(f, name); len(data) < 20_000 {
			f.Add(data)
		}
	}
	f.Fuzz(fuzzRead)
}

// FuzzSheetXML puts the bytes where the zip's checksums do not stand guard.
func FuzzSheetXML(f *testing.F) {
	for _, rows := range []string{
		`<row r="1"><c r="A1" t="inlineStr"><is><t>姓名</t></is></c><c r="B1" t="str"><f>A1</f><v>证件号码</v></c></row><row r="3" hidden="1"><c><v>44644.5</v></c></row>`,
		`<row><c t="b"><v>1</v></c><c t="e"><v>#N/A</v></c><c t="d"><v>2022-03-24</v></c><c><f>A1</f></c></row>`,
		`<row r="2"><c r="ZZ2" s="9" t="s"><v>0</v></c></row></sheetData>`,
		`<row><c t="inlineStr"><is><r><t>a</t></r><rPh><t>b</t></rPh></is></c></row>`,
	} {
		f.Add(rows)
	}
	f.Fuzz(func(t *testing.T, rows string) { fuzzRead(t, workbookBytes(t, rows)) })
}

func FuzzParseInstant(f *testing.F) {
	for _, s := range []string{"2022-03-24 08:30", "3月24日", "2022年3月24日下午3点5分", "44644.5", "20220324083000", "24/3/22", "2022-03-24T08:30:00+08:00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, dateOnly, err := ParseInstant(textCell(s), shanghai, storyDay)
		if err != nil {
			if problemKey(err) == "" || !at.IsZero() {
				t.Fatalf("%v, %v", at, err)
			}
			return
		}
		if at.Year() < 1899 || at.Year() > 2119 || dateOnly && at.Hour() > 1 {
			t.Fatalf("%q: %v, date only %v", s, at, dateOnly)
		}
	})
}
