package feed

import (
	"encoding/hex"
	"strconv"
	"time"
)

// sqlCopyRows takes the columns in the order in which appendLine writes them.
const sqlCopyRows = `copy feed_row from stdin`

// appendLine writes a row as a line of COPY's text format.
func (r *row) appendLine(b []byte) []byte {
	b = append(strconv.AppendInt(b, int64(r.line), 10), '\t')
	if r.index != nil {
		b = append(b, `\\x`...)
		b = append(hex.AppendEncode(b, r.index), '\t')
	} else {
		b = append(b, "\\N\t"...)
	}
	if r.file != 0 {
		b = append(strconv.AppendInt(b, r.file, 10), '\t')
	} else {
		b = append(b, "\\N\t"...)
	}
	v := &r.version
	b = appendInstant(b, r.sampled)
	b = appendInstant(b, v.ReportedAt)
	b = appendInstant(b, v.TestedAt)
	for _, text := range [...]string{v.Result.String(), string(v.Method), string(v.Mode), string(v.Source), string(v.Proof), v.Institution, v.Lab,
		v.Barcode, v.Note, r.late} {
		b = append(appendText(b, text), '\t')
	}
	if r.settled {
		return append(b, 't', '\n')
	}
	return append(b, 'f', '\n')
}

// appendInstant writes an instant with all the digits that the database rounds by; an unknown one is null.
func appendInstant(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(b, "\\N\t"...)
	}
	return append(t.UTC().AppendFormat(b, "2006-01-02 15:04:05.999999999Z07:00"), '\t')
}

// appendText writes a text, of which Accept made one line.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if s[i] == '\\' {
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return b
}
