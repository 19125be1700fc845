package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"unicode/utf16"
)

func refusalFiles() []file {
	return []file{
		{"refuse-legacy.xls", "the binary workbook of Excel 97–2003", legacyXLS},
		{"refuse-password.xlsx", "an encrypted workbook: the same container, other content", passwordXLSX},
		{"refuse-word.doc", "the same container again, but a letter", legacyDoc},
		{"refuse-bomb.xlsx", "260 KB that unpack to 257 MB", bombXLSX},
		{"refuse-html.xls", "a web page under a workbook's name, as many systems export", htmlXLS},
		{"refuse-xml2003.xls", "Excel's XML table of 2003", xmlXLS},
		{"refuse-pdf.xlsx", "a PDF renamed", pdfXLSX},
		{"refuse-image.xlsx", "a photograph of the list, renamed", imageXLSX},
		{"refuse-docx.xlsx", "a Word document renamed", docxXLSX},
		{"refuse-truncated.xlsx", "an upload that broke off", truncatedXLSX},
		{"refuse-empty.xlsx", "no bytes at all", func() ([]byte, error) { return nil, nil }},
		{"refuse-blank.xlsx", "a workbook in which nobody has written", func() ([]byte, error) { return newGrid("Sheet1").bytes() }},
		{"refuse-letter.csv", "a letter: text, but no table", letterCSV},
	}
}

