package sheet

import "testing"

// TestPackages: workbooks as other writers zip them.
func TestPackages(t *testing.T) {
	t.Parallel()
	const (
		workbook = `<workbook><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>`
		sheetXML = `<worksheet><sheetData><row><c s="0"><v>44644</v></c></row></sheetData></worksheet>`
		styles   = `<styleSheet><cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>`
		strict   = "http://purl.oclc.org/ooxml/officeDocument/relationships/"
		usual    = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	)
	rel := func(id, kind, target string) string {
		return `<Relationship Id="` + id + `" Type="` + kind + `" Target="` + target + `"/>`
	}
	tests := map[string]struct {
		parts map[string]string
		want  RefusalKind
	}{
		"strict": {map[string]string{
			"_rels/.rels": rel("r1", strict+"officeDocument", "xl/workbook.xml"), "xl/workbook.xml": workbook,
			"xl/_rels/workbook.xml.rels": rel("r1", strict+"worksheet", "a.xml") + rel("r2", strict+"styles", "b.xml"), "xl/a.xml": sheetXML, "xl/b.xml": styles,
		}, ""},
		"elsewhere, absolute, with backslashes, in other case": {map[string]string{
			"_rels/.rels": rel("r1", usual+"officeDocument", "/Data/Workbook2.xml"), `Data\Workbook2.xml`: workbook,
			"data/_rels/workbook2.xml.rels": rel("r1", usual+"worksheet", `/DATA/sheets\a.xml`) + rel("r2", usual+"styles", "../b.xml"), "data/Sheets/A.xml": sheetXML, "b.xml": styles,
		}, ""},
		"binary workbook": {map[string]string{
			"_rels/.rels": rel("r1", usual+"officeDocument", "xl/workbook.bin"), "xl/workbook.bin": "x",
		}, RefusedXLSB},
		"presentation": {map[string]string{
			"_rels/.rels": rel("r1", usual+"officeDocument", "ppt/presentation.xml"), "ppt/presentation.xml": "<p/>",
		}, RefusedNotSheet},
		"plain archive": {map[string]string{"a.txt": "b"}, RefusedNotSheet},
		"only a chart": {map[string]string{
			"xl/workbook.xml": workbook, "xl/_rels/workbook.xml.rels": rel("r1", usual+"chartsheet", "a.xml"), "xl/a.xml": "<chartsheet/>",
		}, RefusedNotSheet},
		"linked from outside": {map[string]string{
			"xl/workbook.xml":            workbook,
			"xl/_rels/workbook.xml.rels": `<Relationship Id="r1" Type="x/worksheet" TargetMode="External" Target="http://example.com/a.xml"/>`,
		}, RefusedNotSheet},
		"sheet missing":   {map[string]string{"xl/workbook.xml": workbook, "xl/_rels/workbook.xml.rels": rel("r1", usual+"worksheet", "a.xml")}, RefusedNotSheet},
		"broken workbook": {map[string]string{"xl/workbook.xml": "<workbook"}, RefusedDamaged},
		"broken relations": {map[string]string{
			"xl/workbook.xml": workbook, "xl/_rels/workbook.xml.rels": "<a", "xl/a.xml": sheetXML,
		}, RefusedDamaged},
		"broken styles": {map[string]string{
			"xl/workbook.xml": workbook, "xl/_rels/workbook.xml.rels": rel("r1", usual+"worksheet", "a.xml") + rel("r2", usual+"styles", "b.xml"),
			"xl/a.xml": sheetXML, "xl/b.xml": "<a",
		}, RefusedDamaged},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows, err := readAll(zipBytes(t, tt.parts), Limits{})
			if tt.want != "" {
				if !IsRefusal(err, tt.want) {
					t.Errorf("%v, want %s", err, tt.want)
				}
				return
			}
			if err != nil || len(rows) != 1 || rows[0].Cell(0).Text != "2022-03-24" {
				t.Errorf("%v, %v", rows, err)
			}
		})
	}
}

// TestCellTypes has every type of cell with values as they should be and not.
func TestCellTypes(t *testing.T) {
	t.Parallel()
	for xml, want := range map[string]string{
		`<c><v>1.50</v></c>`:                                        "number:1.5",
		`<c t="n"><v> 7 </v></c>`:                                   "number:7",
		`<c t="b"><v>true</v></c>`:                                  "bool:TRUE",
		`<c t="b"><v>0</v></c>`:                                     "bool:FALSE",
		`<c t="e"><v>#REF!</v></c>`:                                 "error:#REF!",
		`<c t="d"><v>2022-03-24</v></c>`:                            "date:2022-03-24",
		`<c t="d"><v>2022-03-24T08:30:00Z</v></c>`:                  "date:2022-03-24 08:30:00",
		`<c t="d"><v>gestern</v></c>`:                               "text:gestern",
		`<c t="str"><v>a_x000A_b</v></c>`:                           "text:a\nb",
		`<c t="str"><f>A2</f><v>x</v></c>`:                          "text:x formula",
		`<c><f>A2</f><v>5</v></c>`:                                  "number:5 formula",
		`<c><f>A2</f></c>`:                                          "uncalculated: formula",
		`<c t="str"><f>A2</f><v></v></c>`:                           "",
		`<c t="inlineStr"><is><t>a</t><rPh><t>x</t></rPh></is></c>`: "text:a",
		`<c t="inlineStr"><is><r><t>a</t></r><r><t/></r></is></c>`:  "text:a",
		`<c t="inlineStr"><is><t> a </t></is></c>`:                  "text: a ",
		`<c t="inlineStr"/>`:                                        "",
		`<c t="s"/>`:                                                "",
		`<c><v/></c>`:                                               "",
		`<c t="neu"><v>5</v></c>`:                                   "number:5",
		`<c><v>abc</v></c>`:                                         "text:abc",
		"<c t=\"str\"><v>\xff</v></c>":                              "text:\uFFFD",
		`<c s="99"><v>5</v></c>`:                                    "number:5",
		`<c s="-1"><v>5</v></c>`:                                    "number:5",
		`<c t="str"><v><![CDATA[a&amp;b]]></v></c>`:                 "text:a&amp;b",
		`<c t="str"><v>a&#10;b</v></c>`:                             "text:a\nb",
	} {
		rows, err := readAll(workbookBytes(t, `<row>`+xml+`</row>`), Limits{})
		if err != nil {
			t.Errorf("%s: %v", xml, err)
			continue
		}
		got := ""
		if len(rows) > 0 {
			c := rows[0].Cell(0)
			got = kindNames[c.Kind] + ":" + c.Text
			if c.Formula {
				got += " formula"
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", xml, got, want)
		}
	}
}
