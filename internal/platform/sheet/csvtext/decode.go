package csvtext

import (
	"bytes"
	"encoding/binary"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

var (
	bomUTF8    = []byte{0xEF, 0xBB, 0xBF}
	bomUTF16LE = []byte{0xFF, 0xFE}
	bomUTF16BE = []byte{0xFE, 0xFF}
)

// sniffEncoding finds out the encoding and drops the byte order mark. Without
// a mark the text is UTF-8 if all of it is valid as such, and otherwise
// GB18030, which takes in GBK and GB 2312: what a Chinese Excel writes as CSV.
func (f *File) sniffEncoding() error {
	switch {
	case bytes.HasPrefix(f.data, bomUTF16LE):
		f.enc = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
		return f.checkUTF16(binary.LittleEndian)
	case bytes.HasPrefix(f.data, bomUTF16BE):
		f.enc = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
		return f.checkUTF16(binary.BigEndian)
	case hasControls(f.data):
		return ErrBinary
	}
	f.data = bytes.TrimPrefix(f.data, bomUTF8)
	if utf8.Valid(f.data) {
		return nil
	}
	f.enc = simplifiedchinese.GB18030
	if mostlyUTF8(f.data) || !validGB18030(f.data) {
		return ErrEncoding
	}
	return nil
}

// hasControls reports characters that no text has, as a sign of a binary file.
func hasControls(data []byte) bool {
	const allowed = 1<<'\t' | 1<<'\n' | 1<<'\v' | 1<<'\f' | 1<<'\r' | 1<<0x1A
	for _, b := range data[:min(len(data), 1<<20)] {
		if b < 0x20 && allowed&(1<<b) == 0 {
			return true
		}
	}
	return false
}

// checkUTF16 takes the mark off and refuses what has half a character or
// controls: a binary file with the same two first bytes has plenty of both.
func (f *File) checkUTF16(order binary.ByteOrder) error {
	f.data = f.data[2:]
	for at := 0; at+1 < len(f.data); at += 2 {
		if u := order.Uint16(f.data[at:]); u < '\t' || u == 0xFFFF {
			return ErrEncoding
		}
	}
	if len(f.data)%2 != 0 {
		return ErrEncoding
	}
	return nil
}

// mostlyUTF8 tells a UTF-8 file with a few broken characters from one in
// another encoding: taken for GB18030, its names would silently become other
// characters.
func mostlyUTF8(data []byte) bool {
	var good, bad int
	for i := 0; i < len(data); {
		if data[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			bad++
		} else {
			good++
		}
		i += size
	}
	return good > 20*bad
}

// validGB18030 reports whether every character of data is one.
func validGB18030(data []byte) bool {
	r := transform.NewReader(bytes.NewReader(data), simplifiedchinese.GB18030.NewDecoder())
	buf := make([]byte, 32<<10)
	kept := 0 // a replacement character may be split between two reads
	for {
		n, err := r.Read(buf[kept:])
		if bytes.Contains(buf[:kept+n], []byte("\uFFFD")) {
			return false
		}
		if err != nil {
			return err == io.EOF
		}
		tail := buf[max(0, kept+n-2) : kept+n]
		kept = copy(buf, tail)
	}
}
