package sheet

import (
	"slices"
	"strings"
)

// headerDepth is how many rows from the top a header is looked for in: above
// it stand titles, notes and the like.
const headerDepth = 30

// Labels of the two columns that a fault report adds. FindHeader knows them
// and passes over them, so that a corrected report can be uploaded as it is.
const (
	ReportRowLabel     = "原表行号/Row"
	ReportProblemLabel = "问题/Problem"
)

// Column is one column that an importer understands.
type Column struct {
	Key      string
	Synonyms []string // ways to label it; the key itself is always one
	Required bool
}

// Vocabulary is the columns that an importer understands. If two columns share
// a synonym, the first has it.
type Vocabulary []Column

// Header says which column of a sheet is which.
type Header struct {
	Row        int            // the number of the header row, of the lower one if it has two; data follows
	Columns    map[string]int // key → column, from 0
	Labels     []string       // the label of every column of the sheet, from 0, as it was understood; "" for none
	Unknown    []HeaderCell   // labelled columns that no vocabulary column stands for
	Duplicates []HeaderCell   // columns left out, because an earlier one has the same key
	Missing    []string       // keys of required columns that the sheet lacks, in the vocabulary's order

	required []int // the columns that are required and present
	words    map[string]string
}

// HeaderCell is one label of a header.
type HeaderCell struct {
	Column int    // from 0
	Ref    string // such as "C3"
	Label  string
	Key    string // of a duplicate; else empty
}

// Cell returns the row's cell in the column of that key, an empty one if the
// sheet has no such column.
func (h Header) Cell(row Row, key string) Cell {
	if i, ok := h.Columns[key]; ok {
		return row.Cell(i)
	}
	return row.Cell(-1)
}

// Find picks the sheet to import: the first visible one whose header has all
// required columns, or else the first in which a header is found at all, to
// say what it lacks. Sheets of instructions thereby drop out.
func (b *Book) Find(v Vocabulary) (*Sheet, Header, error) {
	var found *Sheet
	var header Header
	empty := true
	for _, s := range b.Sheets {
		if s.Hidden {
			continue
		}
		top, err := s.head()
		if err != nil {
			return nil, Header{}, err
		}
		empty = empty && len(top) == 0
		h, ok := FindHeader(top, v)
		if ok && (found == nil || len(h.Missing) == 0) {
			found, header = s, h
		}
		if ok && len(h.Missing) == 0 {
			break
		}
	}
	switch {
	case found != nil:
		return found, header, nil
	case empty:
		return nil, Header{}, refuse(RefusedEmpty, nil)
	}
	return nil, Header{}, refuse(RefusedNoHeader, nil)
}

func (s *Sheet) head() (top []Row, err error) {
	for row, err := range s.Rows() {
		if err != nil {
			return nil, err
		}
		if top = append(top, row); len(top) > headerDepth {
			break
		}
	}
	return top, nil
}

// FindHeader looks for the header in the first rows of a sheet: the row that
// has the most columns of the vocabulary, at least two and one of them
// required; the first of equals. A row together with the one below counts as
// one header if that is better than either: group titles above, or labels
// merged over both rows. Labels are compared without spaces, line breaks,
// brackets and what is in them, asterisks and colons, and without regard to
// width and case.
func FindHeader(rows []Row, v Vocabulary) (Header, bool) {
	words := v.words()
	var best Header
	for i, row := range rows[:min(len(rows), headerDepth)] {
		single := makeHeader(v, words, Row{}, row)
		if len(single.Columns) > len(best.Columns) {
			best = single
		}
		if i+1 == len(rows) || rows[i+1].Number != row.Number+1 {
			continue
		}
		below := makeHeader(v, words, Row{}, rows[i+1])
		pair := makeHeader(v, words, row, rows[i+1])
		if len(pair.Columns) > max(len(best.Columns), len(below.Columns)) {
			best = pair
		}
	}
	hasRequired := len(best.required) > 0 || !slices.ContainsFunc(v, func(c Column) bool { return c.Required })
	return best, len(best.Columns) >= 2 && hasRequired
}

func (v Vocabulary) words() map[string]string {
	words := map[string]string{}
	for _, c := range v {
		for _, synonym := range append([]string{c.Key}, c.Synonyms...) {
			if word := labelWord(synonym); words[word] == "" {
				words[word] = c.Key
			}
		}
	}
	return words
}

// makeHeader reads lower as a header row below the group titles in upper,
// which is empty for a header of one row.
func makeHeader(v Vocabulary, words map[string]string, upper, lower Row) Header {
	h := Header{Row: lower.Number, Columns: map[string]int{}, words: words}
	group := ""
	for i := range max(len(upper.Cells), len(lower.Cells)) {
		own, low, at := upper.Cell(i).Text, lower.Cell(i).Text, lower.Cell(i)
		if strings.TrimSpace(own) != "" {
			group = own
		}
		if strings.TrimSpace(low) == "" {
			low, at = own, upper.Cell(i)
		} else if lookup(words, group+low) != "" {
			low = group + low
		}
		h.add(HeaderCell{Column: i, Ref: at.Ref(), Label: strings.TrimSpace(low), Key: lookup(words, low)})
	}
	for _, c := range v {
		i, ok := h.Columns[c.Key]
		switch {
		case c.Required && ok:
			h.required = append(h.required, i)
		case c.Required:
			h.Missing = append(h.Missing, c.Key)
		}
	}
	return h
}

func (h *Header) add(cell HeaderCell) {
	h.Labels = append(h.Labels, cell.Label)
	_, taken := h.Columns[cell.Key]
	switch {
	case cell.Label == "" || isReportLabel(cell.Label):
	case cell.Key == "":
		h.Unknown = append(h.Unknown, cell)
	case taken:
		h.Duplicates = append(h.Duplicates, cell)
	default:
		h.Columns[cell.Key] = cell.Column
	}
}

func isReportLabel(label string) bool {
	word := labelWord(label)
	return word == labelWord(ReportRowLabel) || word == labelWord(ReportProblemLabel)
}
