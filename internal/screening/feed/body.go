package feed

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/transform"

	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/sheet/csvtext"
)

// Format is how the rows of a body are written.
type Format int

// The formats.
const (
	CSV    Format = iota // a header line with the names of fields, then a line for each row
	NDJSON               // a JSON object on each line
)

// rows reads a body row by row. io.EOF ends it; an errs.Error says why the rest cannot be read.
type rows interface {
	// next fills v, whose texts are valid until the next call. A fault is of this row alone.
	next(v *values) (line int, f errs.Fields, err error)
}

func open(src Source) (rows, error) {
	var body io.Reader = &bounded{in: src.Body, left: MaxBytes}
	if src.Gzip {
		// However small it arrives, it may unpack to as much as any other.
		unpacked, err := gzip.NewReader(body)
		if err != nil {
			return nil, readFailure(err)
		}
		body = &bounded{in: unpacked, left: MaxBytes}
	}
	in := &lines{in: bufio.NewReaderSize(body, MaxLine)}
	if src.Format == NDJSON {
		in.skipMark()
		return &objects{in: in}, nil
	}
	if err := in.decode(src.Charset); err != nil {
		return nil, err
	}
	return newTable(in)
}

// bounded ends a body that is longer than it may be, whatever was announced or packed.
type bounded struct {
	in   io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errs.New(errs.TooLarge, "api.feed.too_large", "Max", MaxBytes>>20)
	}
	n, err := b.in.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// lines reads line by line and counts.
type lines struct {
	in *bufio.Reader
	n  int // of the line that was read last
}

var (
	markUTF8 = []byte{0xEF, 0xBB, 0xBF}

	errLong = errors.New("line too long")
)

func (l *lines) skipMark() {
	if head, _ := l.in.Peek(len(markUTF8)); bytes.Equal(head, markUTF8) {
		_, _ = l.in.Discard(len(markUTF8))
	}
}

// decode finds out the encoding: the one that was named, or by the beginning of the text.
func (l *lines) decode(charset string) error {
	l.skipMark()
	switch charset {
	case "utf-8", "":
	case "gb18030", "gbk", "gb2312":
		l.in = gb18030(l.in)
		return nil
	default:
		return errs.New(errs.Unsupported, "api.feed.charset")
	}
	head, err := l.in.Peek(l.in.Size())
	if err != nil && !errors.Is(err, io.EOF) {
		return readFailure(err)
	}
	if whole := wholeRunes(head); charset != "" || utf8.Valid(whole) {
		return nil
	}
	// Looked at up to the last line's end, so that no character is cut.
	f, err := csvtext.Parse(bytes.Clone(head[:bytes.LastIndexByte(head, '\n')+1]))
	if err != nil || f.Plain() {
		return errs.New(errs.Unsupported, "api.feed.charset")
	}
	l.in = gb18030(l.in)
	return nil
}

func gb18030(in io.Reader) *bufio.Reader {
	return bufio.NewReaderSize(transform.NewReader(in, simplifiedchinese.GB18030.NewDecoder()), MaxLine)
}

// wholeRunes leaves out a character that is cut at the end.
func wholeRunes(text []byte) []byte {
	for i := 1; i <= min(utf8.UTFMax, len(text)); i++ {
		if tail := text[len(text)-i:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				return text[:len(text)-i]
			}
			break
		}
	}
	return text
}

// next is the next line without its end. One that is too long is passed over with errLong.
func (l *lines) next() ([]byte, error) {
	line, err := l.in.ReadSlice('\n')
	if len(line) > 0 {
		l.n++
	}
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = l.in.ReadSlice('\n')
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, readFailure(err)
		}
		return nil, errLong
	case err != nil && (!errors.Is(err, io.EOF) || len(line) == 0):
		return nil, readFailure(err)
	}
	return bytes.TrimRight(line, "\r\n"), nil
}

// readFailure says of an error of reading what it means to the sender.
func readFailure(err error) error {
	var e *errs.Error
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errs.New(errs.Invalid, "api.feed.cut").Because(err)
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, &corrupt):
		return errs.New(errs.Invalid, "api.feed.gzip").Because(err)
	case ended(err), errors.As(err, &e):
		return err
	}
	return fmt.Errorf("read feed: %w", err)
}

// ended reports the regular end of a body; one that was cut off is io.ErrUnexpectedEOF.
func ended(err error) bool { return errors.Is(err, io.EOF) }
