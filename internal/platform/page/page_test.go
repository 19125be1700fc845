package page_test

import (
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/fugong/fugong/internal/platform/page"
)

// list serves numbers 1…n by key, as a store does.
func list(n int, r page.Request) page.Result[int] {
	at := func(c string) int {
		keys, ok := page.Keys(c, 1)
		if !ok {
			return 0
		}
		i, _ := strconv.Atoi(keys[0])
		return i
	}
	var rows []int
	if r.Back() {
		for i := at(r.Before) - 1; i >= 1 && len(rows) <= r.Limit(); i-- {
			rows = append(rows, i)
		}
	} else {
		for i := at(r.After) + 1; i <= n && len(rows) <= r.Limit(); i++ {
			rows = append(rows, i)
		}
	}
	return page.Cut(r, rows, n, func(i int) string { return page.Cursor(strconv.Itoa(i)) })
}

// Whatever the size, walking forwards and back again visits every row once each way.
func TestEveryRowIsVisitedBothWays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, size := rapid.IntRange(0, 60).Draw(t, "n"), rapid.IntRange(1, 20).Draw(t, "size")
		var forth, back []int
		r := page.Request{Size: size}
		var last page.Result[int]
		for {
			last = list(n, r)
			forth = append(forth, last.Rows...)
			if last.Next == "" {
				break
			}
			r = page.Request{Size: size, After: last.Next}
		}
		back = slices.Clone(last.Rows)
		for last.Prev != "" {
			last = list(n, page.Request{Size: size, Before: last.Prev})
			back = append(slices.Clone(last.Rows), back...)
		}
		want := make([]int, n)
		for i := range want {
			want[i] = i + 1
		}
		if !slices.Equal(forth, want) || !slices.Equal(back, want) {
			t.Fatalf("forth %v, back %v, want 1…%d", forth, back, n)
		}
	})
}

func TestAForgedCursorIsNone(t *testing.T) {
	for _, c := range []string{"", "x", page.Cursor("a"), page.Cursor("a", "b", "c"), page.Cursor("a", "b\x00")} {
		if keys, ok := page.Keys(c, 2); ok {
			t.Errorf("%q read as %q", c, keys)
		}
	}
}
