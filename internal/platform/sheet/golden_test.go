package sheet

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files of testdata/sheets anew")

const sheetsDir = "../../../testdata/sheets"

// golden is what is read from one file of testdata/sheets.
type golden struct {
	Refusal    RefusalKind       `json:"refusal,omitempty"`
	Args       map[string]any    `json:"args,omitempty"`
	Format     Format            `json:"format,omitempty"`
	Sheets     []string          `json:"sheets,omitempty"` // hidden ones in brackets
	Sheet      string            `json:"sheet,omitempty"`  // the one found
	HeaderRow  int               `json:"header_row,omitempty"`
	Columns    map[string]string `json:"columns,omitempty"` // key → letter
	Missing    []string          `json:"missing,omitempty"`
	Unknown    []string          `json:"unknown,omitempty"`    // ref and label
	Duplicates []string          `json:"duplicates,omitempty"` // ref, label and key
	Data       int               `json:"data_rows,omitempty"`
	Hidden     int               `json:"hidden_rows,omitempty"`
	Blank      []int             `json:"blank_rows,omitempty"`
	Footers    []int             `json:"footer_rows,omitempty"`
	Repeats    []int             `json:"repeated_headers,omitempty"`
	Kinds      map[string]int    `json:"cells,omitempty"`
	Lost       []string          `json:"lost_digits,omitempty"` // refs
	First      []goldenRow       `json:"first_rows,omitempty"`
	Times      []string          `json:"times,omitempty"` // the main date column of a short sheet, parsed
	Hash       string            `json:"sha256,omitempty"`
}

type goldenRow struct {
	Row    int      `json:"row"`
	Hidden bool     `json:"hidden,omitempty"`
	Cells  []string `json:"cells"` // kind:text
}

var kindNames = map[Kind]string{
	KindEmpty: "empty", KindText: "text", KindNumber: "number", KindDate: "date", KindBool: "bool",
	KindError: "error", KindUncalculated: "uncalculated",
}

func TestGoldenSheets(t *testing.T) {
	t.Parallel()
	names := sheetFiles(t)
	if len(names) < 50 {
		t.Fatalf("only %d files in %s; run go run ./cmd/sheetgen", len(names), sheetsDir)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkGolden(t, name)
		})
	}
}

func checkGolden(t *testing.T, name string) {
	vocabulary, main := "roster", "joined_on"
	if strings.HasPrefix(name, "lab-") {
		vocabulary, main = "lab", "sampled_at"
	}
	got := readGolden(t, name, loadVocabulary(t, vocabulary), main)
	path := filepath.Join(sheetsDir, name+".rows.json")
	text := marshal(t, got)
	if *update {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(text)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func sheetFiles(t testing.TB) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(sheetsDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); ext != ".json" && ext != ".md" {
			names = append(names, e.Name())
		}
	}
	return names
}

func readSheetFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(sheetsDir, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func loadVocabulary(t testing.TB, name string) Vocabulary {
	t.Helper()
	var all map[string][]struct {
		Key      string
		Labels   []string
		Required bool
	}
	if err := json.Unmarshal(readSheetFile(t, "vocabulary.json"), &all); err != nil {
		t.Fatal(err)
	}
	var v Vocabulary
	for _, c := range all[name] {
		v = append(v, Column{Key: c.Key, Synonyms: c.Labels, Required: c.Required})
	}
	return v
}

// readGolden reads a file the way an importer does.
func readGolden(t *testing.T, name string, v Vocabulary, main string) (g golden) {
	book, err := Open(name, readSheetFile(t, name), Limits{})
	if err != nil {
		return refused(t, g, err)
	}
	g.Format = book.Format
	for _, s := range book.Sheets {
		if s.Hidden {
			g.Sheets = append(g.Sheets, "("+s.Name+")")
		} else {
			g.Sheets = append(g.Sheets, s.Name)
		}
	}
	s, h, err := book.Find(v)
	if err != nil {
		return refused(t, g, err)
	}
	g.header(s, h)
	hash := sha256.New()
	for row, err := range s.RowsAfter(h.Row) {
		if err != nil {
			return refused(t, g, err)
		}
		g.row(row, h)
		io.WriteString(hash, strconv.Itoa(row.Number)+"\x00"+strings.Join(cellStrings(row), "\x00")+"\n")
		if cell := h.Cell(row, main); h.Columns[main] > 0 && len(g.Times) < 60 {
			g.Times = append(g.Times, timeString(row, cell))
		}
	}
	g.Hash = hex.EncodeToString(hash.Sum(nil))
	if g.Data > 100 {
		g.Times = nil
	}
	return g
}

func refused(t *testing.T, g golden, err error) golden {
	t.Helper()
	var r *Refusal
	if !errors.As(err, &r) {
		t.Fatalf("not a refusal: %v", err)
	}
	g.Refusal, g.Args = r.Kind, r.Args
	return g
}

func (g *golden) header(s *Sheet, h Header) {
	g.Sheet, g.HeaderRow, g.Missing = s.Name, h.Row, h.Missing
	g.Columns, g.Kinds = map[string]string{}, map[string]int{}
	for key, i := range h.Columns {
		g.Columns[key] = ColumnName(i)
	}
	for _, c := range h.Unknown {
		g.Unknown = append(g.Unknown, c.Ref+" "+c.Label)
	}
	for _, c := range h.Duplicates {
		g.Duplicates = append(g.Duplicates, c.Ref+" "+c.Label+" "+c.Key)
	}
}

func (g *golden) row(row Row, h Header) {
	switch {
	case IsFooter(row, h):
		g.Footers = append(g.Footers, row.Number)
	case IsBlank(row, h):
		g.Blank = append(g.Blank, row.Number)
	case IsRepeat(row, h):
		g.Repeats = append(g.Repeats, row.Number)
	default:
		g.Data++
	}
	if row.Hidden {
		g.Hidden++
	}
	for _, c := range row.Cells {
		kind := kindNames[c.Kind]
		if c.Formula {
			kind += " formula"
		}
		g.Kinds[kind]++
		if c.LostDigits() {
			g.Lost = append(g.Lost, c.Ref())
		}
	}
	if len(g.First) < 4 {
		g.First = append(g.First, goldenRow{Row: row.Number, Hidden: row.Hidden, Cells: cellStrings(row)})
	}
}

func cellStrings(row Row) []string {
	texts := make([]string, len(row.Cells))
	for i, c := range row.Cells {
		if c.Kind != KindEmpty {
			texts[i] = kindNames[c.Kind] + ":" + c.Text
		}
	}
	return texts
}

var shanghai = func() *time.Location {
	loc, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		panic(err)
	}
	return loc
}()

// storyDay is the day on which the files of testdata/sheets are uploaded.
var storyDay = time.Date(2022, 3, 24, 10, 0, 0, 0, shanghai)

func timeString(row Row, cell Cell) string {
	at, dateOnly, err := ParseInstant(cell, shanghai, storyDay)
	remark := ""
	if n := len(row.Cells); n > 0 && row.Cells[n-1].col > cell.col {
		remark = " # " + row.Cells[n-1].Text
	}
	var p *Problem
	switch {
	case errors.As(err, &p):
		return fmt.Sprintf("%s %q: %s%s", cell.Ref(), cell.Text, p.Key, remark)
	case dateOnly:
		return fmt.Sprintf("%s %q: %s%s", cell.Ref(), cell.Text, at.Format(time.DateOnly), remark)
	}
	return fmt.Sprintf("%s %q: %s%s", cell.Ref(), cell.Text, at.In(shanghai).Format(time.RFC3339), remark)
}

// TestGoldenFilesComplete finds golden files left over from a file that is gone.
func TestGoldenFilesComplete(t *testing.T) {
	t.Parallel()
	have := map[string]bool{}
	for _, name := range sheetFiles(t) {
		have[name+".rows.json"] = true
	}
	paths, err := filepath.Glob(filepath.Join(sheetsDir, "*.rows.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if !have[filepath.Base(path)] {
			t.Errorf("%s belongs to no file", path)
		}
	}
}
