package csvtext

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

var (
	ErrField = errors.New("cell too long")
	ErrQuote = errors.New("quotation mark never closed")
)

// Reader reads records as a spreadsheet does, and that is where it differs
// from encoding/csv: an empty line is a record, a lone carriage return ends
// one, and a quotation mark in the middle of a field is only a character.
type Reader struct {
	in       *bufio.Reader
	comma    rune
	maxField int // bytes
	field    strings.Builder
	record   []string
}

// Read returns the next record, valid until the next call, or io.EOF. With
// another error it returns the fields before the bad one.
func (r *Reader) Read() ([]string, error) {
	r.record = r.record[:0]
	for first := true; ; first = false {
		end, err := r.readField()
		if err == io.EOF && first && r.field.Len() == 0 {
			return nil, io.EOF
		}
		if err != nil && err != io.EOF {
			return r.record, err
		}
		r.record = append(r.record, r.field.String())
		if end || err == io.EOF {
			return r.record, nil
		}
	}
}

// readField reads one field into r.field and what ends it. end reports the end
// of the record; the error is io.EOF if the input ended with the field.
func (r *Reader) readField() (end bool, err error) {
	r.field = strings.Builder{}
	c, _, err := r.in.ReadRune()
	if err == nil && c == '"' {
		if err := r.readQuoted(); err != nil {
			return true, err
		}
		c, _, err = r.in.ReadRune()
	}
	for ; err == nil; c, _, err = r.in.ReadRune() {
		switch c {
		case r.comma:
			return false, nil
		case '\r':
			if next, _ := r.in.Peek(1); len(next) == 1 && next[0] == '\n' {
				_, _ = r.in.Discard(1)
			}
			return true, nil
		case '\n':
			return true, nil
		}
		r.field.WriteRune(c)
		if r.field.Len() > r.maxField {
			return true, ErrField
		}
	}
	return true, err
}

// readQuoted reads up to the closing quotation mark.
func (r *Reader) readQuoted() error {
	for {
		c, _, err := r.in.ReadRune()
		if err == io.EOF {
			return ErrQuote
		}
		if err != nil {
			return err
		}
		if c == '"' {
			if next, _ := r.in.Peek(1); len(next) != 1 || next[0] != '"' {
				return nil
			}
			_, _ = r.in.Discard(1)
		}
		r.field.WriteRune(c)
		if r.field.Len() > r.maxField {
			return ErrField
		}
	}
}
