package sheet

import (
	"path"
	"strings"

	"github.com/fugong/fugong/internal/platform/sheet/xmlscan"
)

// workbook is what the rows of every sheet of an xlsx need.
type workbook struct {
	pack     *pack
	shared   *sharedStrings
	styles   []cellStyle
	date1904 bool
	limits   Limits
}

func (wb *workbook) maxToken() int { return max(1<<20, 12*wb.limits.Cell) }

type sheetEntry struct {
	name, relID string
	hidden      bool
}

func openXLSX(data []byte, lim Limits) (*Book, error) {
	p, err := openPack(data, lim.Unpacked)
	if err != nil {
		return nil, err
	}
	wb := &workbook{pack: p, limits: lim}
	main, err := wb.mainPart()
	if err != nil {
		return nil, err
	}
	entries, err := wb.readWorkbook(main)
	if err != nil {
		return nil, err
	}
	rels, err := wb.readRels(main)
	if err != nil {
		return nil, err
	}
	if err := wb.readShared(rels.byType("sharedStrings")); err != nil {
		return nil, err
	}
	if err := wb.readStyles(rels.byType("styles")); err != nil {
		return nil, err
	}
	book := &Book{Format: XLSX}
	for _, e := range entries {
		if rel, ok := rels[e.relID]; ok && rel.is("worksheet") && p.has(rel.target) {
			book.Sheets = append(book.Sheets, &Sheet{Name: e.name, Hidden: e.hidden, Size: p.size(rel.target),
				rows: wb.rowsOf(e.name, rel.target)})
		}
	}
	if len(book.Sheets) == 0 {
		return nil, refuse(RefusedNotSheet, nil)
	}
	return book, nil
}

// mainPart finds the workbook's own part, or says what else the archive is.
func (wb *workbook) mainPart() (string, error) {
	rels, err := wb.readRels("")
	if err != nil {
		return "", err
	}
	main := rels.byType("officeDocument")
	switch {
	case strings.HasSuffix(strings.ToLower(main), ".bin"):
		return "", refuse(RefusedXLSB, nil)
	case main != "" && wb.pack.has(main) && strings.Contains(partKey(main), "workbook"):
		return main, nil
	case wb.pack.has("xl/workbook.xml"):
		return "xl/workbook.xml", nil
	}
	return "", refuse(RefusedNotSheet, nil)
}

func (wb *workbook) readWorkbook(main string) (entries []sheetEntry, err error) {
	err = wb.pack.scan(main, wb.maxToken(), func(x *xmlscan.Scanner) error {
		if x.Kind != xmlscan.Open {
			return nil
		}
		switch string(x.Name) {
		case "workbookPr":
			v := x.Attr("date1904")
			wb.date1904 = v == "1" || v == "true"
		case "sheet":
			state := x.Attr("state")
			entries = append(entries, sheetEntry{
				name:   x.Attr("name"),
				relID:  x.Attr("id"),
				hidden: state == "hidden" || state == "veryHidden",
			})
		}
		return nil
	})
	return entries, err
}

// relation is one line of a .rels part, its target resolved to a part's path.
type relation struct{ kind, target string }

// is compares the last step of the type's address only: the strict and the
// transitional form of the standard differ in what stands before it.
func (r relation) is(kind string) bool { return path.Base(r.kind) == kind }

type relations map[string]relation

func (rs relations) byType(kind string) string {
	for _, r := range rs {
		if r.is(kind) {
			return r.target
		}
	}
	return ""
}

// readRels reads the relations of a part, of the whole package for "". A
// package without them has none.
func (wb *workbook) readRels(part string) (relations, error) {
	dir, file := path.Split(part)
	name := path.Join(dir, "_rels", file+".rels")
	rels := relations{}
	if !wb.pack.has(name) {
		return rels, nil
	}
	err := wb.pack.scan(name, wb.maxToken(), func(x *xmlscan.Scanner) error {
		if x.Kind != xmlscan.Open || string(x.Name) != "Relationship" || x.Attr("TargetMode") == "External" {
			return nil
		}
		target := strings.ReplaceAll(x.Attr("Target"), `\`, "/")
		if !strings.HasPrefix(target, "/") {
			target = path.Join(dir, target)
		}
		rels[x.Attr("Id")] = relation{kind: x.Attr("Type"), target: target}
		return nil
	})
	return rels, err
}
