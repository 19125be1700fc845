package sheet

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
)

// Open recognises the file by its content and opens it. name is kept for
// messages and decides nothing. data must not be changed while the Book is in
// use. The error is always a *Refusal.
//
// Open reads what a workbook's rows depend on (its list of sheets, shared
// texts and styles), not the rows: a refusal about those comes from Sheet.Rows.
func Open(name string, data []byte, lim Limits) (*Book, error) {
	lim = lim.withDefaults()
	if int64(len(data)) > lim.File {
		return nil, refuse(RefusedTooLarge, map[string]any{"limit": lim.File})
	}
	if kind := sniffRefusal(data); kind != "" {
		return nil, refuse(kind, nil)
	}
	open := openCSV
	if bytes.HasPrefix(data, []byte("PK")) && len(data) > 3 && data[2] < 9 {
		open = openXLSX
	}
	book, err := open(data, lim)
	if err != nil {
		return nil, err
	}
	book.Name = name
	return book, nil
}

// sniffRefusal names the reason to refuse a file that its first bytes give
// away, or "".
func sniffRefusal(data []byte) RefusalKind {
	head := data[:min(len(data), 1024)]
	if bytes.HasPrefix(head, oleMagic) {
		return sniffOLE(data)
	}
	if bytes.Contains(head, []byte("%PDF-")) {
		return RefusedPDF
	}
	if isImage(head) {
		return RefusedImage
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\uFEFF")), " \t\r\n\x00")
	if len(text) == 0 {
		return RefusedEmpty
	}
	if isMarkup(text) {
		return RefusedHTML
	}
	return ""
}

func isImage(head []byte) bool {
	for _, magic := range []string{"\x89PNG", "\xff\xd8\xff", "GIF8", "II*\x00", "MM\x00*", "RIFF"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	isBMP := len(head) > 14 && string(head[:2]) == "BM" && string(head[6:10]) == "\x00\x00\x00\x00"
	isHEIC := len(head) > 12 && string(head[4:8]) == "ftyp"
	return isBMP || isHEIC
}

// isMarkup reports a web page or an XML table: what many systems offer as
// “Excel export” and office programs open with a warning.
func isMarkup(text []byte) bool {
	head := bytes.ToLower(text[:min(len(text), 64)])
	for _, start := range []string{"<!doctype", "<html", "<table", "<head", "<meta", "<style", "<div", "<?xml", "<!--", "mime-version:"} {
		if bytes.HasPrefix(head, []byte(start)) {
			return true
		}
	}
	return false
}

var oleMagic = []byte{0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1}

// sniffOLE tells apart what an OLE2 compound file holds, by the names in its
// directory: the old binary workbook, an encrypted OOXML package, or neither.
// The directory's entries are 128 bytes long and so aligned within the file;
// looking at every such place finds them without following a sector chain
// that may be broken.
func sniffOLE(data []byte) RefusalKind {
	kind := RefusedNotSheet
	for at := 512; at+128 <= len(data); at += 128 {
		switch oleEntryName(data[at : at+128]) {
		case "EncryptedPackage":
			return RefusedPassword
		case "Workbook", "Book":
			kind = RefusedLegacyXLS
		}
	}
	return kind
}

// oleEntryName is the name in a directory entry: UTF-16 with a closing zero,
// its length in bytes at offset 64.
func oleEntryName(entry []byte) string {
	size := int(binary.LittleEndian.Uint16(entry[64:]))
	if size < 4 || size > 64 || size%2 != 0 {
		return ""
	}
	units := make([]uint16, size/2-1)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(entry[2*i:])
	}
	return string(utf16.Decode(units))
}
