package feed

import (
	"bytes"
	"errors"
	"strings"

	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/sheet/csvtext"
)

// table reads a CSV. A quoted field may go on over the end of its line.
type table struct {
	in      *lines
	columns []field
	record  []byte // of several lines
}

func newTable(in *lines) (*table, error) {
	head, err := in.next()
	switch {
	case ended(err):
		return nil, errs.New(errs.Invalid, "api.feed.empty")
	case errors.Is(err, errLong):
		return nil, errs.New(errs.Invalid, "api.feed.long", "Max", MaxLine>>10)
	case err != nil:
		return nil, err
	}
	t, seen := &table{in: in}, map[field]bool{}
	for name := range strings.SplitSeq(string(head), ",") {
		name = strings.TrimSpace(strings.Trim(strings.TrimSpace(name), `"`))
		f, known := fieldOf(name)
		if !known || seen[f] {
			return nil, errs.New(errs.Invalid, "api.feed.column", "Name", shortened(name))
		}
		seen[f] = true
		t.columns = append(t.columns, f)
	}
	for _, f := range []field{sampledAt, result} {
		if !seen[f] {
			return nil, errs.New(errs.Invalid, "api.feed.missing", "Name", Fields[f])
		}
	}
	return t, nil
}

// shortened is a text that may be repeated to its sender.
func shortened(text string) string {
	const most = 40
	if r := []rune(strings.ToValidUTF8(text, "?")); len(r) > most {
		return string(r[:most]) + "…"
	}
	return strings.ToValidUTF8(text, "?")
}

func (t *table) next(v *values) (int, errs.Fields, error) {
	for {
		line, err := t.in.next()
		at := t.in.n
		switch {
		case errors.Is(err, errLong):
			return at, errs.Fields{"": errs.Msg("api.feed.long", "Max", MaxLine>>10)}, nil
		case err != nil:
			return 0, nil, err
		}
		if bytes.IndexByte(line, '"') < 0 {
			if len(line) == 0 {
				continue
			}
			if f := t.split(line, v); f != nil || !v.blank() {
				return at, f, nil
			}
			continue
		}
		f, err := t.quoted(line, v)
		if err != nil || f != nil || !v.blank() {
			return at, f, err
		}
	}
}

// split takes a line without quotation marks apart.
func (t *table) split(line []byte, v *values) errs.Fields {
	*v = values{}
	for i := 0; ; i++ {
		text, rest, more := bytes.Cut(line, []byte{','})
		if !t.put(v, i, text) {
			return errs.Fields{"": errs.Msg("api.feed.columns", "Count", len(t.columns))}
		}
		if !more {
			return nil
		}
		line = rest
	}
}

// put takes the text of a column. Columns beyond the header's must be empty.
func (t *table) put(v *values, i int, text []byte) bool {
	text = bytes.TrimSpace(text)
	if i >= len(t.columns) {
		return len(text) == 0
	}
	if len(text) > 0 && (text[0] == '\'' || text[0] == '=') { // as office programs keep a number from losing digits
		plain, _ := csvtext.Unguard(string(text))
		text = []byte(plain)
	}
	v[t.columns[i]] = text
	return true
}

// quoted takes apart a record with quotation marks, reading on while one is open.
func (t *table) quoted(line []byte, v *values) (errs.Fields, error) {
	t.record = append(t.record[:0], line...)
	for bytes.Count(t.record, []byte{'"'})%2 != 0 {
		more, err := t.in.next()
		switch {
		case ended(err) || errors.Is(err, errLong):
			return errs.Fields{"": errs.Msg("api.feed.quote")}, nil
		case err != nil:
			return nil, err
		case len(t.record)+len(more) > MaxLine:
			return errs.Fields{"": errs.Msg("api.feed.long", "Max", MaxLine>>10)}, nil
		}
		t.record = append(append(t.record, '\n'), more...)
	}
	*v = values{}
	rest := t.record
	for i := 0; ; i++ {
		text, after, more, fine := t.cut(rest)
		if !fine {
			return errs.Fields{"": errs.Msg("api.feed.quote")}, nil
		}
		if !t.put(v, i, text) {
			return errs.Fields{"": errs.Msg("api.feed.columns", "Count", len(t.columns))}, nil
		}
		if !more {
			return nil, nil
		}
		rest = after
	}
}

// cut takes off the first field of a record. What is quoted is copied, with a doubled mark for one.
func (t *table) cut(record []byte) (text, rest []byte, more, fine bool) {
	if len(record) == 0 || record[0] != '"' {
		text, rest, more = bytes.Cut(record, []byte{','})
		return text, rest, more, bytes.IndexByte(text, '"') < 0
	}
	out := make([]byte, 0, 32)
	for i := 1; i < len(record); i++ {
		switch {
		case record[i] != '"':
			out = append(out, record[i])
		case i+1 < len(record) && record[i+1] == '"':
			out, i = append(out, '"'), i+1
		case i+1 == len(record):
			return out, nil, false, true
		case record[i+1] == ',':
			return out, record[i+2:], true, true
		default:
			return nil, nil, false, false
		}
	}
	return nil, nil, false, false
}
