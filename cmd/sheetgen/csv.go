package main

import (
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

func csvFiles() []file {
	return []file{
		{"roster-utf8.csv", "UTF-8 without a mark, bare fields, LF", rosterCSV(",", "\n", false, nil)},
		{"roster-utf8-bom.csv", "UTF-8 with a mark, CRLF, as Excel writes it", rosterCSV(",", "\r\n", true, unicode.UTF8BOM)},
		{"roster-gb18030.csv", "GB18030 with rare characters, as a Chinese Excel or WPS writes it", rosterCSV(",", "\r\n", true, simplifiedchinese.GB18030)},
		{"roster-utf16.csv", "UTF-16 with a mark and tabs: Excel's “Unicode text”", rosterCSV("\t", "\r\n", false, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM))},
		{"roster-semicolon.csv", "semicolons, announced by sep=;", rosterSemicolon},
		{"roster-quotes.csv", "quoted line breaks and delimiters, doubled quotation marks, blank lines, ragged rows, a last line without an end", rosterQuotes},
		{"roster-ruined.csv", "a CSV saved from Excel: 3.70303E+17, and the ways others guard against it", rosterRuinedCSV},
		{"roster-formulas.csv", "cells that a spreadsheet would run as formulas", rosterInjection},
		{"roster-open-quote.csv", "a quotation mark that is never closed: to be refused with its row", rosterOpenQuote},
		{"roster-broken-utf8.csv", "UTF-8 with one broken character: to be refused, not guessed", rosterBroken},
	}
}

// csvText joins rows; a field is quoted only where it must be.
func csvText(comma, newline string, rows [][]string) string {
	var b strings.Builder
	for _, row := range rows {
		for i, field := range row {
			if i > 0 {
				b.WriteString(comma)
			}
			if strings.ContainsAny(field, comma+"\"\r\n") {
				field = `"` + strings.ReplaceAll(field, `"`, `""`) + `"`
			}
			b.WriteString(field)
		}
		b.WriteString(newline)
	}
	return b.String()
}

// rosterRows is a header and a row for each person, as text.
func rosterRows(keys []string, staff []person) [][]string {
	header := make([]string, len(keys))
	for i, key := range keys {
		header[i] = label(rosterColumns, key)
	}
	rows := [][]string{header}
	for _, p := range staff {
		row := make([]string, len(keys))
		for i, key := range keys {
			row[i] = p.text(key)
		}
		rows = append(rows, row)
	}
	return rows
}

func rosterCSV(comma, newline string, rare bool, enc encoding.Encoding) func() ([]byte, error) {
	return func() ([]byte, error) {
		staff := basicStaff()[:15]
		if rare {
			staff[0].name, staff[1].name, staff[2].name = "王龘", "李㐂", "张𠮷"
		}
		text := csvText(comma, newline, rosterRows(shortKeys, staff))
		if enc == nil {
			return []byte(text), nil
		}
		return enc.NewEncoder().Bytes([]byte(text))
	}
}

func rosterSemicolon() ([]byte, error) {
	rows := rosterRows(shortKeys, basicStaff()[:6])
	return []byte("sep=;\r\n" + csvText(";", "\r\n", rows)), nil
}

func rosterQuotes() ([]byte, error) {
	staff := basicStaff()
	lines := []string{
		"复工人员名单,,,",
		"",
		`姓名,"身份证号` + "\n" + `（必填）",手机号,备注`,
		staff[0].name + "," + staff[0].id + "," + staff[0].mobile + `,"第一行` + "\n" + `第二行, ""引号"""`,
		"",
		`"` + staff[1].name + `","` + staff[1].id + `","` + staff[1].mobile + `","身高5'10"" ",多余`,
		staff[2].name + "," + staff[2].id,
		staff[3].name + "," + staff[3].id + "," + staff[3].mobile + `,他说"好"`,
		",,,",
		staff[4].name + "," + staff[4].id + "," + staff[4].mobile + ",末行无换行",
	}
	return []byte(strings.Join(lines, "\n")), nil
}

func rosterRuinedCSV() ([]byte, error) {
	staff := basicStaff()
	rows := [][]string{
		{"姓名", "身份证号", "手机号"},
		{staff[0].name, "3.70303E+17", "1.39E+10"},
		{staff[1].name, staff[1].id[:15] + "000", staff[1].mobile},
		{staff[2].name, `="` + staff[2].id + `"`, `="` + staff[2].mobile + `"`},
		{staff[3].name, staff[3].id + "\t", "\t" + staff[3].mobile},
		{staff[4].name, "'" + staff[4].id, staff[4].mobile},
	}
	return []byte("\uFEFF" + csvText(",", "\r\n", rows)), nil
}

func rosterInjection() ([]byte, error) {
	staff := basicStaff()
	rows := [][]string{
		{"姓名", "身份证号", "备注"},
		{staff[0].name, staff[0].id, `=HYPERLINK("http://example.com","点我")`},
		{staff[1].name, staff[1].id, "'=1+1"},
		{staff[2].name, staff[2].id, "+86 139"},
		{staff[3].name, staff[3].id, "-5"},
		{staff[4].name, staff[4].id, "@SUM(A1)"},
	}
	return []byte("\uFEFF" + csvText(",", "\r\n", rows)), nil
}

func rosterOpenQuote() ([]byte, error) {
	rows := rosterRows(shortKeys, basicStaff()[:6])
	text := csvText(",", "\n", rows)
	name := rows[3][1]
	return []byte(strings.Replace(text, name, `"`+name, 1)), nil
}

func rosterBroken() ([]byte, error) {
	text := csvText(",", "\n", rosterRows(shortKeys, basicStaff()[:6]))
	at := strings.Index(text, "车间,一")
	return []byte(text[:at+1] + "\xff" + text[at+2:]), nil
}