// oleFile is a compound file of version 3 with the streams given, each padded
// to 4096 bytes so that it needs no small-stream table.
func oleFile(streams map[string][]byte, names ...string) []byte {
	const free, end, fatMark = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
	le := binary.LittleEndian
	head := make([]byte, 512)
	copy(head, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")
	for at, v := range map[int]uint16{24: 0x3E, 26: 3, 28: 0xFFFE, 30: 9, 32: 6} {
		le.PutUint16(head[at:], v)
	}
	for at, v := range map[int]uint32{44: 1, 48: 1, 56: 4096, 60: end, 68: end, 76: 0} {
		le.PutUint32(head[at:], v)
	}
	for at := 80; at < 512; at += 4 {
		le.PutUint32(head[at:], free)
	}
	fat := bytes.Repeat([]byte{0xFF}, 512)
	le.PutUint32(fat[0:], fatMark)
	le.PutUint32(fat[4:], end)
	dir := oleEntry("Root Entry", 5, end, 0, 1)
	var body []byte
	for i, name := range names {
		first := 2 + 8*i
		for s := range 8 {
			next := uint32(first + s + 1)
			if s == 7 {
				next = end
			}
			le.PutUint32(fat[4*(first+s):], next)
		}
		right := uint32(free)
		if i+1 < len(names) {
			right = uint32(i + 2)
		}
		entry := oleEntry(name, 2, uint32(first), 4096, free)
		le.PutUint32(entry[72:], right)
		dir = append(dir, entry...)
		body = append(body, append(streams[name], make([]byte, 4096-len(streams[name]))...)...)
	}
	for len(dir) < 512 {
		dir = append(dir, oleEntry("", 0, 0, 0, free)...)
	}
	return append(append(append(head, fat...), dir...), body...)
}

// oleEntry is one entry of a compound file's directory.
func oleEntry(name string, kind byte, start, size, child uint32) []byte {
	le := binary.LittleEndian
	entry := make([]byte, 128)
	units := utf16.Encode([]rune(name))
	for i, u := range units {
		le.PutUint16(entry[2*i:], u)
	}
	if name != "" {
		le.PutUint16(entry[64:], uint16(2*len(units)+2))
	}
	entry[66], entry[67] = kind, 1
	le.PutUint32(entry[68:], 0xFFFFFFFF)
	le.PutUint32(entry[72:], 0xFFFFFFFF)
	le.PutUint32(entry[76:], child)
	le.PutUint32(entry[116:], start)
	le.PutUint32(entry[120:], size)
	return entry
}

func legacyXLS() ([]byte, error) {
	// BOF of a BIFF8 workbook's globals, and EOF.
	biff := []byte{0x09, 0x08, 0x10, 0, 0, 0x06, 0x05, 0, 0xBB, 0x0D, 0xCC, 0x07, 0, 0, 0, 0, 0x06, 0, 0, 0, 0x0A, 0, 0, 0}
	return oleFile(map[string][]byte{"Workbook": biff}, "Workbook"), nil
}

func passwordXLSX() ([]byte, error) {
	cipher := make([]byte, 4096)
	state := uint32(20220324)
	for i := range cipher {
		state = state*1664525 + 1013904223
		cipher[i] = byte(state >> 24)
	}
	return oleFile(map[string][]byte{
		"EncryptionInfo":   []byte("\x04\x00\x04\x00\x40\x00\x00\x00<?xml version=\"1.0\"?><encryption/>"),
		"EncryptedPackage": cipher,
	}, "EncryptionInfo", "EncryptedPackage"), nil
}

func legacyDoc() ([]byte, error) {
	return oleFile(map[string][]byte{"WordDocument": {0xEC, 0xA5}}, "WordDocument"), nil
}

// bombXLSX has a sheet of 257 MB of spaces. To have it in no time, one
// megabyte is compressed and its bytes are repeated: a flushed block ends on a
// whole byte and refers to nothing before itself.
func bombXLSX() ([]byte, error) {
	const times = 257
	megabyte := bytes.Repeat([]byte(" "), 1<<20)
	var block bytes.Buffer
	fw, err := flate.NewWriter(&block, flate.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := fw.Write(megabyte); err != nil {
		return nil, err
	}
	if err := fw.Flush(); err != nil {
		return nil, err
	}
	data := bytes.Repeat(block.Bytes(), times)
	data = append(data, 0x03, 0x00) // an empty last block
	sum := crc32.NewIEEE()
	for range times {
		_, _ = sum.Write(megabyte) // never fails
	}

	var b bytes.Buffer
	zw := zip.NewWriter(&b)
	for _, p := range bookParts() {
		if err := addPart(zw, p); err != nil {
			return nil, err
		}
	}
	w, err := zw.CreateRaw(&zip.FileHeader{
		Name: "xl/worksheets/sheet1.xml", Method: zip.Deflate, CRC32: sum.Sum32(),
		CompressedSize64: uint64(len(data)), UncompressedSize64: times << 20,
	})
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	err = zw.Close()
	return b.Bytes(), err
}

func htmlXLS() ([]byte, error) {
	p := basicStaff()[0]
	return []byte("\uFEFF<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><head><meta charset=\"utf-8\"></head><body><table>" +
		"<tr><td>姓名</td><td>证件号码</td></tr><tr><td>" + p.name + "</td><td>" + p.id + "</td></tr></table></body></html>"), nil
}

func xmlXLS() ([]byte, error) {
	return []byte(`<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">` +
		`<Worksheet ss:Name="Sheet1"><Table><Row><Cell><Data ss:Type="String">姓名</Data></Cell></Row></Table></Worksheet></Workbook>`), nil
}

func pdfXLSX() ([]byte, error) {
	return []byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"), nil
}

func imageXLSX() ([]byte, error) {
	return []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00:~\x9bU" +
		"\x00\x00\x00\nIDATx\x9cc`\x00\x00\x00\x02\x00\x01H\xaf\xa4q\x00\x00\x00\x00IEND\xaeB`\x82"), nil
}

func docxXLSX() ([]byte, error) {
	return zipParts([]part{
		{"[Content_Types].xml", xmlHead + `<Types xmlns="` + nsPack + `content-types"/>`},
		{"_rels/.rels", relsXML(relation("rId1", "officeDocument", "word/document.xml"))},
		{"word/document.xml", xmlHead + `<document><body><p>复工通知</p></body></document>`},
	})
}

func truncatedXLSX() ([]byte, error) {
	g := newGrid("花名册")
	g.people(shortKeys, basicStaff())
	data, err := g.bytes()
	return data[:len(data)*2/3], err
}

func letterCSV() ([]byte, error) {
	return []byte("各车间：\n  请于今日17时前报送复工人员名单，含姓名、证件号码、手机号。\n  联系人：某某\n"), nil
}
