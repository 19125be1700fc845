package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
)

// part is one file within a workbook.
type part struct{ name, content string }

const xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

const (
	nsMain = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	nsRel  = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	nsPack = "http://schemas.openxmlformats.org/package/2006/"
)

// rawBook zips a workbook of one sheet whose XML is given, for what no library
// would write.
func rawBook(sheetXML string, extra ...part) ([]byte, error) {
	return zipParts(append(append(bookParts(), part{"xl/worksheets/sheet1.xml", sheetXML}), extra...))
}

// bookParts are the parts of a workbook of one sheet beside that sheet.
func bookParts() []part {
	return []part{
		{"[Content_Types].xml", xmlHead + `<Types xmlns="` + nsPack + `content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Default Extension="xml" ContentType="application/xml"/>` +
			contentType("/xl/workbook.xml", "sheet.main") + contentType("/xl/worksheets/sheet1.xml", "worksheet") +
			contentType("/xl/styles.xml", "styles") + contentType("/xl/sharedStrings.xml", "sharedStrings") + `</Types>`},
		{"_rels/.rels", relsXML(relation("rId1", "officeDocument", "xl/workbook.xml"))},
		{"xl/workbook.xml", xmlHead + `<workbook xmlns="` + nsMain + `" xmlns:r="` + nsRel + `"><sheets><sheet name="花名册" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", relsXML(
			relation("rId1", "worksheet", "worksheets/sheet1.xml"),
			relation("rId2", "styles", "styles.xml"),
			relation("rId3", "sharedStrings", "sharedStrings.xml"))},
	}
}

func contentType(name, kind string) string {
	return fmt.Sprintf(`<Override PartName="%s" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.%s+xml"/>`, name, kind)
}

func relation(id, kind, target string) string {
	return fmt.Sprintf(`<Relationship Id="%s" Type="%s/%s" Target="%s"/>`, id, nsRel, kind, target)
}

func relsXML(relations ...string) string {
	return xmlHead + `<Relationships xmlns="` + nsPack + `relationships">` + strings.Join(relations, "") + `</Relationships>`
}

func zipParts(parts []part) ([]byte, error) {
	var b bytes.Buffer
	zw := zip.NewWriter(&b)
	for _, p := range parts {
		if err := addPart(zw, p); err != nil {
			return nil, err
		}
	}
	err := zw.Close()
	return b.Bytes(), err
}

func addPart(zw *zip.Writer, p part) error {
	w, err := zw.Create(p.name)
	if err == nil {
		_, err = w.Write([]byte(p.content))
	}
	return err
}

// stylesXML has these cell styles: 0 plain, 1 built-in date 14, 2 Chinese date,
// 3 built-in 22, 4 five digits, 5 text.
const stylesXML = xmlHead + `<styleSheet xmlns="` + nsMain + `"><numFmts count="2">` +
	`<numFmt numFmtId="176" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@"/><numFmt numFmtId="177" formatCode="00000"/></numFmts>` +
	`<fonts count="1"><font><sz val="11"/><name val="宋体"/></font></fonts>` +
	`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
	`<borders count="1"><border/></borders><cellStyleXfs count="1"><xf numFmtId="14" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
	`<cellXfs count="6"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/><xf numFmtId="14" fontId="0" fillId="0" borderId="0"/>` +
	`<xf numFmtId="176" fontId="0" fillId="0" borderId="0"/><xf numFmtId="22" fontId="0" fillId="0" borderId="0"/>` +
	`<xf numFmtId="177" fontId="0" fillId="0" borderId="0"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0"/></cellXfs></styleSheet>`

func sharedXML(items ...string) part {
	return part{"xl/sharedStrings.xml", xmlHead + `<sst xmlns="` + nsMain + `">` + strings.Join(items, "") + `</sst>`}
}

// si is a plain shared string.
func si(text string) string { return "<si><t>" + text + "</t></si>" }

// inline is a cell with its text in it, f a formula with its stored text.
func inline(ref, text string) string {
	return fmt.Sprintf(`<c r="%s" t="inlineStr"><is><t>%s</t></is></c>`, ref, text)
}

func formula(ref, expr, stored string) string {
	return fmt.Sprintf(`<c r="%s" t="str"><f>%s</f><v>%s</v></c>`, ref, expr, stored)
}

// rawTable is a plain roster with shared strings, as Excel writes it. For many
// people it takes a tenth of the time that a grid does.
func rawTable(keys []string, staff []person) ([]byte, error) {
	var items []string
	index := map[string]int{}
	text := func(ref, value string) string {
		i, ok := index[value]
		if !ok {
			i = len(items)
			index[value] = i
			items = append(items, si(value))
		}
		return fmt.Sprintf(`<c r="%s" t="s"><v>%d</v></c>`, ref, i)
	}
	var b strings.Builder
	b.WriteString(xmlHead + `<worksheet xmlns="` + nsMain + `"><sheetData><row r="1">`)
	for i, key := range keys {
		b.WriteString(text(fmt.Sprintf("%c1", 'A'+i), label(rosterColumns, key)))
	}
	b.WriteString(`</row>`)
	for n, p := range staff {
		fmt.Fprintf(&b, `<row r="%d">`, n+2)
		for i, key := range keys {
			ref := fmt.Sprintf("%c%d", 'A'+i, n+2)
			switch value := p.text(key); {
			case key == "joined_on":
				fmt.Fprintf(&b, `<c r="%s" s="1"><v>%d</v></c>`, ref, int(excelSerial(p.joined)))
			case value != "":
				b.WriteString(text(ref, value))
			}
		}
		b.WriteString(`</row>`)
	}
	b.WriteString(`</sheetData></worksheet>`)
	return rawBook(b.String(), part{"xl/styles.xml", stylesXML}, sharedXML(items...))
}

func rosterFormulas() ([]byte, error) {
	staff := basicStaff()
	var b strings.Builder
	b.WriteString(xmlHead + `<worksheet xmlns="` + nsMain + `"><sheetData><row r="1">`)
	for i, text := range []string{"工号", "姓名", "证件号码", "手机号", "入职日期", "关键岗位", "备注"} {
		b.WriteString(inline(string(rune('A'+i))+"1", text))
	}
	b.WriteString("</row>")
	for i, p := range staff[:8] {
		b.WriteString(formulaRow(i, p))
	}
	b.WriteString(`</sheetData></worksheet>`)
	return rawBook(b.String(), part{"xl/styles.xml", stylesXML}, sharedXML())
}

// formulaRow is a row whose cells are calculated, each row with another trouble.
func formulaRow(i int, p person) string {
	n := i + 2
	ref := func(col string) string { return fmt.Sprint(col, n) }
	note, key := "TEXT", `<f>1=1</f><v>1</v>`
	number := formula(ref("C"), fmt.Sprintf("CONCATENATE(LEFT(K%d,17),RIGHT(K%d,1))", n, n), p.id)
	date := fmt.Sprintf(`<c r="%s" s="1"><f>TODAY()-%d</f><v>%d</v></c>`, ref("E"), i, 44644-i)
	switch i {
	case 1:
		note, date = "TEXT() 得到的日期文本", formula(ref("E"), `TEXT(K3,"yyyy-m-d")`, "2022-3-23")
	case 2:
		note, number = "查找不到", fmt.Sprintf(`<c r="%s" t="e"><f>VLOOKUP(B4,K:L,2,0)</f><v>#N/A</v></c>`, ref("C"))
	case 3:
		note, number = "从未计算", fmt.Sprintf(`<c r="%s"><f>K5</f></c>`, ref("C"))
	case 4:
		note, number = "结果为空文本", formula(ref("C"), `IF(K6="","",K6)`, "")
	case 5:
		note, number = "公式把号码变成数字", fmt.Sprintf(`<c r="%s"><f>VALUE(K7)</f><v>%s</v></c>`, ref("C"), "3.7030319850314899E+17")
	case 6:
		note, key = "共享公式", `<f t="shared" ref="F8:F9" si="0">A8=""</f><v>0</v>`
	case 7:
		note, key = "共享公式", `<f t="shared" si="0"/><v>0</v>`
	}
	return fmt.Sprintf(`<row r="%d">`, n) + formula(ref("A"), fmt.Sprintf("K%d", n), p.no) + inline(ref("B"), p.name) + number +
		formula(ref("D"), fmt.Sprintf("L%d&amp;&quot;&quot;", n), p.mobile) + date +
		fmt.Sprintf(`<c r="%s" t="b">%s</c>`, ref("F"), key) + inline(ref("G"), note) + "</row>"
}

func rosterOddXML() ([]byte, error) {
	staff := basicStaff()
	shared := sharedXML(
		si("姓名"), si("证件号码"), si("入职日期"), si("备注"), si("工号"),
		`<si><r><rPr><b/></rPr><t>`+string([]rune(staff[0].name)[:1])+`</t></r><r><t xml:space="preserve">`+string([]rune(staff[0].name)[1:])+`</t></r><rPh sb="0" eb="1"><t>ワン</t></rPh></si>`,
		si(staff[0].id), si("&lt;富文本&gt; &amp; 拼音提示 &#x9F98;"), `<si/>`, si("第一行_x000D_&#10;第二行"), `<si><t><![CDATA[<原样> & 文本]]></t></si>`,
	)
	rows := []string{
		`<x:row><x:c t="s"><x:v>0</x:v></x:c><x:c t="s"><x:v>1</x:v></x:c><x:c t="s"><x:v>2</x:v></x:c><x:c t="s"><x:v>3</x:v></x:c><x:c t="s"><x:v>4</x:v></x:c></x:row>`,
		`<x:row r="3" spans="1:5" ht='14.25'><x:c r="A3" t="s"><x:v>5</x:v></x:c><x:c r="B3" t="s"><x:v>6</x:v></x:c><x:c r="C3" s="2"><x:v>44644</x:v></x:c><x:c r="D3" t="s"><x:v>7</x:v></x:c><x:c r="E3" s="4"><x:v>42</x:v></x:c></x:row>`,
		`<!-- 注释 <x:row r="9"/> --><x:row><x:c t="inlineStr"><x:is><x:r><x:t>` + staff[1].name[:3] + `</x:t></x:r><x:r><x:t>` + staff[1].name[3:] + `</x:t></x:r></x:is></x:c><x:c r="B4" s="5" t="inlineStr"><x:is><x:t>` + staff[1].id + `</x:t></x:is></x:c><x:c t="d"><x:v>2022-03-24T08:30:00</x:v></x:c><x:c t="s"><x:v>9</x:v></x:c></x:row>`,
		`<x:row r="6" hidden="1"><x:c r="A6" t="inlineStr"><x:is><x:t>` + staff[2].name + `</x:t></x:is></x:c><x:c r="B6" t="str"><x:v>` + staff[2].id + `</x:v></x:c><x:c r="C6" s="3"><x:v>44644.354166666664</x:v></x:c><x:c r="D6" t="s"><x:v>10</x:v></x:c><x:c r="E6" s="1"/></x:row>`,
		`<x:row r="7"><x:c r="A7" s="1"/><x:c r="C7" t="s"><x:v>8</x:v></x:c></x:row>`,
		`<x:row r="9"><x:c r="B9" t="inlineStr"><x:is><x:t>` + staff[3].id + `</x:t></x:is></x:c><x:c r="A9" t="inlineStr"><x:is><x:t>` + staff[3].name + `</x:t></x:is></x:c><x:c r="D9"><x:v>36.600000000000001</x:v></x:c></x:row>`,
	}
	return rawBook(xmlHead+`<x:worksheet xmlns:x="`+nsMain+`"><x:dimension ref="A1"/><x:sheetData>`+strings.Join(rows, "\n ")+`</x:sheetData></x:worksheet>`,
		part{"xl/styles.xml", stylesXML}, shared)
}
