package api

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/page"
)

// PageQuery asks for one page of a list.
type PageQuery struct {
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Rows of a page"`
	After string `query:"after" maxLength:"1000" doc:"The next of the page before, with the same filters"`
}

// request refuses a cursor that is none: read as the first page it would send a program round in circles.
func (q PageQuery) request(isKey func(first, second string) bool) (page.Request, error) {
	if q.After != "" {
		keys, fine := page.Keys(q.After, 2)
		if !fine || !isKey(keys[0], keys[1]) {
			return page.Request{}, inQuery("after", "api.cursor")
		}
	}
	return page.Request{Size: q.Limit, After: q.After}, nil
}

// byText tells the cursor of a list that is sorted by a text or a number, then by id.
func byText(first, second string) bool {
	_, err := strconv.ParseUint(second, 10, 63)
	return err == nil && isText(first)
}

// byInstant tells the cursor of a list that is sorted by an instant in microseconds, then by id.
func byInstant(first, second string) bool {
	at, err := strconv.ParseInt(first, 10, 64)
	return err == nil && at >= earliest.UnixMicro() && at <= latest.UnixMicro() && byText("", second)
}

func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl) }

// list is one page.
type list[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Total int    `json:"total" doc:"Rows that all pages have together"`
	Next  string `json:"next,omitempty" doc:"To be sent as after; missing on the last page"`
}

func listOf[R, T any](p page.Result[R], word func(R) T) *ok[list[T]] {
	l := list[T]{Items: make([]T, len(p.Rows)), Total: p.Total, Next: p.Next}
	for i, r := range p.Rows {
		l.Items[i] = word(r)
	}
	return &ok[list[T]]{l}
}

// inQuery is a fault of a parameter of the address.
func inQuery(name, key string, args ...any) error {
	f := errs.Fields{}
	f.Add(name, key, args...)
	return f.Err()
}

// searchText refuses what must not stand in an address, where proxies and logs see it, and what is no text.
func searchText(q string) (string, error) {
	switch {
	case employee.IsNumber(q):
		return "", inQuery("q", "api.number_in_address")
	case !isText(q):
		return "", inQuery("q", "api.fault.value", "Detail", "control characters")
	}
	return q, nil
}

// instant is a time in the zone of the client's org, nil for none.
func (k *call) instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.In(k.zone)
	return &t
}

func (k *call) instantOf(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	return k.instant(*t)
}

// day is a civil day, "" for none.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// orNil leaves out a number that stands for nothing.
func orNil(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}
