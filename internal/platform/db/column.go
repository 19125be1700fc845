package db

import (
	"database/sql/driver"
	"encoding/hex"
	"strconv"
	"time"
)

// Column is one column of many rows on their way into a statement that unnests its parameters: the array as PostgreSQL reads
// it, written element by element. It costs a fraction of a row-wise JSON document on both sides of the wire. The zero value is
// an empty column; Reset makes it one again and keeps its memory.
type Column struct{ buf []byte }

// Columns returns n empty columns.
func Columns(n int) []Column { return make([]Column, n) }

// Reset empties the column.
func (c *Column) Reset() { c.buf = c.buf[:0] }

// next begins an element.
func (c *Column) next() {
	if len(c.buf) == 0 {
		c.buf = append(c.buf, '{')
		return
	}
	c.buf = append(c.buf, ',')
}

// Null adds a null.
func (c *Column) Null() {
	c.next()
	c.buf = append(c.buf, "NULL"...)
}

// Text adds a text.
func (c *Column) Text(s string) {
	c.next()
	c.buf = append(c.buf, '"')
	for i := 0; i < len(s); i++ {
		if s[i] == '"' || s[i] == '\\' {
			c.buf = append(c.buf, '\\')
		}
		c.buf = append(c.buf, s[i])
	}
	c.buf = append(c.buf, '"')
}

// Bytes adds a bytea; an empty one is null.
func (c *Column) Bytes(b []byte) {
	if len(b) == 0 {
		c.Null()
		return
	}
	c.next()
	c.buf = append(c.buf, `"\\x`...)
	c.buf = hex.AppendEncode(c.buf, b)
	c.buf = append(c.buf, '"')
}

// Int adds a whole number.
func (c *Column) Int(n int64) {
	c.next()
	c.buf = strconv.AppendInt(c.buf, n, 10)
}

// Bool adds a truth value.
func (c *Column) Bool(b bool) {
	c.next()
	c.buf = strconv.AppendBool(c.buf, b)
}

// Time adds an instant; the zero one is null.
func (c *Column) Time(t time.Time) {
	if t.IsZero() {
		c.Null()
		return
	}
	c.next()
	c.buf = append(c.buf, '"')
	c.buf = t.UTC().AppendFormat(c.buf, "2006-01-02 15:04:05.999999Z07:00")
	c.buf = append(c.buf, '"')
}

// Value implements driver.Valuer.
func (c *Column) Value() (driver.Value, error) {
	if len(c.buf) == 0 {
		return "{}", nil
	}
	return string(c.buf) + "}", nil
}

// Args is the columns as parameters, after the given ones.
func Args(columns []Column, first ...any) []any {
	for i := range columns {
		first = append(first, &columns[i])
	}
	return first
}
