package feed

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"

	"github.com/fugong/fugong/internal/platform/errs"
)

// objects reads a JSON object from each line. Its members are texts and numbers, so it is read without building a tree; a text
// with escapes is left to encoding/json.
type objects struct{ in *lines }

func (o *objects) next(v *values) (int, errs.Fields, error) {
	for {
		line, err := o.in.next()
		switch {
		case errors.Is(err, errLong):
			return o.in.n, errs.Fields{"": errs.Msg("api.feed.long", "Max", MaxLine>>10)}, nil
		case err != nil:
			return 0, nil, err
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		*v = values{}
		p := scanner{rest: line}
		if !utf8.Valid(line) {
			return o.in.n, errs.Fields{"": errs.Msg("api.feed.encoding")}, nil
		}
		return o.in.n, p.object(v), nil
	}
}

// scanner takes a JSON object apart from its beginning.
type scanner struct{ rest []byte }

func (p *scanner) object(v *values) errs.Fields {
	broken := errs.Fields{"": errs.Msg("api.feed.json")}
	if !p.take('{') {
		return broken
	}
	var seen [fieldCount]bool
	for first := true; !p.take('}'); first = false {
		if !first && !p.take(',') {
			return broken
		}
		name, fine := p.text()
		if !fine || !p.take(':') {
			return broken
		}
		value, kind := p.value()
		if kind == 0 {
			return broken
		}
		f, known := fieldOf(string(name))
		switch {
		case !known || seen[f]:
			return errs.Fields{"": errs.Msg("api.feed.column", "Name", shortened(string(name)))}
		case kind == '0' && f != employeeID, kind == '"' && f == employeeID:
			return fault(nil, f, "api.feed.value")
		}
		seen[f], v[f] = true, value
	}
	if p.space(); len(p.rest) > 0 {
		return broken
	}
	return nil
}

func (p *scanner) space() { p.rest = bytes.TrimLeft(p.rest, " \t\r") }

func (p *scanner) take(c byte) bool {
	p.space()
	if len(p.rest) == 0 || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// text takes a text.
func (p *scanner) text() ([]byte, bool) {
	if !p.take('"') {
		return nil, false
	}
	escaped := false
	for i := 0; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '"':
			inner := p.rest[:i]
			p.rest = p.rest[i+1:]
			if escaped {
				return unescape(inner)
			}
			return inner, true
		case c == '\\':
			escaped, i = true, i+1
		case c < ' ':
			return nil, false
		}
	}
	return nil, false
}

func unescape(inner []byte) ([]byte, bool) {
	var s string
	err := json.Unmarshal(append(append([]byte{'"'}, inner...), '"'), &s)
	return []byte(s), err == nil
}

// value takes a text ('"'), a whole number ('0') or null ('n'); 0 is anything else.
func (p *scanner) value() ([]byte, byte) {
	p.space()
	if len(p.rest) == 0 {
		return nil, 0
	}
	if p.rest[0] == '"' {
		text, fine := p.text()
		if !fine {
			return nil, 0
		}
		return text, '"'
	}
	if rest, null := bytes.CutPrefix(p.rest, []byte("null")); null {
		p.rest = rest
		return nil, 'n'
	}
	n := 0
	for n < len(p.rest) && '0' <= p.rest[n] && p.rest[n] <= '9' {
		n++
	}
	number := p.rest[:n]
	if n == 0 || n > 1 && number[0] == '0' {
		return nil, 0
	}
	p.rest = p.rest[n:]
	return number, '0'
}
