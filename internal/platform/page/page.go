// Package page holds the shape of paging by key: a list asks for a number of rows after a cursor, and gets rows and the
// cursors of its neighbours. A cursor is opaque to the reader and holds the sort keys of the row it points at.
package page

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// Bounds of a page.
const (
	DefaultSize = 50
	MaxSize     = 200
)

// Request asks for a page. The zero value is the first page of the default size.
type Request struct {
	Size   int
	After  string // cursor of the last row of the page before
	Before string // cursor of the first row of the page behind
}

// Limit is the number of rows to show, within bounds.
func (r Request) Limit() int {
	switch {
	case r.Size <= 0:
		return DefaultSize
	case r.Size > MaxSize:
		return MaxSize
	}
	return r.Size
}

// Back reports whether rows before a cursor are asked for.
func (r Request) Back() bool { return r.Before != "" }

// Result is one page of rows with the way to its neighbours; an empty cursor means there is none.
type Result[T any] struct {
	Rows  []T
	Total int // rows the same reader can list with the same filter
	Prev  string
	Next  string
}

// Cursor packs the sort keys of a row.
func Cursor(keys ...string) string {
	b, err := json.Marshal(keys)
	if err != nil {
		return "" // strings always marshal
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// Keys unpacks a cursor; n is the number of keys it must hold. ok is false for anything else.
func Keys(cursor string, n int) (keys []string, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return nil, false
	}
	if json.Unmarshal(b, &keys) != nil || len(keys) != n {
		return nil, false
	}
	for _, k := range keys {
		if strings.ContainsRune(k, 0) { // no text in the database holds one
			return nil, false
		}
	}
	return keys, true
}

// Plausible reports whether an instant taken from a cursor can stand in the database.
func Plausible(t time.Time) bool { return t.Year() > 0 && t.Year() < 10000 }

// Cut takes up to limit+1 rows fetched in reading direction (reversed for Back) and returns the page with its cursors.
func Cut[T any](r Request, rows []T, total int, cursor func(T) string) Result[T] {
	limit := r.Limit()
	more := len(rows) > limit
	if more {
		rows = rows[:limit]
	}
	if r.Back() {
		for i, j := 0, len(rows)-1; i < j; i, j = i+1, j-1 {
			rows[i], rows[j] = rows[j], rows[i]
		}
	}
	res := Result[T]{Rows: rows, Total: total}
	if len(rows) == 0 {
		return res
	}
	if r.Back() && more || !r.Back() && r.After != "" {
		res.Prev = cursor(rows[0])
	}
	if !r.Back() && more || r.Back() {
		res.Next = cursor(rows[len(rows)-1])
	}
	return res
}
