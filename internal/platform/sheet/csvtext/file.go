// Package csvtext reads text with separators as office programs write it: in
// the encodings and with the delimiters that occur, and record by record as a
// spreadsheet counts its rows.
package csvtext

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"
)

var (
	ErrBinary   = errors.New("not a text")
	ErrEncoding = errors.New("text in no known encoding")
)

// File is a text whose encoding and delimiter are known.
type File struct {
	Head  string // the first 64 KB or so as UTF-8, without a byte order mark
	Comma rune

	data []byte
	enc  encoding.Encoding // nil for UTF-8
	skip int               // bytes of UTF-8 before the first record
}

// Parse recognises encoding and delimiter. The error is ErrBinary or
// ErrEncoding.
func Parse(data []byte) (*File, error) {
	f := &File{data: data}
	if err := f.sniffEncoding(); err != nil {
		return nil, err
	}
	head := make([]byte, 64<<10)
	n, err := io.ReadFull(f.text(), head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("%w: %v", ErrEncoding, err)
	}
	f.Head = string(head[:n])
	f.Comma, f.skip = sniffComma(f.Head)
	return f, nil
}

// Plain reports whether the text is UTF-8.
func (f *File) Plain() bool { return f.enc == nil }

func (f *File) text() io.Reader {
	if f.enc == nil {
		return bytes.NewReader(f.data)
	}
	return transform.NewReader(bytes.NewReader(f.data), f.enc.NewDecoder())
}

// Records reads the file from its first record on. A field of more than
// maxField bytes ends it with ErrField.
func (f *File) Records(maxField int) *Reader {
	in := bufio.NewReaderSize(f.text(), 64<<10)
	_, _ = in.Discard(f.skip) // if that fails, so does the first Read
	return &Reader{in: in, comma: byte(f.Comma), maxField: maxField, read: int64(f.skip)}
}

// sniffComma finds the delimiter of a text by its first lines: the one that
// most lines have equally often. Excel's own first line “sep=;” settles it,
// and is skipped, as Excel shows no row for it.
func sniffComma(text string) (comma rune, skip int) {
	if rest, ok := strings.CutPrefix(text, "sep="); ok && len(rest) > 1 && strings.IndexByte(",;\t|", rest[0]) >= 0 {
		line, _, _ := strings.Cut(text, "\n")
		return rune(rest[0]), len(line) + 1
	}
	best := 0
	comma = ','
	for _, candidate := range ",\t;" {
		if score := commaScore(text, candidate); score > best {
			best, comma = score, candidate
		}
	}
	return comma, 0
}

// commaScore is how many delimiters stand in the lines that have as many of
// them as most lines do; quoted parts are left out.
func commaScore(text string, comma rune) int {
	lines := map[int]int{} // delimiters in a line → number of such lines
	count, quoted := 0, false
	for _, r := range text {
		switch {
		case r == '"':
			quoted = !quoted
		case quoted:
		case r == comma:
			count++
		case r == '\n' || r == '\r':
			lines[count]++
			count = 0
		}
	}
	lines[count]++
	best := 0
	for n, times := range lines {
		best = max(best, n*times)
	}
	return best
}
