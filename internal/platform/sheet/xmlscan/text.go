package xmlscan

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// NextAttr cuts the first attribute off attrs: its name without a prefix, and
// its value as written. ok is false when none is left.
func NextAttr(attrs []byte) (name, value, rest []byte, ok bool) {
	attrs = skipSpace(attrs)
	eq := bytes.IndexByte(attrs, '=')
	if eq <= 0 {
		return nil, nil, nil, false
	}
	name = attrs[:eq]
	for i, b := range name {
		if b == ':' {
			name = name[i+1:]
			break
		}
	}
	for len(name) > 0 && name[len(name)-1] <= ' ' {
		name = name[:len(name)-1]
	}
	attrs = skipSpace(attrs[eq+1:])
	if len(attrs) == 0 || attrs[0] != '"' && attrs[0] != '\'' {
		return nil, nil, nil, false
	}
	end := bytes.IndexByte(attrs[1:], attrs[0])
	if end < 0 {
		return nil, nil, nil, false
	}
	return name, attrs[1 : 1+end], attrs[2+end:], true
}

func skipSpace(b []byte) []byte {
	for len(b) > 0 && b[0] <= ' ' {
		b = b[1:]
	}
	return b
}

// Attr returns the unescaped value of the named attribute of the current start
// tag, or "".
func (x *Scanner) Attr(name string) string {
	for n, v, rest, ok := NextAttr(x.Attrs); ok; n, v, rest, ok = NextAttr(rest) {
		if string(n) == name {
			return string(appendUnescaped(nil, v))
		}
	}
	return ""
}

// AppendText appends the current text token as it is meant.
func (x *Scanner) AppendText(dst []byte) []byte {
	if x.cdata {
		return append(dst, x.text...)
	}
	return appendUnescaped(dst, x.text)
}

// appendUnescaped appends raw with its entity and character references
// resolved. What is no known reference stays as it is.
func appendUnescaped(dst, raw []byte) []byte {
	for {
		i := bytes.IndexByte(raw, '&')
		if i < 0 {
			return append(dst, raw...)
		}
		dst, raw = append(dst, raw[:i]...), raw[i:]
		end := bytes.IndexByte(raw[:min(len(raw), 12)], ';')
		r, ok := rune(0), false
		if end > 0 {
			r, ok = reference(string(raw[1:end]))
		}
		if !ok {
			dst, raw = append(dst, '&'), raw[1:]
			continue
		}
		dst, raw = utf8.AppendRune(dst, r), raw[end+1:]
	}
}

func reference(name string) (rune, bool) {
	switch name {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n == 0 || n > utf8.MaxRune {
		return 0, false
	}
	return rune(n), true
}
