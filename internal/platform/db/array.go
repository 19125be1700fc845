package db

import (
	"database/sql/driver"
	"strconv"
	"time"
)

// arrayOf writes integers in PostgreSQL's text form of an array.
func arrayOf[T ~int16 | ~int32 | ~int64](values []T) string {
	b := append(make([]byte, 0, 2+8*len(values)), '{')
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(v), 10)
	}
	return string(append(b, '}'))
}

// Ints is a parameter of any integer array type, written without reflection.
type Ints[T ~int16 | ~int32 | ~int64] []T

// Value implements driver.Valuer.
func (a Ints[T]) Value() (driver.Value, error) { return arrayOf(a), nil }

// Micros is a bigint[] parameter of instants in microseconds since 1970, null for the zero time. A statement reads one as
// timestamptz 'epoch' + u * interval '1 microsecond', which costs a fraction of reading a timestamp from text and is exact.
type Micros []time.Time

// Value implements driver.Valuer.
func (a Micros) Value() (driver.Value, error) {
	c := Column{buf: make([]byte, 0, 2+17*len(a))}
	for _, t := range a {
		if t.IsZero() {
			c.Null()
		} else {
			c.Int(t.UnixMicro())
		}
	}
	return c.Value()
}

// Texts is a text[] parameter, written without reflection.
type Texts []string

// Value implements driver.Valuer.
func (a Texts) Value() (driver.Value, error) {
	size := 2
	for _, s := range a {
		size += len(s) + 3
	}
	c := Column{buf: make([]byte, 0, size+size/8)}
	for _, s := range a {
		c.Text(s)
	}
	return c.Value()
}

// Blobs is a bytea[] parameter; an empty value is null.
type Blobs [][]byte

// Value implements driver.Valuer.
func (a Blobs) Value() (driver.Value, error) {
	size := 2
	for _, b := range a {
		size += 2*len(b) + 6
	}
	c := Column{buf: make([]byte, 0, size)}
	for _, b := range a {
		c.Bytes(b)
	}
	return c.Value()
}
