package csvtext

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode/utf8"
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
	comma    byte
	maxField int    // bytes
	text     []byte // of the fields of the record so far, one behind the other
	ends     []int  // where in text each field ends
	record   []string
	read     int64
}

// Offset is how many bytes of the text, as UTF-8, the records so far took.
func (r *Reader) Offset() int64 { return r.read }

// Read returns the next record, valid until the next call, or io.EOF. With
// another error it returns the fields before the bad one. The fields of a
// record share one piece of memory.
func (r *Reader) Read() ([]string, error) {
	r.text, r.ends = r.text[:0], r.ends[:0]
	for {
		end, err := r.readField()
		if err == io.EOF && len(r.ends) == 0 && len(r.text) == 0 {
			return nil, io.EOF
		}
		if err != nil && err != io.EOF {
			return r.fields(), err
		}
		r.ends = append(r.ends, len(r.text))
		if end || err == io.EOF {
			return r.fields(), nil
		}
	}
}

// fields cuts the text into the record. A broken character becomes the
// replacement character.
func (r *Reader) fields() []string {
	r.record = r.record[:0]
	text, start := string(r.text), 0
	for _, end := range r.ends {
		field := text[start:end]
		if !utf8.ValidString(field) {
			field = string([]rune(field))
		}
		r.record = append(r.record, field)
		start = end
	}
	return r.record
}

// readField reads one field behind r.text and what ends it. end reports the
// end of the record; the error is io.EOF if the input ended with the field.
func (r *Reader) readField() (end bool, err error) {
	start := len(r.text)
	if b, err := r.in.Peek(1); err == nil && b[0] == '"' {
		r.skip(1)
		if err := r.readQuoted(start); err != nil {
			return true, err
		}
	}
	for {
		unread, err := r.unread()
		if err != nil {
			return true, err
		}
		n := 0
		for n < len(unread) && unread[n] != r.comma && unread[n] != '\n' && unread[n] != '\r' {
			n++
		}
		if err := r.take(unread[:n], start); err != nil {
			return true, err
		}
		if n == len(unread) {
			r.skip(n)
			continue
		}
		stop := unread[n]
		r.skip(n + 1)
		if next, _ := r.in.Peek(1); stop == '\r' && len(next) == 1 && next[0] == '\n' {
			r.skip(1)
		}
		return stop != r.comma, nil
	}
}

// readQuoted reads up to the closing quotation mark.
func (r *Reader) readQuoted(start int) error {
	for {
		unread, err := r.unread()
		if err == io.EOF {
			return ErrQuote
		}
		if err != nil {
			return err
		}
		n := bytes.IndexByte(unread, '"')
		if n < 0 {
			n = len(unread)
		}
		closed := n < len(unread)
		if err := r.take(unread[:n], start); err != nil {
			return err
		}
		r.skip(n)
		if !closed {
			continue
		}
		r.skip(1)
		if next, _ := r.in.Peek(1); len(next) != 1 || next[0] != '"' {
			return nil
		}
		if err := r.take([]byte{'"'}, start); err != nil {
			return err
		}
		r.skip(1)
	}
}

// unread is what lies in the buffer, which is filled if nothing does.
func (r *Reader) unread() ([]byte, error) {
	if r.in.Buffered() == 0 {
		if _, err := r.in.Peek(1); err != nil {
			return nil, err
		}
	}
	return r.in.Peek(r.in.Buffered())
}

func (r *Reader) take(b []byte, start int) error {
	if r.text = append(r.text, b...); len(r.text)-start > r.maxField {
		return ErrField
	}
	return nil
}

func (r *Reader) skip(n int) {
	_, _ = r.in.Discard(n) // no more than is buffered
	r.read += int64(n)
}
